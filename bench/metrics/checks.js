// The sanity checks of metrics, after Räisä, van Breugel, van der Schaar 2025 (arXiv 2505.22450): pairs of distributions
// for which it is known what a fidelity and a diversity score should say. The paper's idea and most of its cases; the
// parameters and the intervals are ours, and stand in the table that `sanity.js` prints.
import { cube, gaussian, mixture, modes, oneDimension, sphere, torus } from "./distributions.js";

/** @typedef {import("./distributions.js").Source} Source */
/** @typedef {(source: Source) => number[]} Records */
/**
 * One pair of distributions: `fidelity` and `diversity` are the intervals that the scores should lie in; `differs` says
 * whether a distance should be above its floor, the value for two sets of the data. `counts` are those of data and
 * samples, 1,000 by default. `scaled` multiplies the first feature of both sets, and the scores should not change.
 * @typedef {object} Level
 * @property {string} label
 * @property {Records} real
 * @property {Records} samples
 * @property {readonly [number, number]} [fidelity]
 * @property {readonly [number, number]} [diversity]
 * @property {boolean} [differs]
 * @property {readonly [number, number]} [counts]
 * @property {number} [scaled]
 */
/** @typedef {{ name: string, size: number, levels: readonly Level[] }} Check */

const good = /** @type {const} */ ([0.9, 1.1]);
const high = /** @type {const} */ ([0.9, Infinity]);
const bad = /** @type {const} */ ([0, 0.1]);
/** @param {number} share @returns {readonly [number, number]} */
const about = (share) => [share - 0.1, share + 0.1];

/** Weights of ten modes, the first `count` of which are present. @param {number} count */
const first = (count) => Array.from({ length: 10 }, (_, i) => (i < count ? 1 / count : 0));

/** @param {number} size @returns {Check} */
const meanDifference = (size) => ({
  name: `Gaussians, means apart, ${size}-D`,
  size,
  levels: [
    { label: "equal", real: gaussian(size), samples: gaussian(size), fidelity: good, diversity: good, differs: false },
    {
      label: "6 apart",
      real: gaussian(size),
      samples: gaussian(size, 6),
      fidelity: bad,
      diversity: bad,
      differs: true,
    },
    {
      label: "-6 apart",
      real: gaussian(size),
      samples: gaussian(size, -6),
      fidelity: bad,
      diversity: bad,
      differs: true,
    },
  ],
});

/** One record in a hundred is far away. @param {number} size @param {number} mean @param {number} far */
const withOutliers = (size, mean, far) => mixture(gaussian(size, mean), gaussian(size, far, 3), 0.01);

/** @param {number} size @returns {Check} */
const hypercubeSide = (size) => ({
  name: `cubes of other sides, ${size}-D`,
  size,
  levels: [0.5, 1, 2].map((side) => ({
    label: `side ${side}`,
    real: cube(size, 1),
    samples: cube(size, side),
    fidelity: side < 1 ? high : about(side ** -size),
    diversity: about(Math.min(1, side ** size)),
    differs: side !== 1,
  })),
});

