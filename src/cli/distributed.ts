/**
 * `--distributed mpi`: one training by all processes that mpirun or Slurm started. Rank 0 plans the run, writes its folder and
 * speaks; the other ranks take its settings, load the same data and train their parts of the batches.
 */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { TrainingData } from "../data/training-data.js";
import { DivergedError, GenloomError, UsageError } from "../errors.js";
import { agreeOn } from "../host/agree.js";
import type { Group } from "../host/group.js";
import type { Runtime } from "../host/runtime.js";
import type { Checkpoint } from "../train/checkpoint.js";
import type { Family } from "../train/family.js";
import { restoreModel } from "../train/restore.js";
import { RunFolder, type RunSettings } from "../train/run-folder.js";
import type { SavedModel } from "../train/saved-model.js";
import type { TrainOptions } from "../train/train-options.js";
import { Training } from "../train/training.js";
import { familyOf, reloadParts } from "./loaded-run.js";
import { type DistributedFlags, type HostOptions, seconds } from "./options.js";
import { startOf } from "./train-resumed.js";
import type { Plan } from "./train-settings.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** --distributed and --exchange-timeout */
export function groupFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--distributed <how>",
        "train by all processes that mpirun or srun started, each with a part of every batch",
      ).choices(["mpi"]),
    )
    .option(
      "--exchange-timeout <seconds>",
      "how long a rank waits for the others before it fails (default: 60)",
      seconds,
    );
}

/** --batch-statistics */
export const batchStatisticsFlag = (command: Command): Command =>
  command.addOption(
    new Option(
      "--batch-statistics <over>",
      "with --distributed: statistics over the whole batch (default), or over each rank's part",
    ).choices(["sync", "rank"]),
  );

/** Processes that started together, as mpirun and srun tell them; 1 if there are no others. */
function processesOf(env: Environment): number {
  return Number(env.OMPI_COMM_WORLD_SIZE ?? env.SLURM_STEP_NUM_TASKS ?? 1);
}

/**
 * The group of all ranks; undefined without --distributed. Throws UsageError if several processes were started without it, or a
 * flag needs it.
 */
export async function joinGroup(what: string, flags: DistributedFlags, env: Environment): Promise<Group | undefined> {
  const { distributed, exchangeTimeout, batchStatistics } = flags;
  if (distributed === undefined) {
    const processes = processesOf(env);
    if (processes > 1)
      throw new UsageError(
        `${what}: ${processes} processes must not do the same work without --distributed mpi, found no such option`,
        { hint: "add --distributed mpi, or start genloom without mpirun and srun" },
      );
    for (const [flag, value] of Object.entries({
      "exchange-timeout": exchangeTimeout,
      "batch-statistics": batchStatistics,
    }))
      if (value !== undefined)
        throw new UsageError(`${what}: --${flag} needs --distributed mpi`, {
          hint: "add it, and start with mpirun or srun",
        });
    return undefined;
  }
  const { mpi } = await import("../../bindings/mpi.js");
  return mpi(exchangeTimeout === undefined ? {} : { timeout: exchangeTimeout });
}

/** The host's options of a rank: by default the ranks of a computer share its cores. */
export function hostOfRank<T extends HostOptions>(group: Group | undefined, host: T, env: Environment): T {
  if (!group || group.size === 1) return host;
  const beside = Number(env.OMPI_COMM_WORLD_LOCAL_SIZE ?? env.SLURM_STEP_TASKS_PER_NODE?.split(/\D/)[0] ?? 1);
  const threads = host.threads === "auto" ? Math.max(1, Math.floor(availableParallelism() / beside)) : host.threads;
  return { ...host, threads, wide: "off" };
}

/** What a rank other than 0 needs of a plan. */
export interface MemberPlan {
  readonly settings: RunSettings;
  /** Step at which this training ends. */
  readonly until: number;
  readonly family: Family;
  readonly data: TrainingData;
  readonly resume?: Checkpoint;
  readonly start?: SavedModel;
}

/** A failure that another rank reports: this one only ends. */
export class ReportedElsewhere {
  constructor(readonly exitCode: number) {}
}

/** Does a command's work, then leaves the group; an error of the work is thrown even if the group cannot be left. */
export async function inGroup(group: Group | undefined, work: () => Promise<number>): Promise<number> {
  try {
    const exitCode = await work();
    await group?.close();
    return exitCode;
  } catch (error) {
    await Promise.resolve(group?.close()).catch(() => undefined);
    if (error instanceof ReportedElsewhere) return error.exitCode;
    throw error;
  }
}

/** What rank 0 tells the others of its plan. */
interface Told {
  readonly path: string;
  readonly settings: RunSettings;
  readonly until: number;
  /** Step of the checkpoint to resume from. */
  readonly step?: number;
}

