/** `genloom train`: trains a model into a run folder, or resumes a run. */
import { Argument, type Command, Option } from "commander";
import { closeData } from "../data/training-data.js";
import { DivergedError, UsageError } from "../errors.js";
import { startRuntime } from "./start-runtime.js";
import { encodePng } from "../data/formats/png.js";
import type { FamilyKind } from "../train/trained.js";
import { familyKinds } from "../models/index.js";
import { presetList } from "../presets/index.js";
import type { Watch } from "../metrics/evaluation/watch.js";
import { watchParts } from "../report/evaluation.js";
import { previewOf } from "../report/preview.js";
import { reportOf } from "../report/report.js";
import type { Group } from "../host/group.js";
import type { Runtime } from "../host/runtime.js";
import type { Checkpoint, HistoryEntry } from "../train/checkpoint.js";
import { onDivergence } from "../train/recovery.js";
import { restoreModel } from "../train/restore.js";
import type { StartingValues, TrainOptions } from "../train/train-options.js";
import { type TrainEvent, Training, type TrainResult } from "../train/training.js";
import { type CommandContext, terminalFor } from "./context.js";
import {
  batchStatisticsFlag,
  groupFlags,
  groupOptions,
  hostOfRank,
  inGroup,
  joinGroup,
  type MemberPlan,
  planTogether,
  ready,
  trainAsMember,
} from "./distributed.js";
import { featureNames } from "./evaluate-judges.js";
import { configuring } from "./failure.js";
import { catchInterrupts } from "./interrupts.js";
import { measureSamples } from "./measure.js";
import {
  checkpointOption,
  type HostOptions,
  hostOptions,
  imageFlags,
  names,
  outputOptions,
  path,
  seedNumber,
  shareOrCount,
  whole,
  wholeOfData,
} from "./options.js";
import { durationText, Progress } from "./progress.js";
import type { Terminal } from "./terminal.js";
import { bestText, watchOf } from "./train-evaluation.js";
import { planFrom } from "./train-from.js";
import { planResumed } from "./train-resumed.js";
import { tablePreview } from "../report/table.js";
import { tokenPreview } from "../report/tokens.js";
import { type Plan, planNew, type TrainCommandOptions } from "./train-settings.js";

/** Exit code after an interruption, once everything is saved: 128 + SIGINT. */
export const interrupted = 130;

/** Number of history entries for a whole training. */
const historyLength = 250;

