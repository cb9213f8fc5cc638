/**
 * Measures of a trained model, by name: measures of samples, chosen by the kind of data; measures with labels; and
 * measures of what the model can do. One entry per kind of data, one per ability.
 */
import { columnsOf } from "../data/columns.js";
import { ownUnits } from "../data/scaling.js";
import type { Dataset, DatasetSource } from "../data/training-data.js";
import { mixtureMetrics } from "../metrics/mixture.js";
import { can } from "../models/abilities.js";
import type { TrainedModel } from "../train/trained.js";
import { classMeasures } from "./measure-classes.js";
import type { MeasureContext, MeasureOptions, Metrics, Numbers } from "./measure-context.js";
import { manySamples } from "./many-samples.js";
import { likelihoodMeasures } from "./measure-likelihood.js";
import { machineMeasures } from "./measure-machine.js";

/** Measures samples in raw values against the source of the data. */
type SampleMeasure = (samples: Float32Array, source: DatasetSource) => Numbers | undefined;

const sampleMeasures: Readonly<Partial<Record<DatasetSource["kind"], SampleMeasure>>> = {
  gaussianMixture: (samples, source) => {
    if (source.kind !== "gaussianMixture") return undefined;
    const { modes, modesOf, highQuality, reverseKl } = mixtureMetrics(samples, source);
    return { modes, modesOf, highQuality, reverseKl };
  },
};

/** Slow measures of what some models can do (likelihoods, partition functions), for `evaluate` only. */
async function abilityMeasures({ model, ...others }: MeasureContext): Promise<Numbers> {
  return {
    ...(can(model, "likelihood") && can(model, "encode") ? await likelihoodMeasures({ ...others, model }) : {}),
    ...(can(model, "machine") ? await machineMeasures({ ...others, model }) : {}),
  };
}

/** The measures of samples; undefined if there are none for such data. */
export async function measureSamples(
  model: TrainedModel,
  data: Dataset,
  { samples = 2500, seed = 0 }: MeasureOptions = {},
): Promise<Numbers | undefined> {
  const { source } = data;
  const score = source && sampleMeasures[source.kind];
  if (!source || !score) return undefined;
  const values = await manySamples(model, samples, seed);
  return score(ownUnits(values.data, data), source);
}

/** Means and deviations of a table's columns, for samples and data, in the data's own units. */
async function columnMeasures(
  model: TrainedModel,
  data: Dataset,
  { samples = 2500, seed = 0 }: MeasureOptions,
): Promise<Metrics | undefined> {
  if (!data.columns) return undefined;
  const values = ownUnits((await manySamples(model, samples, seed)).data, data);
  const drawn = columnsOf(values, data.shape) ?? [];
  const real = columnsOf(ownUnits(data.records, { ...data, scale: 1, shift: 0 }), data.shape) ?? [];
  return {
    columnMeans: drawn.map(({ mean }) => mean),
    dataColumnMeans: real.map(({ mean }) => mean),
    columnDeviations: drawn.map(({ deviation }) => deviation),
    dataColumnDeviations: real.map(({ deviation }) => deviation),
  };
}

/** All measures of a model on its data; empty if there are none. */
export async function measureAll(context: MeasureContext, options: MeasureOptions): Promise<Metrics> {
  const { model, data } = context;
  return {
    ...(await measureSamples(model, data, options)),
    ...(await columnMeasures(model, data, options)),
    ...(await classMeasures(context, options)),
    ...(await abilityMeasures(context)),
  };
}