interface Failure {
  readonly failed: string;
  readonly exitCode: number;
}

const failureOf = (error: unknown): Failure => ({
  failed: error instanceof Error ? error.message : String(error),
  exitCode: error instanceof GenloomError ? error.exitCode : 1,
});

/** Makes the plan of rank 0, and lets the other ranks follow. Throws on all ranks if one of them fails; rank 0 says why. */
export async function planTogether(group: Group, make: () => Promise<Plan>): Promise<Plan | MemberPlan> {
  const what = "the plan of the run";
  if (group.rank > 0) {
    const [told] = await whileAll<Told | Failure | null>(group, Promise.resolve(null), what);
    if (told === null || "failed" in told) throw new ReportedElsewhere(told?.exitCode ?? 1);
    return ready(group, () => memberPlan(told));
  }
  const making = make();
  try {
    await whileAll<Told | Failure>(group, making.then(toldOf, failureOf), what);
    const plan = await making;
    return await ready(group, async () => plan);
  } catch (error) {
    await making.then(
      async ({ undo, lock }) => {
        await undo?.().catch(() => undefined);
        await lock.release();
      },
      () => undefined,
    );
    throw error;
  }
}

const toldOf = ({ run, settings, until, resume }: Plan): Told => ({
  path: run.path,
  settings,
  until,
  ...(resume && { step: resume.step }),
});

async function memberPlan({ path, settings, until, step }: Told): Promise<MemberPlan> {
  const family = familyOf(settings.config, path);
  const { train: data } = await reloadParts(settings.data);
  const resume = step === undefined ? undefined : await (await RunFolder.open(path)).loadCheckpoint(step);
  const start = resume ? undefined : await startOf(settings);
  return { settings, until, family, data, ...(resume && { resume }), ...(start && { start }) };
}

/**
 * Does this rank's work. If that of any rank fails, rank 0 throws its own failure, or the first one of the others, and the others
 * end without a word.
 */
export async function ready<T>(group: Group | undefined, work: () => Promise<T>): Promise<T> {
  if (!group || group.size === 1) return work();
  const working = work();
  const telling = working.then(() => null, failureOf);
  const all = await whileAll<Failure | null>(group, telling, "the start of all ranks");
  const rank = all.findIndex((one) => one !== null);
  const failure = all[rank];
  if (!failure) return working;
  if (group.rank > 0) throw new ReportedElsewhere(failure.exitCode);
  if (rank === 0) return working;
  throw new GenloomError(`rank ${rank} of ${group.size}: ${failure.failed}`, failure.exitCode, "ERR_USAGE", {
    hint: "data and run must be on file systems that all ranks see under the same paths",
  });
}

/** Milliseconds after which a rank that is still busy tells the others, whose time limit then begins anew. */
const beat = 1000;

/** Gives all ranks what the work of each rank gives, once all have done it. */
async function whileAll<T>(group: Group, work: Promise<T>, what: string): Promise<readonly T[]> {
  const done = work.then((value) => ({ value }));
  for (;;) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const busy = new Promise<null>((resolve) => {
      timer = setTimeout(resolve, beat, null);
    });
    const own = await Promise.race<{ readonly value: T } | null>([done, busy]);
    clearTimeout(timer);
    const all = await agreeOn(group, own, what);
    const values = all.flatMap((one) => (one === null ? [] : [one.value]));
    if (values.length === all.length) return values;
  }
}

/** Options of a training in a group, if there is one. */
export const groupOptions = (
  group: Group | undefined,
  { batchStatistics }: DistributedFlags,
): Pick<TrainOptions, "group" | "batchStatistics"> => ({
  ...(group && { group }),
  ...(batchStatistics && { batchStatistics }),
});

/** Trains as a rank other than 0. */
export async function trainAsMember(
  plan: MemberPlan,
  runtime: Runtime,
  options: Pick<TrainOptions, "group" | "batchStatistics" | "signal">,
): Promise<void> {
  const { settings, until: steps, family, data, resume, start } = plan;
  const { batchSize, seed, onDivergence } = settings;
  const training = await ready(options.group, async () => {
    if (start) await restoreModel(family, runtime, start, settings.from?.path ?? "");
    const made = new Training(
      family,
      runtime,
      data,
      { ...{ steps, batchSize, seed }, ...(onDivergence && { onDivergence }), ...(resume && { resume }), ...options },
      start ? { values: "current", data: start.data } : { values: "initial" },
    );
    made.program();
    return made;
  });
  try {
    await training.done;
  } catch (error) {
    // Rank 0 has the same error and reports it.
    const shared = error instanceof DivergedError || (error instanceof UsageError && error.code === "ERR_RANKS_DIFFER");
    if (shared) throw new ReportedElsewhere(error.exitCode);
    throw error;
  }
}
