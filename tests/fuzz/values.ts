/** Numbers of fuzzed inputs, variables and literals: a domain and a seed give them, so that a recipe stays small. */

/** Uniform in [0, 1) by seed and element: the mixing function of splitmix32 (Steele, Lea, Flood 2014). */
export function uniformAt(seed: number, index: number): number {
  let z = (Math.imul(seed ^ 0x2545f491, 0x85ebca6b) + Math.imul(index + 1, 0x9e3779b9)) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
}

export const specials: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e-40,
  -(2 ** -149),
  2 ** -126,
  3e38,
  -3.4e38,
  1e-25,
  1e25,
];

type Draw = (uniform: number, index: number, seed: number) => number;

const domains = {
  /** A sine of the element's number: what printed programs can say in a line. */
  wave: (_uniform, index, seed) => 1.5 * Math.sin(index * 0.7 + seed),
  /** Nearly normal, deviation 1.1. */
  real: (uniform, index, seed) => 2.2 * (uniform + uniformAt(seed + 1, index) + uniformAt(seed + 2, index) - 1.5),
  /** Whole numbers from -2 to 2: sums are exact, comparisons meet equal operands. */
  coarse: (uniform) => Math.floor(uniform * 5) - 2,
  /** [0.2, 4) */
  positive: (uniform) => 0.2 + 3.8 * uniform,
  /** [0, 1) */
  unit: (uniform) => uniform,
  /** 0, 1 and other numbers that count as true. */
  condition: (uniform) => [0, 0, 1, -0.5][Math.floor(uniform * 4)],
  /** Every magnitude of f32. */
  magnitudes: (uniform, index, seed) => (uniformAt(seed + 1, index) < 0.5 ? -1 : 1) * 2 ** (uniform * 270 - 143),
  /** Ordinary numbers, every fifth special. */
  special: (uniform, index, seed) =>
    uniformAt(seed + 3, index) < 0.2 ? specials[Math.floor(uniform * specials.length)] : 4 * uniform - 2,
  /** u8 */
  bytes: (uniform) => Math.floor(uniform * 256),
  /** Row numbers, some outside of a small table. */
  index: (uniform) => Math.floor(uniform * 12) - 2,
  /** Any i32. */
  integers: (uniform) => Math.floor(uniform * 2 ** 32) - 2 ** 31,
} satisfies Record<string, Draw>;

export type Domain = keyof typeof domains;

export function valuesOf(domain: Domain, seed: number, count: number): Float64Array {
  const draw: Draw = domains[domain];
  return Float64Array.from({ length: count }, (_, index) => {
    const value = draw(uniformAt(seed, index), index, seed);
    return domain === "integers" ? value : Math.fround(value);
  });
}
