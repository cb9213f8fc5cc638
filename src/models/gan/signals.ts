/**
 * What a GAN's training watches besides its losses, which say little: how well the discriminator separates a batch of data
 * from a batch of samples, and how diverse the samples are. The measures have no unit, so that one threshold serves
 * all losses and data: see decision 0027.
 */
import { add, div, exp, greater, maximum, mul, neg, sign, square, sub, where } from "../../ops/elementwise.js";
import { matmul } from "../../ops/matmul.js";
import { reshape, slice } from "../../ops/movement.js";
import { mean, sum } from "../../ops/reduction.js";
import type { AdversarialLoss } from "../../objectives/adversarial.js";
import { sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { type AlarmRule, average, type Measurement, rises } from "../../train/alarms.js";

/** Maximum number of records and of samples whose distances are computed, and of those whose logits are compared. */
const mostRows = 64;
const mostLogits = 256;

/** Width of the kernel: distances whose square is well below this share of the data's mean square count as none. */
const width = 0.1;

/** Added to both sides of the ratio of diversities, so that constant data and constant samples have a diversity of 1. */
const slack = 0.02;

/** The first rows of x as vectors [rows, width]. */
function rowsOf(x: Tensor, width: number, most: number): Tensor {
  const rows = x.size / width;
  const flat = reshape(x, [rows, width]);
  return rows <= most ? flat : slice(flat, [0, 0], [most, width]);
}

/** The first rows of x about their mean, for distances without cancellation. */
function centred(x: Tensor): Tensor {
  const rows = rowsOf(x, sizeOf(x.shape.slice(1)), mostRows);
  return sub(rows, mean(rows, { axes: 0, keepAxes: true }));
}

/** Squared distances of all pairs of rows [rows, rows]. */
function squaredDistances(x: Tensor): Tensor {
  const norms = sum(square(x), { axes: 1, keepAxes: true });
  const products = matmul(x, x, { transposeB: true });
  return maximum(sub(add(norms, reshape(norms, [1, x.shape[0]])), mul(products, 2)), 0);
}

/**
 * Effective number of different rows: 1 / mean of k(x_i, x_j)^2 over all pairs, with k^2 = exp(-d^2 / scale). It is 1 if
 * all rows are equal, and the number of rows if all are far from each other: the Vendi score of order 2 (Friedman, Dieng
 * 2023; Pasarkar, Dieng 2024, eq. 3), which needs no eigenvalues.
 */
const effectiveNumber = (distances: Tensor, scale: Tensor) => div(1, mean(exp(neg(div(distances, scale)))));

/**
 * Diversity of samples relative to that of data, from their first 64 rows: the ratio of (effective number of different rows
 * - 1). 0: all samples are equal; 1: as diverse as the data.
 */
function diversity(real: Tensor, fake: Tensor): Tensor {
  const [data, samples] = [real, fake].map((x) => squaredDistances(centred(x)));
  const scale = add(mul(mean(data), width), 1e-12);
  const beyondOne = (distances: Tensor) => add(effectiveNumber(distances, scale), slack - 1);
  return div(beyondOne(samples), beyondOne(data));
}

/** What the signals of a step are computed of. */
export interface Seen {
  readonly loss: AdversarialLoss;
  /** Records and samples, [batch, ...]. */
  readonly real: Tensor;
  readonly fake: Tensor;
  /** Their logits, of any shape with one for each. */
  readonly realLogits: Tensor;
  readonly fakeLogits: Tensor;
}

/**
 * The discriminator's loss, without penalties, divided by that of equal logits. 1: it cannot tell records from samples, or
 * its loss has no lower bound, like that of `wasserstein`, which is 0 for equal logits; 0: there is nothing left to learn.
 */
function remainingLoss({ loss, realLogits, fakeLogits }: Seen): Tensor {
  const equal = loss.discriminator(mul(realLogits, 0), mul(fakeLogits, 0));
  return where(greater(equal, 0), div(loss.discriminator(realLogits, fakeLogits), equal), 1);
}

/**
 * Signals of a batch of data and a batch of samples, scalars:
 * - `separation`: share of pairs of a record and a sample in which the discriminator gives the record the greater logit.
 *   0.5: it cannot tell them apart; 1: it separates them completely (the area under its ROC curve).
 * - `gap`: mean logit of the records minus that of the samples.
 * - `remainingLoss`: the discriminator's loss relative to that of equal logits, 1 for a loss without lower bound.
 * - `diversity`: that of the samples relative to that of the data: 0 if all samples are equal, 1 if as diverse.
 */
export function ganSignals(seen: Seen): Readonly<Record<string, Tensor>> {
  const [records, samples] = [seen.realLogits, seen.fakeLogits].map((logits) => rowsOf(logits, 1, mostLogits));
  const pairs = sub(records, reshape(samples, [1, samples.size]));
  return {
    separation: mul(add(mean(sign(pairs)), 1), 0.5),
    gap: sub(mean(records), mean(samples)),
    remainingLoss: remainingLoss(seen),
    diversity: diversity(seen.real, seen.fake),
  };
}

const valuesOf = (recent: readonly Measurement[], name: string) => recent.map(({ signals }) => signals[name]);
const lengthOf = (recent: readonly Measurement[]) => recent[recent.length - 1].step - recent[0].step;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Separation above which the discriminator makes no mistake worth mentioning. */
const complete = 0.995;
/** Remaining loss below which its gradient has all but vanished. */
const exhausted = 0.03;

const discriminatorWon: AlarmRule = {
  name: "discriminatorWon",
  hint: "lower the discriminator's learning rate or raise the generator's, add a penalty such as r1, or augment the data if they are few",
  window: 6,
  find(recent) {
    const [separation, gap, remaining] = ["separation", "gap", "remainingLoss"].map((name) => valuesOf(recent, name));
    const [before, now] = [average(gap.slice(0, 3)), average(gap.slice(3))];
    const unbounded = remaining.every((one) => one === 1);
    // Strong discriminators separate all pairs in healthy trainings too: what matters is that the generator cannot change it.
    const won = unbounded ? now >= before : Math.max(...remaining) < exhausted && now > 0.9 * before;
    if (Math.min(...separation) < complete || !won) return undefined;
    const left = unbounded ? "" : `, its loss is at most ${percent(Math.max(...remaining))} of that for equal logits`;
    return `for ${lengthOf(recent)} steps the discriminator has told ${percent(Math.min(...separation))} of pairs of a record and a sample apart${left}, and the gap of their mean logits does not close (from ${before.toPrecision(3)} to ${now.toPrecision(3)}): the generator does not improve`;
  },
};

/** Diversity below which samples are too much alike. */
const collapsed = 0.1;

const samplesCollapsed: AlarmRule = {
  name: "samplesCollapsed",
  hint: "lower the generator's learning rate, add minibatchStd to the discriminator or a penalty such as r1, or give the generator more latents and wider layers",
  window: 6,
  find(recent) {
    const found = valuesOf(recent, "diversity");
    // Untrained generators give samples that are alike: what matters is that it does not change.
    if (Math.max(...found) > collapsed || rises(found, collapsed)) return undefined;
    return `for ${lengthOf(recent)} steps samples have been almost alike: their diversity is at most ${percent(Math.max(0, ...found))} of the data's`;
  },
};

/** Alarms of a GAN's training. */
export const ganAlarms: readonly AlarmRule[] = [discriminatorWon, samplesCollapsed];
