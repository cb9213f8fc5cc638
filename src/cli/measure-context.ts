/** Inputs and results of measures. */
import type { Dataset } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { TrainedModel } from "../train/trained.js";

export interface MeasureOptions {
  /** Default 2,500, as in the papers that defined the measures. */
  readonly samples?: number;
  readonly seed?: number;
}

export type Numbers = Readonly<Record<string, number>>;

/** Numbers, and lists of them (one per class). */
export type Metrics = Readonly<Record<string, number | readonly number[]>>;

/** @typeParam M what the measure needs of a model */
export interface MeasureContext<M = TrainedModel> {
  readonly model: M;
  readonly runtime: Runtime;
  readonly data: Dataset;
  readonly seed: number;
  /** Latents per record for the estimate of a likelihood; default 1,000. */
  readonly k?: number;
}
