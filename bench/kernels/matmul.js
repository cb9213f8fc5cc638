// GFLOP/s of the matmul kernel and its share of the multiply-add roof measured in the same run.
//   node bench/kernels/matmul.js [--build relaxed] [--lanes 1] [nn:64x256x784 …]      shapes are op:MxKxN[xBatch]
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { Layout } from "../../dist/assembly/opcode.js";

const { values, positionals } = parseArgs({
  options: { build: { type: "string" }, lanes: { type: "string", default: "1" } },
  allowPositionals: true,
});
/** @param {string} build */
const load = (build) =>
  new WebAssembly.Module(readFileSync(new URL(`../../dist/kernels/${build}.wasm`, import.meta.url)));
const lanes = Number(values.lanes);
const build = (values.build ?? (relaxedWorks() ? "relaxed" : "simd")) + (lanes > 1 ? "-threads" : "");
function relaxedWorks() {
  try {
    return Boolean(load("relaxed"));
  } catch {
    return false;
  }
}

// Square products, then those in the workloads' training steps: GANs, the toy GAN, the VAE, the RBM, attention,
// sampling.
const workloads = `
  nn:64x64x64 nn:128x128x128 nn:256x256x256 nn:512x512x512 nn:1024x1024x1024
  nn:64x64x256 nn:64x256x256 nn:64x256x784 nn:64x784x256 nn:128x784x256 nn:64x256x1
  nt:64x256x256 nt:64x784x256 nt:64x256x784 nt:64x1x256
  tn:784x64x256 tn:256x64x784 tn:256x64x256 tn:256x64x1
  nn:64x2x128 nn:64x128x128 nn:64x128x2 nn:64x128x1 nt:64x2x128 tn:128x64x128 tn:2x64x128
  nn:128x784x400 nn:128x400x20 nn:128x20x400
  nn:100x784x500 nt:100x500x784 tn:784x100x500
  nt:64x32x64x8 nn:64x64x32x8
  nn:1x64x256 nn:1x256x784 nn:1x100x4096
  nn:4096x128x1024 tn:16x16384x64`;
const shapes = positionals.length > 0 ? positionals : workloads.trim().split(/\s+/);

const base = Layout.Lanes + lanes * Layout.LaneBytes;
const shared = build.endsWith("-threads");
const memory = new WebAssembly.Memory({ initial: 4096, maximum: 4096, shared });
const module = load(build);
const instance = new WebAssembly.Instance(module, { env: { memory, abort() {} } });
const run = /** @type {(program: number, times: number) => number} */ (instance.exports.run);
const words = new Int32Array(memory.buffer);
const floats = new Float32Array(memory.buffer);
words[(1024 >> 2) + 3] = lanes; // Control.Lanes
for (let index = 1; index < lanes; index++) {
  const lane = new Worker(new URL("../../tests/kernels/lane.js", import.meta.url), {
    workerData: { module, memory, index },
  });
  await new Promise((resolve, reject) => lane.once("message", resolve).once("error", reject));
}
const program = base;

/** @param {number[][]} commands */
function write(commands) {
  let at = program >> 2;
  for (const command of commands) {
    words.set(command, at);
    at += command.length;
  }
  words[at] = 0;
}

/**
 * Best seconds per run of the program, over at least `milliseconds` of runs after the engine has optimised the code.
 */
function measure(milliseconds = 250) {
  let times = 1,
    best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + milliseconds * 2; performance.now() < end; ) {
    const start = performance.now();
    run(program, times);
    const each = (performance.now() - start) / times;
    if (end - performance.now() < milliseconds) best = Math.min(best, each);
    times = Math.max(1, Math.min(1e6, Math.round(4 / each)));
  }
  return best / 1000;
}

/** @param {number} kind */
function roof(kind) {
  const iterations = 100000;
  write([[14, 8, 0, 0, 0, kind, iterations, program + 1024]]);
  return (192 * lanes * iterations) / measure(400) / 1e9;
}

/** @param {string} text */
function matmul(text) {
  const [op, sizes] = text.split(":");
  const [m, k, n, batch = 1] = sizes.split("x").map(Number);
  const a = program + 4096,
    b = a + 4 * batch * m * k + 64,
    c = b + 4 * batch * k * n + 64;
  for (let i = a >> 2; i < c >> 2; i++) floats[i] = Math.random() - 0.5;
  const lda = op[0] === "t" ? m : k,
    ldb = op[1] === "t" ? k : n;
  write([
    [
      4,
      21,
      0,
      0,
      0,
      batch,
      m,
      n,
      k,
      a,
      b,
      c,
      lda,
      ldb,
      n,
      m * k,
      k * n,
      m * n,
      Number(op[0] === "t"),
      Number(op[1] === "t"),
      0,
    ],
  ]);
  const seconds = measure();
  return { seconds, gflops: (2 * batch * m * n * k) / seconds / 1e9 };
}

const relaxed = build.startsWith("relaxed");
const fused = relaxed ? roof(0) : 0,
  plain = roof(1);
const top = relaxed ? fused : plain;
console.log(
  `${process.version} ${build}, ${lanes} lane${lanes > 1 ? "s" : ""}: roof ${relaxed ? `${fused.toFixed(1)} fused, ` : ""}${plain.toFixed(1)} multiply and add, GFLOP/s`,
);
for (const shape of shapes) {
  const { seconds, gflops } = matmul(shape);
  console.log(
    `${shape.padEnd(20)} ${(seconds * 1e6).toFixed(2).padStart(11)} us ${gflops.toFixed(1).padStart(7)} GFLOP/s ${((100 * gflops) / top).toFixed(0).padStart(4)}%`,
  );
}
process.exit();
