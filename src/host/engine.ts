/**
 * Engines: the interface between host code and kernels. `LocalEngine` runs in the calling thread, with more lanes in
 * other threads if memory is shared; `WorkerEngine` forwards the same calls to a worker that has a local engine.
 */
import type { Exchanges } from "./exchanges.js";
import type { Status } from "../../assembly/opcode.js";
import type { BuildName } from "./kernels.js";
import type { WasmMemory, WasmModule, WebSignal } from "../web-types.js";

/** Result of a run. */
export interface RunResult {
  readonly status: Status;
  /** Completed iterations; meaningless if a lane was lost. */
  readonly steps: number;
  /** The command that stopped the run, if the status is `NotFinite`. */
  readonly command: number;
}

export interface Engine {
  readonly build: BuildName;
  /** Lanes that run programs or may still join: one that does not start ends the row. */
  readonly lanes: number;
  /** First address available to the runtime. */
  readonly heap: number;
  /** Grows the memory to at least `bytes`. Rejects with code ERR_OUT_OF_MEMORY if the host has no more. */
  reserve(bytes: number): Promise<void>;
  /** Current size of the memory in bytes. */
  size(): Promise<number>;
  write(address: number, bytes: Uint8Array): Promise<void>;
  read(address: number, length: number): Promise<Uint8Array>;
  /**
   * Runs `times` iterations of the program at an address. An aborted signal ends the run after the current iteration, and
   * so does a lane that terminated. `patience`: milliseconds without progress of any lane before the run fails, for
   * terminations that the host does not report; 0 = no limit. `exchanges`: those between ranks; if one
   * fails, the run ends after the current iteration without further ones, and throws the same.
   */
  run(program: number, times: number, patience: number, signal?: WebSignal, exchanges?: Exchanges): Promise<RunResult>;
  /** Goes on with another build, on the same memory and lanes. Not during a run. */
  change(module: WasmModule, build: BuildName): Promise<void>;
  /** Ends the lanes. */
  close(): Promise<void>;
}

/** A started lane. */
export interface Lane {
  /** Resolves when the lane has left the kernels, which it does after `Control.Quit`. */
  leave(): Promise<unknown>;
  /** Sends a lane that has left into another module's kernels, on the same memory; resolves when it is ready. */
  enter(module: WasmModule): Promise<unknown>;
  terminate(): void | Promise<void>;
  /**
   * Resolves when its thread has terminated, on hosts that report it. The report arrives only while lane 0 is not
   * running.
   */
  readonly ended?: Promise<unknown>;
}

/** Starts lane number `lane` on a memory; resolves when it is ready to run programs. */
export type StartLane = (module: WasmModule, memory: WasmMemory, lane: number) => Promise<Lane>;
