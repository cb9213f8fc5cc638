/**
 * What a model computes of each record or latent, as plain values: inputs, a graph from inputs to results, and the variables
 * that the graph needs. A sampler is one whose inputs can be drawn. An export needs nothing else of a model.
 *
 * Programs of these graphs compute a few rows at once, padded if there are fewer. A result has the same bits however many
 * are asked for: a sampler's programs are compiled with `rows`, so that no form of a kernel depends on their number, unless
 * the sampler fixes it; those of other functions always have `rowsOf` rows.
 */
import { mul } from "../ops/elementwise.js";
import { randomNormal } from "../ops/random.js";
import { checkNumber } from "../options.js";
import type { Shape } from "../graph/shape.js";
import { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";

/** One input of a row function: [count, ...shape]. */
export interface RowInput {
  /** Shape per row: [64] for latents of 64 numbers. */
  readonly shape: Shape;
  /** Default f32; i32 for the input `labels` of a conditional model, whose shape is []. */
  readonly dtype?: "f32" | "i32";
}

/** A function of rows: a score of records, a code of records, records of latents. */
export interface RowFunction {
  /** Inputs by name, such as `records` or `latents`. */
  readonly inputs: Readonly<Record<string, RowInput>>;
  /** Results [count, ...] from inputs [count, ...shape of the input]; row i depends on row i of the inputs alone. */
  graph(inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** Variables that must be saved or exported in order to compute it. */
  readonly variables: readonly Variable[];
  /** The number of rows that all programs of it compute at once, a divisor of 256. Default: a sampler's programs differ. */
  readonly rows?: number;
}

/** One input of a sampler. */
export interface SamplerInput extends RowInput {
  /** Values for `count` samples, drawn from the input's distribution. */
  draw(count: number): Tensor;
}

/** Samples [count, ...shape of a record]. The first input is the argument of `generate`. */
export interface Sampler extends RowFunction {
  readonly inputs: Readonly<Record<string, SamplerInput>>;
}

/** How a sampler draws. */
export interface SamplerOptions {
  /** A scalar above 0, see `SampleOptions`; default 1. */
  readonly temperature?: number | Tensor | undefined;
  /** Records of each class of the data, by which a conditional model draws classes; default: equal shares. */
  readonly classCounts?: readonly number[] | undefined;
  /** Of a GAN: what its generator returns, before it becomes records. */
  readonly outputs?: boolean;
}

/** Samples of one step: sample i of a seed is row i mod 256 of step floor(i / 256). */
export const drawnRows = 256;

/**
 * Rows that a program computes at once, if nothing else is said. So few that one sample is made in milliseconds, and fewer
 * than the product by tables needs (decision 0005), whose choice depends on all rows: no row depends on the others.
 */
export const programRows = 8;

/** Samples that a program computes at once if many are asked for. */
export const manyRows = 64;

/** The number of rows that a program of this function computes at once. */
export const rowsOf = ({ rows = programRows }: RowFunction): number => rows;

/** The temperature as an operand, undefined for 1. Throws RangeError if it is not a number above 0. */
export function temperatureOf(temperature: number | Tensor = 1): number | Tensor | undefined {
  if (temperature instanceof Tensor) return temperature;
  return checkNumber("sampler", "temperature", temperature, { above: 0 }) === 1 ? undefined : temperature;
}

/** Standard normal latents [count, latent], times the temperature. */
export function normalLatents(count: number, latent: number, temperature?: number | Tensor): Tensor {
  const latents = randomNormal([count, latent]);
  return temperature === undefined ? latents : mul(latents, temperature);
}

/** Graph of `count` samples: `input` declares the inputs named in `fed`, all others are drawn. */
export function samplesOf(
  { inputs, graph }: Sampler,
  count: number,
  fed: readonly string[] = [],
  input?: (name: string, shape: Shape, dtype?: "f32" | "i32") => Tensor,
): Tensor {
  const values = Object.entries(inputs).map(([name, { shape, dtype, draw }]) => [
    name,
    input && fed.includes(name) ? input(name, [count, ...shape], dtype) : draw(count),
  ]);
  return graph(Object.fromEntries(values));
}

/** Whether a function of rows takes the classes of its rows, as its input `labels`. */
export const takesLabels = ({ inputs }: RowFunction): boolean => "labels" in inputs;

/** Name and shape of the first input of a sampler or another function of rows. */
export function firstInput({ inputs }: RowFunction): { readonly name: string; readonly shape: Shape } {
  const [[name, { shape }]] = Object.entries(inputs);
  return { name, shape };
}
