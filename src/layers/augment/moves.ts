/** Images moved by whole pixels and mirrored: each pixel of the result is one of the image, or the fill. */
import { shapeText, type Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { add, mul, sub } from "../../ops/elementwise.js";
import { cast, gather } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { pad, reshape } from "../../ops/movement.js";
import { randomBernoulli, randomInteger } from "../../ops/random.js";
import { always, type Chance, ifChanged, perImage } from "./chance.js";

/** Largest number of pixel positions: they are computed in f32, which is exact up to 2^24. */
const mostPlaces = 2 ** 24;

/** 0, 1, 2 and so on. */
export const counting = (length: number, shape: Shape): Tensor =>
  literal(
    Float32Array.from({ length }, (_, i) => i),
    shape,
  );

/** A random integer from 0 to `count - 1` per image, [images, 1, …] with `rank` axes. */
export const pick = (images: number, count: number, rank: number): Tensor =>
  perImage(cast(randomInteger([images], count), "f32"), rank);

/** Throws RangeError if the positions of `count` pixels are not exact. */
export function checkPlaces(count: number, what: string): void {
  if (count > mostPlaces)
    throw new RangeError(`${what}: a batch must have at most ${mostPlaces} pixels and borders, found ${count}`);
}

/** Throws RangeError if x is not a batch of images. */
export function checkImages(x: Tensor, what: string): void {
  if (x.rank !== 4)
    throw new RangeError(`${what}: images must have shape [n, height, width, channels], found ${shapeText(x.shape)}`);
}

/** Largest shift in pixels, [rows, columns], for a fraction of height and width. */
export const reachOf = ({ shape: [, h, w] }: Tensor, fraction: number): readonly [number, number] => [
  Math.round(h * fraction),
  Math.round(w * fraction),
];

export interface Moves {
  /** Largest shift up, down, left and right in pixels: [rows, columns]. */
  readonly reach: readonly [number, number];
  /** Whether images are mirrored left to right with probability 1/2. */
  readonly flip: boolean;
  /** Value of pixels that are moved in at the border. */
  readonly fill: number;
}

/**
 * Images [n, h, w, c], shifted and mirrored at random. `chance` draws once which images are shifted, and once which ones
 * may be mirrored.
 */
export function moved(x: Tensor, { reach: [rows, columns], flip, fill }: Moves, chance: Chance = always): Tensor {
  const [n, h, w, c] = x.shape;
  const [height, width] = [h + 2 * rows, w + 2 * columns];
  checkPlaces(n * height * width, "augment");
  const none = [0, 0] as const;
  const padded = pad(x, [none, [rows, rows], [columns, columns], none], fill);
  const shifted = rows + columns > 0 ? chance(n, 3) : undefined;
  const row = add(counting(h, [1, h, 1]), ifChanged(shifted, pick(n, 2 * rows + 1, 3), rows));
  const across = counting(w, [1, 1, w]);
  // A mirrored image reads column w - 1 - column.
  const mirrored = () => {
    const allowed = chance(n, 3);
    const half = perImage(randomBernoulli(0.5, [n]), 3);
    return mul(allowed ? mul(allowed, half) : half, sub(w - 1, mul(across, 2)));
  };
  const column = add(flip ? add(across, mirrored()) : across, ifChanged(shifted, pick(n, 2 * columns + 1, 3), columns));
  const place = add(mul(add(mul(counting(n, [n, 1, 1]), height), row), width), column);
  return gather(reshape(padded, [n * height * width, c]), cast(place, "i32"));
}
