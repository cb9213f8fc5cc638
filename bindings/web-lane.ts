/** Lanes in Web Workers, for hosts whose main thread may block: Deno and Bun. */
import type { StartLane } from "../src/host/engine.js";
import { Thread } from "./web-worker.js";

/** Starts a lane in a web worker. */
export const startLane: StartLane = async (module, memory, lane) => {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: `genloom lane ${lane}` });
  const { thread } = await Thread.start(worker, { role: "lane", module, memory, lane });
  // A process that does not close the runtime can still exit (on hosts that support `unref`).
  (worker as { unref?: () => void }).unref?.();
  return thread;
};
