/**
 * How well scores rank two classes: the area under the ROC curve, and average precision. Equal scores are handled
 * exactly.
 */

/**
 * Probability that a random record of class 1 has a higher score than a random record of class 0; equal scores count
 * half. It is the area under the receiver operating characteristic (Hanley and McNeil 1982), and the statistic of Mann
 * and Whitney. 1/2 by chance.
 * @param scores higher for records that are held more likely to be of class 1, [n]
 * @param labels 1 or true, 0 or false, [n]
 * @throws RangeError if lengths differ, a score is NaN, a label is neither 0 nor 1, or a class has no record
 * @example metrics.auroc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // 0.75
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): number {
  const groups = groupsOf("auroc", scores, labels);
  let [sum, above] = [0, 0];
  // From the highest score down: each record of class 0 counts the ones of class 1 above it.
  for (const { ones, zeros } of groups) {
    sum += zeros * (above + ones / 2);
    above += ones;
  }
  return sum / (above * (scores.length - above));
}

/**
 * Mean of the precision at each score, weighted by the recall gained there: the sum of (R_n - R_(n-1)) P_n over the
 * different scores from the highest down, without interpolation. The share of class 1 by chance.
 * @param scores higher for records that are held more likely to be of class 1, [n]
 * @param labels 1 or true, 0 or false, [n]
 * @throws RangeError if lengths differ, a score is NaN, a label is neither 0 nor 1, or a class has no record
 * @example metrics.averagePrecision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) // 0.833333333
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): number {
  const groups = groupsOf("averagePrecision", scores, labels);
  let [sum, found, taken] = [0, 0, 0];
  for (const { ones, zeros } of groups) {
    found += ones;
    taken += ones + zeros;
    sum += ones * (found / taken);
  }
  return sum / found;
}

/** Numbers of records of the two classes at each different score, the highest first. */
function groupsOf(what: string, scores: ArrayLike<number>, labels: ArrayLike<number | boolean>) {
  if (scores.length !== labels.length)
    throw new RangeError(
      `${what}: there must be as many labels as scores, found ${labels.length} and ${scores.length}`,
    );
  const order = Array.from(scores, (score, i) => {
    const label = Number(labels[i]);
    if (Number.isNaN(score)) throw new RangeError(`${what}: scores must be numbers, found NaN at ${i}`);
    if (label !== 0 && label !== 1) throw new RangeError(`${what}: labels must be 0 or 1, found ${labels[i]} at ${i}`);
    return { score, label };
  }).sort((a, b) => (a.score < b.score ? 1 : a.score > b.score ? -1 : 0));
  const groups: { score: number; ones: number; zeros: number }[] = [];
  for (const { score, label } of order) {
    if (groups.at(-1)?.score !== score) groups.push({ score, ones: 0, zeros: 0 });
    const group = groups[groups.length - 1];
    if (label === 1) group.ones++;
    else group.zeros++;
  }
  const ones = order.filter(({ label }) => label === 1).length;
  if (ones === 0 || ones === order.length)
    throw new RangeError(`${what}: both classes must have records, found ${ones} of class 1 in ${order.length}`);
  return groups;
}