/** Adds the options and the action of `genloom train`. */
export function trainCommand(command: Command, context: CommandContext): void {
  const list = presetList().map(({ kind, name, preset }) => `  ${kind} ${name.padEnd(10)} ${preset.summary}`);
  command
    .addArgument(new Argument("[model]", "what to train").choices(familyKinds))
    .option("--preset <name>", "a model with suitable data and number of steps")
    .option(
      "--data <source>",
      "a built-in data set, or a path: IDX, .npy, .npz, .csv or .parquet file, MNIST or PNG folder",
      path,
    )
    .option("--count <n>", "use only the first records, or generate this number for a built-in set", wholeOfData(1))
    .option("--model <file>", "a recipe of `genloom presets`, or a model's description, as JSON", path)
    .option("--conditional", "the preset's conditional form: the model learns the classes of labelled data")
    .option("--window <n>", "of rbm chorale: frames of music that are one record (default: 1)", whole(1))
    .option("--columns <file>", "of a table: what its columns are, as `genloom inspect DATA` prints them", path)
    .option("--steps <n>", "total training steps", whole(1))
    .option("--stop-at <n>", "end at this step, to be resumed: schedules span --steps all the same", whole(1))
    .option("--batch <n>", "records per batch", whole(1))
    .option("--seed <n>", "seed of initial values, batches and noise", seedNumber)
    .option("--out <folder>", "run folder to create (default: runs/MODEL-PRESET-N)", path)
    .option("--resume <folder>", "resume a run from its newest checkpoint", path)
    .option("--from <saved>", "go on from a saved model, a checkpoint or a run, on the data of --data", path)
    .option("--save-every <n>", "steps between two checkpoints", whole(1))
    .option("--keep <n>", "checkpoints to keep", whole(1))
    .option("--held-out <n>", "records that training does not see, for evaluations: a share or a number", shareOrCount)
    .option("--eval-every <n>", "evaluate samples every n steps, and save a checkpoint", whole(1))
    .option("--eval-samples <n>", "samples of an evaluation (default: 2000)", whole(1))
    .option("--eval-metrics <names>", "its scores (default: fid,clippedDensity,clippedCoverage)", names)
    .addOption(new Option("--eval-features <what>", "what makes its features").choices(featureNames))
    .option("--keep-best <name>", "keep the best checkpoint by this score, besides the newest ones (--step best)")
    .option("--patience <n>", "stop after n evaluations without a better one by --keep-best (default: fid)", whole(1))
    .addOption(
      new Option(
        "--on-divergence <what>",
        "if a value is not finite: end, or go back once, with other random numbers or also half of the learning rates",
      ).choices(onDivergence),
    )
    .addHelpText("after", `\nPresets:\n${list.join("\n")}`);
  checkpointOption(hostOptions(batchStatisticsFlag(groupFlags(outputOptions(imageFlags(command), { lines: true })))));
  context.action(command, async (kind: FamilyKind | undefined, options: TrainCommandOptions) => {
    const terminal = terminalFor(context, options);
    const group = await joinGroup("train", options, process.env);
    const make = () => planOf(kind, { ...options, ...(group && { ranks: group.size }) }, terminal);
    const work = async () => {
      const plan = group && group.size > 1 ? await planTogether(group, make) : await make();
      return trainPlan(plan, options, { terminal, group });
    };
    return inGroup(group, work);
  });
}

/** Trains by a plan, that of this process or the one that rank 0 has told. */
async function trainPlan(
  plan: Plan | MemberPlan,
  options: TrainCommandOptions,
  { terminal, group }: Pick<Context, "terminal" | "group">,
): Promise<number> {
  const host = hostOfRank(group, { ...options, deterministic: plan.settings.deterministic }, process.env);
  try {
    const starting = startRuntime(host);
    try {
      const runtime = await ready(group, () => starting);
      const together = groupOptions(group, options);
      if ("run" in plan) return await train(plan, runtime, { host, terminal, group, together });
      const { signal, stop } = catchInterrupts(() => undefined);
      await trainAsMember(plan, runtime, { ...together, signal }).finally(stop);
      // Not by what the training says: rank 0 may have ended it early.
      return signal.aborted ? interrupted : 0;
    } finally {
      await starting.then(
        (runtime) => runtime.close(),
        () => undefined,
      );
    }
  } catch (error) {
    // What does not fit is found with the runtime; corrected, the same command can then be given again.
    if ("undo" in plan) await plan.undo?.().catch(() => undefined);
    throw error;
  } finally {
    await closeData(plan.data);
    if ("lock" in plan) await plan.lock.release();
  }
}

interface Context {
  readonly host: HostOptions;
  readonly terminal: Terminal;
  /** The ranks that train together, if there are several. */
  readonly group: Group | undefined;
  readonly together: Pick<TrainOptions, "group" | "batchStatistics">;
}

function planOf(kind: FamilyKind | undefined, options: TrainCommandOptions, terminal: Terminal): Promise<Plan> {
  if (options.resume !== undefined) return planResumed(options.resume, kind, options, terminal);
  if (options.from !== undefined) return planFrom(options.from, kind, options, terminal);
  if (options.step !== undefined)
    throw new UsageError("train: --step needs --resume or --from", {
      hint: "it chooses among the checkpoints of a run; --steps is the number of steps",
    });
  return planNew(kind ?? "gan", options, terminal);
}

