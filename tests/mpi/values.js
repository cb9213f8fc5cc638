// Values whose sums show the order in which they were added, and the sums that are expected.

const { fround } = Math;

/** A value of many magnitudes, by rank and place. @param {number} rank @param {number} i */
export function valueAt(rank, i) {
  let mixed = (Math.imul(rank + 1, 0x9e3779b1) ^ Math.imul(i + 11, 0x85ebca6b)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0;
  return fround((mixed / 2 ** 32 - 0.5) * 2 ** (mixed % 13));
}

/** Orders of recursive doubling, written out. @type {Record<number, (...v: number[]) => number>} */
const orders = {
  1: (a) => a,
  2: (a, b) => fround(a + b),
  3: (a, b, c) => fround(fround(a + b) + c),
  4: (a, b, c, d) => fround(fround(a + b) + fround(c + d)),
  5: (a, b, c, d, e) => fround(fround(fround(a + b) + c) + fround(d + e)),
  6: (a, b, c, d, e, f) => fround(fround(fround(a + b) + fround(c + d)) + fround(e + f)),
  8: (...v) => fround(orders[4](...v.slice(0, 4)) + orders[4](...v.slice(4))),
};

/** The sum at place i in f32; throws if it is far from the sum in f64. @param {number} size @param {number} i */
export function expectedSum(size, i) {
  const values = [];
  let [exact, magnitude] = [0, 0];
  for (let rank = 0; rank < size; rank++) {
    values[rank] = valueAt(rank, i);
    exact += values[rank];
    magnitude += Math.abs(values[rank]);
  }
  const sum = orders[size](...values);
  if (Math.abs(sum - exact) > size * 2 ** -24 * magnitude) throw new Error(`the sum ${sum} is far from ${exact}`);
  return sum;
}

/** Around powers of two, fewer than there are ranks, and more than one block of an exchange. */
export const lengths = [1, 2, 3, 5, 7, 8, 9, 17, 64, 1000, 4097, 65_537, 1_000_003];

const pages = (/** @type {number} */ length) => Math.ceil((length * 4 + 16) / 65536);

/** Views that do not begin where memory does. @type {Record<"plain" | "shared", (length: number) => Float32Array>} */
export const allocators = {
  plain: (length) => new Float32Array(new WebAssembly.Memory({ initial: pages(length) }).buffer, 16, length),
  shared: (length) =>
    new Float32Array(
      new WebAssembly.Memory({ initial: pages(length), maximum: pages(length), shared: true }).buffer,
      16,
      length,
    ),
};
