/** Evaluations during `genloom train`: at checkpoints, with the best one kept, and an end when nothing improves. */
import { UsageError } from "../errors.js";
import type { Runtime } from "../host/runtime.js";
import { evaluator } from "../metrics/evaluation/evaluator.js";
import { needClassifier, needFeatures } from "../metrics/evaluation/choose-scores.js";
import { type Watch, type Watched, type WatchEntry, watch } from "../metrics/evaluation/watch.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { Training } from "../train/training.js";
import { floorsNote, ownHeldOut } from "./evaluate-data.js";
import { type FeatureName, judgesOf } from "./evaluate-judges.js";
import type { EvaluationSettings } from "../train/run-evaluations.js";
import { tableWatched } from "./evaluate-table.js";
import { tokenWatched } from "./evaluate-tokens.js";
import { scoreText } from "./evaluation-table.js";
import type { HostOptions } from "./options.js";
import type { Terminal } from "./terminal.js";
import type { Plan } from "./train-settings.js";

interface WatchContext {
  readonly runtime: Runtime;
  readonly host: HostOptions;
  readonly terminal: Terminal;
  /** Writes a message between two lines of progress. */
  say(text: string): void;
}

/** Watches a training as its run's settings say; undefined if it is not evaluated. */
export async function watchOf(
  plan: Plan,
  training: Training,
  { runtime, host, terminal, say }: WatchContext,
): Promise<Watch | undefined> {
  const { run, settings, resume } = plan;
  const { evaluation } = settings;
  if (!evaluation) return undefined;
  const { every, best, patience } = evaluation;
  const made = plan.data.tokens
    ? await tokenWatched(plan, training.model)
    : plan.data.table
      ? await tableWatched(plan, training.model, evaluation)
      : await evaluatorOf(plan, training, { runtime, host, terminal, evaluation });
  const done = resume?.step ?? 0;
  const history = (await run.evaluations()).filter(({ step }) => step <= done);
  const mark = await run.best.mark();
  const compared = mark?.metric === best ? mark : undefined;
  const onEvaluation = async (entry: WatchEntry, checkpoint: Checkpoint, isBest: boolean) => {
    if (isBest && best !== undefined) {
      const { preset } = settings;
      const kept = preset === "none" ? checkpoint : { ...checkpoint, preset };
      await run.best.keep(kept, { metric: best, value: entry.metrics[best] as number });
    }
    await run.appendEvaluation(entry);
    terminal.event("evaluation", { ...entry, best: isBest });
    say(entryText(entry, isBest && best !== undefined));
  };
  return watch(made, {
    ...{ every, history, onEvaluation },
    ...(best !== undefined && { best }),
    ...(patience !== undefined && { patience }),
    ...(compared && { bestBefore: compared }),
  });
}

interface Wish extends Omit<WatchContext, "say"> {
  readonly evaluation: EvaluationSettings;
}

/** The evaluator of a training's samples. */
async function evaluatorOf(
  { settings, shown, heldOut: others }: Plan,
  { model }: Training,
  { runtime, host, terminal, evaluation: { samples, metrics, features, best } }: Wish,
): Promise<Watched> {
  const heldOut = await ownHeldOut(settings.data, settings.data.source, others);
  const wish = {
    ...{ data: shown, features: features as FeatureName | undefined },
    ...{ classify: needClassifier(metrics), compare: needFeatures(metrics) },
  };
  const { judges } = await judgesOf(runtime, wish, { host, terminal });
  const made = await evaluator(model, {
    ...{ ...judges, data: shown, metrics, samples },
    ...(heldOut && { heldOut: heldOut.data }),
  });
  // Of all scores, those that cannot be computed are left out; this one must not be.
  const lack = made.lacking.find(({ name }) => name === best);
  if (lack) throw new UsageError(`train: the score of --keep-best, ${best}, ${lack.why}`, { hint: lack.hint });
  const note = floorsNote(made.samples, heldOut?.data.count ?? Math.floor(shown.count / 2));
  if (note !== undefined) terminal.message(note);
  return made;
}

/** `step 500: fid 12.7 (floor 1.28), clippedCoverage 0.61 (floor 0.98), in 1.2 s; the best so far` */
function entryText({ step, metrics, floors, seconds }: WatchEntry, isBest: boolean): string {
  const withFloor = (name: string) => (floors[name] === undefined ? "" : ` (floor ${scoreText(floors[name])})`);
  const names = Object.keys(floors).length > 0 ? Object.keys(floors) : Object.keys(metrics);
  const scores = names.map((name) => `${name} ${scoreText(metrics[name] as number)}${withFloor(name)}`);
  return `step ${step}: ${scores.join(", ")}, in ${seconds.toFixed(1)} s${isBest ? "; the best so far" : ""}`;
}

/** What the evaluations found, in one line. */
export function bestText({ best, history, worse }: Watch, isEarly: boolean): string {
  if (!best) return "no evaluation was due";
  const { metric, step, value } = best;
  // Evaluations before a run was resumed may be of other scores.
  const { length } = history.filter(({ metrics }) => metrics[metric] !== undefined);
  const found = `best ${metric}: ${scoreText(value)} at step ${step}, of ${length} ${length === 1 ? "evaluation" : "evaluations"}`;
  return isEarly
    ? `ended early, after ${worse} ${worse === 1 ? "evaluation" : "evaluations"} without a better ${metric}; ${found}`
    : found;
}
