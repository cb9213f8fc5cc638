/** Mathematical functions that define operations in f64 and that JavaScript lacks. */

/**
 * Error function, accurate to about 1e-15: Taylor series e^{-x^2} sum 2^n x^{2n+1} / (2n+1)!! up to |x| = 3; for larger
 * |x| the continued fraction of erfc (Abramowitz and Stegun 1964, 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a <= 3) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
}

/** Whether a replaces b as the maximum: NaN is greater than every number. */
export const beats = (a: number, b: number): boolean => a > b || (Number.isNaN(a) && !Number.isNaN(b));
