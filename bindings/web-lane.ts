/** Lanes in Web Workers, for hosts whose main thread may block: Deno and Bun. */
import type { StartLane } from "../src/host/engine.js";
import { Thread } from "./web-worker.js";

let address: Promise<string> | undefined;

/**
 * The address of the worker's script, as text: bundlers and compilers of these hosts leave the file behind, and another one
 * of that name may lie in its place.
 */
const scriptAddress = (): Promise<string> => {
  address ??= import("../browser/worker-text.js").then(({ source }) =>
    URL.createObjectURL(new Blob([source], { type: "text/javascript" })),
  );
  return address;
};

/** Starts a lane in a web worker. */
export const startLane: StartLane = async (module, memory, lane) => {
  const worker = new Worker(await scriptAddress(), { type: "module", name: `genloom lane ${lane}` });
  const { thread } = await Thread.start(worker, { role: "lane", module, memory, lane });
  // A process that does not close the runtime can still exit (on hosts that support `unref`).
  (worker as { unref?: () => void }).unref?.();
  return thread;
};
