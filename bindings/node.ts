/** Node: kernels from files, lanes in worker threads. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { Binding } from "../src/host/binding.js";
import type { StartLane } from "../src/host/engine.js";
import { HostError } from "../src/errors.js";
import type { BuildName } from "../src/host/kernels.js";
import { LocalEngine } from "../src/host/local-engine.js";
import { mostBytes } from "../src/host/memory.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";

export * from "../src/public.js";

/** Source of a lane, inline: no file to locate (servers are bundled, too) and no module graph to load. */
const laneSource = `
const { parentPort, workerData: { module, memory, lane } } = require("node:worker_threads");
const enter = (module) => {
  const { serve } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  parentPort.postMessage("ready");
  serve(lane);
};
// Read once the lane has left the kernels: "leave", or the module to enter next.
parentPort.on("message", (next) => (next === "leave" ? parentPort.postMessage("left") : enter(next)));
enter(module);
`;

/** The worker's next message; rejects if the worker ends. */
const answer = (worker: Worker) =>
  new Promise<void>((resolve, reject) => {
    worker.once("message", () => resolve());
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`it exited with code ${code}`)));
  });

const startLane: StartLane = async (module, memory, lane) => {
  let worker: Worker;
  try {
    // Loaded here, because it takes some milliseconds that the first step need not wait for; without `import()`, which
    // single executables and Jest do not have.
    const { Worker } = process.getBuiltinModule("node:worker_threads");
    worker = new Worker(laneSource, {
      eval: true,
      workerData: { module, memory, lane },
      name: `genloom lane ${lane}`,
      execArgv: [],
      env: {},
    });
    await answer(worker);
  } catch (cause) {
    throw new HostError(`node: the worker of lane ${lane} did not start: ${(cause as Error).message}`, {
      code: "ERR_WORKER",
      hint: "threads: 1 needs no workers",
      cause,
    });
  }
  // Without a listener, an error in a lane would end the process. The lane's end is still reported by `exit`.
  worker.on("error", () => undefined);
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  // A process that does not close the runtime can still exit.
  worker.unref();
  const ask = (message: "leave" | WebAssembly.Module) => {
    const answered = answer(worker);
    worker.postMessage(message);
    return answered;
  };
  return {
    leave: () => ask("leave"),
    enter: ask,
    terminate: async () => void (await worker.terminate()),
    ended,
  };
};

// Literal URLs: given a computed name, a bundler picks the first file in alphabetical order.
const addresses = {
  simd: () => new URL("../kernels/simd.wasm", import.meta.url),
  "simd-threads": () => new URL("../kernels/simd-threads.wasm", import.meta.url),
  relaxed: () => new URL("../kernels/relaxed.wasm", import.meta.url),
  "relaxed-threads": () => new URL("../kernels/relaxed-threads.wasm", import.meta.url),
  wide: () => new URL("../kernels/wide.wasm", import.meta.url),
  "wide-threads": () => new URL("../kernels/wide-threads.wasm", import.meta.url),
} satisfies Record<BuildName, () => URL>;

const flag = "--experimental-wasm-revectorize";

/** Node's permission model, where it is on. */
const { permission } = process as { permission?: { has(scope: string): boolean } };

/** Whether V8 merges vectors in this process. Node does not take this flag from NODE_OPTIONS. */
let merging = process.execArgv.some((argument) => argument.replaceAll("_", "-") === flag);

export const binding: Binding = {
  host: "node",
  version: process.versions.node,
  concurrency: availableParallelism(),
  ...(permission?.has("worker") === false && {
    noLanes: "this process may not start worker threads (node --permission without --allow-worker)",
  }),
  memory: mostBytes,
  async loadBuild(name) {
    try {
      return await WebAssembly.compile(await readFile(addresses[name]()));
    } catch {
      // Bundled into a server's own file, the package has no kernel files beside it; as CommonJS, it has no address of its
      // own either, and a bundler may have put another one in its place.
      return (await import("../src/host/inlined.js")).loadInlined(name);
    }
  },
  mergeVectors(set) {
    const { arch, versions } = process;
    if (arch !== "x64") return `the processor must be x64, found ${arch}`;
    if (Number.parseInt(versions.node, 10) < 24) return `Node must be 24 or newer, found ${versions.node}`;
    if (!merging && !set) return `V8's flag ${flag} is not set`;
    if (!merging) process.getBuiltinModule("node:v8").setFlagsFromString(flag);
    merging = true;
    return undefined;
  },
  startEngine: (options) => LocalEngine.start(options, startLane),
  readSaved: async (path) => (await import("../src/train/saved-path.js")).readSaved(path),
  readFile: async (url) => new Uint8Array(await readFile(url)),
};

/**
 * A runtime for this host: it uses the fastest kernels that the host accepts, and one lane per core if memory can be
 * shared. `runtime.info` reports both choices with the reasons.
 * @throws RangeError for an option outside of its range, HostError if the host lacks something (as rejections)
 * @example await createRuntime({ threads: 1 }).then(async (one) => { await one.close(); return one.info.lanes; }) // 1
 * @example createRuntime({ threads: 0 }) // throws createRuntime: threads must be "auto" or an integer from 1 to
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
