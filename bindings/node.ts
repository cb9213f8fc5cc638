/** Node: kernels from files, lanes in worker threads. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Binding } from "../src/host/binding.js";
import type { StartLane } from "../src/host/engine.js";
import { HostError } from "../src/errors.js";
import type { BuildName } from "../src/host/kernels.js";
import { LocalEngine } from "../src/host/local-engine.js";
import { mostBytes } from "../src/host/memory.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/start.js";

export * from "../src/public.js";

/** A lane in a few lines of its own: no file to find (servers are bundled, too), no module graph to load. */
const laneSource = `
const { parentPort, workerData: { module, memory, lane } } = require("node:worker_threads");
const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports;
parentPort.postMessage("ready");
serve(lane);
`;

const startLane: StartLane = async (module, memory, lane) => {
  // The module takes some milliseconds to load, which the first step need not wait for.
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(laneSource, {
    eval: true,
    workerData: { module, memory, lane },
    name: `genloom lane ${lane}`,
    execArgv: [],
    env: {},
  });
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject);
      worker.once("exit", (code) => reject(new Error(`it ended with code ${code}`)));
    });
  } catch (cause) {
    throw new HostError(`node: the worker of lane ${lane} did not start: ${(cause as Error).message}`, {
      code: "ERR_WORKER",
      hint: "threads: 1 needs none",
      cause,
    });
  }
  // Without a listener the error of a lane that fails later would end the process; its end is told by `exit` all the same.
  worker.on("error", () => undefined);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  // A process that forgets to close the runtime ends all the same.
  worker.unref();
  return { terminate: async () => void (await worker.terminate()), ended };
};

// Written out: a bundler makes the first file by alphabet out of a name that is put together.
const addresses = {
  simd: () => new URL("../kernels/simd.wasm", import.meta.url),
  "simd-threads": () => new URL("../kernels/simd-threads.wasm", import.meta.url),
  relaxed: () => new URL("../kernels/relaxed.wasm", import.meta.url),
  "relaxed-threads": () => new URL("../kernels/relaxed-threads.wasm", import.meta.url),
} satisfies Record<BuildName, () => URL>;

export const binding: Binding = {
  host: "node",
  version: process.versions.node,
  concurrency: availableParallelism(),
  memory: mostBytes,
  async loadBuild(name) {
    try {
      return await WebAssembly.compile(await readFile(addresses[name]()));
    } catch (error) {
      // Bundled into a server's own file, the package has no files beside it.
      if ((error as { code?: string }).code !== "ENOENT") throw error;
      return (await import("../src/host/inlined.js")).loadInlined(name);
    }
  },
  startEngine: (options) => LocalEngine.start(options, startLane),
  readFile: async (url) => new Uint8Array(await readFile(url)),
};

/**
 * A runtime for this host: it picks the fastest kernels that the host validates, and one lane per core where memory can
 * be shared. `runtime.info` says what was picked and why.
 * @throws RangeError for an option outside of its range, HostError where the host lacks something (as rejections)
 * @example await createRuntime({ threads: 1 }).then(async (one) => { await one.close(); return one.info.lanes; }) // 1
 * @example createRuntime({ threads: 0 }) // throws threads: "auto" or a whole number from 1 to
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
