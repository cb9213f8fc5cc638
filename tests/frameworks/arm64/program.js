// What the fixture `arm64` runs in a Node of another processor: every row of the case table on small shapes, the self-check
// and short trainings, with each build that this Node has. Prints one line of JSON: failures, and hashes of the bits.
import { createHash } from "node:crypto";
import * as genloom from "../../../dist/bindings/node.js";
import * as parts from "../../hosts/parts.js";
import { checkRow } from "../../hosts/suite.js";
import { families } from "../../hosts/workloads.js";

/** @typedef {{ threads: number, deterministic: boolean }} Kernels */

/** @type {string[]} */
const failures = [];
/** Of bits, by what was computed and with which build. @type {Record<string, string>} */
const hashes = {};
let checks = 0;

/** @param {string} name @param {() => unknown} task */
async function check(name, task) {
  const start = performance.now();
  try {
    await task();
    checks++;
  } catch (error) {
    failures.push(`${name}: ${error instanceof Error ? error.message : error}`);
  }
  if (process.env.TIMES) process.stderr.write(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
}

/** @param {Kernels} kernels @param {(runtime: any) => Promise<unknown>} task */
async function withRuntime(kernels, task) {
  const runtime = await genloom.createRuntime(kernels);
  try {
    await task(runtime);
  } finally {
    await runtime.close();
  }
}

/**
 * The sign and the payload of a not-a-number are the processor's own.
 * @param {readonly any[]} arrays
 */
function hashOf(arrays) {
  const hash = createHash("sha256");
  for (const data of arrays)
    hash.update(data instanceof Float32Array ? data.map((x) => (Number.isNaN(x) ? Number.NaN : x)) : data);
  return hash.digest("hex").slice(0, 16);
}

/** Rows whose programs stay in one runtime's memory. */
const rowsPerRuntime = 40;

/** @param {Kernels} kernels */
async function checkTable(kernels) {
  const { cases } = parts.table;
  /** @type {any[]} */
  const results = [];
  let build = "";
  for (let from = 0; from < cases.length; from += rowsPerRuntime) {
    await withRuntime(kernels, async (runtime) => {
      build = runtime.info.build;
      for (const row of cases.slice(from, from + rowsPerRuntime))
        await check(`${row.name}, ${build}`, async () => {
          const found = await checkRow({ genloom, ...parts }, runtime, row, "small");
          results.push(...found);
        });
    });
  }
  hashes[`case table, ${build}`] = hashOf(results);
}

/** @param {Kernels} kernels */
async function checkSelf(kernels) {
  const { selfCheck, selfCheckHash, selfCheckProgram } = parts.selfCheck;
  await withRuntime(kernels, async (runtime) => {
    const { build } = runtime.info;
    await check(`self-check, ${build}`, async () => {
      const hash = await runtime.exclusive(() => selfCheckHash(selfCheckProgram(runtime)));
      hashes[`self-check, ${build}`] = hash;
      // Known for x64.
      if (build.startsWith("relaxed") && hash !== selfCheck.wanted)
        throw new Error(`expected: ${selfCheck.wanted}, found ${hash}`);
    });
  });
}

/** Zeros, numbers too small for an exponent, the largest, infinities and not-a-numbers; beside some of the usual kind. */
const special = [
  0,
  1e-45,
  1e-40,
  1.1754944e-38,
  3e-20,
  0.5,
  1,
  2,
  88,
  104,
  1e10,
  3.4e38,
  Number.POSITIVE_INFINITY,
].flatMap((x) => [x, -x]);
special.push(Number.NaN);

/** Elementwise operations, sums and maxima of special values. @param {Kernels} kernels */
async function checkSpecial(kernels) {
  const g = /** @type {any} */ (genloom);
  const unary = [
    "abs",
    "sign",
    "floor",
    "exp",
    "expm1",
    "log",
    "log1p",
    "tanh",
    "sigmoid",
    "softplus",
    "square",
    "sqrt",
  ];
  const more = ["rsqrt", "sin", "cos", "erf", "relu", "leakyRelu", "neg"];
  const binary = ["add", "sub", "mul", "div", "maximum", "minimum", "less", "equal", "pow"];
  const n = special.length;
  const [left, right] = [special.flatMap((x) => special.map(() => x)), special.flatMap(() => special)];
  await withRuntime(kernels, (runtime) =>
    check(`special values, ${runtime.info.build}`, async () => {
      const program = runtime.compile((/** @type {any} */ { input }) => {
        const [x, y] = [input("x", [n, n]), input("y", [n, n])];
        const outputs = Object.fromEntries([
          ...[...unary, ...more].map((name) => [name, g[name](y)]),
          ...binary.map((name) => [name, g[name](x, y)]),
          ...["sum", "max", "argMax"].map((name) => [`rows: ${name}`, g[name](x, { axes: 1 })]),
          ["clamp", g.clamp(y, -1, 1)],
          ["cast", g.cast(y, "i32")],
          ["softmax", g.softmax(x)],
        ]);
        return { outputs };
      });
      const found = await program.run({ x: { data: left, shape: [n, n] }, y: { data: right, shape: [n, n] } });
      hashes[`special values, ${runtime.info.build}`] = hashOf(Object.values(found).map(({ data }) => data));
    }),
  );
}

const trained = ["gan", "conditional gan", "residual vae", "transformer", "gru", "rbm with label units"];

/** @param {Kernels} kernels @param {string} name */
async function checkTraining(kernels, name) {
  await withRuntime(kernels, (runtime) =>
    check(`${name}, ${runtime.info.build}`, async () => {
      /** @type {any} */
      const { model, data } = /** @type {any} */ (families(genloom))[name]();
      const training = model.train(runtime, data, { steps: 3, seed: 7, batchSize: 8 });
      const { weightHash } = await training.done;
      const samples = await training.model.sample(4, { seed: 1 });
      hashes[`${name}, weights, ${runtime.info.build}`] = weightHash;
      hashes[`${name}, samples, ${runtime.info.build}`] = hashOf([samples.data]);
    }),
  );
}

/** Bits of kernels depend on neither the number of lanes nor, without relaxed SIMD, the engine. */
const all = [true, false].flatMap((deterministic) => [1, 2].map((threads) => ({ threads, deterministic })));
const probe = await genloom.createRuntime({ threads: 1 });
const { capabilities } = probe.info;
await probe.close();
const builds = all.filter(({ deterministic }) => deterministic || capabilities.relaxedSimd);
for (const kernels of builds) await checkSelf(kernels);
for (const kernels of builds) await checkSpecial(kernels);
for (const kernels of builds.filter(({ threads }) => threads === 1)) await checkTable(kernels);
for (const kernels of builds)
  for (const name of kernels.threads === 1 && kernels.deterministic ? trained : trained.slice(0, 1))
    await checkTraining(kernels, name);
console.log(JSON.stringify({ arch: process.arch, version: process.versions.node, checks, failures, hashes }));
