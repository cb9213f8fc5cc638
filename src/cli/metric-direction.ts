/** Which values of a metric are better, by its name: of scores, measures and losses. */
import { type ScoreName, scoreTable } from "../metrics/evaluation/scores.js";
import type { Goal } from "../sweep/sweep-file.js";
import { tableMeasures } from "./evaluation-settings.js";

const ofScores = { lower: "least", higher: "greatest", floor: "floor" } as const;

/** Measures that are not scores of samples. */
const others: Readonly<Record<string, Goal>> = {
  ...{ modes: "greatest", highQuality: "greatest", reverseKl: "least" },
  ...{ logLikelihood: "greatest", elbo: "greatest", pseudoLikelihood: "greatest" },
  ...Object.fromEntries(tableMeasures.map((name) => [name, "greatest" as const])),
};

/** The direction of a metric; undefined if it is not known. */
export function directionOf(metric: string): Goal | undefined {
  if (Object.hasOwn(scoreTable, metric)) return ofScores[scoreTable[metric as ScoreName].better];
  if (Object.hasOwn(others, metric)) return others[metric];
  // Per token, per character, per frame of music.
  return metric.startsWith("natsPer") ? "least" : undefined;
}
