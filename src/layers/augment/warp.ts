/**
 * Images moved by maps of the plane, with bilinear interpolation. A map takes a point of the result to the point of the
 * image that is seen there; points are distances from the centre in pixels, to the right and down.
 */
import type { Tensor } from "../../graph/tensor.js";
import { add, clamp, cos, div, equal, exp, floor, mul, sin, sub } from "../../ops/elementwise.js";
import { cast, gather } from "../../ops/indexing.js";
import { pad, reshape } from "../../ops/movement.js";
import { randomBernoulli, randomNormal, randomUniform } from "../../ops/random.js";
import { type Chance, ifChanged, perImage } from "./chance.js";
import { checkPlaces, counting, pick } from "./moves.js";

/** Points of images, [n, h, w] or what broadcasts to it. */
export interface Points {
  readonly x: Tensor;
  readonly y: Tensor;
}

/** A random map of the plane for each of `images` images; `chance` draws which images it moves. */
export type PlaneMap = (points: Points, images: number, chance: Chance) => Points;

/** A value per image, [n, 1, 1], for images that are changed, `identity` for the others. */
const drawn = (values: Tensor, chance: Chance, identity: number): Tensor =>
  ifChanged(chance(values.shape[0], 3), perImage(values, 3), identity);

/** Mirrors left to right with probability 1/2. */
export const mirror: PlaneMap = ({ x, y }, images, chance) => ({
  x: mul(x, drawn(sub(1, mul(randomBernoulli(0.5, [images]), 2)), chance, 1)),
  y,
});

/** Turns by 0, 90, 180 or 270 degrees. */
export const quarterTurn: PlaneMap = (points, images, chance) => {
  const turns = ifChanged(chance(images, 3), pick(images, 4, 3), 0);
  const is = (count: number) => equal(turns, count);
  return turned(points, sub(is(0), is(2)), sub(is(1), is(3)));
};

/** Shifts by whole pixels, up to `rows` and `columns` in each direction. */
export const wholeShift =
  ([rows, columns]: readonly [number, number]): PlaneMap =>
  ({ x, y }, images, chance) => {
    const shifted = chance(images, 3);
    const by = (most: number) => ifChanged(shifted, sub(pick(images, 2 * most + 1, 3), most), 0);
    return { x: add(x, by(columns)), y: add(y, by(rows)) };
  };

/** Enlarges by 2^N(0, deviation^2). */
export const scale =
  (deviation: number): PlaneMap =>
  ({ x, y }, images, chance) => {
    const by = powerOfTwo(deviation, images, chance);
    return { x: mul(x, by), y: mul(y, by) };
  };

/** Stretches x by 2^N(0, deviation^2) and y by the inverse. */
export const stretch =
  (deviation: number): PlaneMap =>
  ({ x, y }, images, chance) => {
    const by = powerOfTwo(deviation, images, chance);
    return { x: mul(x, by), y: div(y, by) };
  };

/** Turns by an angle that is uniform in (-most, most), in radians. */
export const rotation =
  (most: number): PlaneMap =>
  (points, images, chance) => {
    const angle = drawn(randomUniform([images], { low: -most, high: most }), chance, 0);
    return turned(points, cos(angle), sin(angle));
  };

/** Shifts by N(0, deviation^2) in x and in y, in pixels [rows, columns]. */
export const shift =
  ([rows, columns]: readonly [number, number]): PlaneMap =>
  ({ x, y }, images, chance) => {
    const shifted = chance(images, 3);
    const by = (deviation: number) => ifChanged(shifted, perImage(randomNormal([images], { deviation }), 3), 0);
    return { x: add(x, by(columns)), y: add(y, by(rows)) };
  };

const powerOfTwo = (deviation: number, images: number, chance: Chance) =>
  drawn(exp(mul(randomNormal([images]), deviation * Math.LN2)), chance, 1);

const turned = ({ x, y }: Points, c: Tensor, s: Tensor): Points => ({
  x: sub(mul(c, x), mul(s, y)),
  y: add(mul(s, x), mul(c, y)),
});

/** Distances of pixels from the centre: exact, because they are multiples of 1/2. */
const fromCentre = (length: number, shape: readonly number[]) => add(counting(length, shape), (1 - length) / 2);

/**
 * Images [n, h, w, c] seen through `maps`, the first one nearest to the image; `fill` lies around the images. An image that
 * no map moves keeps its values exactly, as does one that moves by whole pixels.
 */
export function warped(x: Tensor, maps: readonly PlaneMap[], fill: number, chance: Chance): Tensor {
  const [n, h, w, c] = x.shape;
  // A border of one pixel before and two after has all neighbours of the points that are not clamped to it.
  const [height, width] = [h + 3, w + 3];
  checkPlaces(n * height * width, "augment");
  const table = reshape(
    pad(
      x,
      [
        [0, 0],
        [1, 2],
        [1, 2],
        [0, 0],
      ],
      fill,
    ),
    [n * height * width, c],
  );
  const start: Points = { x: fromCentre(w, [1, 1, w]), y: fromCentre(h, [1, h, 1]) };
  const seen = maps.reduceRight((points, map) => map(points, n, chance), start);
  const placed = (along: Tensor, length: number) => clamp(add(along, (length - 1) / 2 + 1), 0, length + 1);
  const [across, down] = [placed(seen.x, w), placed(seen.y, h)];
  const [left, top] = [floor(across), floor(down)];
  const place = add(mul(add(mul(counting(n, [n, 1, 1]), height), top), width), left);
  const at = (offset: number) => gather(table, cast(offset === 0 ? place : add(place, offset), "i32"));
  const share = (along: Tensor, whole: Tensor) => {
    const part = sub(along, whole);
    return reshape(part, [...part.shape, 1]);
  };
  const between = (a: Tensor, b: Tensor, part: Tensor) => add(a, mul(part, sub(b, a)));
  const [right, below] = [share(across, left), share(down, top)];
  return between(between(at(0), at(1), right), between(at(width), at(width + 1), right), below);
}
