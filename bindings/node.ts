/** Node: kernels from files, lanes in worker threads. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Binding } from "../src/binding.js";

export const binding: Binding = {
  host: "node",
  version: process.versions.node,
  concurrency: availableParallelism(),
  async loadBuild(name) {
    return WebAssembly.compile(await readFile(new URL(`../kernels/${name}.wasm`, import.meta.url)));
  },
  async startLane(module, memory, lane) {
    const worker = new Worker(new URL("./node-lane.js", import.meta.url), { workerData: { module, memory, lane } });
    await new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", reject);
    });
    // A process that forgets to close the runtime ends all the same.
    worker.unref();
    return { terminate: async () => void (await worker.terminate()) };
  },
};
