/** Pearson's correlation of two columns in which values may be missing. */

/**
 * Over the positions where both are known, that is not NaN; undefined if there are fewer than two, or one of the
 * columns is constant there.
 */
export function correlation(a: Float64Array, b: Float64Array): number | undefined {
  let [count, sumA, sumB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) || Number.isNaN(b[i])) continue;
    count++;
    sumA += a[i];
    sumB += b[i];
  }
  if (count < 2) return undefined;
  const [meanA, meanB] = [sumA / count, sumB / count];
  let [aa, ab, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (Number.isNaN(a[i]) || Number.isNaN(b[i])) continue;
    const [x, y] = [a[i] - meanA, b[i] - meanB];
    aa += x * x;
    ab += x * y;
    bb += y * y;
  }
  // Rounding leaves a constant column with squares of about (2^-53 mean)^2 each.
  const constant = (squares: number, mean: number) => squares <= count * (mean * 1e-13) ** 2;
  if (constant(aa, meanA) || constant(bb, meanB)) return undefined;
  return Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb)));
}
