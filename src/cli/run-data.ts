/** The description of a run's data in config.json. */
import { createHash } from "node:crypto";
import { eachBlock, eachMask } from "../data/stream.js";
import { isStreamed, type TrainingData } from "../data/training-data.js";
import type { Family } from "../train/family.js";
import type { RunData } from "../train/run-folder.js";
import { bytesOf } from "../graph/values.js";

/**
 * SHA-256 of shape, raw records and mask, and of the labels if a model uses them. Data that are read during training are read
 * once for it, with the same hash. Of windows, which overlap, the sequences are hashed and where the windows begin.
 */
export async function fingerprint(data: TrainingData, labelled = false): Promise<string> {
  const hash = createHash("sha256").update(`${data.shape.join()}\n`);
  if (isStreamed(data) && data.windows) {
    const { tokens, bounds, starts } = data.windows;
    for (const part of [tokens, bounds, starts]) hash.update(bytesOf(part));
  } else if (isStreamed(data)) {
    await eachBlock(data, (values) => void hash.update(bytesOf(values)));
    await eachMask(data, (mask) => void hash.update(mask));
  } else hash.update(bytesOf(data.records)).update(data.mask ?? "");
  if (labelled) hash.update(data.labels ? bytesOf(data.labels) : "no labels");
  return hash.digest("hex");
}

/** How the data were loaded. */
export type Loading = Pick<RunData, "images" | "fitted" | "skipBad" | "stream" | "labelled" | "heldOut">;

/** Whether a run's model uses the labels of the data. */
export const labelledBy = ({ classes }: Pick<Family, "classes">): Pick<Loading, "labelled"> =>
  classes === undefined ? {} : { labelled: true };

/**
 * The description of a run's data for config.json. `read` are all data before normalisation, `source` is the value of
 * --data, `loading` the options of loading.
 */
export async function describeData(
  data: TrainingData,
  read: TrainingData,
  source: string,
  loading: Loading,
): Promise<RunData> {
  const { name, shape, scale, shift, extent, columns, tokens, table } = data;
  // All records: the data may be those that were not held out.
  const { count } = read;
  const normalisation = {
    scale,
    shift,
    extent,
    ...(columns && { columns }),
    ...(tokens && { tokens }),
    ...(table && { table }),
  };
  return {
    source,
    name,
    count,
    shape,
    ...normalisation,
    sha256: await fingerprint(read, loading.labelled),
    ...loading,
  };
}
