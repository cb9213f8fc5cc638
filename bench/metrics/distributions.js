// Distributions of known shape, for checks of metrics. Each set is drawn by Philox from (seed, role), so that a table of
// checks is the same in every run.
import { randomSource } from "../../dist/src/data/random-source.js";

/** @typedef {{ values: Float64Array, count: number, size: number }} Features */
/** @typedef {ReturnType<typeof randomSource>} Source */

const stream = 0x7e57_0010;

/**
 * `count` records of `size` features, each made by `record`.
 * @param {{ seed: number, role: number, count: number, size: number }} options the role separates sets of one seed
 * @param {(source: Source, i: number) => number[]} record
 * @returns {Features}
 */
export function draw({ seed, role, count, size }, record) {
  const source = randomSource(1000 * role + seed, stream);
  const values = new Float64Array(count * size);
  for (let i = 0; i < count; i++) values.set(record(source, i), i * size);
  return { values, count, size };
}

/** @param {number} length @param {(i: number) => number} value */
const list = (length, value) => Array.from({ length }, (_, i) => value(i));

/** N(mean, deviation^2 I). @param {number} size */
export const gaussian =
  (size, mean = 0, deviation = 1) =>
  (/** @type {Source} */ source) =>
    list(size, () => mean + deviation * source.normal());

/** Uniform in a cube around zero. @param {number} size @param {number} side */
export const cube = (size, side) => (/** @type {Source} */ source) => list(size, () => side * (source.uniform() - 0.5));

/** Uniform on a sphere around zero. @param {number} size @param {number} radius */
export const sphere = (size, radius) => (/** @type {Source} */ source) => {
  const way = list(size, () => source.normal());
  const length = Math.hypot(...way);
  return way.map((value) => (radius * value) / length);
};

/** On a torus in three dimensions, uniform in its two angles. @param {number} major @param {number} minor */
export const torus = (major, minor) => (/** @type {Source} */ source) => {
  const [a, b] = [2 * Math.PI * source.uniform(), 2 * Math.PI * source.uniform()];
  const ring = major + minor * Math.cos(b);
  return [ring * Math.cos(a), ring * Math.sin(a), minor * Math.sin(b)];
};

/**
 * Gaussians of deviation 1 whose means lie 10 apart along a diagonal, with given weights that sum to 1.
 * @param {number} size @param {readonly number[]} weights
 */
export const modes = (size, weights) => (/** @type {Source} */ source) => {
  let left = source.uniform();
  let mode = 0;
  while (mode < weights.length - 1 && left >= weights[mode]) left -= weights[mode++];
  return list(size, () => 10 * mode + source.normal());
};

/** A record of `first` or, with the given probability, of `second`. @param {(s: Source) => number[]} first @param {(s: Source) => number[]} second @param {number} share */
export const mixture = (first, second, share) => (/** @type {Source} */ source) =>
  source.uniform() < share ? second(source) : first(source);

/** One feature uniform in [offset, offset + 1], the others N(0, 1). @param {number} size @param {number} offset */
export const oneDimension = (size, offset) => (/** @type {Source} */ source) => [
  offset + source.uniform(),
  ...gaussian(size - 1)(source),
];
