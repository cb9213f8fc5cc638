/** Starts the other lanes (threads) of an engine, and declares them lost. The host's `StartLane` makes each thread. */
import { Control, Layout } from "../../assembly/opcode.js";
import type { EngineOptions } from "./binding.js";
import type { Lane, StartLane } from "./engine.js";
import { hostTurn } from "./turn.js";

const startsNone: StartLane = () => Promise.reject(new Error("engine: this host cannot start lanes"));

/** What the lanes of an engine share. */
export interface LanesOptions extends Pick<EngineOptions, "lanes" | "complete"> {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Called for a lane that does not start, unless `complete` is set or the engine was closed. */
  readonly missing: (lane: number, error: Error) => void;
}

/**
 * Starts the lanes 1, 2, … in parallel. If `complete` is false they start one event-loop turn later: a thread takes as long
 * to start as the first program to compile, and the two would compete for the cores.
 */
export function startLanes(
  { module, memory, lanes, complete, missing }: LanesOptions,
  startLane: StartLane = startsNone,
): Promise<Lane>[] {
  const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
  const startLate: StartLane = async (...lane) => {
    await hostTurn();
    if (Atomics.load(control, Control.Quit)) throw new Error("runtime: it was closed");
    return startLane(...lane);
  };
  const start = complete ? startLane : startLate;
  const started = Array.from({ length: lanes - 1 }, (_, index) => start(module, memory, index + 1));
  for (const [index, lane] of started.entries()) {
    lane.then(
      ({ ended }) => ended?.then(() => giveUp(memory)),
      // After close(), a lane that did not start is not worth reporting.
      (error: Error) => complete || Atomics.load(control, Control.Quit) || missing(index + 1, error),
    );
  }
  return started;
}

/** Marks a lane of this memory as lost: lanes that wait at a barrier leave it, and the engine's runs end. */
export function giveUp(memory: WebAssembly.Memory): void {
  const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
  Atomics.store(control, Control.Lost, 1);
  Atomics.notify(control, Control.Phase);
}

/** Has the other lanes of this memory leave the kernels. */
export function dismiss(memory: WebAssembly.Memory, lanes: number): void {
  const control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
  Atomics.store(control, Control.Quit, 1);
  if (lanes === 1) return;
  Atomics.add(control, Control.Job, 2);
  Atomics.notify(control, Control.Job);
}
