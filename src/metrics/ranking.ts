/**
 * How well scores rank: whether records that are known to be anomalies have higher scores than the others. Both measures depend on
 * the order of the scores alone, and are exact where scores are equal.
 */

/** Scores from the highest to the lowest, in groups of equal ones: how many positives and how many others each has. */
function groupsOf(
  what: string,
  scores: ArrayLike<number>,
  positives: ArrayLike<number | boolean>,
): { readonly groups: readonly (readonly [positives: number, others: number])[]; readonly count: number } {
  if (scores.length !== positives.length)
    throw new RangeError(`${what}: positives must be ${scores.length}, one for each score, found ${positives.length}`);
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  for (const i of order)
    if (Number.isNaN(scores[i])) throw new RangeError(`${what}: scores must be numbers, found NaN at index ${i}`);
  order.sort((a, b) => (scores[a] === scores[b] ? 0 : scores[a] < scores[b] ? 1 : -1));
  const groups: [number, number][] = [];
  let count = 0;
  order.forEach((index, place) => {
    if (place === 0 || scores[index] !== scores[order[place - 1]]) groups.push([0, 0]);
    const group = groups[groups.length - 1];
    group[positives[index] ? 0 : 1]++;
    if (positives[index]) count++;
  });
  if (count === 0 || count === scores.length)
    throw new RangeError(
      `${what}: there must be positives and others, found ${count} positives among ${scores.length} records`,
    );
  return { groups, count };
}

/**
 * Area under the receiver operating characteristic: the probability that a positive has a higher score than one of the others,
 * where equal scores count a half (Hanley, McNeil 1982). 0.5 is chance, 1 a perfect order.
 * @param scores [n]; higher is more likely positive
 * @param positives [n], true or a number other than 0 for a positive
 * @throws RangeError unless the lengths are equal, there are positives and others, and no score is NaN
 * @example metrics.auroc([4, 3, 2, 1], [1, 0, 1, 0]) // 0.75
 * @example metrics.auroc([1, 1, 1], [true, false, false]) // 0.5
 */
export function auroc(scores: ArrayLike<number>, positives: ArrayLike<number | boolean>): number {
  const { groups, count } = groupsOf("auroc", scores, positives);
  const others = scores.length - count;
  let above = 0;
  // Pairs in the right order, twice: whole numbers, which f64 adds without rounding.
  let pairs = 0;
  for (const [own, other] of groups) {
    pairs += other * (2 * above + own);
    above += own;
  }
  return pairs / (2 * count * others);
}

/**
 * Average precision: the mean over positives of the precision among all records whose score is at least as high. That is the
 * area below the steps of the precision-recall curve, without interpolation (Davis, Goadrich 2006, say why). The floor of a
 * random order is the share of positives.
 * @param scores [n]; higher is more likely positive
 * @param positives [n], true or a number other than 0 for a positive
 * @throws RangeError unless the lengths are equal, there are positives and others, and no score is NaN
 * @example metrics.averagePrecision([4, 3, 2, 1], [1, 0, 1, 0]) // 0.833333333
 * @example metrics.averagePrecision([1, 1, 1, 1], [true, false, false, false]) // 0.25
 */
export function averagePrecision(scores: ArrayLike<number>, positives: ArrayLike<number | boolean>): number {
  const { groups, count } = groupsOf("averagePrecision", scores, positives);
  let above = 0;
  let seen = 0;
  let total = 0;
  for (const [own, other] of groups) {
    above += own;
    seen += own + other;
    total += own * (above / seen);
  }
  return total / count;
}