/** @type {readonly Check[]} */
export const checks = [
  meanDifference(1),
  meanDifference(8),
  meanDifference(64),
  {
    name: "outliers in the data and beside them, 8-D",
    size: 8,
    levels: [
      { label: "equal", real: withOutliers(8, 0, 30), samples: gaussian(8), fidelity: good, diversity: good },
      {
        label: "samples at the outliers",
        real: withOutliers(8, 0, 30),
        samples: gaussian(8, 25, 3),
        fidelity: bad,
        diversity: bad,
        differs: true,
      },
    ],
  },
  {
    name: "outliers in the samples, 8-D",
    size: 8,
    levels: [
      { label: "1 in 100", real: gaussian(8), samples: withOutliers(8, 0, 30), fidelity: good, diversity: good },
      {
        label: "bad samples, 1 in 100 at the data",
        real: gaussian(8),
        samples: mixture(gaussian(8, 30, 3), gaussian(8), 0.01),
        fidelity: bad,
        diversity: bad,
        differs: true,
      },
    ],
  },
  {
    name: "Gaussians of other deviations, 8-D",
    size: 8,
    levels: [
      {
        label: "0.2",
        real: gaussian(8),
        samples: gaussian(8, 0, 0.2),
        fidelity: high,
        diversity: [0, 0.2],
        differs: true,
      },
      { label: "3", real: gaussian(8), samples: gaussian(8, 0, 3), fidelity: bad, differs: true },
    ],
  },
  {
    name: "cubes, other counts, 8-D",
    size: 8,
    levels: /** @type {const} */ ([
      [250, 250],
      [1000, 250],
      [250, 1000],
      [2000, 2000],
    ]).map((counts) => ({
      label: counts.join(" and "),
      real: cube(8, 1),
      samples: cube(8, 1),
      counts,
      fidelity: good,
      diversity: good,
      differs: false,
    })),
  },
  hypercubeSide(1),
  hypercubeSide(2),
  {
    name: "spheres of other radii, 8-D",
    size: 8,
    levels: [
      { label: "1", real: sphere(8, 1), samples: sphere(8, 1), fidelity: good, diversity: good, differs: false },
      { label: "0.7", real: sphere(8, 1), samples: sphere(8, 0.7), fidelity: bad, diversity: bad, differs: true },
      { label: "1.4", real: sphere(8, 1), samples: sphere(8, 1.4), fidelity: bad, diversity: bad, differs: true },
    ],
  },
  {
    name: "sphere and torus, 3-D",
    size: 3,
    levels: [{ label: "", real: sphere(3, 1), samples: torus(1, 0.5), fidelity: bad, diversity: bad, differs: true }],
  },
  {
    name: "mode collapse: 1 of 10 modes, 8-D",
    size: 8,
    levels: [
      {
        label: "",
        real: modes(8, first(10)),
        samples: modes(8, first(1)),
        fidelity: high,
        diversity: about(0.1),
        differs: true,
      },
    ],
  },
  {
    name: "modes dropped and invented: 5 in the data, 8-D",
    size: 8,
    levels: [1, 3, 5, 7, 10].map((count) => ({
      label: `${count} modes`,
      real: modes(8, first(5)),
      samples: modes(8, first(count)),
      fidelity: count < 5 ? high : about(Math.min(1, 5 / count)),
      diversity: about(Math.min(1, count / 5)),
      differs: count !== 5,
    })),
  },
  {
    name: "modes dropped one after the other: 10 in the data, 8-D",
    size: 8,
    levels: [8, 5, 2].map((count) => ({
      label: `${count} left`,
      real: modes(8, first(10)),
      samples: modes(8, [
        1 - (count - 1) / 10,
        ...first(10)
          .slice(1)
          .map((one, i) => (i < count - 1 ? one : 0)),
      ]),
      fidelity: high,
      diversity: about(count / 10),
      differs: true,
    })),
  },
  {
    name: "nine of ten modes lose weight together, 8-D",
    size: 8,
    // The densities have 0.55 and 0.19 in common, but every mode has samples.
    levels: /** @type {const} */ ([
      [0.5, 0.45, 0.9],
      [0.9, 0.09, 0.5],
    ]).map(([lost, least, most]) => ({
      label: `${lost} of it lost`,
      real: modes(8, first(10)),
      samples: modes(
        8,
        first(10).map((one, i) => (i > 0 ? one * (1 - lost) : one + 9 * one * lost)),
      ),
      fidelity: high,
      diversity: [least, most],
      differs: true,
    })),
  },
  {
    name: "two modes, samples of one Gaussian with their mean and covariance, 1-D",
    size: 1,
    levels: [
      {
        label: "5 deviations apart each",
        real: (source) => [(source.uniform() < 0.5 ? -5 : 5) + source.normal()],
        samples: gaussian(1, 0, Math.sqrt(26)),
        // The densities have 0.41 in common; 0.58 of the samples are within three deviations of a mode.
        fidelity: [0.31, 0.68],
        diversity: [0.31, 1.1],
        differs: true,
      },
    ],
  },
  {
    name: "one feature disjoint, 63 equal, 64-D",
    size: 64,
    levels: [
      {
        label: "",
        real: oneDimension(64, 0),
        samples: oneDimension(64, 2),
        fidelity: bad,
        diversity: bad,
        differs: true,
      },
    ],
  },
  {
    name: "a feature in other units, 8-D",
    size: 8,
    levels: [{ label: "first feature x 1000", real: gaussian(8), samples: gaussian(8, 1), scaled: 1000 }],
  },
  {
    name: "integers: few different values, 1-D",
    size: 1,
    levels: [
      {
        label: "",
        real: (source) => [Math.round(source.normal())],
        samples: (source) => [Math.round(source.normal())],
        fidelity: good,
        diversity: good,
        differs: false,
      },
    ],
  },
];
