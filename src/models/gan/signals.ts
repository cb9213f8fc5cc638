/**
 * What a GAN's training watches besides its losses, which say little: how well the discriminator separates a batch of data
 * from a batch of samples, and how diverse the samples are. The measures have no unit, so that one threshold serves
 * all losses and data: see decision 0027.
 */
import { add, div, exp, greater, maximum, mul, neg, sign, sqrt, square, sub, where } from "../../ops/elementwise.js";
import { gather } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { matmul } from "../../ops/matmul.js";
import { reshape } from "../../ops/movement.js";
import { mean, sum } from "../../ops/reduction.js";
import type { AdversarialLoss } from "../../objectives/adversarial.js";
import { sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { type AlarmRule, average, halves, type Measurement, rises } from "../../train/alarms.js";

/** Maximum number of records and of samples whose distances are computed, and of those whose logits are compared. */
const mostRows = 64;
const mostLogits = 256;

/** Width of the kernel: distances whose square is well below this share of the data's mean square count as none. */
const width = 0.1;

/** Added to both sides of the ratio of diversities, so that constant data and constant samples have a diversity of 1. */
const slack = 0.02;

/** Added to denominators that are 0 for constant data. */
const tiny = 1e-12;

/** The first rows of x as vectors [rows, width]. */
function rowsOf(x: Tensor, width: number, most: number): Tensor {
  const rows = x.size / width;
  const flat = reshape(x, [rows, width]);
  if (rows <= most) return flat;
  return gather(
    flat,
    literal(
      Int32Array.from({ length: most }, (_, i) => i),
      [most],
    ),
  );
}

/** Squared distances of all pairs of a row of x and a row of y. */
function squaredDistances(x: Tensor, y: Tensor): Tensor {
  const [own, other] = [x, y].map((one) => sum(square(one), { axes: 1, keepAxes: true }));
  const products = matmul(x, y, { transposeB: true });
  return maximum(sub(add(own, reshape(other, [1, y.shape[0]])), mul(products, 2)), 0);
}

/** Squared distances within the data, within the samples, and between both, of the first rows. */
function distancesOf(real: Tensor, fake: Tensor) {
  const [x, y] = [real, fake].map((one) => rowsOf(one, sizeOf(one.shape.slice(1)), mostRows));
  // About the data's mean, so that no digits cancel.
  const middle = mean(x, { axes: 0, keepAxes: true });
  const [data, samples] = [sub(x, middle), sub(y, middle)];
  return {
    data: squaredDistances(data, data),
    samples: squaredDistances(samples, samples),
    between: squaredDistances(data, samples),
  };
}

type Distances = ReturnType<typeof distancesOf>;

/**
 * Effective number of different rows: 1 / mean of k(x_i, x_j)^2 over all pairs, with k^2 = exp(-d^2 / scale). It is 1 if
 * all rows are equal, and the number of rows if all are far from each other: the Vendi score of order 2 (Friedman, Dieng
 * 2023; Pasarkar, Dieng 2024), which needs no eigenvalues.
 */
const effectiveNumber = (squared: Tensor, scale: Tensor) => div(1, mean(exp(neg(div(squared, scale)))));

/** Ratio of (effective number of different rows - 1) of samples and data. */
function diversity({ data, samples }: Distances): Tensor {
  const scale = add(mul(mean(data), width), tiny);
  const beyondOne = (squared: Tensor) => add(effectiveNumber(squared, scale), slack - 1);
  return div(beyondOne(samples), beyondOne(data));
}

/** Energy distance relative to the mean distance within the data (Szekely, Rizzo 2013, eq. 2.5, without bias). */
function distance({ data, samples, between }: Distances): Tensor {
  const [count] = data.shape;
  const within = (squared: Tensor) => mul(mean(sqrt(squared)), count / (count - 1));
  const own = within(data);
  return div(sub(mul(mean(sqrt(between)), 2), add(own, within(samples))), add(own, tiny));
}

const spread = (found: Distances) => ({ diversity: diversity(found), distance: distance(found) });

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
 * The discriminator's loss, without penalties, above its least value and relative to that of undecided logits. 1: it cannot tell
 * records from samples, or its loss has no lower bound, like that of `wasserstein`, which is 0 for equal logits; 0: there is nothing
 * left to learn.
 */
function remainingLoss({ loss, realLogits, fakeLogits }: Seen): Tensor {
  const { undecided = 0, least = 0 } = loss;
  const above = (real: Tensor, fake: Tensor) => sub(loss.discriminator(real, fake), least);
  const equal = above(add(mul(realLogits, 0), undecided), add(mul(fakeLogits, 0), undecided));
  return where(greater(equal, 0), div(above(realLogits, fakeLogits), equal), 1);
}

/**
 * Signals of a batch of data and a batch of samples, scalars:
 * - `separation`: share of pairs of a record and a sample in which the discriminator gives the record the greater logit.
 *   0.5: it cannot tell them apart; 1: it separates them completely (the area under its ROC curve).
 * - `gap`: mean logit of the records minus that of the samples.
 * - `remainingLoss`: the discriminator's loss relative to that of equal logits, 1 for a loss without lower bound.
 * - `diversity`: that of the samples relative to that of the data: 0 if all samples are equal, 1 if as diverse.
 * - `distance`: that of the samples' distribution to the data's, whatever the discriminator says: 0 if they are the same, 1
 *   or more if samples have nothing in common with the data. Like `diversity` it compares at most 64 of each; a batch of one
 *   record has neither.
 */
export function ganSignals(seen: Seen): Readonly<Record<string, Tensor>> {
  const [records, samples] = [seen.realLogits, seen.fakeLogits].map((logits) => rowsOf(logits, 1, mostLogits));
  const pairs = sub(records, reshape(samples, [1, samples.size]));
  return {
    separation: mul(add(mean(sign(pairs)), 1), 0.5),
    gap: sub(mean(records), mean(samples)),
    remainingLoss: remainingLoss(seen),
    ...(seen.real.shape[0] > 1 && spread(distancesOf(seen.real, seen.fake))),
  };
}

const valuesOf = (recent: readonly Measurement[], name: string) => recent.map(({ signals }) => signals[name]);
const lengthOf = (recent: readonly Measurement[]) => recent[recent.length - 1].step - recent[0].step;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Separation above which the discriminator makes no mistake worth mentioning. */
const complete = 0.995;
/** Remaining loss below which its gradient has all but vanished. */
const exhausted = 0.03;
/** Distance above which samples are unlike the data. */
const far = 0.2;

/** Whether a strong discriminator leaves the generator no way: most separate all pairs in healthy trainings, too. */
function isStuck(recent: readonly Measurement[]): boolean {
  const remaining = valuesOf(recent, "remainingLoss");
  const [gapBefore, gap] = halves(valuesOf(recent, "gap"));
  if (remaining.some((one) => one !== 1)) return Math.max(...remaining) < exhausted && gap > 0.75 * gapBefore;
  // Without a lower bound of the loss, samples themselves show that nothing improves.
  const [before, now] = halves(valuesOf(recent, "distance"));
  return gap > 0.9 * gapBefore && now > far && now > 0.95 * before;
}

const discriminatorWon: AlarmRule = {
  name: "discriminatorWon",
  hint: "lower the discriminator's learning rate or raise the generator's, add a penalty such as r1, or augment the data if they are few",
  window: 6,
  find(recent) {
    const separation = Math.min(...valuesOf(recent, "separation"));
    if (separation < complete || !isStuck(recent)) return undefined;
    const [before, now] = halves(valuesOf(recent, "gap")).map((gap) => gap.toPrecision(3));
    return `for ${lengthOf(recent)} steps the discriminator has told ${percent(separation)} of pairs of a record and a sample apart, and the gap of their mean logits does not close (from ${before} to ${now}): the generator does not improve`;
  },
};

/** Diversities below which samples are the same to the eye, and almost alike; share of an earlier one that is a fall. */
const same = 0.01;
const alike = 0.05;
const fallen = 0.3;
/** Earlier diversity from which a fall counts. */
const diverse = 0.5;

const samplesCollapsed: AlarmRule = {
  name: "samplesCollapsed",
  hint: "lower the generator's learning rate, add minibatchStd to the discriminator or a penalty such as r1, or give the generator more latents and wider layers",
  window: 6,
  memory: 24,
  find(recent) {
    const found = valuesOf(recent, "diversity");
    const [earlier, last] = [found.slice(0, -6), found.slice(-6)];
    const most = Math.max(...last);
    const since = `for ${lengthOf(recent.slice(-6))} steps`;
    const [away, now] = halves(valuesOf(recent.slice(-6), "distance"));
    // Untrained generators give samples that are alike, and learn the mean of the data first.
    if (most <= alike && !rises(last, alike) && (most <= same || now > 0.9 * away))
      return `${since} samples have been almost alike: their diversity is at most ${percent(Math.max(0, most))} of the data's`;
    const before = average(earlier);
    if (earlier.length < 6 || !(before >= diverse && most < fallen * before)) return undefined;
    return `${since} samples have lost most of their diversity: it is at most ${percent(most)} of the data's, after ${percent(before)}`;
  },
};

/** Alarms of a GAN's training. */
export const ganAlarms: readonly AlarmRule[] = [discriminatorWon, samplesCollapsed];
