/** What a host provides for the runtime. Each file in bindings/ exports a `binding` of this type for one host. */
import type { Engine } from "./engine.js";
import type { BuildName } from "./kernels.js";

export interface EngineOptions {
  readonly module: WebAssembly.Module;
  /** The build that the module must be; the engine rejects any other. */
  readonly build: BuildName;
  /** Threads that run each program, including the engine's own; with more than one, the memory is shared. */
  readonly lanes: number;
  /** Maximum size of the memory in bytes. */
  readonly memory: number;
  /** Whether the engine waits until all lanes serve; otherwise they join between two runs, when they are ready. */
  readonly complete: boolean;
  /** Called with the reason if a lane that was not waited for fails to start. */
  readonly report: (reason: string) => void;
}

export interface Binding {
  /** Name of the host: `node`, `deno`, `bun`, `browser`, `edge`. */
  readonly host: string;
  readonly version: string;
  /** Useful number of lanes: the host's cores. */
  readonly concurrency: number;
  /** Why this host cannot start lanes, if it cannot. */
  readonly noLanes?: string;
  /** Default maximum bytes of memory for the kernels. */
  readonly memory: number;
  /** Loads and compiles one of the kernel builds. */
  loadBuild(name: BuildName): Promise<WebAssembly.Module>;
  /** Starts an engine and its other lanes. */
  startEngine(options: EngineOptions): Promise<Engine>;
  /** Reads a file: URL, if `fetch` cannot. */
  readonly readFile?: (url: URL) => Promise<Uint8Array<ArrayBuffer>>;
}
