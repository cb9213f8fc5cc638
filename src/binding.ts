/** What a host gives to the runtime. One small file per host in bindings/ exports a `binding` of this kind. */
import type { Lane } from "./engine.js";
import type { BuildName } from "./kernels.js";

export interface Binding {
  /** Name of the host: `node`, `deno`, `bun`, `browser`, `edge`. */
  readonly host: string;
  readonly version: string;
  /** Lanes worth starting: the host's cores. */
  readonly concurrency: number;
  /** Loads and compiles one of the kernel builds. */
  loadBuild(name: BuildName): Promise<WebAssembly.Module>;
  /** Starts a lane in a thread of its own, resolves when it serves; left out where the host has no threads. */
  readonly startLane?: (module: WebAssembly.Module, memory: WebAssembly.Memory, lane: number) => Promise<Lane>;
}
