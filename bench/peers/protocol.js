// What every peer's program has in common: its options, its clock and the lines that it prints (see src/bench/peer.ts).
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/**
 * A step of a workload: one call is one whole step, its promise resolves when the results are there.
 * @typedef {() => unknown} Step
 */

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    only: { type: "string" },
    seconds: { type: "string", default: "4" },
  },
});

/** Threads that the library is to compute on. */
export const threads = Number(values.threads);
const seconds = Number(values.seconds);

/** The installed version of a package. */
export function versionOf(name) {
  const path = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}

/** Milliseconds of the best call within `seconds`, behind three (long steps: one) that do not count. */
async function bestMs(step) {
  const timed = async () => {
    const begin = performance.now();
    await step();
    return performance.now() - begin;
  };
  const first = await timed();
  for (let warm = first > 1000 ? 2 : 0; warm < 2; warm++) await timed();
  let best = Number.POSITIVE_INFINITY;
  const end = performance.now() + seconds * 1000;
  do best = Math.min(best, await timed());
  while (performance.now() < end);
  return best;
}

/** Prints a line that says why there is no timing, or how to read it. */
export function note(text) {
  console.log(JSON.stringify({ note: text }));
}

/**
 * Measures the asked workloads, all where none is asked for, and prints a line for each.
 */
export async function measure(peer, workloads) {
  for (const [workload, make] of Object.entries(workloads)) {
    if (values.only !== undefined && values.only !== workload) continue;
    const ms = Number((await bestMs(await make())).toPrecision(5));
    console.log(JSON.stringify({ peer, threads, workload, ms }));
  }
  // Threads of the library's own keep the process alive otherwise.
  process.exit(0);
}

/** Whether this workload is the one that is asked for, or all are. */
export const isAsked = (workload) => values.only === undefined || values.only === workload;

/** Uniform numbers in [-1, 1): fixed data, as torch_bench.py has it. */
export function noise(length) {
  return Float32Array.from({ length }, () => Math.random() * 2 - 1);
}

/** Bits, half of them on. */
export function bits(length) {
  return Float32Array.from({ length }, () => (Math.random() < 0.5 ? 0 : 1));
}
