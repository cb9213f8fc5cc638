/**
 * Points in the plane: the classic small test distributions of generative models, f32 [count, 2], in raw coordinates
 * (nothing is rescaled). Mixtures store their modes and sigma in `source`, for evaluation.
 */

import { cos, sin } from "../../numbers/portable-math.js";
import { checkOptions, checkSeed } from "../../options.js";
import { checkCount } from "../count.js";
import { dataset } from "../dataset.js";
import type { Dataset } from "../training-data.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { dataStreams } from "../../numbers/streams.js";

export interface PointOptions {
  /** Default 20,000. */
  count?: number;
  /** Default 0. */
  seed?: number;
}

type Name = "ring" | "grid" | "moons" | "spiral" | "checkerboard";
type Point = readonly [x: number, y: number];

interface Drawn {
  readonly point: Point;
  readonly label: number;
}

const defaultCount = 20_000;

/**
 * Eight Gaussians on the unit circle: mode k at (cos(k pi / 4), sin(k pi / 4)), each with sigma 0.01, all equally
 * likely (Metz, Poole, Pfau, Sohl-Dickstein 2017, "Unrolled generative adversarial networks"; radius and sigma as in
 * Srivastava et al. 2017, "VEEGAN"). Label: the mode.
 * @returns f32 records [2]
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.ring({ count: 100 }).classes // 8
 */
export function ring(options: PointOptions = {}): Dataset {
  const modes = Array.from({ length: 8 }, (_, k): Point => [cos((k * Math.PI) / 4), sin((k * Math.PI) / 4)]);
  return mixture("ring", modes, 0.01, options);
}

/**
 * Twenty-five Gaussians at the points of {-4, -2, 0, 2, 4}^2, each with sigma 0.05, all equally likely (Dumoulin et al.
 * 2017, "Adversarially learned inference"; spacing and sigma as in Srivastava et al. 2017). Label: the mode.
 * @returns f32 records [2]
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.grid({ count: 100 }).source.modes[24] // [4, 4]
 */
export function grid(options: PointOptions = {}): Dataset {
  const modes = Array.from({ length: 25 }, (_, k): Point => [2 * Math.floor(k / 5) - 4, 2 * (k % 5) - 4]);
  return mixture("grid", modes, 0.05, options);
}

/**
 * Two interleaved half circles, with t uniform in [0, pi]: (cos t, sin t), or (1 - cos t, 1/2 - sin t); plus normal
 * noise of sigma 0.05. Label: which half circle.
 * @returns f32 records [2]
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.moons({ count: 100 }).records.length // 200
 */
export function moons(options: PointOptions = {}): Dataset {
  const sigma = 0.05;
  const formula = "(cos t, sin t) or (1 - cos t, 1/2 - sin t), t uniform in [0, pi], noise sigma 0.05";
  return generated("moons", formula, 2, options, (source) => {
    const label = source.integer(2);
    const t = source.between(0, Math.PI);
    const x = label === 0 ? cos(t) : 1 - cos(t);
    const y = label === 0 ? sin(t) : 0.5 - sin(t);
    return { point: [x + sigma * source.normal(), y + sigma * source.normal()], label };
  });
}

/**
 * Two arms of an Archimedean spiral with uniform density per area: t = 3 pi sqrt(u), u uniform; radius t / (3 pi), so
 * at most 1; the second arm is the first rotated by pi; plus normal noise of sigma 0.02. Label: the arm.
 * @returns f32 records [2]
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.spiral({ count: 100 }).records.every((x) => Math.abs(x) < 1.2) // true
 */
export function spiral(options: PointOptions = {}): Dataset {
  const sigma = 0.02;
  const formula = "+-(r cos t, r sin t), r = t / (3 pi) = sqrt(u), u uniform in [0, 1], noise sigma 0.02";
  return generated("spiral", formula, 2, options, (source) => {
    const label = source.integer(2);
    const radius = Math.sqrt(source.uniform());
    const t = 3 * Math.PI * radius;
    const sign = label === 0 ? 1 : -1;
    return {
      point: [sign * radius * cos(t) + sigma * source.normal(), sign * radius * sin(t) + sigma * source.normal()],
      label,
    };
  });
}

/**
 * Uniform on the eight dark squares of a 4 x 4 board over [-4, 4]^2, squares of side 2: those where floor(x / 2) +
 * floor(y / 2) is even. Label: the square, row by row from the bottom.
 * @returns f32 records [2]
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.checkerboard({ count: 100 }).records.every((x) => Math.abs(x) <= 4) // true
 */
export function checkerboard(options: PointOptions = {}): Dataset {
  const formula = "uniform in [-4, 4]^2 where floor(x / 2) + floor(y / 2) is even";
  return generated("checkerboard", formula, 8, options, (source) => {
    const label = source.integer(8);
    const row = Math.floor(label / 2);
    const column = 2 * (label % 2) + (row % 2);
    return { point: [2 * (column - 2 + source.uniform()), 2 * (row - 2 + source.uniform())], label };
  });
}

function mixture(name: Name, modes: readonly Point[], sigma: number, options: PointOptions): Dataset {
  const { records, labels } = draw(name, options, (source) => {
    const label = source.integer(modes.length);
    const [x, y] = modes[label];
    return { point: [x + sigma * source.normal(), y + sigma * source.normal()], label };
  });
  return dataset({
    name,
    records,
    labels,
    shape: [2],
    classes: modes.length,
    source: { kind: "gaussianMixture", seed: options.seed === undefined ? 0 : options.seed, modes, sigma },
  });
}

function generated(
  name: Name,
  formula: string,
  classes: number,
  options: PointOptions,
  one: (source: RandomSource) => Drawn,
): Dataset {
  const { records, labels } = draw(name, options, one);
  return dataset({
    name,
    records,
    labels,
    shape: [2],
    classes,
    source: { kind: "generated", seed: options.seed === undefined ? 0 : options.seed, formula },
  });
}

/** Draws the records one after the other from one random source: a longer set starts with the shorter one. */
function draw(name: Name, options: PointOptions, one: (source: RandomSource) => Drawn) {
  checkOptions(name, options, ["count", "seed"]);
  const { count = defaultCount, seed = 0 } = options;
  checkCount(name, count, 2 * 4);
  const source = randomSource(checkSeed(name, seed), dataStreams[name]);
  const records = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const { point, label } = one(source);
    records[2 * i] = point[0];
    records[2 * i + 1] = point[1];
    labels[i] = label;
  }
  return { records, labels };
}
