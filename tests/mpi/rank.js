// What each rank runs: `node rank.js SCENARIO`. A rank tells by lines of JSON on stdout what it saw.
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { parentPort, Worker } from "node:worker_threads";
import { mpi } from "genloom/mpi";
import { faults } from "./faults.js";
import { allocators, expectedSum, lengths, valueAt } from "./values.js";

/** @typedef {Awaited<ReturnType<typeof mpi>>} Group */

const [scenario, detail = ""] = process.argv.slice(2);

/** @param {object} report */
export const tell = (report) => process.stdout.write(`${JSON.stringify(report)}\n`);

/**
 * Sums of all lengths, whole and in pieces, in both kinds of memory: the wrong ones, and a hash of all bits.
 * @param {Group} group @param {number} [longest]
 */
async function sums(group, longest = Infinity) {
  const { rank, size } = group;
  const used = lengths.filter((length) => length <= longest);
  const most = Math.max(...used);
  const [own, expected] = [new Float32Array(most), new Float32Array(most)];
  for (let i = 0; i < most; i++) {
    own[i] = valueAt(rank, i);
    expected[i] = expectedSum(size, i);
  }
  const hash = createHash("sha256");
  const wrong = [];
  for (const [kind, allocate] of Object.entries(allocators)) {
    for (const length of used) {
      const values = allocate(length);
      for (const pieces of length < 3 ? [1] : [1, 3]) {
        values.set(own.subarray(0, length));
        const piece = Math.ceil(length / pieces);
        for (let at = 0; at < length; at += piece) await group.allReduce(values.subarray(at, at + piece), "sums");
        let found = 0;
        while (found < length && Object.is(values[found], expected[found])) found++;
        if (found < length)
          wrong.push(`${kind}, ${length} in ${pieces}: ${values[found]} for ${expected[found]} at ${found}`);
        if (length === most) hash.update(new Uint8Array(values.slice().buffer));
      }
    }
  }
  tell({ rank, size, wrong, hash: hash.digest("hex").slice(0, 16) });
}

/** Byte strings of different lengths, among them empty and large ones. @param {Group} group */
async function agree(group) {
  const { rank, size } = group;
  const wrong = [];
  const bytesOf = (/** @type {number} */ rank, /** @type {number} */ length) =>
    Uint8Array.from({ length: length * rank }, (_, i) => (i * 7 + rank) % 256);
  for (const length of [0, 1, 1000, 3_000_000]) {
    const all = await group.agree(bytesOf(rank, length), "agree");
    const right =
      all.length === size && all.every((bytes, other) => Buffer.compare(bytes, bytesOf(other, length)) === 0);
    if (!right) wrong.push(`${length}: ${all.map((bytes) => bytes.length)}`);
  }
  tell({ rank, size, wrong });
}

/** Exchanges while other threads of this process work. @param {Group} group */
async function lanes(group) {
  const busy = Array.from({ length: 2 }, () => new Worker(new URL(import.meta.url), { argv: ["busy"] }));
  await Promise.all(busy.map((worker) => new Promise((resolve) => worker.once("message", resolve))));
  await sums(group, 100_000);
  await Promise.all(busy.map((worker) => worker.terminate()));
}

/** The event loop's turns while the other ranks are late, and whether V8 still catches a load outside of memory. @param {Group} group */
async function turns(group) {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 10);
  if (group.rank === group.size - 1) await setTimeout(1000);
  const began = performance.now();
  const { user } = process.cpuUsage();
  const pending = group.allReduce(new Float32Array(1), "turns");
  const held = performance.now() - began;
  await pending;
  const cpu = (process.cpuUsage().user - user) / 1e6;
  clearInterval(timer);
  // (module (memory 1) (func (export "f") (drop (i32.load (i32.const -1)))))
  const code = [0, 0x41, 0x7f, 0x28, 2, 0, 0x1a, 0x0b];
  const head = [
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 5, 1, 1, 0x66, 0, 0,
  ];
  const bytes = new Uint8Array([...head, 10, code.length + 2, 1, code.length, ...code]);
  let trap = "";
  try {
    /** @type {any} */ (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports).f();
  } catch (error) {
    trap = /** @type {Error} */ (error).name;
  }
  tell({ rank: group.rank, ticks, held, cpu, trap });
}

/** The least and the middle time of exchanges. @param {Group} group */
async function speed(group) {
  for (const length of [1, 1000, 1_000_000, 10_000_000]) {
    const values = allocators.shared(length);
    const times = [];
    for (let i = 0; i < (length > 1000 ? 30 : 2000); i++) {
      await group.allReduce(new Float32Array(1), "a common start");
      const start = performance.now();
      const pending = group.allReduce(values, "speed");
      if (pending) await pending;
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    tell({ rank: group.rank, length, least: times[0], middle: times[times.length >> 1] });
  }
}

/** @type {Record<string, (group: Group) => Promise<void>>} */
const scenarios = {
  sums: (group) => sums(group, detail ? Number(detail) : undefined),
  agree,
  lanes,
  turns,
  speed,
  // Exchanges until this rank is told otherwise, or another is lost.
  fault: (group) => faults(group, detail, tell),
};

if (scenario === "busy") {
  parentPort?.postMessage("busy");
  for (let at = performance.now(); ; ) if (performance.now() - at > 1e9) at = 0;
} else {
  const group = await mpi(process.env.MPI_TEST_TIMEOUT ? { timeout: Number(process.env.MPI_TEST_TIMEOUT) } : {});
  tell({ rank: group.rank, pid: process.pid });
  await scenarios[scenario](group);
  await group.close();
}
