/**
 * The code of `generator.js`. The build bundles this file to a text; `js.ts` adds the description of one module and where
 * its bytes are. Nothing happens on import: the module is compiled at the first call that needs it.
 */
import type { GeneratorDescription } from "./description.js";
import { bytesOfBase64 } from "./js-base64.js";
import {
  type GenerateOptions,
  Generator,
  GeneratorError,
  type LabelOptions,
  type LatentOptions,
  rangeOf,
  type Samples,
} from "./js-generator.js";
import { encodePng, rgbaOf, type SheetOptions, sheetOf } from "./js-image.js";
import { rowsOfRecords } from "./js-rows.js";
import { textsOfTokens } from "./js-texts.js";
import { type InterpolateOptions, latentPath } from "../train/latent-path.js";

/** Both stand in the file that `js.ts` writes. */
declare const generatorDescription: GeneratorDescription;
declare function generatorSource(): string | URL;

/** Bytes, a response with them, or where they are. */
type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer> | Response | URL;

/** What `load` takes. */
export type GeneratorSource = WebAssembly.Module | Bytes | Promise<Response>;

export { GeneratorError };

let opened: Promise<Generator> | undefined;

/**
 * Compiles the module, or takes one that is compiled: hosts such as workerd compile none from bytes. Calling it is only
 * necessary there.
 * @throws GeneratorError if it is not the module that this file was written for
 */
export async function load(source?: GeneratorSource): Promise<void> {
  const pending = open(source ?? generatorSource());
  opened = pending;
  try {
    await pending;
  } catch (error) {
    if (opened === pending) opened = undefined; // the next call tries again
    throw error;
  }
}

/** `count` samples; those from `first` on in the sequence of `seed`. */
export async function generate(count = 1, options: GenerateOptions = {}): Promise<Samples> {
  return (await generator()).generate(count, options);
}

/** The latents [count, latent] of the samples that `generate` makes for the same arguments. */
export async function latents(count = 1, options: LatentOptions = {}): Promise<Samples> {
  return (await generator()).latents(count, options);
}

/** The classes that `generate` draws for the same arguments without a label. */
export async function labels(count = 1, options: LatentOptions = {}): Promise<Int32Array> {
  return (await generator()).labels(count, options);
}

/** Records of given latents [count, latent], and of their classes. */
export async function decode(given: ArrayLike<number>, options: LabelOptions = {}): Promise<Samples> {
  return (await generator()).decode(given, options);
}

/** Records along a path between two latents. */
export async function interpolate(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  { label, ...path }: InterpolateOptions & LabelOptions = {},
): Promise<Samples> {
  const given = label === undefined ? {} : { label };
  return decode(latentPath(from, to, generatorDescription.latent, path), given);
}

/** One number per record, given in the data's own units; higher is stranger. */
export async function score(records: ArrayLike<number>, options: LabelOptions = {}): Promise<Float32Array> {
  return (await generator()).score(records, options);
}

/**
 * Records of tokens as texts, of a generator of text, molecules, music or levels.
 * @throws GeneratorError of another generator
 */
export function toTexts(samples: Samples): string[] {
  const { text, shape } = generatorDescription.records;
  if (!text) throw new GeneratorError("toTexts: this generator makes no texts");
  return textsOfTokens(samples.data, shape[0], text);
}

/**
 * Records of a table as rows of texts, the names of the columns first.
 * @throws GeneratorError of another generator
 */
export function toRows(samples: Samples): string[][] {
  const { table } = generatorDescription.records;
  if (!table) throw new GeneratorError("toRows: this generator makes no rows of a table");
  return rowsOfRecords(samples.data, table);
}

/** What the generator is: family, shape, range, names, limits. */
export function describe(): GeneratorDescription {
  return generatorDescription;
}

/** Images as one, for a canvas: an ImageData where the host has that class, the same fields elsewhere. */
export function toImageData(
  samples: Samples,
  options?: SheetOptions,
): { data: Uint8ClampedArray; width: number; height: number } {
  const pixels = sheetOf(samples, rangeOf(generatorDescription), options);
  const { width, height } = pixels;
  const data = rgbaOf(pixels);
  return typeof ImageData === "function" ? new ImageData(data, width, height) : { data, width, height };
}

/** Images as the bytes of one PNG file. */
export async function toPng(samples: Samples, options?: SheetOptions): Promise<Uint8Array> {
  return encodePng(sheetOf(samples, rangeOf(generatorDescription), options));
}

async function generator(): Promise<Generator> {
  if (!opened) await load();
  return opened as Promise<Generator>;
}

async function open(given: GeneratorSource | string): Promise<Generator> {
  const source = await given;
  const module = source instanceof WebAssembly.Module ? source : await compiled(source as Bytes | string);
  const generator = new Generator(await WebAssembly.instantiate(module));
  const { hash } = generator.description;
  if (hash !== generatorDescription.hash)
    throw new GeneratorError(`load: the module must have hash ${generatorDescription.hash}, found ${hash}`);
  return generator;
}

async function compiled(source: Bytes | string): Promise<WebAssembly.Module> {
  const bytes = await bytesOf(source);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new GeneratorError(
      `load: this host does not compile the module: ${cause instanceof Error ? cause.message : cause}; where only imported modules run, use load(module), in a page allow 'wasm-unsafe-eval'`,
      { cause },
    );
  }
}

async function bytesOf(source: Bytes | string): Promise<ArrayBuffer | ArrayBufferView<ArrayBuffer>> {
  if (typeof source === "string") return bytesOfBase64(source);
  if (source instanceof URL) {
    // Node's fetch reads no files; without an import, bundlers for pages have nothing to resolve.
    const node = source.protocol === "file:" && globalThis.process?.getBuiltinModule?.("node:fs/promises");
    return node ? new Uint8Array(await node.readFile(source)) : bytesOf(await fetch(source));
  }
  if (!(source instanceof Response)) return source;
  if (source.ok) return source.arrayBuffer();
  throw new GeneratorError(`load: ${source.url} is not there: the server answers ${source.status}`);
}
