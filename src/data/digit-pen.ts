/**
 * A pen in somebody's hand: from the skeleton of a digit to a polyline with a radius at every point.
 *
 * The hand bends the whole figure smoothly (a biquadratic displacement: free-form deformation, Sederberg and Parry
 * 1986), misses each point by a little, slants, stretches and turns it; the pen presses unevenly and leaves the paper
 * gradually. Magnitudes were fitted to handwritten digits by eye and by the statistics in tests/data/digits.test.ts.
 */

import { cos, exp, sin } from "../portable-math.js";
import type { Piece, Skeleton } from "./digit-skeletons.js";
import type { RandomSource } from "./random-source.js";

/** A drawn figure in pixels of a square box; `radius` is half the pen's width. */
export interface Line {
  count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  /** 1 where a point is joined to the one before. */
  readonly joined: Uint8Array;
}

/** Points on the curve between two points of a skeleton. */
const spanPoints = 5;
const mostPoints = 256;

/** Displacements of the 3 x 3 control points of a figure. */
const bendX = new Float64Array(9);
const bendY = new Float64Array(9);

export function emptyLine(): Line {
  return {
    count: 0,
    x: new Float64Array(mostPoints),
    y: new Float64Array(mostPoints),
    radius: new Float64Array(mostPoints),
    joined: new Uint8Array(mostPoints),
  };
}

/** Writes `skeleton` into `line`, fitted to a box of `size` pixels. */
export function write(line: Line, skeleton: Skeleton, size: number, source: RandomSource): void {
  const radius = 1.42 * exp(0.27 * source.normal());
  for (let i = 0; i < 9; i++) {
    bendX[i] = 0.055 * source.normal();
    bendY[i] = 0.045 * source.normal();
  }
  line.count = 0;
  for (const stroke of skeleton.strokes) {
    const start = line.count;
    let corner: Piece = [];
    for (const piece of stroke) {
      const points = missed(piece, corner, source);
      curve(line, points, corner.length > 0);
      corner = points.slice(-2);
    }
    press(line, start, radius, source);
  }
  const slant = 0.16 + 0.22 * source.normal();
  const aspect = exp(0.16 * source.normal());
  const turn = 0.06 * source.normal();
  transform(line, aspect, slant, turn);
  fit(line, size, radius);
}

/** The points of a piece, bent and each a little off; the first is where the last piece ended. */
function missed(piece: Piece, corner: Piece, source: RandomSource): number[] {
  const points: number[] = [...corner];
  for (let i = corner.length; i < piece.length; i += 2) {
    // The box of a skeleton is about 0.7 wide.
    const u = piece[i] / 0.7;
    const v = piece[i + 1];
    points.push(
      piece[i] + bent(bendX, u, v) + 0.016 * source.normal(),
      v + bent(bendY, u, v) + 0.016 * source.normal(),
    );
  }
  return points;
}

function bent(bend: Float64Array, u: number, v: number): number {
  const u0 = (1 - u) * (1 - u);
  const u1 = 2 * u * (1 - u);
  const u2 = u * u;
  const top = u0 * bend[0] + u1 * bend[1] + u2 * bend[2];
  const middle = u0 * bend[3] + u1 * bend[4] + u2 * bend[5];
  const bottom = u0 * bend[6] + u1 * bend[7] + u2 * bend[8];
  return (1 - v) * (1 - v) * top + 2 * v * (1 - v) * middle + v * v * bottom;
}

/** Catmull-Rom curve through the points (Catmull, Rom 1974). `goesOn`: the first point is the line's last. */
function curve(line: Line, points: readonly number[], goesOn: boolean): void {
  const last = points.length - 2;
  if (!goesOn) add(line, points[0], points[1], 0);
  for (let i = 0; i < last; i += 2) {
    const before = i === 0 ? 0 : i - 2;
    const after = i + 2 === last ? last : i + 4;
    for (let step = 1; step <= spanPoints; step++) {
      const t = step / spanPoints;
      const a = t * (-0.5 + t * (1 - 0.5 * t));
      const b = 1 + t * t * (-2.5 + 1.5 * t);
      const c = t * (0.5 + t * (2 - 1.5 * t));
      const d = t * t * (-0.5 + 0.5 * t);
      const x = a * points[before] + b * points[i] + c * points[i + 2] + d * points[after];
      const y = a * points[before + 1] + b * points[i + 1] + c * points[i + 3] + d * points[after + 1];
      add(line, x, y, 1);
    }
  }
}

function add(line: Line, x: number, y: number, joined: number): void {
  const i = line.count++;
  line.x[i] = x;
  line.y[i] = y;
  line.joined[i] = joined;
}

/** Pressure along a stroke: slow variation, and ends that taper. */
function press(line: Line, start: number, radius: number, source: RandomSource): void {
  const taperIn = 0.35 * source.uniform();
  const taperOut = 0.5 * source.uniform();
  let from = source.normal();
  let to = source.normal();
  for (let i = start; i < line.count; i++) {
    const phase = ((i - start) % 8) / 8;
    if (phase === 0 && i > start) {
      from = to;
      to = source.normal();
    }
    const pressure = 1 + 0.1 * (from + (to - from) * phase) + 0.03 * source.normal();
    const fromStart = i - start;
    const fromEnd = line.count - 1 - i;
    const taper =
      1 - (fromStart < 3 ? (taperIn * (3 - fromStart)) / 3 : 0) - (fromEnd < 4 ? (taperOut * (4 - fromEnd)) / 4 : 0);
    line.radius[i] = radius * (pressure < 0.3 ? 0.3 : pressure) * (taper < 0.35 ? 0.35 : taper);
  }
}

/** Stretches x by `aspect`, leans the top to the right by `slant`, and turns by `turn` radians. */
function transform(line: Line, aspect: number, slant: number, turn: number): void {
  const c = cos(turn);
  const s = sin(turn);
  for (let i = 0; i < line.count; i++) {
    const y = line.y[i] - 0.5;
    const x = (line.x[i] - 0.35) * aspect - slant * y;
    line.x[i] = c * x - s * y;
    line.y[i] = s * x + c * y;
  }
}

/** Scales so that the longer side, pen included, fills the box, and moves the figure to its middle. */
function fit(line: Line, size: number, radius: number): void {
  let left = line.x[0];
  let right = left;
  let top = line.y[0];
  let bottom = top;
  for (let i = 1; i < line.count; i++) {
    if (line.x[i] < left) left = line.x[i];
    if (line.x[i] > right) right = line.x[i];
    if (line.y[i] < top) top = line.y[i];
    if (line.y[i] > bottom) bottom = line.y[i];
  }
  const side = right - left > bottom - top ? right - left : bottom - top;
  const scale = (size - 2 * radius) / side;
  for (let i = 0; i < line.count; i++) {
    line.x[i] = (line.x[i] - (left + right) / 2) * scale + size / 2;
    line.y[i] = (line.y[i] - (top + bottom) / 2) * scale + size / 2;
  }
}
