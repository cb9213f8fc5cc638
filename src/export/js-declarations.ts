/** The types of `generator.js`: those of one generator, with its shape, its classes, and only what its module can do. */
import { isImage } from "../graph/shape.js";
import { textOf } from "../options.js";
import type { GeneratorDescription } from "./description.js";

/** The text of `generator.d.ts`. */
export function declarationsOf(description: GeneratorDescription): string {
  const { records, latent, exports } = description;
  const { shape, classNames } = records;
  const decodes = exports.includes("decode") && exports.includes("latent");
  const known = Object.entries({
    range: "readonly [low: number, high: number]",
    columns: "readonly (string | null)[]",
    classNames: "readonly string[]",
    classes: "number",
  }).map(([name, type]) => (name in records ? `\n    readonly ${name}: ${type};` : ""));
  const label = ["number", ...(classNames ?? []).map((name) => asciiText(textOf(name)))].join(" | ");
  const given = (name: string) => (description.labelled?.includes(name) ? label : undefined);
  return `/** Samples of a generator that genloom has trained. */

/** Records [count, ${shape.join(", ")}], row-major, in the data's own units. */
export interface Samples {
  readonly data: Float32Array;
  readonly shape: readonly [${["count: number", ...shape.map((length, axis) => `axis${axis + 1}: ${length}`)].join(", ")}];
}

export interface GenerateOptions {
  /** Equal seeds give equal samples; an integer from 0 to 2^53 - 1; default 0. */
  readonly seed?: number;
  /** Index of the first sample in the sequence of the seed; default 0. */
  readonly first?: number;
  /** Class of the samples, if the generator was trained with classes; default, as -1: drawn for each. */
  readonly label?: ${label};
}

/** \`count\` samples (default 1): those from \`first\` on in the sequence of \`seed\`, however they are divided into calls. */
export function generate(count?: number, options?: GenerateOptions): Promise<Samples>;
${decodes ? latentDeclarations(latent, given("decode")) : ""}${exports.includes("score") ? scoreDeclaration(given("score")) : ""}${isImage(shape) ? imageDeclarations : ""}${records.text ? textDeclaration : ""}${records.table ? rowDeclaration : ""}
/** What the generator is: family, shape, range, names, limits. */
export function describe(): {
  readonly family: string;
  readonly records: {
    readonly name: string;
    readonly shape: readonly [${shape.join(", ")}];
    readonly codec: "${records.codec}";${known.join("")}
  };
  readonly hash: string;
};

/**
 * Takes the module where it is compiled already, or says where its bytes are. Only necessary where a host compiles none
 * from bytes (workerd) or where \`generator.wasm\` does not lie beside this file.
 */
export function load(source?: Source | Promise<Response>): Promise<void>;

export type Source = Module | ArrayBuffer | (ArrayBufferView & { readonly buffer: Bytes["buffer"] }) | Response | URL;

// What the web's library and TypeScript 5.7 have, where they are there.
type Bytes = ReturnType<typeof Uint8Array.of>;
type Known<Name extends string> = typeof globalThis extends Record<Name, { prototype: infer T }> ? T : never;
type Response = Known<"Response">;
type URL = Known<"URL">;
type Module = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

/** An error of the generator, often in its own words. */
export class GeneratorError extends Error {}
`;
}

/** JSON whose characters beyond ASCII, and whatever ends a comment or a script, are escapes. */
export function asciiText(json: string): string {
  return json.replace(/[^ -~]|[<>]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The parameter for the classes of given rows; `label` is the type of a class, undefined without classes. */
const labelOptions = (label: string | undefined) =>
  label === undefined ? "" : `, options: { readonly label: (${label}) | ArrayLike<${label}> }`;

const labelDeclaration = `
/** The classes [count] that \`generate\` draws for the same arguments without a label. */
export function labels(count?: number, options?: Omit<GenerateOptions, "label">): Promise<Int32Array>;
`;

const latentDeclarations = (latent: number, label: string | undefined) => `
/** The latents [count, ${latent}] of the samples that \`generate\` makes for the same arguments. */
export function latents(
  count?: number,
  options?: Omit<GenerateOptions, "label">,
): Promise<{ readonly data: Float32Array; readonly shape: readonly [count: number, latent: ${latent}] }>;

/** Records of given latents [count, ${latent}]${label === undefined ? "" : ", and of their class, or the class of each"}. */
export function decode(latents: ArrayLike<number>${labelOptions(label)}): Promise<Samples>;
${label === undefined ? "" : labelDeclaration}
export interface InterpolateOptions {
  /** Number of points on the path, including both ends; default 8. */
  readonly steps?: number;
  /** "spherical" keeps the norm that latents of a normal prior have; default "linear". */
  readonly path?: "linear" | "spherical";${label === undefined ? "" : `\n  /** Class of the records, or the class of each. */\n  readonly label: (${label}) | ArrayLike<${label}>;`}
}

/** Records along a path between two latents of ${latent} values. */
export function interpolate(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  options${label === undefined ? "?" : ""}: InterpolateOptions,
): Promise<Samples>;
`;

const scoreDeclaration = (label: string | undefined) => `
/** One number per record of records [count, ...], given in the data's own units; higher is stranger. */
export function score(records: ArrayLike<number>${labelOptions(label)}): Promise<Float32Array>;
`;

const textDeclaration = `
/** Records of tokens as texts. */
export function toTexts(samples: Samples): string[];
`;

const rowDeclaration = `
/** Records as rows of texts, in the form of the training data; the names of the columns first. */
export function toRows(samples: Samples): string[][];
`;

const imageDeclarations = `
export interface SheetOptions {
  /** Images per row; default: the square root of their number, rounded up. */
  readonly columns?: number;
  /** Pixels between images; default 2. */
  readonly gap?: number;
  /** Integer enlargement of each pixel; default 1. */
  readonly zoom?: number;
}

/** Images as one, for a canvas: an ImageData where the host has that class, the same fields elsewhere. */
export function toImageData(
  samples: Samples,
  options?: SheetOptions,
): { data: ReturnType<typeof Uint8ClampedArray.of>; width: number; height: number };

/** Images as the bytes of one PNG file. */
export function toPng(samples: Samples, options?: SheetOptions): Promise<ReturnType<typeof Uint8Array.of>>;
`;
