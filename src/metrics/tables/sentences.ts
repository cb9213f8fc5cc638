/** What a comparison of tables says, in sentences. */
import type { TableComparison, TableMetric, TableMetrics } from "./comparison.js";

/** Measures of which more is better, and which the copula competes in, with their names in sentences. */
const compared = {
  ksComplement: "distributions of numbers",
  tvComplement: "frequencies of values",
  missingValueSimilarity: "missing cells",
  correlationSimilarity: "correlations of numbers",
  contingencySimilarity: "joint frequencies",
  trainSyntheticTestReal: "prediction",
} as const satisfies { readonly [name in TableMetric]?: string };

/**
 * The standard error of a share of 1/2, which those of the measures do not exceed; smaller differences are not told.
 */
const standardError = (counts: TableComparison["counts"]) => 0.5 / Math.sqrt(counts.compared);

const digits = (value: number) => value.toFixed(3);
const percent = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;

/** Sentences on columns, on the copula, on prediction and on privacy. */
export function sentencesOf(comparison: Omit<TableComparison, "sentences">): string[] {
  const { metrics, floors, copula } = comparison;
  return [
    leastAlike(comparison),
    againstCopula(metrics, copula, Math.max(0.005, standardError(comparison.counts))),
    onPrediction(comparison),
    onClosestRecords(comparison),
    onCopies(metrics, floors, comparison.counts.synthetic),
  ].filter((sentence) => sentence !== "");
}

/** Up to three columns that are furthest below their floors. */
function leastAlike({ perColumn, counts }: Pick<TableComparison, "perColumn" | "counts">): string {
  const worst = perColumn
    .filter(({ value, floor }) => value < floor - 2 * standardError(counts))
    .sort((a, b) => a.value - a.floor - (b.value - b.floor))
    .slice(0, 3);
  if (worst.length === 0)
    return "No column is further from the training rows than in held-out rows, within two standard errors.";
  const listed = worst.map(({ name, value, floor }) => `${name} ${digits(value)} (held-out rows: ${digits(floor)})`);
  return `Least like the data: ${listed.join(", ")}.`;
}

function againstCopula(metrics: TableMetrics, copula: TableMetrics, notable: number): string {
  const names = Object.keys(compared) as (keyof typeof compared)[];
  const measured = names.filter((name) => metrics[name] !== undefined && copula[name] !== undefined);
  const ahead = (name: keyof typeof compared) => metrics[name]! - copula[name]!;
  const better = measured.filter((name) => ahead(name) >= notable);
  const worse = measured.filter((name) => ahead(name) <= -notable);
  const list = (some: typeof measured) =>
    some.map((name) => `${compared[name]} (${digits(metrics[name]!)} to ${digits(copula[name]!)})`).join(", ");
  const head = `Better than a Gaussian copula in ${better.length} of ${measured.length} measures`;
  return [
    better.length > 0 ? `${head}: ${list(better)}.` : `${head}.`,
    ...(worse.length > 0 ? [`Worse in: ${list(worse)}.`] : []),
  ].join(" ");
}

function onPrediction({ metrics, floors, copula, prediction }: Omit<TableComparison, "sentences">): string {
  const { target, model, constant } = prediction;
  const measure = constant.r2 === undefined ? "accuracy" : "R^2";
  const of = (values: TableMetrics) => digits(values.trainSyntheticTestReal!);
  const others = [
    `${of(floors)} if trained on real rows`,
    `${of(copula)} on samples of the copula`,
    `${digits((constant.accuracy ?? constant.r2)!)} for a constant`,
  ].join(", ");
  const subject = `A ${model} that is trained on samples predicts ${target} in held-out rows`;
  return `${subject} with ${measure} ${of(metrics)} (${others}).`;
}

function onClosestRecords({ metrics, floors, counts }: Omit<TableComparison, "sentences">): string {
  const share = metrics.closestRecordNearerToTraining!;
  // Three standard errors of a share of 1/2.
  const margin = 1.5 / Math.sqrt(counts.closestRecordSamples);
  const verdict =
    share > 0.5 + margin
      ? "more than chance explains: training rows show in the samples"
      : "no sign that training rows were memorised";
  const compared = `${percent(share)} of the samples are nearer to a training row than to a held-out row`;
  const nearer = `${compared}; 50% is ideal, ${verdict}.`;
  if (metrics.closestRecordProtection === undefined) return nearer;
  const floor = `held-out rows: ${digits(floors.closestRecordProtection!)}`;
  const meaning = `1: as far from training rows as random rows; ${floor}`;
  return `${nearer} The protection score is ${digits(metrics.closestRecordProtection)} (${meaning}).`;
}

function onCopies(metrics: TableMetrics, floors: TableMetrics, samples: number): string {
  const copies = `${Math.round(metrics.copies! * samples)} of ${samples} samples (${percent(metrics.copies!)})`;
  return `${copies} equal a training row; of held-out rows ${percent(floors.copies!)} do.`;
}
