/**
 * What draws samples, as a plain value: inputs with their distributions, a graph from inputs to samples, and the variables
 * that the graph needs. Whoever samples draws the inputs in the program or feeds them; whoever exports needs nothing else of a model.
 */
import type { Shape } from "../graph/shape.js";
import type { Tensor, Variable } from "../graph/tensor.js";

/** One input of a sampler: f32 [count, ...shape]. */
export interface SamplerInput {
  /** Of what one sample takes: [64] for latents of 64 numbers. */
  readonly shape: Shape;
  /** Values for `count` samples, drawn from the input's distribution. */
  draw(count: number): Tensor;
}

export interface Sampler {
  /** By name, as `latents`; the first one is what `generate` is given. */
  readonly inputs: Readonly<Record<string, SamplerInput>>;
  /** Samples [count, ...shape of a record] of inputs [count, ...shape of each]. */
  graph(inputs: Readonly<Record<string, Tensor>>): Tensor;
  /** What has to be kept, or shipped, to sample. */
  readonly variables: readonly Variable[];
}

/** `count` samples: the input named `fed` is declared by `input`, all others are drawn. */
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

/** Name and shape of what one sample is made of. */
export function firstInput({ inputs }: Sampler): { readonly name: string; readonly shape: Shape } {
  const [[name, { shape }]] = Object.entries(inputs);
  return { name, shape };
}
