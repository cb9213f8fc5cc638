/** What a host gives to the runtime. One small file per host in bindings/ exports a `binding` of this kind. */
import type { Engine } from "./engine.js";
import type { BuildName } from "./kernels.js";

export interface EngineOptions {
  readonly module: WebAssembly.Module;
  /** What the module must be; the engine refuses another one. */
  readonly build: BuildName;
  /** Threads that run each program, the engine's own included; above one, the memory is shared. */
  readonly lanes: number;
  /** Largest size of the memory in bytes. */
  readonly memory: number;
  /** Whether all lanes must serve before the engine is there; otherwise they join between two runs, as they come. */
  readonly complete: boolean;
  /** Told why a lane that was not waited for did not come. */
  readonly report: (reason: string) => void;
}

export interface Binding {
  /** Name of the host: `node`, `deno`, `bun`, `browser`, `edge`. */
  readonly host: string;
  readonly version: string;
  /** Lanes worth starting: the host's cores. */
  readonly concurrency: number;
  /** Why lanes cannot be started here, where they cannot. */
  readonly noLanes?: string;
  /** Bytes of memory that the kernels may take unless the user says otherwise. */
  readonly memory: number;
  /** Loads and compiles one of the kernel builds. */
  loadBuild(name: BuildName): Promise<WebAssembly.Module>;
  /** Starts an engine and its further lanes. */
  startEngine(options: EngineOptions): Promise<Engine>;
  /** Reads a file: URL, where `fetch` does not. */
  readonly readFile?: (url: URL) => Promise<Uint8Array<ArrayBuffer>>;
}
