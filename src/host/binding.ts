/**
 * The interface that each host implements for the runtime. One small file per host in bindings/ exports a `binding`.
 */
import type { Engine } from "./engine.js";
import type { BuildName } from "./kernels.js";
import type { OwnBytes, WasmModule, WebUrl } from "../web-types.js";

export interface EngineOptions {
  /** May still be loading, so that an engine's worker starts meanwhile. */
  readonly module: WasmModule | Promise<WasmModule>;
  /** The build that the module must be; the engine refuses any other. */
  readonly build: BuildName;
  /** Threads that run each program, including the engine's own. With more than one, the memory is shared. */
  readonly lanes: number;
  /** Maximum size of the memory in bytes. */
  readonly memory: number;
  /**
   * If true, `startEngine` resolves when all lanes are ready; if false, lanes join between runs as they become ready.
   */
  readonly complete: boolean;
  /** Called with the reason if a lane fails to start after `startEngine` has resolved. */
  readonly report: (reason: string) => void;
}

export interface Binding {
  /** Name of the host: `node`, `deno`, `bun`, `browser`, `edge`. */
  readonly host: string;
  readonly version: string;
  /** Number of lanes to start by default: the host's cores. */
  readonly concurrency: number;
  /** The reason why this host cannot start lanes; undefined if it can. */
  readonly noLanes?: string;
  /** The reason why this host has no builds with relaxed SIMD; undefined if it has them. */
  readonly noRelaxed?: string;
  /** Default limit of the kernels' memory in bytes. */
  readonly memory: number;
  /** Loads and compiles one of the kernel builds. */
  loadBuild(name: BuildName): Promise<WasmModule>;
  /** Starts an engine and its other lanes. */
  startEngine(options: EngineOptions): Promise<Engine>;
  /**
   * Whether V8's flag for the builds `wide` is on in this process; with `set`, switches it on, for the whole process.
   * Returns why not. Absent where the flag can neither be known nor set: there only a measurement tells.
   */
  mergeVectors?(set: boolean): string | undefined;
  /**
   * The bytes of a saved model on disk: those of the file, or of the newest checkpoint of a run folder. Absent where there
   * are no files.
   */
  readonly readSaved?: (path: string | WebUrl) => Promise<OwnBytes>;
  /** Reads a file: URL, on hosts whose `fetch` cannot. */
  readonly readFile?: (url: WebUrl) => Promise<OwnBytes>;
}
