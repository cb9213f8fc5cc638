/** Scores of a machine on data: log-likelihood for a known log Z, and two that do not need log Z. */
import { abs, add, equal, exp, log1p, maximum, mul, neg, softplus, sub } from "../../ops/elementwise.js";
import { oneHot } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { broadcastTo, reshape } from "../../ops/movement.js";
import { randomInteger } from "../../ops/random.js";
import { scan } from "../../ops/scan.js";
import { checkOptions } from "../../options.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Records } from "../../train/records.js";
import type { TrainedRbm } from "./trained-rbm.js";
import { groups } from "./units.js";

export interface Score {
  /** In nats per record. */
  readonly mean: number;
  /** Standard error of the mean, over the records. */
  readonly standardError: number;
}

function score(values: Float32Array, f: (value: number) => number): Score {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + f(value), 0) / count;
  const variance = values.reduce((sum, value) => sum + (f(value) - mean) ** 2, 0) / Math.max(1, count - 1);
  return { mean, standardError: Math.sqrt(variance / count) };
}

export interface ScoreOptions {
  /** Seed of the random numbers, and of the bits of a data set if the model binarises; default 0. */
  readonly seed?: number;
}

function seedOf(what: string, options: ScoreOptions): number {
  checkOptions(what, options, ["seed"]);
  const { seed = 0 } = options;
  return seed;
}

/**
 * Mean log p(v) = -F(v) - log Z over the records.
 * @param logPartition log Z, from `exactLogPartition` or an estimate
 */
export async function logLikelihood(
  model: TrainedRbm,
  data: Records,
  logPartition: number,
  options: ScoreOptions = {},
): Promise<Score> {
  const seed = seedOf("logLikelihood", options);
  return score(await model.freeEnergy(model.evaluated(data, seed)), (value) => -value - logPartition);
}

/**
 * Mean log pseudo-likelihood, the sum over units of log p(v_i | the others), estimated from one random unit per record:
 * V log sigmoid(F(v with the unit flipped) - F(v)). log Z is not needed (Besag 1975; Marlin et al. 2010, eq. 7). Of records of
 * categories: the sum over values of log p(value | the others), from one random value per record.
 */
export async function pseudoLikelihood(model: TrainedRbm, data: Records, options: ScoreOptions = {}): Promise<Score> {
  const seed = seedOf("pseudoLikelihood", options);
  const { visible, units } = model;
  const estimate = (v: Tensor) => {
    if (units.categories !== undefined) return categoricalEstimate(model, v, units.categories);
    const turned = abs(sub(v, oneHot(randomInteger([v.shape[0]], visible), visible)));
    return mul(neg(softplus(sub(model.energy(v), model.energy(turned)))), visible);
  };
  return score(await model.map("pseudoLikelihood", model.evaluated(data, seed), estimate, { seed }), (value) => value);
}

/** The number of values times log p(one of them | the others) = -F(v) - log of the sum over categories of e^-F(v with it), [n]. */
function categoricalEstimate(model: TrainedRbm, v: Tensor, categories: number): Tensor {
  const [n, visible] = v.shape;
  const count = visible / categories;
  const chosen = reshape(oneHot(randomInteger([n], count), count), [n, count, 1]);
  const others = mul(groups(v, categories), sub(1, chosen));
  const all = literal(
    Float32Array.from({ length: categories }, (_, i) => i),
    [categories],
  );
  const { carries } = scan(
    { carries: { total: broadcastTo(never, [n]) }, sequences: { category: all } },
    ({ total }, { category }) => {
      const states = add(others, mul(chosen, equal(all, category)));
      const logWeight = neg(model.energy(reshape(states, [n, visible])));
      return { carries: { total: logAdd(total, logWeight) } };
    },
  );
  return mul(sub(neg(model.energy(v)), carries.total), count);
}

/** Stands for the logarithm of 0. */
const never = -1e30;

/** log of e^a + e^b of every element. */
const logAdd = (a: Tensor, b: Tensor): Tensor => add(maximum(a, b), log1p(exp(neg(abs(sub(a, b))))));

/** Mean free energies of training and held-out records, and their difference, which grows as the machine overfits. */
export async function freeEnergyGap(
  model: TrainedRbm,
  train: Records,
  heldOut: Records,
  options: ScoreOptions = {},
): Promise<{ readonly train: Score; readonly heldOut: Score; readonly gap: number }> {
  const seed = seedOf("freeEnergyGap", options);
  const own = async (data: Records) => score(await model.freeEnergy(model.evaluated(data, seed)), (value) => value);
  const scores = { train: await own(train), heldOut: await own(heldOut) };
  return { ...scores, gap: scores.heldOut.mean - scores.train.mean };
}
