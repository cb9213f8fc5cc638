/**
 * The chance in `cases.ts`: seeded shapes and values. Every row of the table is built `instances` times; the first
 * builds walk through corner shapes (scalar, empty, one, SIMD tails), the later ones are random.
 */
import type { Shape } from "#src/graph/shape";

/** How many times each row is built. */
export const instances = 24;

/** Few elements: gradient checks evaluate a graph many times. */
const smallCorners: readonly Shape[] = [
  [],
  [0],
  [1],
  [3],
  [5],
  [7],
  [17],
  [2, 0, 3],
  [1, 1],
  [33],
  [4, 8],
  [3, 5, 2],
  [5, 1],
  [2, 3, 1, 4],
];

/** Tails around 4 lanes, 16-element turns and 1,024-element tiles. */
const largeCorners: readonly Shape[] = [
  [],
  [0],
  [1],
  [3],
  [5],
  [7],
  [17],
  [2, 0, 3],
  [1, 1],
  [1023],
  [1025],
  [4, 1024],
  [31, 33],
  [3, 5, 7],
  [9, 1025],
  [2, 3, 5, 7],
  [64, 130],
  [1, 4099],
];

export interface ShapeOptions {
  /** Fewest axes. */
  readonly minRank?: number;
  readonly maxRank?: number;
  /** No axis of length 0. */
  readonly full?: boolean;
}

/** Seeded by the row's name, the build's number and the size, so every row is the same on every run. */
export class CaseRandom {
  #state: number;

  /**
   * @param index number of the build, from 0
   * @param large sizes for kernels rather than for gradient checks
   */
  constructor(
    name: string,
    readonly index: number,
    readonly large: boolean,
  ) {
    this.#state = (index * 2 + Number(large) + 1) * 0x9e3779b9;
    for (const letter of name) this.#state = Math.imul(this.#state ^ letter.charCodeAt(0), 0x01000193);
  }

  /** Uniform in [low, high): splitmix32. */
  uniform(low = 0, high = 1): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return low + (((z ^ (z >>> 15)) >>> 0) / 2 ** 32) * (high - low);
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return Math.floor(this.uniform(low, high + 1));
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)];
  }

  /** The same members in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  }

  /** One axis length: of a matrix, a batch. Never 0. */
  length(): number {
    return this.pick(this.large ? [1, 2, 3, 5, 7, 8, 16, 17, 31, 33, 64, 65, 130, 257] : [1, 2, 3, 4, 5, 7, 9]);
  }

  /** A shape: the corners that fit first, then random ones. */
  shape({ minRank = 0, maxRank = 4, full = false }: ShapeOptions = {}): Shape {
    const corners = (this.large ? largeCorners : smallCorners).filter(
      (shape) => shape.length >= minRank && shape.length <= maxRank && !(full && shape.includes(0)),
    );
    if (this.index < corners.length) return corners[this.index];
    const rank = this.integer(Math.max(1, minRank), maxRank);
    const longest = this.large ? [0, 5000, 90, 25, 11][rank] : [0, 40, 8, 4, 3][rank];
    return Array.from({ length: rank }, () => this.integer(1, longest));
  }

  /** `count` shapes that broadcast against each other: equal, scalar, last axis, one per row, and any mixture. */
  broadcastShapes(count: number): Shape[] {
    const target = this.shape();
    const row = target.map((length, axis) => (axis === target.length - 1 ? 1 : length));
    const variants: readonly Shape[] = [target, [], target.slice(-1), row, target.map(() => 1)];
    const kept = this.integer(0, count - 1);
    return Array.from({ length: count }, (_, i) => {
      if (i === kept || this.chance(0.2)) return target;
      if (this.chance(0.7)) return variants[(this.index + i) % variants.length];
      return target.map((length) => (this.chance(0.5) ? 1 : length)).slice(this.integer(0, target.length));
    });
  }

  /** Some axes of a shape, at least one where there is one, ascending. */
  axes(shape: Shape): number[] {
    const all = shape.map((_, axis) => axis);
    const some = all.filter(() => this.chance(0.5));
    return some.length > 0 || all.length === 0 ? some : [this.pick(all)];
  }
}

/** Values of an input: f32 numbers, away from where the operation is not smooth. */
export type Domain = (count: number, random: CaseRandom) => Float64Array;

const each =
  (draw: (random: CaseRandom) => number): Domain =>
  (count, random) =>
    Float64Array.from({ length: count }, () => Math.fround(draw(random)));

export const domains = {
  /** Normal with deviation 1.5. */
  real: each((random) => 1.5 * random.normal()),
  /** Wide enough that saturating functions saturate. */
  wide: each((random) => random.pick([0.3, 3, 12]) * random.normal()),
  /** |x| in [0.1, 3]. */
  awayFromZero: each((random) => random.pick([-1, 1]) * random.uniform(0.1, 3)),
  /** [0.2, 4] */
  positive: each((random) => random.uniform(0.2, 4)),
  /** [-0.8, 4] */
  aboveMinusOne: each((random) => random.uniform(-0.8, 4)),
  /** [0, 1) */
  probability: each((random) => random.uniform()),
  /** 0 or 1. */
  bits: each((random) => random.integer(0, 1)),
  /** Whole numbers from -2 to 2: comparisons meet equal operands. */
  coarse: each((random) => random.integer(-2, 2)),
  /** 0 or 1, and other numbers that count as true. */
  condition: each((random) => random.pick([0, 0, 1, -0.5])),
  /** Tenths. Never equal to a value of `between`, nor nearer than 0.05. */
  tenths: each((random) => random.integer(-30, 30) / 10),
  /** Half-way between tenths. */
  between: each((random) => random.integer(-30, 29) / 10 + 0.05),
  /** u8 */
  bytes: each((random) => random.integer(0, 255)),
  /** No two equal: evenly spaced over [-3, 3], shuffled. */
  distinct: ((count, random) =>
    Float64Array.from(
      random.shuffled(Array.from({ length: count }, (_, i) => Math.fround((6 * i) / count - 3))),
    )) as Domain,
  /** Row numbers of a table of `rows`, some of them just outside. */
  index: (rows: number): Domain => each((random) => random.integer(-1, rows)),
  /** Row numbers within a table. */
  inside: (rows: number): Domain => each((random) => random.integer(0, rows - 1)),
};
