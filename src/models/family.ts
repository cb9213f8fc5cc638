/**
 * What GAN, VAE and RBM have in common: a scalar loss (or two) plus a sampler. A family gives the graph of one training
 * step and the graph of its samples; training, checkpoints, evaluation and the command line know nothing else of it.
 */
import type { Updates } from "../layers/layer.js";
import type { TrainingData } from "../data/stream.js";
import type { Runtime } from "../runtime.js";
import type { Shape } from "../shape.js";
import type { Tensor, Variable } from "../tensor.js";
import type { TrainedModel } from "../train/trained.js";

export type FamilyKind = "gan" | "vae" | "rbm";

/** A family's options as JSON: a run folder keeps it, and `familyFrom` reads it back. */
export interface FamilyConfig {
  readonly kind: FamilyKind;
  readonly [option: string]: unknown;
}

/** Batches within one training step. */
export interface BatchSource {
  readonly size: number;
  /** Shape of one record. */
  readonly shape: Shape;
  /** The next batch of the step: normalised f32 [size, ...shape]. */
  next(): Tensor;
}

/** The graph of one training step. */
export interface StepGraph {
  /** Scalars to report; training stops where one is not finite. */
  readonly losses: Readonly<Record<string, Tensor>>;
  readonly updates: Updates;
}

/** @typeParam M what is left once training is over: `TrainedModel`, or the family's own extension of it */
export interface Family<M extends TrainedModel = TrainedModel> {
  readonly kind: FamilyKind;
  readonly config: FamilyConfig;
  /** Batches that one step draws. */
  readonly draws: number;
  step(batches: BatchSource): StepGraph;
  /** Samples [count, ...shape], by the averaged parameters where there are some. */
  sample(count: number, shape: Shape): Tensor;
  /** Variables that `sample` needs and checkpoints must keep, known once `step` or `sample` was called. */
  readonly variables: readonly Variable[];
  /** The model with its values in a runtime, for records of the given shape. */
  trained(runtime: Runtime, shape: Shape): M;
  /** The data as this family trains on them. Throws RangeError where their values are outside of its range. */
  accept?(data: TrainingData): TrainingData;
  /** First values that come from the data rather than from a seed. */
  prepare?(data: TrainingData): Promise<ReadonlyMap<Variable, ArrayLike<number>>>;
}
