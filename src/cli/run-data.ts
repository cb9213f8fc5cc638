/** What a run remembers of its data. */
import { createHash } from "node:crypto";
import type { Dataset } from "../data/dataset.js";
import type { RunData } from "../train/run-folder.js";
import { bytesOf } from "../values.js";

/** SHA-256 of shape and raw records. */
export async function fingerprint({ records, shape }: Dataset): Promise<string> {
  return createHash("sha256").update(`${shape.join()}\n`).update(bytesOf(records)).digest("hex");
}

/** The data of a run as config.json keeps them. `source` is what --data was, `loading` how they were loaded. */
export async function describeData(
  data: Dataset,
  source: string,
  loading: Pick<RunData, "images" | "fitted" | "skipBad">,
): Promise<RunData> {
  const { name, count, shape, scale, shift, extent } = data;
  return { source, name, count, shape, scale, shift, extent, sha256: await fingerprint(data), ...loading };
}

/** Normalised values as raw ones. */
export function rawValues(
  values: Float32Array,
  { scale, shift }: { readonly scale: number; readonly shift: number },
): Float32Array {
  return values.map((value) => (value - shift) / scale);
}
