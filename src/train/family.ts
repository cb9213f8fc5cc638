/**
 * What GAN, VAE and RBM have in common: a scalar loss (or two) plus a sampler. A family gives the graph of one training
 * step and the graph of its samples; training, checkpoints, evaluation and the command line know nothing else of it.
 */
import type { Updates } from "../layers/layer.js";
import type { TrainingData } from "../data/stream.js";
import type { Runtime } from "../host/runtime.js";
import type { Shape } from "../graph/shape.js";
import type { Tensor, Variable } from "../graph/tensor.js";
import type { TrainedModel } from "./trained.js";
import type { Sampler } from "./sampler.js";

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
  /** The next batch of the step. */
  next(): Batch;
}

/** What a step gets of some records. What it does not ask for is not gathered, nor read where records are streamed. */
export interface Batch {
  /** Normalised f32 [size, ...shape]. */
  readonly values: Tensor;
  /** Classes, i32 [size], where the data have labels. */
  readonly labels?: Tensor | undefined;
  /** f32 [size, ...shape]: 1 for each value that is known, else 0; where the data have a mask. */
  readonly mask?: Tensor | undefined;
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
  /**
   * Makes the model's variables for records of this shape, without a step; those of an optimizer, or of the batches of a
   * training, are not among them. Throws RangeError where a network does not take or give such records.
   */
  init(shape: Shape): void;
  /** What draws samples [count, ...shape], by the averaged parameters where there are some. Makes its variables. */
  sampler(shape: Shape): Sampler;
  /** Variables that samplers need and checkpoints must keep; complete once `init` was called, or a step was built. */
  readonly variables: readonly Variable[];
  /** The model with its values in a runtime, for records of the given shape. */
  trained(runtime: Runtime, shape: Shape): M;
  /** The data as this family trains on them. Throws RangeError where their values are outside of its range. */
  accept?(data: TrainingData): TrainingData;
  /** First values that come from the data rather than from a seed. */
  prepare?(data: TrainingData): Promise<ReadonlyMap<Variable, ArrayLike<number>>>;
}
