/** The formats in which a trained model is exported, with their options and results. `src/export/` makes them. */
import type { OwnBytes } from "../web-types.js";

export interface WasmOptions {
  /** Maximum number of records of one call; default: as many as 64 MiB hold, at most 65,536. */
  readonly limit?: number;
  /**
   * Whether the module has `score`, with the weights that only scores need. Default: if there are none of these, as in a
   * Boltzmann machine.
   */
  readonly score?: boolean;
}

export interface JsOptions extends WasmOptions {
  /**
   * "inline", the default, puts the bytes into `generator.js`; "separate" leaves them in `generator.wasm` beside it, which
   * is a quarter smaller and compiles while it arrives.
   */
  readonly wasm?: "inline" | "separate";
}

export interface HtmlOptions extends WasmOptions {
  /** Title of the page; default: what the generator makes, and its family. */
  readonly title?: string;
}

/** Options by format. */
export interface ExportOptions {
  readonly wasm: WasmOptions;
  readonly js: JsOptions;
  readonly html: HtmlOptions;
  readonly safetensors: Readonly<Record<never, never>>;
}

/** Results by format: the bytes of a file, or files by name. */
export interface ExportResults {
  readonly wasm: OwnBytes;
  readonly js: Readonly<Record<string, OwnBytes>>;
  readonly html: OwnBytes;
  readonly safetensors: OwnBytes;
}

export type ExportFormat = keyof ExportResults;
