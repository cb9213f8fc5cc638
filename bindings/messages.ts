/** What a host's thread and genloom's workers say to each other. */

/** First message to a worker. Its reply has id 0; an engine's has the value `Started`. */
export type Role =
  | {
      readonly role: "lane";
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      readonly lane: number;
    }
  | {
      readonly role: "engine";
      readonly module: WebAssembly.Module;
      readonly lanes: number;
      /** Shared with the lanes; made by the engine where there are none. */
      readonly memory?: WebAssembly.Memory;
      /** Largest size in bytes of a memory that it makes. */
      readonly limit: number;
    };

/** A call of an engine's method; the reply has the same id. */
export interface Call {
  readonly id: number;
  readonly method: "reserve" | "size" | "write" | "read" | "run";
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string; readonly hint?: string };
}
