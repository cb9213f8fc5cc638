/** `--held-out`: records of the data that a training does not see. */
import { holdOut, type HeldOut } from "../data/hold-out.js";
import type { TrainingData } from "../data/training-data.js";
import { configuring } from "./failure.js";

/** Data for training, and the held-out part with what config.json keeps of it. */
export interface Parted {
  readonly train: TrainingData;
  readonly heldOut?: TrainingData;
  readonly kept?: { readonly heldOut: HeldOut };
}

/** Held-out records are the same in all runs on the same data, whatever the seed of their training. */
const seed = 0;

/** The data in two parts, if `asked` (a share of the records, or their number) says so. Throws UsageError if one is empty. */
export async function partedBy(asked: number | undefined, data: TrainingData): Promise<Parted> {
  if (asked === undefined) return { train: data };
  const heldOut = { count: asked < 1 ? Math.max(1, Math.round(asked * data.count)) : asked, seed };
  const parts = await configuring("hold out fewer records", () => holdOut(data, heldOut));
  return { ...parts, kept: { heldOut } };
}
