// Elements per second of the kernels that move or create elements (random, gather, scatter, copy, fill, cast), on one
// lane.
// node bench/kernels/elements.js [--build relaxed] [part of a name …]
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Layout } from "../../dist/assembly/opcode.js";

const { values, positionals } = parseArgs({
  options: { build: { type: "string", default: "simd" } },
  allowPositionals: true,
});
const bytes = readFileSync(new URL(`../../dist/kernels/${values.build}.wasm`, import.meta.url));
const memory = new WebAssembly.Memory({ initial: 4096 });
const { instance } = await WebAssembly.instantiate(bytes, { env: { memory, abort() {} } });
const run = /** @type {(program: number, times: number) => number} */ (instance.exports.run);
const words = new Int32Array(memory.buffer);
const floatWords = new Int32Array(Float32Array.of(1 / 255, -1).buffer);

const program = Layout.Lanes + Layout.LaneBytes;
const clock = program + 4096;
const index = clock + 4096;
const input = index + (1 << 20);
const out = input + (100 << 20);
words.set([1, 2, 3, 0], clock >> 2);
const near = index + (1 << 19);
for (let i = 0; i < 1 << 17; i++) {
  words[(index >> 2) + i] = (i * 40503) % 30_000;
  words[(near >> 2) + i] = (i * 40503) % 1000;
}

/** @param {number} opcode @param {number[]} own */
const command = (opcode, ...own) => [opcode, 5 + own.length, 0, 0, 0, ...own];

/** Row-major strides. @param {number[]} shape */
const strides = (shape) => shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));

/** @param {number} micro @param {number} count */
const map = (micro, count) => command(2, count, 1024, 1, 1, count, 18, 1, out, 0, 0, 0, micro, 0, 0, 0, 0, 7, clock);

/** @param {number[]} shape @param {number[]} order @param {number} [elementBytes] */
function permute(shape, order, elementBytes = 4) {
  const sizes = order.map((axis) => shape[axis]);
  const from = order.map((axis) => strides(shape)[axis]);
  return {
    name: `copy [${shape}] permuted ${order}${elementBytes === 1 ? ", u8" : ""}`,
    elements: shape.reduce((a, b) => a * b, 1),
    command: command(5, out, input, elementBytes, shape.length, ...sizes, ...strides(sizes), ...from),
  };
}

/** @param {string} name @param {number[]} sizes @param {number[]} to @param {number[]} from */
const copy = (name, sizes, to, from) => ({
  name: `copy ${name}`,
  elements: sizes.reduce((a, b) => a * b, 1),
  command: command(5, out, input, 4, sizes.length, ...sizes, ...to, ...from),
});

/** @type {{ name: string, elements: number, command: number[] }[]} */
const rows = [
  { name: "uniform", elements: 65_536, command: map(0, 65_536) },
  { name: "normal", elements: 65_536, command: map(1, 65_536) },
  { name: "normal, 64 x 64", elements: 4096, command: map(1, 4096) },
  { name: "integers", elements: 65_536, command: command(11, 0, out, 65_536, 60_000, 7, clock, 0, 1) },
  { name: "permutation of 60000, 64", elements: 64, command: command(11, 1, out, 64, 60_000, 7, clock, 0, 1) },
  {
    name: "permutation of 60000, 60000",
    elements: 60_000,
    command: command(11, 1, out, 60_000, 60_000, 7, clock, 0, 1),
  },
  {
    name: "gather 64 x 784 u8",
    elements: 64 * 784,
    command: command(7, out, input, index, 64, 784, 30_000, 1, ...floatWords),
  },
  {
    name: "gather 64 x 784 f32",
    elements: 64 * 784,
    command: command(7, out, input, index, 64, 784, 30_000, 0, 0x3f800000, 0),
  },
  {
    name: "gather 1024 x 2 f32",
    elements: 2048,
    command: command(7, out, input, index, 1024, 2, 30_000, 0, 0x3f800000, 0),
  },
  { name: "scatterAdd 64 x 256 to 1000", elements: 64 * 256, command: command(8, out, near, input, 64, 256, 1000) },
  { name: "scatterAdd 256 x 10 to 1000", elements: 2560, command: command(8, out, near, input, 256, 10, 1000) },
  { name: "argMax 1024 x 10", elements: 10_240, command: command(9, out, input, 1024, 10) },
  { name: "argMax 64 x 1000", elements: 64_000, command: command(9, out, input, 64, 1000) },
  { name: "fill", elements: 65_536, command: command(6, out, 65_536, 0x3f800000) },
  { name: "cast u8 to f32", elements: 65_536, command: command(10, out, input, 65_536, 1, 0) },
  { name: "cast f32 to u8", elements: 65_536, command: command(10, out, input, 65_536, 0, 1) },
  copy("65536 in a run", [65_536], [1], [1]),
  copy("64 x 256 into rows of 512", [64, 256], [512, 1], [256, 1]),
  copy("64 x 10 into rows of 74", [64, 10], [74, 1], [10, 1]),
  copy("broadcast rows 64 x 256", [64, 256], [256, 1], [0, 1]),
  copy("flip 64 x 28 x 28", [64, 28, 28], [784, 28, 1], [784, 28, -1]),
  permute([64, 256], [1, 0]),
  permute([784, 256], [1, 0]),
  permute([256, 784], [1, 0]),
  permute([1024, 1024], [1, 0]),
  permute([784, 256], [1, 0], 1),
  permute([64, 14, 14, 32], [0, 3, 1, 2]),
  permute([64, 32, 14, 14], [0, 2, 3, 1]),
  permute([64, 32, 32, 3], [0, 3, 1, 2]),
  permute([64, 3, 32, 32], [0, 2, 3, 1]),
  permute([4, 4, 64, 128], [0, 1, 3, 2]),
  permute([64, 16, 2, 16, 2, 3], [0, 1, 3, 2, 4, 5]),
];

/** Best seconds per run, after the engine has optimised the code. */
function measure(milliseconds = 100) {
  let times = 1;
  let best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 2 * milliseconds; performance.now() < end; ) {
    const start = performance.now();
    run(program, times);
    const each = (performance.now() - start) / times;
    if (end - performance.now() < milliseconds) best = Math.min(best, each);
    times = Math.max(1, Math.min(1e6, Math.round(4 / each)));
  }
  return best / 1000;
}

console.log(`${process.version} ${values.build}`);
for (const { name, elements, command } of rows) {
  if (positionals.length > 0 && !positionals.some((part) => name.includes(part))) continue;
  words.set([...command, 0], program >> 2);
  const seconds = measure();
  console.log(
    `${name.padEnd(48)} ${(seconds * 1e6).toFixed(2).padStart(10)} us ${(elements / seconds / 1e9).toFixed(3).padStart(8)} G/s`,
  );
}