async function train(plan: Plan, runtime: Runtime, context: Context): Promise<number> {
  const { run, settings, data, resume, start } = plan;
  const { terminal, group } = context;
  terminal.message(
    `${terminal.bold(`${settings.model} on ${data.name}`)}: ${data.count} records of [${data.shape.join(", ")}], ${runtime.info.build} kernels, lanes: ${runtime.info.lanes}${group ? `, ranks: ${group.size}` : ""}`,
  );
  const from = resume ? `from step ${resume.step} on, ` : start ? `from ${settings.from?.path}, ` : "";
  terminal.message(terminal.dim(`${from}into ${run.path}`));
  const progress = new Progress(terminal);
  const interrupts = catchInterrupts(() => {
    progress.end();
    terminal.message("saving; press again to stop at once");
  });
  const metrics = new MetricsLog(plan);
  const { signal } = interrupts;
  try {
    const begun = await ready(group, () => begin(plan, runtime, { ...context, signal, progress, metrics }));
    const { training, watching } = begun;
    try {
      for await (const event of training) {
        if (event.note === undefined) progress.show(event);
        else {
          progress.end();
          terminal.message(`note: ${event.note}`);
          await metrics.restart(training.history, event.step);
        }
        sayAlarms(event, progress, terminal);
        await metrics.write(training.history);
        terminal.event("progress", event);
      }
      progress.end();
      return await finish(plan, training, { runtime, terminal, watching });
    } catch (error) {
      progress.end();
      // The values from before the failed step have been restored: the last finite ones.
      if (error instanceof DivergedError) await save(plan, training, await training.checkpoint(), metrics);
      throw error;
    }
  } finally {
    interrupts.stop();
  }
}

interface Beginning extends Context {
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly metrics: MetricsLog;
}

/** Makes the training of a plan, and what watches it. */
async function begin(
  plan: Plan,
  runtime: Runtime,
  { host, terminal, together, signal, progress, metrics }: Beginning,
): Promise<{ readonly training: Training; readonly watching: Watch | undefined }> {
  const { settings, family, data, resume, start, until } = plan;
  if (start) await restoreModel(family, runtime, start, settings.from?.path ?? "");
  const early = new AbortController();
  let watching: Watch | undefined;
  const training: Training = await configuring("check the model against the data", () => {
    const options = {
      steps: until,
      batchSize: settings.batchSize,
      seed: settings.seed,
      signal: AbortSignal.any([signal, early.signal]),
      historyEvery: Math.ceil(settings.steps / historyLength),
      checkpointEvery: settings.saveEvery,
      checkpointFirst: true,
      onCheckpoint: async (checkpoint: Checkpoint) => {
        await save(plan, training, checkpoint, metrics);
        await watching?.onCheckpoint(checkpoint);
        if (watching?.signal.aborted) early.abort();
      },
      ...(settings.onDivergence && { onDivergence: settings.onDivergence }),
      ...(resume ? { resume } : {}),
      ...together,
    };
    const from: StartingValues = start ? { values: "current", data: start.data } : { values: "initial" };
    const made: Training = new Training(family, runtime, data, options, from);
    made.program();
    return made;
  });
  const say = (text: string) => {
    progress.end();
    terminal.message(text);
  };
  watching = await watchOf(plan, training, { runtime, host, terminal, say });
  return { training, watching };
}

/** Two lines for each alarm: what was found, and what to do. */
function sayAlarms({ alarms = [] }: TrainEvent, progress: Progress, terminal: Terminal): void {
  if (alarms.length > 0) progress.end();
  for (const { name, step, message, hint } of alarms) {
    terminal.message(`${terminal.bold("alarm:")} ${name} at step ${step}: ${message}`);
    terminal.message(`${terminal.dim("hint:")} ${hint}`);
  }
}

