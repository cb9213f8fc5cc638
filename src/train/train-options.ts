/** Options, events and result of a training. */
import type { TrainingData } from "../data/training-data.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import type { Program } from "../host/program.js";
import { isWide } from "../host/kernels.js";
import type { Group } from "../host/group.js";
import type { Runtime } from "../host/runtime.js";
import type { Alarm, AlarmRecord } from "./alarms.js";
import type { Checkpoint, HistoryEntry } from "./checkpoint.js";
import type { DataDescription } from "./data-description.js";
import { onDivergence as ways, type OnDivergence } from "./recovery.js";
import type { WebSignal } from "../web-types.js";

export interface TrainOptions {
  /** Total number of training steps, including those before the checkpoint of a resumed training. */
  readonly steps: number;
  /** Records per batch, of all ranks together; default 64, or the checkpoint's. */
  readonly batchSize?: number;
  /** Seed of initial values, batches and noise; default 0, or the checkpoint's. */
  readonly seed?: number;
  /** Steps between two events; default: about four events per second. Results do not depend on it. */
  readonly reportEvery?: number;
  /** Steps between two entries of the history; default: one entry per event. */
  readonly historyEvery?: number;
  /** Ends training after the current step; `done` then resolves with `interrupted` true. */
  readonly signal?: WebSignal;
  readonly onEvent?: (event: TrainEvent) => void | Promise<void>;
  /** Receives checkpoints; see `checkpointEvery`. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Steps between two checkpoints; another follows at the end. */
  readonly checkpointEvery?: number;
  /** Whether a new training makes a checkpoint of step 0, before its first step; default false. */
  readonly checkpointFirst?: boolean;
  /**
   * What happens if a loss or a variable is not finite: "stop" (default) rejects with DivergedError. Otherwise the training
   * continues from an earlier step, the last checkpoint's or the last that is a multiple of 250, once: "retry" with other
   * random numbers, "half-rate" also with half of all learning rates. A second divergence rejects.
   */
  readonly onDivergence?: OnDivergence;
  /**
   * Checkpoint to resume from, with the same bits. It must have the same model, data, seed and batch size, and not more
   * steps than `steps`.
   */
  readonly resume?: Checkpoint;
  /**
   * The ranks that train the model together. Each has an equal part of every batch and draws the random numbers of its part, so
   * that N ranks train what one rank trains, up to rounding. All ranks must train the same model, with the same data and options.
   * Events and checkpoints come where rank 0 has them.
   */
  readonly group?: Group;
  /** In a group: whether batch norm uses statistics of the whole batch, "sync" (default), or of each rank's part of it, "rank". */
  readonly batchStatistics?: "sync" | "rank";
}

/** Progress, after every chunk of steps. */
export interface TrainEvent {
  /** Completed steps. */
  readonly step: number;
  readonly steps: number;
  /** The last step's losses. */
  readonly losses: Readonly<Record<string, number>>;
  /** Signals of the last measurement, by name, such as the diversity of samples, once there is one. */
  readonly signals?: Readonly<Record<string, number>>;
  /** What has begun to go wrong since the last event. Each alarm is told once until it is over. */
  readonly alarms?: readonly Alarm[];
  /** Seconds of training so far, in this process. */
  readonly seconds: number;
  readonly stepsPerSecond: number;
  /**
   * What a user should know, in one sentence: the training went back to an earlier step, which is `step` then, because the
   * kernels gave other bits in their self-check or a value was not finite.
   */
  readonly note?: string;
}

export interface TrainResult {
  readonly step: number;
  readonly steps: number;
  readonly seconds: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly history: readonly HistoryEntry[];
  /** All alarms, in the order in which they were raised; `until`: the last step at which one was found to hold. */
  readonly alarms: readonly AlarmRecord[];
  readonly interrupted: boolean;
  /** SHA-256 of all variables in the order of their names. */
  readonly weightHash: string;
}

