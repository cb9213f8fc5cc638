/** Features that another program computed: .npy files of training records, samples and held-out records. */
import { parseNpy } from "../data/formats/npy.js";
import { readWhole } from "../data/formats/read-file.js";
import { UsageError } from "../errors.js";
import { shapeText } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import type { Features } from "../metrics/features.js";
import type { Side } from "../metrics/evaluation/side.js";

/** Sides of a comparison by features alone. */
export interface FeatureSides {
  readonly reference: Side;
  readonly samples: Side;
  /** Absent if no third file was given. */
  readonly heldOut?: Side;
}

/** The sides of two or three files. Throws UsageError for another number of them. */
export async function featureSides(paths: readonly string[]): Promise<FeatureSides> {
  if (paths.length !== 2 && paths.length !== 3)
    throw new UsageError(`evaluate: --features must name two or three .npy files, found ${paths.length}`, {
      hint: "features of training records, of samples and of held-out records: --features data.npy,samples.npy,held-out.npy",
    });
  const [reference, samples, heldOut] = await Promise.all(
    ["training records", "samples", "held-out records"].flatMap((name, i) =>
      paths[i] === undefined ? [] : [sideFrom(name, paths[i])],
    ),
  );
  return { reference, samples, ...(heldOut && { heldOut }) };
}

/** A side that has features and nothing else. */
async function sideFrom(name: string, path: string): Promise<Side> {
  const { data, shape } = parseNpy(await readWhole(path), path);
  if (shape.length !== 2)
    throw new UsageError(`${path}: features must have shape [records, features], found ${shapeText(shape)}`, {
      hint: "save a row of numbers for each record",
    });
  const [count, size] = shape;
  const features: Features = { values: Float64Array.from(data), count, size };
  return {
    ...{ name, count, records: new Values(new Float32Array(0), [count, 0]) },
    features: async () => features,
    classification: () => Promise.reject(new Error("evaluate: features cannot be classified")),
  };
}
