/** What a host's thread and genloom's workers say to each other. */
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
  /** What the module must be. */
  readonly build: BuildName;
  readonly lanes: number;
  /** Shared with the lanes; made by the engine where there are none. */
  readonly memory?: WebAssembly.Memory;
  /** Largest size in bytes of a memory that it makes. */
  readonly limit: number;
}

export type Role = LaneRole | EngineRole;

/** First message to a worker. Its reply has id 0; an engine's has its build and heap as value. */
export interface Assignment {
  readonly role: Role;
  /** Name of a lock that the worker takes before it replies and never gives back: who gets it knows that it has ended. */
  readonly lock?: string;
}

/**
 * A call of an engine's method; the reply has the same id. In place of a signal, `run` is told whether a `stop` may come,
 * which ends it after the iteration in hand.
 */
export interface Call {
  readonly id: number;
  readonly method: "reserve" | "size" | "write" | "read" | "run" | "stop";
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly hint?: string };
}
