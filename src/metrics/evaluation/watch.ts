/**
 * Evaluations of a training: which of its checkpoints is the best by a score, and whether it still improves. It is used as
 * the training's `onCheckpoint`.
 */
import type { Checkpoint } from "../../train/checkpoint.js";
import { checkNumber, checkOptions } from "../../options.js";
import { checkedNames } from "./choose-scores.js";
import type { Evaluation } from "./compare.js";
import type { Evaluator } from "./evaluator.js";
import { scoreTable, type ScoreName } from "./scores.js";
import type { WebSignal } from "../../web-types.js";

/** One evaluation of a training. */
export interface WatchEntry extends Pick<Evaluation, "metrics" | "floors"> {
  readonly step: number;
  /** Seconds that it took. */
  readonly seconds: number;
}

/** The best evaluation so far. */
export interface WatchBest {
  readonly step: number;
  /** Name of the score. */
  readonly metric: string;
  readonly value: number;
}

/** What a training is watched by: an evaluator of its model, or another measure of it. */
export interface Watched extends Pick<Evaluator, "names" | "measure"> {
  /** Which values of its scores are better, if they are not those of an evaluator. */
  readonly better?: "lower" | "higher";
}

export interface WatchOptions {
  /** Name of the score by which the best checkpoint is chosen; default `fid`, or the evaluator's first score. */
  readonly best?: string;
  /** Ends the training by `signal` after this number of evaluations without a better one; default: never. */
  readonly patience?: number;
  /** Steps between two evaluations; checkpoints of other steps are not evaluated. Default: every checkpoint. */
  readonly every?: number;
  /** Evaluations before, of a training that goes on. */
  readonly history?: readonly WatchEntry[];
  /** The best one of them. */
  readonly bestBefore?: WatchBest | undefined;
  /** Called after every evaluation, with its checkpoint and whether it is the best so far. */
  readonly onEvaluation?: (entry: WatchEntry, checkpoint: Checkpoint, isBest: boolean) => void | Promise<void>;
}

export interface Watch {
  /** All evaluations, in order of steps. */
  readonly history: readonly WatchEntry[];
  readonly best: WatchBest | undefined;
  /** The best checkpoint that was seen here. */
  readonly checkpoint: Checkpoint | undefined;
  /** Number of evaluations since the best one. */
  readonly worse: number;
  /** Aborted when the patience is used up. */
  readonly signal: WebSignal;
  /** Evaluates the model, if an evaluation is due at the checkpoint's step. */
  onCheckpoint(checkpoint: Checkpoint): Promise<void>;
}

const names = ["best", "patience", "every", "history", "bestBefore", "onEvaluation"];

/**
 * Watches a training by an evaluator of its model.
 * @throws RangeError if `best` is not a score of the evaluator, or a number is out of its range
 * @example await (async (training) => { const watch = metrics.watch(await metrics.evaluator(training.model, { data: datasets.ring({ count: 100 }), metrics: ["kid"] })); await training.done; await watch.onCheckpoint(await training.checkpoint()); return watch.best.step; })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 2 })) // 2
 */
export function watch(evaluator: Watched, options: WatchOptions = {}): Watch {
  checkOptions("watch", options, names);
  const usual = evaluator.names.includes("fid") ? "fid" : evaluator.names[0];
  const { best: metric = usual, patience, every, onEvaluation, bestBefore } = options;
  if (!evaluator.better) checkedNames([metric]);
  if (!evaluator.names.includes(metric))
    throw new RangeError(
      `watch: best must be a score of the evaluator (${evaluator.names.join(", ")}), found ${metric}`,
    );
  if (patience !== undefined) checkNumber("watch", "patience", patience, { atLeast: 1, whole: true });
  if (every !== undefined) checkNumber("watch", "every", every, { atLeast: 1, whole: true });
  const better = evaluator.better ?? scoreTable[metric as ScoreName].better;
  const history = [...(options.history ?? [])];
  const stop = new AbortController();
  let best = bestBefore;
  let checkpoint: Checkpoint | undefined;
  // Evaluations before a training went on may be of other scores.
  const worse = () =>
    history.filter(({ step, metrics }) => best !== undefined && step > best.step && metrics[metric] !== undefined)
      .length;
  return {
    history,
    get best() {
      return best;
    },
    get checkpoint() {
      return checkpoint;
    },
    get worse() {
      return worse();
    },
    signal: stop.signal,
    async onCheckpoint(found) {
      const { step } = found;
      // Of an untrained model there is nothing to say.
      if (step === 0 || (every !== undefined && step % every !== 0)) return;
      // A training may have gone back to an earlier step.
      while ((history.at(-1)?.step ?? 0) >= step) history.pop();
      const begin = performance.now();
      const { metrics, floors } = await evaluator.measure();
      const entry = { step, metrics, floors, seconds: (performance.now() - begin) / 1000 };
      history.push(entry);
      const value = metrics[metric] as number;
      const isBest = best === undefined || isBetter(better, value, best.value, floors[metric]);
      if (isBest) {
        best = { step, metric, value };
        checkpoint = found;
      }
      await onEvaluation?.(entry, found, isBest);
      if (patience !== undefined && worse() >= patience) stop.abort();
    },
  };
}

/** Whether a value of a score is better than another one. */
function isBetter(better: "lower" | "higher" | "floor", value: number, than: number, floor: number): boolean {
  if (better === "floor") return Math.abs(value - floor) < Math.abs(than - floor);
  return better === "lower" ? value < than : value > than;
}
