/** Runs the trials of a sweep one after the other, from where an earlier run of it has ended. */
import { exitCodes } from "../errors.js";
import type { Stage, TrialState } from "../sweep/stage.js";
import type { SweepFolder, TrialResult } from "../sweep/sweep-folder.js";
import { scoreText } from "./evaluation-table.js";
import { catchInterrupts, type Interrupts } from "./interrupts.js";
import { durationText } from "./progress.js";
import { currentStage } from "./sweep-report.js";
import { runTrial, type TrialEnd } from "./sweep-trial.js";
import type { Terminal } from "./terminal.js";
import { interrupted } from "./train.js";

/** Runs what is left. Resolves with whether it was interrupted. */
export async function runAll(sweep: SweepFolder, terminal: Terminal): Promise<boolean> {
  const interrupts = catching(terminal);
  try {
    // Trials of other processes are left to them.
    for (const busy = new Set<number>(); ; ) {
      const stage = await currentStage(sweep);
      const next = stage.pending.find(({ trial }) => !busy.has(trial.trial));
      if (!next) return false;
      const end = await runOne(sweep, next, { stage, interrupts, terminal });
      if (end === "interrupted" || interrupts.signal.aborted) return true;
      if (end === "busy") busy.add(next.trial.trial);
    }
  } finally {
    interrupts.stop();
  }
}

/** Runs one trial, as a task of a batch system does. Resolves with the exit code. */
export async function runAlone(
  sweep: SweepFolder,
  state: TrialState,
  stage: Stage,
  terminal: Terminal,
): Promise<number> {
  const interrupts = catching(terminal);
  try {
    const end = await runOne(sweep, state, { stage, interrupts, terminal });
    if (end === "interrupted") return interrupted;
    return end === "busy" ? exitCodes.usage : ((await sweep.result(state.trial))?.exitCode ?? 0);
  } finally {
    interrupts.stop();
  }
}

const catching = (terminal: Terminal) => catchInterrupts(() => terminal.message("saving; press again to stop at once"));

interface Context {
  readonly stage: Stage;
  readonly interrupts: Interrupts;
  readonly terminal: Terminal;
}

async function runOne(
  sweep: SweepFolder,
  { trial }: TrialState,
  { stage, interrupts, terminal }: Context,
): Promise<TrialEnd> {
  const { file } = sweep;
  const name = `trial ${trial.trial} of ${sweep.trials.length}`;
  const rung = file.method === "halving" ? stage.rungs[stage.rung] : undefined;
  const until = rung ? `, rung ${stage.rung + 1} of ${stage.rungs.length}, to step ${rung.steps}` : "";
  const settings = Object.entries(trial.settings).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  terminal.message(`${name}${until}: ${[...settings, `seed ${trial.seed}`].join(", ")}`);
  const end = await runTrial(trial, {
    ...{ sweep, rung, signal: interrupts.signal },
    onProgress: (step) => {
      if (terminal.interactive) terminal.status(`${name}: step ${step}`);
    },
  });
  if (terminal.interactive) terminal.status("");
  const result = await sweep.result(trial);
  terminal.message(`${name}: ${end === "done" && result ? resultText(result) : endText[end]}`);
  if (end === "done" && result?.hint) terminal.message(`${terminal.dim("hint:")} ${result.hint}`);
  return end;
}

const endText = {
  done: "done",
  interrupted: "interrupted; the same command goes on with it",
  busy: "left to another process, which trains it",
};

function resultText({ state, steps, seconds, metric, value, exitCode, error }: TrialResult): string {
  if (state === "failed") return `failed with exit code ${exitCode}: ${error}`;
  const score = metric === undefined || value === undefined ? "" : `${metric} ${scoreText(value)}, `;
  return `${score}${steps} steps in ${durationText(seconds)}`;
}
