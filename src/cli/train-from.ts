/** `genloom train --from SAVED --data NEW`: a new run that goes on from the values of a saved model. */
import type { Channels } from "../data/images/colour.js";
import type { ImageOptions } from "../data/images/image-fit.js";
import { normalisedAs } from "../data/scaling.js";
import { fitAll } from "../data/streaming/record-file.js";
import type { TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { sameShape, type Shape, shapeText } from "../graph/shape.js";
import { weightHash } from "../train/checkpoint.js";
import type { DataDescription } from "../train/data-description.js";
import type { FamilyKind } from "../train/family-config.js";
import { respan } from "../train/respan.js";
import { loadingOf, openAsked } from "./asked-data.js";
import { configuring } from "./failure.js";
import { imageOptionsOf } from "./options.js";
import { partedBy } from "./held-out.js";
import { checkColumns, familyOf, readingOf, readSavedAt, tableReadingOf } from "./loaded-run.js";
import { describeData, labelledBy } from "./run-data.js";
import type { Terminal } from "./terminal.js";
import { type Plan, planFolder, type TrainCommandOptions } from "./train-settings.js";

/** Steps of a training that goes on from a saved model, if neither an option nor the model says how many. */
const usualSteps = 1000;

/** A new run that goes on from the values of a saved model, on other data. */
export async function planFrom(
  path: string,
  kind: FamilyKind | undefined,
  options: TrainCommandOptions,
  terminal: Terminal,
): Promise<Plan> {
  for (const fixed of ["preset", "model", "conditional", "window", "columns", "resume"] as const) {
    if (options[fixed] !== undefined)
      throw new UsageError(`train: --${fixed} cannot be combined with --from`, {
        hint: `the model is that of ${path}`,
      });
  }
  const source = options.data;
  if (source === undefined)
    throw new UsageError("train: --from needs data", { hint: `genloom train --from ${path} --data NEW` });
  const { saved } = await readSavedAt(path, options.step);
  const { kind: own } = saved.config;
  if (kind !== undefined && kind !== own)
    throw new UsageError(`train: ${path} must be a model of ${kind}, found ${own}`, {
      hint: `genloom train ${own} --from ${path}`,
    });
  const raw = await configuring("check the data given by --data", () =>
    openAsked(source, options, terminal, imageOptionsOf(options), readingOf(saved.data), tableReadingOf(saved.data)),
  );
  const fitted = fitLike(saved.data.shape, raw);
  const read = fitted === undefined ? raw : fitAll(raw, fitted);
  const { train, heldOut, kept } = await partedBy(options.heldOut, read);
  const data = scaledAs(train, saved.data, source);
  const before = saved.training?.steps;
  const steps = options.steps ?? before ?? usualSteps;
  const family = familyOf(before === undefined ? saved.config : respan(saved.config, before, steps), path);
  const described = await describeData(data, read, source, {
    ...loadingOf(options, data, fitted),
    ...labelledBy(family),
    ...kept,
  });
  const weights = await weightHash(saved.tensors);
  return planFolder(options, {
    preset: saved.data.preset ?? "none",
    ...{ family, data, described, steps, start: saved },
    batchSize: options.batch ?? saved.training?.batchSize ?? 64,
    ...(heldOut && { heldOut }),
    from: { path, weightHash: weights, ...(options.step !== undefined && { step: options.step }) },
  });
}

/** Conversion of images to the shape of a model's records; undefined if they have it, or are no such images. */
export function fitLike([height, width, channels]: Shape, { shape }: TrainingData): ImageOptions | undefined {
  const images = shape.length === 3 && height === width && [1, 3, 4].includes(channels);
  if (!images || sameShape(shape, [height, width, channels])) return undefined;
  return { size: height, channels: channels as Channels };
}

/** Data with the scaling of a saved model's. Throws UsageError if their shape or units are other ones. */
function scaledAs(data: TrainingData, trained: DataDescription, source: string): TrainingData {
  if (!sameShape(data.shape, trained.shape))
    throw new UsageError(
      `${source}: records must have shape ${shapeText(trained.shape)} like the model's, found ${shapeText(data.shape)}`,
      { hint: "give data of the same kind as those that the model was trained on" },
    );
  checkColumns(source, trained, data);
  const scaled = normalisedAs(data, trained);
  const { extent } = trained;
  const width = ([low, high]: readonly [number, number]) => high - low;
  // Bytes in place of shares of 1, or the reverse: the model would see one grey, or nothing but extremes.
  const share = extent && width(extent) > 0 ? width(scaled.extent) / width(extent) : 1;
  if (extent && !trained.range.columns && (share > 16 || share < 1 / 16))
    throw new UsageError(
      `${source}: values must be in the units of the model's data, which lie in [${extent.join(", ")}], found [${scaled.extent.join(", ")}]`,
      { hint: "convert the data to these units" },
    );
  return scaled;
}
