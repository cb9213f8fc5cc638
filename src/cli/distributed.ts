/**
 * `--distributed mpi`: one training by all processes that mpirun or Slurm started. Rank 0 plans the run, writes its folder and
 * speaks; the other ranks take its settings, load the same data and train their parts of the batches.
 */
import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { TrainingData } from "../data/training-data.js";
import { DivergedError, GenloomError, UsageError } from "../errors.js";
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
  if (group.rank > 0) {
    const [told] = await agree<Told | Failure | null>(group, null, "the plan of the run");
    if (told === null || "failed" in told) throw new ReportedElsewhere(told?.exitCode ?? 1);
    return ready(group, () => memberPlan(told));
  }
  const plan = await make().catch(async (error: unknown) => {
    await agree(group, failureOf(error), "the plan of the run");
    throw error;
  });
  const { run, settings, until, resume } = plan;
  try {
    await agree(
      group,
      { path: run.path, settings, until, ...(resume && { step: resume.step }) },
      "the plan of the run",
    );
    return await ready(group, async () => plan);
  } catch (error) {
    await plan.lock.release();
    throw error;
  }
}

async function memberPlan({ path, settings, until, step }: Told): Promise<MemberPlan> {
  const family = familyOf(settings.config, path);
  const { train: data } = await reloadParts(settings.data);
  const resume = step === undefined ? undefined : await (await RunFolder.open(path)).loadCheckpoint(step);
  const start = resume ? undefined : await startOf(settings);
  return { settings, until, family, data, ...(resume && { resume }), ...(start && { start }) };
}

/** Does this rank's work; if that of any rank fails, rank 0 throws the first failure and the others end without a word. */
async function ready<T>(group: Group, work: () => Promise<T>): Promise<T> {
  const result = await work().then(
    (value) => ({ value }),
    (error: unknown) => failureOf(error),
  );
  const all = await agree<Failure | null>(group, "failed" in result ? result : null, "the loading of all ranks' data");
  const rank = all.findIndex((one) => one !== null);
  const failure = all[rank];
  if (!failure) return (result as { value: T }).value;
  if (group.rank > 0) throw new ReportedElsewhere(failure.exitCode);
  throw new GenloomError(`rank ${rank} of ${group.size}: ${failure.failed}`, failure.exitCode, "ERR_USAGE", {
    hint: "data and run must be on file systems that all ranks see under the same paths",
  });
}

async function agree<T>(group: Group, value: T, what: string): Promise<readonly T[]> {
  const all = await group.agree(new TextEncoder().encode(JSON.stringify(value)), what);
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
}

/** Options of a training in a group, if there is one. */
export const groupOptions = (
  group: Group | undefined,
  { batchStatistics }: DistributedFlags,
): Pick<TrainOptions, "group" | "batchStatistics"> => ({
  ...(group && { group }),
  ...(batchStatistics && { batchStatistics }),
});

/** Trains as a rank other than 0; resolves with whether the training was interrupted. */
export async function trainAsMember(
  plan: MemberPlan,
  runtime: Runtime,
  options: Pick<TrainOptions, "group" | "batchStatistics" | "signal">,
): Promise<boolean> {
  const { settings, until: steps, family, data, resume, start } = plan;
  const { batchSize, seed, onDivergence } = settings;
  if (start) await restoreModel(family, runtime, start, settings.from?.path ?? "");
  const training = new Training(
    family,
    runtime,
    data,
    { ...{ steps, batchSize, seed }, ...(onDivergence && { onDivergence }), ...(resume && { resume }), ...options },
    start ? { values: "current", data: start.data } : { values: "initial" },
  );
  try {
    return (await training.done).interrupted;
  } catch (error) {
    // Rank 0 has the same error and reports it.
    const shared = error instanceof DivergedError || (error instanceof UsageError && error.code === "ERR_RANKS_DIFFER");
    if (shared) throw new ReportedElsewhere(error.exitCode);
    throw error;
  }
}
