/**
 * The export `js`: an ES module with types around an exported WebAssembly module, for Node, Deno, Bun, workerd, pages and
 * bundlers.
 */
import { code } from "../../export/js-text.js";
import { checkOptions, textOf } from "../options.js";
import type { GeneratorDescription } from "./description.js";
import { base64Of } from "./js-base64.js";
import type { JsOptions as Options, WasmOptions } from "../train/exporting.js";
import { asciiText, declarationsOf } from "./js-declarations.js";

/** Options of the files around the module. */
export type JsOptions = Omit<Options, keyof WasmOptions>;

/** Files of the export, by name; `generator.wasm` only where it is separate. */
export interface JsFiles {
  readonly "generator.js": string;
  readonly "generator.d.ts": string;
  readonly "generator.wasm"?: Uint8Array<ArrayBuffer>;
}

/**
 * The files of an ES module around an exported generator.
 * @param wasm bytes of the export `wasm`
 * @param description what the module's `describe` says
 * @throws TypeError for an unknown option; RangeError for an unknown value
 * @example Object.keys(js(new Uint8Array(8), { records: { shape: [2] }, exports: [] })) // ["generator.js", "generator.d.ts"]
 * @example js(new Uint8Array(8), { records: { shape: [2] }, exports: [] }, { wasm: "beside" }) // throws export: wasm must be "inline" or "separate", found "beside"
 */
export function js(wasm: Uint8Array<ArrayBuffer>, description: GeneratorDescription, options: JsOptions = {}): JsFiles {
  checkOptions("export", options, ["wasm"]);
  const { wasm: place = "inline" } = options;
  if (place !== "inline" && place !== "separate")
    throw new RangeError(`export: wasm must be "inline" or "separate", found ${textOf(place)}`);
  const source =
    place === "inline"
      ? `function generatorSource() {\n  return "${base64Of(wasm)}";\n}\n`
      : `function generatorSource() {\n  return new URL("./generator.wasm", import.meta.url);\n}\n`;
  const head = `// Written by genloom: a trained generator, and the functions that call it. Types are in generator.d.ts.\n`;
  return {
    "generator.js": `${head}const generatorDescription = ${asciiText(JSON.stringify(description))};\n${code}\n${source}`,
    "generator.d.ts": declarationsOf(description),
    ...(place === "separate" && { "generator.wasm": wasm }),
  };
}
