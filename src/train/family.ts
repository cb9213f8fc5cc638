/**
 * The common interface of GAN, VAE and RBM: one or two scalar losses and a sampler. A family builds the graph of a
 * training step and the graph of its samples; training, checkpoints, evaluation and the command line use only this.
 */
import type { Updates } from "../layers/layer.js";
import type { TrainingData } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../graph/variable.js";
import type { DataDescription } from "./data-description.js";
import type { AlarmRule } from "./alarms.js";
import type { FamilyConfig } from "./family-config.js";
import type { SampledFamily, TrainedModel } from "./trained.js";

export type { FamilyConfig };

/** Batches within one training step. */
export interface BatchSource {
  readonly size: number;
  /** Shape of one record. */
  readonly shape: Shape;
  /** The next batch of the step. */
  next(): Batch;
}

/** A step's view of some records. Parts that the step does not use are not gathered, and not read from disk. */
export interface Batch {
  /** Normalised f32 [size, ...shape]. */
  readonly values: Tensor;
  /** Classes, i32 [size], if the data have labels. */
  readonly labels?: Tensor | undefined;
  /** f32 [size, ...shape]: 1 for each known value, else 0; if the data have a mask. */
  readonly mask?: Tensor | undefined;
}

/** The graph of one training step. */
export interface StepGraph {
  /** Scalars to report; training stops if one is not finite. */
  readonly losses: Readonly<Record<string, Tensor>>;
  readonly updates: Updates;
}

/** @typeParam M the trained model: `TrainedModel` or a subclass of it */
export interface Family<M extends TrainedModel = TrainedModel> extends SampledFamily {
  /** Number of batches per step. */
  readonly draws: number;
  step(batches: BatchSource): StepGraph;
  /**
   * Scalars that tell how a training goes, computed of a batch. A program of its own computes them every `measureEvery`
   * steps, so that no bit of a step depends on them.
   */
  signals?(batches: BatchSource): Readonly<Record<string, Tensor>>;
  /** Rules of what can go wrong, which look at losses and signals; default none. */
  readonly alarms?: readonly AlarmRule[];
  /** The trained model whose values are in a runtime, for records of the given shape or description. */
  trained(runtime: Runtime, data: Shape | DataDescription): M;
  /** Converts the data to the form that this family trains on. Throws RangeError if values are outside of its range. */
  accept?(data: TrainingData): TrainingData;
  /** Initial values that are computed from the data rather than drawn. */
  prepare?(data: TrainingData): Promise<ReadonlyMap<Variable, ArrayLike<number>>>;
  /** Variables that only samples read: 0 until a training has done its last step, when `finish` computes them. */
  readonly finished?: readonly Variable[];
  finish?(runtime: Runtime, data: TrainingData, seed: number): Promise<ReadonlyMap<Variable, ArrayLike<number>>>;
}
