// Starting workerd, which takes a bundle and answers requests.
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { buildWorker, folder } from "./build.js";
import { freePort } from "./free-port.js";
import { patience, start } from "./start.js";

/**
 * Serves a worker.
 * @template T
 * @param {string} program
 * @param {string} entry the worker's module
 * @param {string} output folder of its bundle
 * @param {(get: (path: string) => Promise<any>, begin: number) => Promise<T>} ask `get` gives what the worker answers, as
 *   JSON; `begin` is when the process was started
 */
export async function withWorkerd(program, entry, output, ask) {
  const port = await freePort();
  const config = await buildWorker({ entry, output, port });
  const begin = performance.now();
  const running = start(program, ["serve", config]);
  let serving = false;
  const get = async (/** @type {string} */ path) => {
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(patience) });
        serving = true;
        const answer = await response.json();
        if (answer.error) throw new Error(answer.error);
        return answer;
      } catch (error) {
        if (serving) throw error;
        if (performance.now() - begin > 30_000) throw new Error(`workerd does not answer: ${running.errors()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  try {
    return await ask(get, begin);
  } finally {
    await running.stop();
  }
}

/** The suite in workerd. @param {string} program */
export const runWorkerd = (program) =>
  withWorkerd(program, join(root, "tests/hosts/edge.js"), join(folder, "edge"), async (get, begin) => {
    await get("cold");
    // From the start of the process on: the isolate's own clock stands still while it works.
    const coldStart = performance.now() - begin;
    return { ...(await get("")), coldStart };
  });