/** Saves a checkpoint, the lines of metrics.jsonl up to it, and a preview. */
async function save(
  { run, shown, settings }: Plan,
  { model }: Training,
  made: Checkpoint,
  metrics: MetricsLog,
): Promise<void> {
  // Of a training that --stop-at ends earlier, too: its schedules span these steps.
  const checkpoint = { ...made, steps: settings.steps };
  await run.saveCheckpoint(settings.preset === "none" ? checkpoint : { ...checkpoint, preset: settings.preset });
  // The one before the first step only makes the run resumable.
  if (checkpoint.step === 0) return;
  await metrics.write(checkpoint.history);
  const image = await previewOf(model, shown);
  if (image) await run.writeSample(checkpoint.step, encodePng(image));
  const texts = await tokenPreview(model);
  if (texts?.png) await run.writeSample(checkpoint.step, texts.png);
  else if (texts) await run.writeSampleText(checkpoint.step, texts.text);
  const rows = await tablePreview(model);
  if (rows !== undefined) await run.writeSampleText(checkpoint.step, rows, "csv");
}

/** Appends the history entries that are not in metrics.jsonl yet. */
class MetricsLog {
  #written: number;

  constructor(private readonly plan: Plan) {
    this.#written = plan.resume?.history.length ?? 0;
  }

  async write(history: readonly HistoryEntry[]): Promise<void> {
    await this.plan.run.appendMetrics(history.slice(this.#written));
    this.#written = history.length;
  }

  /** Replaces the file's lines, after the training went back to an earlier step. */
  async restart(history: readonly HistoryEntry[], step: number): Promise<void> {
    await this.plan.run.rewriteMetrics(history, step);
    this.#written = history.length;
  }
}

/** What belongs to the end of a training. */
interface Ending {
  readonly runtime: Runtime;
  readonly terminal: Terminal;
  readonly watching: Watch | undefined;
}

async function finish(plan: Plan, training: Training, { runtime, terminal, watching }: Ending): Promise<number> {
  const { run, settings, family, shown: data } = plan;
  const result = await training.done;
  const hasStopped = watching?.signal.aborted === true;
  // Of a patience that ends with the last step there is nothing left to end.
  const isEarly = hasStopped && result.step < settings.steps;
  const isInterrupted = result.interrupted && !hasStopped;
  const metrics = await measureSamples(training.model, data).catch((error: unknown) => {
    // The training is done all the same, and its report says how it went.
    if (error instanceof DivergedError) terminal.message(`note: ${error.message}; ${error.hint}`);
    else throw error;
  });
  await run.writeReport(
    await reportOf({
      run,
      family,
      model: training.model,
      runtime,
      data,
      history: result.history,
      alarms: result.alarms,
      results: { ...resultRows(result), ...metrics },
      extra: watching ? watchParts(watching) : [],
    }),
  );
  const seconds = Number(result.seconds.toFixed(3));
  terminal.document({
    model: settings.model,
    preset: settings.preset,
    steps: result.step,
    seconds,
    losses: result.losses,
    weightHash: result.weightHash,
    run: run.path,
    files: await run.files(),
    interrupted: isInterrupted,
    ...(result.alarms.length > 0 && { alarms: result.alarms }),
    ...(metrics ? { metrics } : {}),
    ...(watching && { evaluations: watching.history, best: watching.best, stoppedEarly: isEarly }),
  });
  const rows = Object.entries({ ...metrics, ...result.losses }).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Number(value.toFixed(4)) : value}`,
  );
  const isWhole = result.step === settings.steps || isEarly;
  terminal.text(
    `${isWhole ? "done:" : "stopped at"} ${result.step} steps in ${durationText(result.seconds)}  ${rows.join("  ")}`,
  );
  terminal.text(`report: ${run.path}/report.html`);
  if (watching) terminal.text(bestText(watching, isEarly));
  if (!isWhole) terminal.message(`resume with: genloom train ${settings.model} --resume ${run.path}`);
  return isInterrupted ? interrupted : 0;
}

const resultRows = ({ step, seconds, weightHash }: TrainResult) => ({
  steps: step,
  seconds: seconds.toFixed(1),
  "weight hash": weightHash,
});
