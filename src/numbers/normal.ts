/** Distribution function of the standard normal distribution and its inverse, portable as portable-math.ts. */
import { exp, log } from "./portable-math.js";

/** Polynomial with these coefficients, the highest power first. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (const one of coefficients) sum = sum * x + one;
  return sum;
}

/**
 * Probability that a standard normal number is at most x: for |x| <= 4 the series 1/2 + density (x + x^3 / 3 + x^5 / 15
 * + ...), beyond it the continued fraction of the tail (Abramowitz and Stegun 1964, 26.2.11 and 26.2.14). Error below
 * 1e-15.
 */
export function normalProbability(x: number): number {
  const density = exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) <= 4) {
    let term = x;
    let sum = x;
    for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
      term *= (x * x) / n;
      sum += term;
    }
    return 0.5 + density * sum;
  }
  let fraction = 0;
  for (let n = 60; n >= 1; n--) fraction = n / (Math.abs(x) + fraction);
  const tail = density / (Math.abs(x) + fraction);
  return x > 0 ? 1 - tail : tail;
}

/**
 * The number that a standard normal one is at most with probability p: rational functions of Wichura 1988, algorithm AS
 * 241 (PPND16). Relative error below 1e-15; -Infinity for 0, Infinity for 1.
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(r, middleAbove)) / polynomial(r, middleBelow);
  }
  const tail = q < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? Math.sign(q) * Infinity : NaN;
  const r = Math.sqrt(-log(tail));
  const size =
    r <= 5
      ? polynomial(r - 1.6, nearAbove) / polynomial(r - 1.6, nearBelow)
      : polynomial(r - 5, farAbove) / polynomial(r - 5, farBelow);
  return q < 0 ? -size : size;
}

const middleAbove = [
  2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
  1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.387132872796366608,
];
const middleBelow = [
  5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
  5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
];
const nearAbove = [
  7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258,
  3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
];
const nearBelow = [
  1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2, 1.4810397642748007459e-1,
  6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1,
];
const farAbove = [
  2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2,
  2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
];
const farBelow = [
  2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
  1.48753612908506148525e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1,
];
