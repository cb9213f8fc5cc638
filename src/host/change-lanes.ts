/** Sends the lanes of an engine into the kernels of another module. Loaded only when that happens. */
import { Control, Layout } from "../../assembly/opcode.js";
import type { Lane } from "./engine.js";
import { dismiss } from "./lanes.js";

/** Rejects when the lane's thread ends before `task`. */
const within = ({ ended = new Promise(() => undefined) }: Lane, task: Promise<unknown>): Promise<unknown> =>
  Promise.race([task, ended.then(() => Promise.reject(new Error("lanes: one ended while the kernels were changed")))]);

/**
 * Lets all started lanes leave the kernels, and enter those of `module`. Their heartbeats go on from where they were, so
 * the engine still knows which lanes serve. Rejects if a lane ends meanwhile.
 */
export async function changeLanes(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  started: readonly Promise<Lane>[],
): Promise<void> {
  const settled = await Promise.allSettled(started);
  const lanes = settled.flatMap((lane) => (lane.status === "fulfilled" ? [lane.value] : []));
  const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
  // Messages between threads do not keep a process alive, a timer does.
  const alive = setInterval(() => undefined, 1000);
  try {
    dismiss(memory, lanes.length + 1);
    await Promise.all(lanes.map((lane) => within(lane, lane.leave())));
    Atomics.store(control, Control.Quit, 0);
    await Promise.all(lanes.map((lane) => within(lane, lane.enter(module))));
  } finally {
    clearInterval(alive);
  }
}
