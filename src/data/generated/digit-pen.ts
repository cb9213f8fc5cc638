/**
 * A simulated pen: turns the skeleton of a digit into a polyline with a radius at every point.
 *
 * The hand bends the whole figure smoothly (a biquadratic displacement: free-form deformation, Sederberg and Parry
 * 1986), misses each point slightly, slants, stretches and rotates it; the pressure of the pen varies, and strokes
 * taper. Magnitudes were fitted to handwritten digits by eye and by the statistics in tests/data/digits.test.ts.
 */
import { cos, exp, sin } from "../../numbers/portable-math.js";
import type { Piece, Skeleton } from "./digit-skeletons.js";
import type { RandomSource } from "../random-source.js";

/** A figure as a polyline, in pixels of a square box; `radius` is half the pen's width. */
export interface Line {
  count: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  /** 1 if a point is connected to the previous one. */
  readonly joined: Uint8Array;
}

/** Standard deviations and means of the hand's variations; lengths in heights of the digit, except those of the pen. */
const hand = {
  /** Half the pen's width in pixels; the spread is a factor. */
  penRadius: 1.3,
  penSpread: 0.27,
  widestRadius: 3.5,
  bendX: 0.08,
  bendY: 0.063,
  miss: 0.022,
  slant: 0.14,
  slantSpread: 0.25,
  stretch: 1.08,
  stretchSpread: 0.18,
  turnSpread: 0.06,
} as const;

/** Per digit: relative pen width (digits with more strokes are written larger), and additional slant. */
const penOfDigit = [1.06, 1.12, 0.98, 0.97, 0.92, 0.97, 0.92, 1.03, 0.86, 0.85];
const slantOfDigit = [0.03, 0.12, 0, -0.07, 0.02, -0.14, -0.08, -0.08, -0.05, -0.03];

/** Points on the curve between two points of a skeleton. */
const spanPoints = 4;
const mostPoints = 256;

/** Larger than any coordinate. */
const far = 1e6;

/** Displacements of the 3 x 3 control points of a figure. */
const bendX = new Float64Array(9);
const bendY = new Float64Array(9);

/** A line without points, with memory for as many as a digit can have. */
export function emptyLine(): Line {
  return {
    count: 0,
    x: new Float64Array(mostPoints),
    y: new Float64Array(mostPoints),
    radius: new Float64Array(mostPoints),
    joined: new Uint8Array(mostPoints),
  };
}

/** The figure to write: one skeleton of `digit`, fitted to a box of `size` pixels. */
export interface Figure {
  digit: number;
  skeleton: Skeleton;
  size: number;
}

/** Writes a figure into `line`, replacing its contents. */
export function write(line: Line, { digit, skeleton, size }: Figure, source: RandomSource): void {
  const drawn = penOfDigit[digit] * hand.penRadius * exp(hand.penSpread * source.normal());
  // One pen in some thousand would be so wide that the figure could not be recognised.
  const radius = drawn > hand.widestRadius ? hand.widestRadius : drawn;
  for (let i = 0; i < 9; i++) {
    bendX[i] = hand.bendX * source.normal();
    bendY[i] = hand.bendY * source.normal();
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
  const slant = slantOfDigit[digit] + hand.slant + hand.slantSpread * source.normal();
  const aspect = hand.stretch * exp(hand.stretchSpread * source.normal());
  const turn = hand.turnSpread * source.normal();
  transform(line, aspect, slant, turn);
  fit(line, size, radius);
}

/**
 * The points of a piece, displaced by the bending and a small random error; the first is the end of the previous piece.
 */
function missed(piece: Piece, corner: Piece, source: RandomSource): number[] {
  const points: number[] = [...corner];
  for (let i = corner.length; i < piece.length; i += 2) {
    // The box of a skeleton is about 0.7 wide.
    const u = piece[i] / 0.7;
    const v = piece[i + 1];
    points.push(
      piece[i] + bent(bendX, u, v) + hand.miss * source.normal(),
      v + bent(bendY, u, v) + hand.miss * source.normal(),
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

/** Catmull-Rom curve through the points (Catmull, Rom 1974). `goesOn`: the first point is the line's last point. */
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

/** Pen pressure along a stroke: slow variation, and tapered ends. */
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
    const pressure = 1 + 0.1 * (from + (to - from) * phase) + 0.05 * source.normal();
    const fromStart = i - start;
    const fromEnd = line.count - 1 - i;
    const taper =
      1 - (fromStart < 3 ? (taperIn * (3 - fromStart)) / 3 : 0) - (fromEnd < 4 ? (taperOut * (4 - fromEnd)) / 4 : 0);
    line.radius[i] = radius * (pressure < 0.3 ? 0.3 : pressure) * (taper < 0.35 ? 0.35 : taper);
  }
}

/** Stretches x by `aspect`, slants the top to the right by `slant`, and rotates by `turn` radians. */
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

/** Scales so that the longer side, including the pen, fills the box, and centres the figure. */
function fit(line: Line, size: number, radius: number): void {
  let scale = 1;
  let before = 0;
  // The pen's width is constant while the figure is scaled, so a second and third pass correct the first.
  for (let turn = 0; turn < 3; turn++) {
    const [left, right, top, bottom] = extent(line, turn === 0 ? 0 : 1);
    const side = (right - left > bottom - top ? right - left : bottom - top) - before;
    scale = (size - 2 * radius) / side;
    before = 2 * radius;
    for (let i = 0; i < line.count; i++) {
      line.x[i] = (line.x[i] - (left + right) / 2) * scale;
      line.y[i] = (line.y[i] - (top + bottom) / 2) * scale;
    }
  }
  for (let i = 0; i < line.count; i++) {
    line.x[i] += size / 2;
    line.y[i] += size / 2;
  }
}

/** Left, right, top and bottom of the line, with each point extended by `pen` times its radius. */
function extent(line: Line, pen: number): [number, number, number, number] {
  let left = far;
  let right = -far;
  let top = far;
  let bottom = -far;
  for (let i = 0; i < line.count; i++) {
    const radius = pen * line.radius[i];
    if (line.x[i] - radius < left) left = line.x[i] - radius;
    if (line.x[i] + radius > right) right = line.x[i] + radius;
    if (line.y[i] - radius < top) top = line.y[i] - radius;
    if (line.y[i] + radius > bottom) bottom = line.y[i] + radius;
  }
  return [left, right, top, bottom];
}
