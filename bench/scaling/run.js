// Weak and strong scaling of trainings to 64 ranks, calculated: what one rank computes is measured here for every size of its part
// of the batch; what exchanges cost follows from their number and size in a step, and from a network's latency and bandwidth.
//   node bench/scaling/run.js [--latency 25] [--seconds 1] [--only "train dcgan"]
// Prints a table in Markdown. The time of an exchange of n values between N ranks is that of Rabenseifner's algorithm (Thakur,
// Rabenseifner, Gropp 2005, section 4.3): 2 log2(N) messages, 2 (N - 1) / N times the values sent, (N - 1) / N times added; with up to 4
// ranks that of recursive doubling: log2(N) messages of all values.
import { parseArgs } from "node:util";
import { ensureReady } from "../../scripts/prepare.js";

const { values } = parseArgs({
  options: {
    latency: { type: "string", default: "25" },
    seconds: { type: "string", default: "1" },
    only: { type: "string", multiple: true },
  },
});
await ensureReady();
const { createRuntime, localGroup } = await import("../../dist/bindings/node.js");
const { trainings } = await import("../../dist/src/bench/trainings.js");

const batch = 64;
const ranks = [1, 2, 4, 8, 16, 32, 64];
/** Bits per second. */
const networks = { "1 Gbit/s": 1e9, "10 Gbit/s": 1e10, "100 Gbit/s": 1e11 };
const latency = Number(values.latency) / 1000;
const seconds = Number(values.seconds);

/** @typedef {(typeof trainings)[number]} Training */

/**
 * Milliseconds of a step of a part of `size` records on one lane, least of several calls.
 * @param {Training} training
 * @param {number} size
 */
async function computed(training, size) {
  const runtime = await createRuntime({ threads: 1, wide: false });
  const program = training.train(runtime, { steps: 1, batchSize: size }).program();
  await program.run({}, { times: 3 });
  let least = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    const begin = performance.now();
    await program.run({}, { times: 3 });
    least = Math.min(least, (performance.now() - begin) / 3);
  }
  await runtime.close();
  return least;
}

/**
 * Sizes of the exchanges of a step, as two ranks do them.
 * @param {Training} training
 */
async function exchanges(training) {
  /** @type {number[]} */
  const sizes = [];
  await Promise.all(
    localGroup(2).map(async (own) => {
      const runtime = await createRuntime({ threads: 1, wide: false });
      /** @param {Float32Array} of @param {string} what */
      const allReduce = (of, what) => {
        if (own.rank === 0) sizes.push(of.length);
        return own.allReduce(of, what);
      };
      await training
        .train(runtime, { steps: 1, group: { ...own, allReduce } })
        .program()
        .run();
      await runtime.close();
    }),
  );
  return sizes;
}

/**
 * Milliseconds that exchanges take between `count` ranks.
 * @param {readonly number[]} sizes
 * @param {number} count
 * @param {number} bits per second
 */
function exchanged(sizes, count, bits) {
  const rounds = Math.log2(count);
  const send = (/** @type {number} */ n) => (32 * n * 1000) / bits;
  const one = (/** @type {number} */ n) =>
    count <= 4 ? rounds * (latency + send(n)) : 2 * rounds * latency + ((2 * (count - 1)) / count) * send(n);
  return count === 1 ? 0 : sizes.reduce((sum, n) => sum + one(n), 0);
}

const text = (/** @type {number} */ ms) => (ms >= 100 ? ms.toFixed(0) : ms.toPrecision(3));
const share = (/** @type {number} */ of) => `${Math.round(100 * of)}%`;

for (const training of trainings) {
  if (values.only && !values.only.includes(training.name)) continue;
  const sizes = await exchanges(training);
  /** @type {Map<number, number>} */
  const compute = new Map();
  // A batch norm needs more than one record or position: 1 record is the smallest part.
  for (const count of ranks) compute.set(batch / count, await computed(training, batch / count));
  const alone = /** @type {number} */ (compute.get(batch));
  const total = sizes.reduce((sum, n) => sum + n, 0);
  process.stdout.write(
    `\n${training.name}: ${sizes.length} exchanges of ${(total / 1e6).toFixed(2)} million values in a step, ${values.latency} us per message\n\n`,
  );
  const names = Object.keys(networks);
  process.stdout.write(
    `| ranks | part | computing, ms | ${names.map((name) => `strong, ${name}`).join(" | ")} | ${names.map((name) => `weak, ${name}`).join(" | ")} |\n`,
  );
  process.stdout.write(`|---|---|---|${names.map(() => "---|---|").join("")}\n`);
  for (const count of ranks) {
    const part = /** @type {number} */ (compute.get(batch / count));
    const strong = Object.values(networks).map((bits) => part + exchanged(sizes, count, bits));
    const weak = Object.values(networks).map((bits) => alone + exchanged(sizes, count, bits));
    const cells = [
      ...strong.map((ms) => `${text(ms)} ms, ${share(alone / (count * ms))}`),
      ...weak.map((ms) => share(alone / ms)),
    ];
    process.stdout.write(`| ${count} | ${batch / count} | ${text(part)} | ${cells.join(" | ")} |\n`);
  }
}
