/** Measures of a model's samples, chosen by what is known of the data: a row per kind of source. */
import type { Dataset, DatasetSource } from "../data/dataset.js";
import { mixtureMetrics } from "../metrics/mixture.js";
import type { TrainedModel } from "../train/trained.js";
import { rawValues } from "./run-data.js";

export interface MeasureOptions {
  /** 2,500, as in the papers that defined the measures. */
  readonly samples?: number;
  readonly seed?: number;
}

export type Metrics = Readonly<Record<string, number>>;

type Measure = (samples: Float32Array, source: DatasetSource) => Metrics | undefined;

const measures: Readonly<Partial<Record<DatasetSource["kind"], Measure>>> = {
  gaussianMixture: (samples, source) => {
    if (source.kind !== "gaussianMixture") return undefined;
    const { modes, modesOf, highQuality, reverseKl } = mixtureMetrics(samples, source);
    return { modes, modesOf, highQuality, reverseKl };
  },
};

/** The measures of samples against the data they were learnt from; undefined where none is known for such data. */
export async function measure(
  model: TrainedModel,
  data: Dataset,
  { samples = 2500, seed = 0 }: MeasureOptions = {},
): Promise<Metrics | undefined> {
  const { source } = data;
  const score = source && measures[source.kind];
  if (!source || !score) return undefined;
  const values = await model.sample(samples, { seed });
  return score(rawValues(values.data, data), source);
}
