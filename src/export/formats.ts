/** The formats in which a trained model leaves genloom, one row each. */
import { checkOptions, textOf } from "../options.js";
import type { ExportFormat, ExportOptions, ExportResults, WasmOptions } from "../train/exporting.js";
import type { Exporter, TrainedModel } from "../train/trained.js";
import { exportWasm } from "./wasm.js";

/** Files by name, and what their bytes consist of, if it is known. */
export interface Exported {
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  readonly parts?: Readonly<Record<string, number>>;
}

interface FormatRow<F extends ExportFormat> {
  /** What it is, for help. */
  readonly summary: string;
  /** Whether it is several files in a folder. */
  readonly folder?: true;
  files(model: TrainedModel, options: ExportOptions[F]): Promise<Exported>;
}

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** The module, and the options that are not its own. */
async function moduleOf<O extends WasmOptions>(model: TrainedModel, { limit, score, ...rest }: O) {
  const asked = { ...(limit !== undefined && { limit }), ...(score !== undefined && { score }) };
  return { ...(await exportWasm(model, asked)), rest };
}

/** The rows, by name. */
export const formats: { readonly [F in ExportFormat]: FormatRow<F> } = {
  wasm: {
    summary: "one WebAssembly module without imports, for any host",
    async files(model, options) {
      const { bytes, parts } = await exportWasm(model, options);
      return { files: { "generator.wasm": bytes }, parts };
    },
  },
  js: {
    summary: "an ES module with types around the WebAssembly module",
    folder: true,
    async files(model, options) {
      const { bytes, description, parts, rest } = await moduleOf(model, options);
      const { js } = await import("./js.js");
      const texts = Object.entries(js(bytes, description, rest));
      const files = texts.map(([name, content]) => [name, typeof content === "string" ? utf8(content) : content]);
      return { files: Object.fromEntries(files), parts };
    },
  },
  html: {
    summary: "a page that opens from a disk, without a server",
    async files(model, options) {
      const { bytes, description, parts, rest } = await moduleOf(model, options);
      const { html } = await import("./html.js");
      return { files: { "generator.html": utf8(html(bytes, description, rest)) }, parts };
    },
  },
  safetensors: {
    summary: "the saved model, which genloom loads again",
    async files(model, options) {
      checkOptions("export: safetensors", options, []);
      return { files: { "model.safetensors": await model.save() } };
    },
  },
};

/** The row of a format. Throws RangeError for an unknown one. */
export function formatOf<F extends ExportFormat>(name: F): FormatRow<F> {
  if (Object.hasOwn(formats, name)) return formats[name];
  throw new RangeError(`export: format must be one of ${Object.keys(formats).join(", ")}, found ${textOf(name)}`);
}

/**
 * A trained model in one of the formats.
 * @throws RangeError for an unknown format
 */
export const exportModel: Exporter["exportModel"] = async <F extends ExportFormat>(
  model: TrainedModel,
  format: F,
  options: ExportOptions[F] = {} as ExportOptions[F],
): Promise<ExportResults[F]> => {
  const row = formatOf(format);
  const { files } = await row.files(model, options);
  return (row.folder ? files : Object.values(files)[0]) as ExportResults[F];
};
