/**
 * Engines: the one small interface between host code and kernels. `LocalEngine` runs in the calling thread, with more
 * lanes beside it where memory is shared; `WorkerEngine` sends the same calls to a worker that holds a local one.
 */
import type { Status } from "../../assembly/opcode.js";
import type { BuildName } from "./kernels.js";

/** How a run ended. */
export interface RunResult {
  readonly status: Status;
  /** Iterations that ran to their end; without meaning where a lane was lost. */
  readonly steps: number;
  /** The command that stopped it, where the status is `NotFinite`. */
  readonly command: number;
}

export interface Engine {
  readonly build: BuildName;
  readonly lanes: number;
  /** First address that the runtime may use. */
  readonly heap: number;
  /** Makes memory reach at least to `bytes`. Rejects with code ERR_OUT_OF_MEMORY where the host has no more. */
  reserve(bytes: number): Promise<void>;
  /** Bytes of memory now. */
  size(): Promise<number>;
  write(address: number, bytes: Uint8Array): Promise<void>;
  read(address: number, length: number): Promise<Uint8Array>;
  /**
   * Runs the program at an address `times` times, or fewer: a signal ends the run after the iteration in hand. A lane that
   * has ended ends it too; `patience` (ms) bounds the wait for lanes that may have ended unheard, 0 = for ever.
   */
  run(program: number, times: number, patience: number, signal?: AbortSignal): Promise<RunResult>;
  /** Ends the lanes. */
  close(): Promise<void>;
}

/** A started lane. */
export interface Lane {
  terminate(): void | Promise<void>;
  /** Resolves when its thread has ended, where the host can tell; a thread's end is heard while lane 0 does not run. */
  readonly ended?: Promise<unknown>;
}

/** Starts lane number `lane` on a memory; resolves when it serves. */
export type StartLane = (module: WebAssembly.Module, memory: WebAssembly.Memory, lane: number) => Promise<Lane>;
