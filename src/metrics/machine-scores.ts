/** Scores of a machine on data: log-likelihood for a known log Z, and two that need none. */
import { freeEnergy } from "../models/machine.js";
import type { Dataset } from "../data/dataset.js";
import { abs, mul, neg, softplus, sub } from "../ops/elementwise.js";
import { oneHot } from "../ops/indexing.js";
import { randomInteger } from "../ops/random.js";
import type { TrainedRbm } from "../train/trained-rbm.js";

export interface Score {
  /** In nats per record. */
  readonly mean: number;
  /** Of the mean, over the records. */
  readonly standardError: number;
}

const normalised = ({ records, scale, shift }: Dataset) => Float32Array.from(records, (value) => value * scale + shift);

function score(values: Float32Array, f: (value: number) => number): Score {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + f(value), 0) / count;
  const variance = values.reduce((sum, value) => sum + (f(value) - mean) ** 2, 0) / Math.max(1, count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}

/**
 * Mean log p(v) = -F(v) - log Z over the records.
 * @param logPartition from `exactLogPartition` or an estimate
 */
export async function logLikelihood(model: TrainedRbm, data: Dataset, logPartition: number): Promise<Score> {
  return score(await model.freeEnergy(normalised(data)), (value) => -value - logPartition);
}

/**
 * Mean log pseudo-likelihood, the sum over units of log p(v_i | the others), estimated by one unit drawn per record:
 * V log sigmoid(F(v with the unit turned over) - F(v)). Needs no log Z (Besag 1975; Marlin et al. 2010, eq. 7).
 */
export async function pseudoLikelihood(
  model: TrainedRbm,
  data: Dataset,
  { seed = 0 }: { readonly seed?: number } = {},
): Promise<Score> {
  const { machine, visible } = model;
  const { data: values } = await model.map(
    "pseudoLikelihood",
    normalised(data),
    (v) => {
      const turned = abs(sub(v, oneHot(randomInteger([v.shape[0]], visible), visible)));
      return mul(neg(softplus(sub(freeEnergy(machine, v), freeEnergy(machine, turned)))), visible);
    },
    seed,
  );
  return score(values, (value) => value);
}

/** Mean free energies of training and held-out records, and their difference: it grows as the machine overfits. */
export async function freeEnergyGap(
  model: TrainedRbm,
  train: Dataset,
  heldOut: Dataset,
): Promise<{ readonly train: Score; readonly heldOut: Score; readonly gap: number }> {
  const own = async (data: Dataset) => score(await model.freeEnergy(normalised(data)), (value) => value);
  const scores = { train: await own(train), heldOut: await own(heldOut) };
  return { ...scores, gap: scores.heldOut.mean - scores.train.mean };
}
