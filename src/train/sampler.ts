/**
 * Samplers as plain values: inputs with their distributions, a graph from inputs to samples, and the variables that the
 * graph needs. The inputs of a sampling program are drawn or fed. An export needs nothing else of a model.
 */
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";

/** One input of a sampler: f32 [count, ...shape]. */
export interface SamplerInput {
  /** Shape per sample: [64] for latents of 64 numbers. */
  readonly shape: Shape;
  /** Values for `count` samples, drawn from the input's distribution. */
  draw(count: number): Tensor;
}

export interface Sampler {
  /** Inputs by name, such as `latents`; the first is the argument of `generate`. */
  readonly inputs: Readonly<Record<string, SamplerInput>>;
  /** Samples [count, ...shape of a record] from inputs [count, ...shape of the input]. */
  graph(inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** Samples that a program computes at once, if their bits depend on it. */
  readonly rows?: number;
  /** Variables that must be saved or exported in order to sample. */
  readonly variables: readonly Variable[];
}

/** Graph of `count` samples: `input` declares the input named `fed`, all others are drawn. */
export function samplesOf(
  { inputs, graph }: Sampler,
  count: number,
  fed?: string,
  input?: (name: string, shape: Shape) => Tensor,
): Tensor {
  const values = Object.entries(inputs).map(([name, { shape, draw }]) => [
    name,
    input && name === fed ? input(name, [count, ...shape]) : draw(count),
  ]);
  return graph(Object.fromEntries(values));
}

/** Name and shape of a sampler's first input. */
export function firstInput({ inputs }: Sampler): { readonly name: string; readonly shape: Shape } {
  const [[name, { shape }]] = Object.entries(inputs);
  return { name, shape };
}
