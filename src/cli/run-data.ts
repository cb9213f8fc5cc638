/** What a run remembers of its data. */
import { createHash } from "node:crypto";
import { eachBlock, eachMask, isStreamed, type TrainingData } from "../data/stream.js";
import type { RunData } from "../train/run-folder.js";
import { bytesOf } from "../graph/values.js";

/** SHA-256 of shape and raw records, and of their mask; those that are streamed are read once for it, and give the same. */
export async function fingerprint(data: TrainingData): Promise<string> {
  const hash = createHash("sha256").update(`${data.shape.join()}\n`);
  if (isStreamed(data)) {
    await eachBlock(data, (values) => void hash.update(bytesOf(values)));
    await eachMask(data, (mask) => void hash.update(mask));
  } else hash.update(bytesOf(data.records)).update(data.mask ?? "");
  return hash.digest("hex");
}

/** The data of a run as config.json keeps them. `read` are the same before they were
 * normalised, `source` is what --data was, `loading` how they were loaded. */
export async function describeData(
  data: TrainingData,
  read: TrainingData,
  source: string,
  loading: Pick<RunData, "images" | "fitted" | "skipBad" | "stream">,
): Promise<RunData> {
  const { name, count, shape, scale, shift, extent, columns } = data;
  const normalisation = { scale, shift, extent, ...(columns && { columns }) };
  return { source, name, count, shape, ...normalisation, sha256: await fingerprint(read), ...loading };
}
