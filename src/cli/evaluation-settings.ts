/** Settings of the evaluations of a training, from the options of `genloom train`. */
import { UsageError } from "../errors.js";
import { checkedNames } from "../metrics/evaluation/choose-scores.js";
import type { EvaluationSettings } from "../train/run-evaluations.js";
import { scoreNames } from "../metrics/evaluation/scores.js";
import type { FeatureName } from "./evaluate-judges.js";
import type { NewRun } from "../train/run-settings.js";

/** Options of `genloom train`. */
export interface EvaluationFlags {
  readonly evalEvery?: number;
  readonly evalSamples?: number;
  readonly evalMetrics?: readonly string[];
  readonly evalFeatures?: FeatureName;
  readonly keepBest?: string;
  readonly patience?: number;
}

/** Fewer samples than those of `genloom evaluate`: an evaluation takes about a second of them. */
const usualSamples = 2000;

/** Scores that take little time. */
const usualMetrics = ["fid", "clippedDensity", "clippedCoverage"];

/** The measure of models of tokens during a training. */
export const tokenMeasure = "natsPerToken";

/** The measures of models of tables during a training, which take a fraction of a second; the first one chooses the best. */
export const tableMeasures = [
  "contingencySimilarity",
  "ksComplement",
  "tvComplement",
  "correlationSimilarity",
] as const;

/** Throws UsageError unless the measures are those of a model of a table, or none is named. */
function tableSettings(
  { evalMetrics, evalSamples, keepBest, patience }: EvaluationFlags,
  { every, before }: { readonly every: number; readonly before: EvaluationSettings | undefined },
): EvaluationSettings {
  const known: readonly string[] = tableMeasures;
  const other = [...(evalMetrics ?? []), ...(keepBest === undefined ? [] : [keepBest])].find(
    (name) => !known.includes(name),
  );
  if (other !== undefined)
    throw new UsageError(
      `train: a model of a table must be evaluated by ${known.join(", ")} during its training, found ${other}`,
      { hint: "genloom evaluate has the other measures, of any checkpoint that is kept" },
    );
  const left = patience ?? before?.patience;
  const best = keepBest ?? before?.best ?? (left === undefined ? undefined : tableMeasures[0]);
  return {
    ...{
      every,
      samples: evalSamples ?? before?.samples ?? usualSamples,
      metrics: evalMetrics ?? before?.metrics ?? known,
    },
    ...(best !== undefined && { best }),
    ...(left !== undefined && { patience: left }),
  };
}

/** Throws UsageError unless the measures are those of a model of tokens, or none is named. */
function tokenSettings(
  { evalMetrics = [], keepBest, patience }: EvaluationFlags,
  { every, before }: { readonly every: number; readonly before: EvaluationSettings | undefined },
): EvaluationSettings {
  const other = [...evalMetrics, ...(keepBest === undefined ? [] : [keepBest])].find((name) => name !== tokenMeasure);
  if (other !== undefined)
    throw new UsageError(
      `train: a model of tokens must be evaluated by ${tokenMeasure} during its training, found ${other}`,
      {
        hint: "genloom evaluate has the other scores, of any checkpoint that is kept",
      },
    );
  const left = patience ?? before?.patience;
  const best = keepBest ?? before?.best ?? (left === undefined ? undefined : tokenMeasure);
  return {
    ...{ every, samples: 1, metrics: [tokenMeasure] },
    ...(best !== undefined && { best }),
    ...(left !== undefined && { patience: left }),
  };
}

const flags = {
  evalSamples: "--eval-samples",
  evalMetrics: "--eval-metrics",
  evalFeatures: "--eval-features",
  keepBest: "--keep-best",
  patience: "--patience",
};

/**
 * The settings that the options give, on top of those of a resumed run; undefined if the training is not evaluated. Throws
 * UsageError if an option needs another one, or a score is unknown.
 */
export function evaluationSettings(
  options: EvaluationFlags,
  { tokens, table }: { readonly tokens?: object | undefined; readonly table?: object | undefined },
  before?: EvaluationSettings,
): EvaluationSettings | undefined {
  const { evalEvery: every = before?.every, evalSamples, evalMetrics } = options;
  if (every === undefined) {
    const without = Object.entries(flags).find(([name]) => options[name as keyof typeof flags] !== undefined);
    if (without)
      throw new UsageError(`train: ${without[1]} needs --eval-every`, {
        hint: "--eval-every N evaluates the samples every N steps",
      });
    return undefined;
  }
  if (tokens) return tokenSettings(options, { every, before });
  if (table) return tableSettings(options, { every, before });
  const { patience = before?.patience, evalFeatures: features = before?.features } = options;
  const best = options.keepBest ?? before?.best ?? (patience === undefined ? undefined : "fid");
  if (best === "all")
    throw new UsageError("train: --keep-best must be the name of one score, found all", {
      hint: `scores: ${scoreNames.join(", ")}`,
    });
  const named = evalMetrics ?? before?.metrics ?? usualMetrics;
  const metrics = best === undefined || named.includes(best) ? named : [best, ...named];
  try {
    checkedNames(metrics);
  } catch (error) {
    throw new UsageError((error as Error).message, { hint: "see genloom train --help", cause: error });
  }
  return {
    ...{ every, samples: evalSamples ?? before?.samples ?? usualSamples, metrics },
    ...(features !== undefined && { features }),
    ...(best !== undefined && { best }),
    ...(patience !== undefined && { patience }),
  };
}

/** Throws UsageError unless every evaluation is at a checkpoint. */
export function checkEvaluations({ evaluation, saveEvery }: Pick<NewRun, "evaluation" | "saveEvery">): void {
  if (!evaluation || evaluation.every % saveEvery === 0) return;
  throw new UsageError(
    `train: --eval-every must be a multiple of --save-every, ${saveEvery}, found ${evaluation.every}`,
    { hint: "evaluations are made at checkpoints; without --save-every a checkpoint is saved for each" },
  );
}
