/** Lanes in Web Workers, for hosts whose main thread may wait: Deno and Bun. */
import type { StartLane } from "../src/host/engine.js";
import { Thread } from "./web-worker.js";

export const startLane: StartLane = async (module, memory, lane) => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: `genloom lane ${lane}` });
  const { thread } = await Thread.start(worker, { role: "lane", module, memory, lane });
  // A process that forgets to close the runtime ends all the same (where the host can tell).
  (worker as { unref?: () => void }).unref?.();
  return thread;
};
