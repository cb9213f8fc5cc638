// Starting ranks with mpirun, and getting their reports.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "../../scripts/host.js";
import { start, within } from "../hosts/start.js";

export const rankProgram = join(root, "tests/mpi/rank.js");

/** Path of mpirun, where it is Open MPI's. */
export const mpirun = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap((folder) => ["mpirun.openmpi", "mpirun"].map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** What ranks exchange through: shared memory, or the loopback device. */
export const transports = { memory: ["--mca", "btl", "self,vader"], tcp: ["--mca", "btl", "self,tcp"] };

/**
 * @typedef {object} Ranks
 * @property {any[]} reports of all ranks so far
 * @property {number[]} pids
 * @property {(test: (report: any) => boolean, count: number) => Promise<void>} until so many reports are such
 * @property {() => Promise<{ code: number, errors: string, seconds: number }>} ended
 * @property {string} output
 * @property {string} errors
 * @property {(name: NodeJS.Signals) => void} signal
 * @property {() => Promise<void>} stop
 */

/**
 * Starts ranks.
 * @param {number} ranks @param {string[]} args of rank.js
 * @param {{ options?: string[], timeout?: number, env?: NodeJS.ProcessEnv, node?: string[], place?: string[], program?: string, others?: string[] }} [settings]
 * `options` of mpirun; `place`: a program that starts mpirun; `program`: what ranks run in place of rank.js; `others`: more ranks, by
 * mpirun's arguments
 * @returns {Ranks}
 */
export function startRanks(
  ranks,
  args,
  {
    options = [],
    timeout,
    env = {},
    node = [process.execPath],
    place = [],
    program: ran = rankProgram,
    others = [],
  } = {},
) {
  const asRoot = process.getuid?.() === 0 ? ["--allow-run-as-root"] : [];
  const given = [...asRoot, "--oversubscribe", ...options, "-np", `${ranks}`, ...node, ran, ...args];
  if (others.length > 0) given.push(":", ...others);
  const began = performance.now();
  const [program, ...before] = [...place, mpirun ?? "mpirun"];
  const running = start(program, [...before, ...given], {
    env: { NO_COLOR: "1", ...(timeout && { MPI_TEST_TIMEOUT: `${timeout}` }), ...env },
  });
  const reports = () => {
    const lines = running.output().split("\n").slice(0, -1);
    return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  };
  return {
    get reports() {
      return reports();
    },
    get pids() {
      return reports().flatMap(({ pid }) => pid ?? []);
    },
    async until(test, count) {
      const end = performance.now() + 20_000;
      while (reports().filter(test).length < count) {
        if (performance.now() > end) throw new Error(`the ranks do not come so far: ${running.errors()}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async ended() {
      const code = await within(/** @type {Promise<number>} */ (running.ended), "mpirun", 60_000);
      return { code, errors: running.errors(), seconds: (performance.now() - began) / 1000 };
    },
    get output() {
      return running.output();
    },
    get errors() {
      return running.errors();
    },
    /** To mpirun. @param {NodeJS.Signals} name */
    signal(name) {
      if (running.pid) process.kill(running.pid, name);
    },
    stop: running.stop,
  };
}

/** Runs ranks to their end, which must be a good one; their reports, in the order of ranks. @param {Parameters<typeof startRanks>} args */
export async function reportsOf(...args) {
  const ranks = startRanks(...args);
  try {
    const { code, errors } = await ranks.ended();
    if (code !== 0) throw new Error(`exit code 0, found ${code}: ${errors.trim()}`);
    return ranks.reports.sort((a, b) => a.rank - b.rank);
  } finally {
    await ranks.stop();
  }
}

/** Whether a process is there. @param {number} pid */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
