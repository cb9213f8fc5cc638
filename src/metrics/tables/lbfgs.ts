/**
 * Minimises a smooth function of many variables: L-BFGS (Nocedal 1980), with steps halved until they descend enough.
 */

/** Value at x; writes the gradient there. */
export type Slope = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** The greatest number of steps. */
  readonly steps: number;
  /** It ends if no element of the gradient is greater. */
  readonly tolerance: number;
}

/** Pairs of steps and changes of the gradient that are kept. */
const memory = 10;

/** A minimum near the start, or the best found after so many steps; `x` is not changed. */
export function minimise(slope: Slope, x: Float64Array, { steps, tolerance }: LbfgsOptions): Float64Array {
  let at = x.slice();
  let gradient = new Float64Array(x.length);
  let value = slope(at, gradient);
  const pairs: Pair[] = [];
  for (let step = 0; step < steps && gradient.some((one) => Math.abs(one) > tolerance); step++) {
    const direction = descent(gradient, pairs);
    const descends = dot(direction, gradient);
    // The first step has no curvature to go by: it changes no variable by more than 1.
    let size = pairs.length > 0 ? 1 : Math.min(1, 1 / gradient.reduce((most, one) => Math.max(most, Math.abs(one)), 0));
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let nextValue = Number.POSITIVE_INFINITY;
    for (; size > 1e-12; size /= 2) {
      for (let i = 0; i < next.length; i++) next[i] = at[i] + size * direction[i];
      nextValue = slope(next, nextGradient);
      if (nextValue <= value + 1e-4 * size * descends) break;
    }
    if (!(nextValue < value)) break;
    const moved = next.map((one, i) => one - at[i]);
    const changed = nextGradient.map((one, i) => one - gradient[i]);
    const curvature = dot(moved, changed);
    if (curvature > 1e-12 * dot(changed, changed)) pairs.push({ moved, changed, curvature });
    if (pairs.length > memory) pairs.shift();
    [at, gradient, value] = [next, nextGradient, nextValue];
  }
  return at;
}

interface Pair {
  readonly moved: Float64Array;
  readonly changed: Float64Array;
  readonly curvature: number;
}

/** Minus the gradient times the inverse Hessian as the pairs have it, by two passes over them. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((one) => -one);
  const shares = pairs.map(() => 0);
  for (let k = pairs.length - 1; k >= 0; k--) {
    const { moved, changed, curvature } = pairs[k];
    shares[k] = dot(moved, direction) / curvature;
    addScaled(direction, changed, -shares[k]);
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = last.curvature / dot(last.changed, last.changed);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  pairs.forEach(({ moved, changed, curvature }, k) => {
    addScaled(direction, moved, shares[k] - dot(changed, direction) / curvature);
  });
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addScaled(to: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * values[i];
}
