/**
 * Measures that belong to a kind of data or to an ability of the model: known modes, columns of a table, likelihoods. The
 * scores that compare samples with data of any kind are those of `metrics/evaluation`.
 */
import { columnsOf } from "../data/columns.js";
import { ownUnits } from "../data/scaling.js";
import type { Dataset, DatasetSource } from "../data/training-data.js";
import { mixtureMetrics } from "../metrics/mixture.js";
import { can } from "../models/abilities.js";
import type { TrainedModel } from "../train/trained.js";
import type { MeasureContext, MeasureOptions, Metrics, Numbers } from "./measure-context.js";
import { manySamples } from "../metrics/evaluation/many-samples.js";
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

/** Measures of a kind of data or model, and the names by which `--metrics` asks for them. */
interface MeasureRow {
  readonly names: readonly string[];
  measure(context: MeasureContext, options: MeasureOptions): Promise<Metrics | undefined>;
}

const rows: readonly MeasureRow[] = [
  {
    names: ["modes", "highQuality", "reverseKl"],
    measure: ({ model, data }, options) => measureSamples(model, data, options),
  },
  {
    names: ["columnMeans", "columnDeviations"],
    measure: ({ model, data }, options) => columnMeasures(model, data, options),
  },
  { names: ["logLikelihood", "elbo", "pseudoLikelihood"], measure: (context) => abilityMeasures(context) },
];

/** The names of these measures. */
export const measureNames: readonly string[] = rows.flatMap(({ names }) => names);

/** The measures of the given names, or all; empty if there are none for such a model and data. */
export async function measureKinds(
  context: MeasureContext,
  options: MeasureOptions,
  names: readonly string[] = measureNames,
): Promise<Metrics> {
  const found: Record<string, number | readonly number[]> = {};
  for (const row of rows)
    if (row.names.some((name) => names.includes(name))) Object.assign(found, await row.measure(context, options));
  return found;
}

/** The measures of held-out records in the place of samples, for data with known modes. */
export function modeFloors(data: Dataset): Numbers {
  const { source } = data;
  const score = source && sampleMeasures[source.kind];
  const values = Float32Array.from(data.records, (raw) => raw * data.scale + data.shift);
  return (source && score?.(ownUnits(values, data), source)) ?? {};
}