/** Whether a training begins with initial values, or goes on from those that a trained model has in the runtime. */
export type StartingValues =
  | { readonly values: "initial" }
  | { readonly values: "current"; readonly data: DataDescription };

/** A training as its user sees it: an async iterator of events, and `done`. */
export interface TrainingTask<M> extends AsyncIterable<TrainEvent> {
  readonly model: M;
  /** Losses recorded so far; see `historyEvery`. */
  readonly history: readonly HistoryEntry[];
  /** Resolves when the training has ended. */
  readonly done: Promise<TrainResult>;
  /** The current state, for the option `resume`. */
  checkpoint(): Promise<Checkpoint>;
  /** The step's program, to print or inspect. */
  program(): Program;
}

const names: readonly (keyof TrainOptions)[] = [
  ...(["steps", "batchSize", "seed", "reportEvery", "historyEvery", "checkpointEvery", "resume"] as const),
  ...(["checkpointFirst", "signal", "onEvent", "onCheckpoint", "onDivergence", "group", "batchStatistics"] as const),
];

/** Throws TypeError or RangeError if an option, the data or the runtime is not valid for `train`. */
export function checkArguments(runtime: Runtime, data: TrainingData, options: TrainOptions): void {
  if (typeof runtime?.compile !== "function")
    throw new TypeError(`train: the first argument must be a runtime, from createRuntime(), found ${textOf(runtime)}`);
  const isData = typeof data === "object" && data !== null && ("records" in data || "stream" in data);
  if (!isData)
    throw new TypeError(
      `train: data must be a data set, for example datasets.from({ records, shape }), found ${textOf(data)}`,
    );
  checkOptions("train", options, names);
  const { signal } = options;
  for (const name of ["steps", "batchSize", "reportEvery", "historyEvery", "checkpointEvery"] as const) {
    const value = options[name];
    if (value !== undefined || name === "steps") checkNumber("train", name, value, { whole: true, atLeast: 1 });
  }
  // The maximum length of an axis.
  checkNumber("train", "batchSize", options.batchSize ?? 1, { whole: true, atMost: 2 ** 31 - 1 });
  if (options.seed !== undefined) checkSeed("train", options.seed);
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new TypeError(`train: signal must be an AbortSignal, found ${textOf(signal)}`);
  const { onDivergence, batchStatistics } = options;
  if (batchStatistics !== undefined && batchStatistics !== "sync" && batchStatistics !== "rank")
    throw new TypeError(`train: batchStatistics must be "sync" or "rank", found ${textOf(batchStatistics)}`);
  if (options.group !== undefined) checkGroup(runtime, options.group);
  if (onDivergence !== undefined && !ways.includes(onDivergence))
    throw new TypeError(
      `train: onDivergence must be one of ${ways.map(textOf).join(", ")}, found ${textOf(onDivergence)}`,
    );
  for (const name of ["onEvent", "onCheckpoint"] as const)
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw new TypeError(`train: ${name} must be a function, found ${textOf(options[name])}`);
}

/** Throws unless a group is one, and the runtime's kernels compute the same bits on every rank until the end. */
function checkGroup(runtime: Runtime, group: Group): void {
  if (typeof group?.allReduce !== "function" || !Number.isInteger(group.size))
    throw new TypeError(`train: group must be a group of ranks, from mpi() or localGroup(), found ${textOf(group)}`);
  if (group.size > 1 && isWide(runtime.info.build))
    throw new RangeError(
      `train: the runtime of a rank must not have wide kernels, which a rank may give up, found ${runtime.info.build}; createRuntime({ wide: false }) has others`,
    );
}

/** Records of each rank. Throws RangeError if the batch has no equal parts. */
export function partOfBatch(batchSize: number, { size }: Pick<Group, "size">): number {
  if (batchSize % size === 0) return batchSize / size;
  throw new RangeError(`train: batchSize must be a multiple of the group's ${size} ranks, found ${batchSize}`);
}
