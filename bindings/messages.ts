/** Messages between a host's thread and genloom's workers. */
import type { BuildName } from "../src/host/kernels.js";

export interface LaneRole {
  readonly role: "lane";
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly lane: number;
}

export interface EngineRole {
  readonly role: "engine";
  readonly module: WebAssembly.Module;
  /** The build that the module must be. */
  readonly build: BuildName;
  readonly lanes: number;
  /** Shared with the lanes; if absent, the engine creates it. */
  readonly memory?: WebAssembly.Memory;
  /** Maximum size in bytes of a memory that the worker creates. */
  readonly limit: number;
}

export type Role = LaneRole | EngineRole;

/** First message to a worker. Its reply has id 0; the reply of an engine has its build and heap as value. */
export interface Assignment {
  readonly role: Role;
  /**
   * Name of a lock that the worker takes before it replies and keeps until it ends: whoever then gets the lock knows
   * that.
   */
  readonly lock?: string;
}

/**
 * A call of an engine's method; the reply has the same id. Instead of a signal, `run` is told whether a `stop` call may
 * follow, which ends it after the current step. A lane answers `leave` once it has left the kernels.
 */
export interface Call {
  readonly id: number;
  readonly method: "reserve" | "size" | "write" | "read" | "run" | "stop" | "change" | "leave";
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly hint?: string };
}
