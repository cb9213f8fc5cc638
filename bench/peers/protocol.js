// Shared by the programs of all peers: options, clock and printed lines (see src/bench/peer.ts).
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/**
 * A step of a workload: one call is one whole step; its promise resolves when the results are available.
 * @typedef {() => unknown} Step
 */

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    only: { type: "string" },
    seconds: { type: "string", default: "4" },
  },
});

/** Number of threads for the library. */
export const threads = Number(values.threads);
const seconds = Number(values.seconds);

/** The installed version of a package. */
export function versionOf(name) {
  const path = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}

/** Milliseconds of the fastest call within `seconds`, after three warm-up calls (one if steps are long). */
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

/** Prints a line that says why there is no timing, or how to interpret it. */
export function note(text) {
  console.log(JSON.stringify({ note: text }));
}

/** Measures the requested workloads (default: all) and prints a line for each. */
export async function measure(peer, workloads) {
  for (const [workload, make] of Object.entries(workloads)) {
    if (values.only !== undefined && values.only !== workload) continue;
    const ms = Number((await bestMs(await make())).toPrecision(5));
    console.log(JSON.stringify({ peer, threads, workload, ms }));
  }
  // Otherwise the library's own threads keep the process alive.
  process.exit(0);
}

/** Whether this workload is to be measured. */
export const isAsked = (workload) => values.only === undefined || values.only === workload;

/** Uniform numbers in [-1, 1): fixed data, as in torch_bench.py. */
export function noise(length) {
  return Float32Array.from({ length }, () => Math.random() * 2 - 1);
}

/** Random bits, each 1 with probability 1/2. */
export function bits(length) {
  return Float32Array.from({ length }, () => (Math.random() < 0.5 ? 0 : 1));
}
