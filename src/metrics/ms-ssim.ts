/** Multi-scale structural similarity of two images. */
import { textOf } from "../options.js";

/** Weights of the scales from fine to coarse: Wang, Simoncelli, Bovik 2003, section 3.2. */
const weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
const windowSide = 11;
const windowSigma = 1.5;

/** Height, width and channels. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Throws RangeError unless a shape is that of an image. */
export function checkImageShape(what: string, shape: ImageShape): void {
  if (!Array.isArray(shape) || shape.length !== 3 || shape.some((side) => !(Number.isInteger(side) && side >= 1)))
    throw new RangeError(`${what}: shape must be [height, width, channels], found ${textOf(shape)}`);
}

/**
 * Number of scales for images of a size: each halves the one before, and the shorter side of the coarsest must have the 11
 * pixels of the window. 5 from 176 pixels on, 2 for 28; 1 for all below 22.
 * @throws RangeError if the shape is not [height, width, channels]
 * @example metrics.msSsimScales([28, 28, 1]) // 2
 */
export function msSsimScales(shape: ImageShape): number {
  checkImageShape("msSsimScales", shape);
  const [height, width] = shape;
  let scales = 1;
  for (let side = Math.floor(Math.min(height, width) / 2); side >= windowSide && scales < weights.length; scales++)
    side = Math.floor(side / 2);
  return scales;
}

/** An image of one channel. */
interface Plane {
  readonly values: Float64Array;
  readonly height: number;
  readonly width: number;
}

/** The Gaussian window in one direction; of the longest odd length that fits an image with less than 11 pixels. */
function windowFor({ height, width }: Plane): Float64Array {
  const side = Math.min(height, width);
  const length = Math.min(windowSide, side - (1 - (side % 2)));
  const middle = (length - 1) / 2;
  const window = Float64Array.from({ length }, (_, i) => Math.exp(-((i - middle) ** 2) / (2 * windowSigma ** 2)));
  const total = window.reduce((sum, value) => sum + value, 0);
  return window.map((value) => value / total);
}

/** Weighted means under the window at every position where it lies within the image. */
function filtered(values: Float64Array, { height, width }: Plane, window: Float64Array): Float64Array {
  const columns = width - window.length + 1;
  const rows = height - window.length + 1;
  const across = new Float64Array(height * columns);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let i = 0, at = y * width + x; i < window.length; i++) sum += window[i] * values[at + i];
      across[y * columns + x] = sum;
    }
  }
  const out = new Float64Array(rows * columns);
  for (let at = 0; at < out.length; at++) {
    let sum = 0;
    for (let i = 0; i < window.length; i++) sum += window[i] * across[at + i * columns];
    out[at] = sum;
  }
  return out;
}

const product = (a: Float64Array, b: Float64Array) => a.map((value, i) => value * b[i]);

/** Means of luminance x contrast x structure, and of contrast x structure, over the positions (equations 1 to 3). */
function similarity(a: Plane, b: Plane, span: number): { whole: number; structure: number } {
  const window = windowFor(a);
  const of = (values: Float64Array) => filtered(values, a, window);
  const [meanA, meanB] = [of(a.values), of(b.values)];
  const [squareA, squareB] = [of(product(a.values, a.values)), of(product(b.values, b.values))];
  const across = of(product(a.values, b.values));
  const [c1, c2] = [(0.01 * span) ** 2, (0.03 * span) ** 2];
  let [whole, structure] = [0, 0];
  for (let i = 0; i < meanA.length; i++) {
    const means = meanA[i] * meanB[i];
    const squares = meanA[i] ** 2 + meanB[i] ** 2;
    const contrast = (2 * (across[i] - means) + c2) / (squareA[i] + squareB[i] - squares + c2);
    structure += contrast;
    whole += (contrast * (2 * means + c1)) / (squares + c1);
  }
  return { whole: whole / meanA.length, structure: structure / meanA.length };
}

/** Means of squares of 2 x 2 pixels; a last odd row or column is dropped. */
function halved({ values, height, width }: Plane): Plane {
  const [rows, columns] = [Math.floor(height / 2), Math.floor(width / 2)];
  const out = Float64Array.from({ length: rows * columns }, (_, i) => {
    const at = 2 * Math.floor(i / columns) * width + 2 * (i % columns);
    return (values[at] + values[at + 1] + values[at + width] + values[at + width + 1]) / 4;
  });
  return { values: out, height: rows, width: columns };
}

/** Similarity of two images of one channel with values in [0, span]. */
function planeSimilarity(a: Plane, b: Plane, span: number, scales: number): number {
  const total = weights.slice(0, scales).reduce((sum, weight) => sum + weight, 0);
  let result = 1;
  for (let scale = 0; scale < scales; scale++) {
    const { whole, structure } = similarity(a, b, span);
    const factor = scale === scales - 1 ? whole : structure;
    // A negative factor (structures opposed) has no power of a fraction.
    result *= Math.max(0, factor) ** (weights[scale] / total);
    [a, b] = [halved(a), halved(b)];
  }
  return result;
}

/** One channel of an image, shifted so that its values begin at 0. */
function planeOf(
  values: ArrayLike<number>,
  [height, width, channels]: ImageShape,
  channel: number,
  low: number,
): Plane {
  const plane = Float64Array.from({ length: height * width }, (_, i) => values[i * channels + channel] - low);
  return { values: plane, height, width };
}

/**
 * Multi-scale structural similarity of two images [height, width, channels] with values in `range`: 1 if they are equal, 0 at
 * least. Wang, Simoncelli, Bovik 2003, equation 7, with their weights, a Gaussian window of 11 x 11 pixels (sigma 1.5), K1 =
 * 0.01 and K2 = 0.03; the mean of the channels. Images too small for five scales have fewer (`msSsimScales`); the weights of
 * these are divided by their sum.
 */
export function imageSimilarity(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  { shape, range: [low, high] }: { readonly shape: ImageShape; readonly range: readonly [number, number] },
): number {
  const scales = msSsimScales(shape);
  let sum = 0;
  for (let channel = 0; channel < shape[2]; channel++) {
    const [first, second] = [a, b].map((values) => planeOf(values, shape, channel, low));
    sum += planeSimilarity(first, second, high - low, scales);
  }
  return sum / shape[2];
}
