/**
 * Evaluations of a training in its run folder: settings in config.json, one line per evaluation in metrics.jsonl.
 *
 *     {"step":500,"evaluation":{"fid":12.7},"floors":{"fid":1.28},"seconds":1.2}
 */
import { checkFields, type Fields, isObject, rules } from "./json-fields.js";

/** How a training is evaluated. */
export interface EvaluationSettings {
  /** Steps between two evaluations. */
  readonly every: number;
  /** Samples of an evaluation. */
  readonly samples: number;
  /** Names of scores. */
  readonly metrics: readonly string[];
  /** What makes features; default: a classifier, if the data can train one. */
  readonly features?: string;
  /** Score by which the best checkpoint is kept. */
  readonly best?: string;
  /** Evaluations without a better one after which the training ends. */
  readonly patience?: number;
}

/** One evaluation. */
export interface RunEvaluation {
  readonly step: number;
  readonly metrics: Readonly<Record<string, number | readonly number[]>>;
  readonly floors: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const { count, text, texts } = rules;
const fields: Fields = {
  required: { every: count, samples: count, metrics: texts },
  optional: { features: text, best: text, patience: count },
};

/** Throws BadFileError if a value of config.json is not the settings of evaluations. */
export const checkEvaluationSettings = (file: string, value: unknown): void =>
  checkFields(file, "evaluation.", value, fields);

/** The line of an evaluation. */
export const evaluationLine = ({ step, metrics, floors, seconds }: RunEvaluation): string =>
  `${JSON.stringify({ step, evaluation: metrics, floors, seconds })}\n`;

/** The evaluations among the lines of metrics.jsonl. Lines that a crash left incomplete are skipped. */
export function evaluationsIn(lines: string): RunEvaluation[] {
  return lines.split("\n").flatMap((line) => {
    if (!line.includes('"evaluation"')) return [];
    try {
      const { step, evaluation, floors, seconds } = JSON.parse(line);
      const whole = Number.isSafeInteger(step) && isObject(evaluation) && isObject(floors);
      return whole ? [{ step, metrics: evaluation, floors, seconds } as RunEvaluation] : [];
    } catch {
      return [];
    }
  });
}
