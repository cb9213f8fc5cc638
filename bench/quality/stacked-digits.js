// MNIST's digits with a margin, and stacks of three of them in three colours.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** @typedef {{ records: Uint8Array, labels: Int32Array, count: number, side: number }} Digits */

/**
 * The training images, centred in squares of `side` pixels.
 * @param {string} folder of MNIST's files
 * @param {number} side
 * @returns {Digits}
 */
export function digitsOf(folder, side) {
  const images = gunzipSync(readFileSync(join(folder, "train-images-idx3-ubyte.gz"))).subarray(16);
  const labels = Int32Array.from(gunzipSync(readFileSync(join(folder, "train-labels-idx1-ubyte.gz"))).subarray(8));
  const margin = (side - 28) / 2;
  const records = new Uint8Array(labels.length * side * side);
  for (let i = 0; i < labels.length; i++)
    for (let row = 0; row < 28; row++)
      records.set(
        images.subarray((i * 28 + row) * 28, (i * 28 + row + 1) * 28),
        (i * side + row + margin) * side + margin,
      );
  return { records, labels, count: labels.length, side };
}

/**
 * Images [count, side, side, 3], each of three digits drawn at random; the class is that of their labels: 123 for 1, 2, 3.
 * @param {Digits} digits
 * @param {number} count
 */
export function colouredStacks(digits, count) {
  const pixels = digits.side ** 2;
  const records = new Uint8Array(count * pixels * 3);
  const labels = new Int32Array(count);
  // A linear congruential generator (Numerical Recipes, section 7.1): its high bits are good enough for a choice of records.
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * digits.count);
  };
  for (let i = 0; i < count; i++) {
    for (let colour = 0; colour < 3; colour++) {
      const digit = next();
      labels[i] = labels[i] * 10 + digits.labels[digit];
      for (let pixel = 0; pixel < pixels; pixel++)
        records[(i * pixels + pixel) * 3 + colour] = digits.records[digit * pixels + pixel];
    }
  }
  return { records, labels, count };
}

/**
 * A .npy file of bytes.
 * @param {Uint8Array} bytes
 * @param {readonly number[]} shape
 */
export function npyOf(bytes, shape) {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const header = `${text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11)}\n`;
  const start = Buffer.alloc(10);
  start.write("\x93NUMPY\x01\x00", "latin1");
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header, "latin1"), bytes]);
}
