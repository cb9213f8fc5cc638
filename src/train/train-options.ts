/** What a training is asked for, and what it tells: of its progress, and in the end. */
import type { TrainingData } from "../data/stream.js";
import { checkNumber, checkOptions, checkSeed, textOf } from "../options.js";
import type { Runtime } from "../host/runtime.js";
import type { Checkpoint, HistoryEntry } from "./checkpoint.js";

export interface TrainOptions {
  /** Training steps in all, those of an earlier part of a resumed training included. */
  readonly steps: number;
  /** Records per batch (64, or the checkpoint's). */
  readonly batchSize?: number;
  /** Seed of initial values, batches and noise (0, or the checkpoint's). */
  readonly seed?: number;
  /** Steps between two events; where not given, about four events a second. Results do not depend on it. */
  readonly reportEvery?: number;
  /** Steps between two entries of the history; where not given, one entry per event. */
  readonly historyEvery?: number;
  /** Ends training after the step in hand; `done` then resolves with `interrupted`. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: TrainEvent) => void | Promise<void>;
  /** Receives checkpoints; see `checkpointEvery`. */
  readonly onCheckpoint?: (checkpoint: Checkpoint) => Promise<void>;
  /** Steps between two checkpoints; one more comes at the end. */
  readonly checkpointEvery?: number;
  /** Goes on from a checkpoint, bit for bit: of the same model, data, seed and batch size, with at least as many `steps`. */
  readonly resume?: Checkpoint;
}

/** Progress, after every chunk of steps. */
export interface TrainEvent {
  /** Steps done. */
  readonly step: number;
  readonly steps: number;
  /** The last step's losses. */
  readonly losses: Readonly<Record<string, number>>;
  /** Seconds of training so far, in this process. */
  readonly seconds: number;
  readonly stepsPerSecond: number;
}

export interface TrainResult {
  readonly step: number;
  readonly steps: number;
  readonly seconds: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly history: readonly HistoryEntry[];
  readonly interrupted: boolean;
  /** SHA-256 of all variables in the order of their names. */
  readonly weightHash: string;
}

const names: readonly (keyof TrainOptions)[] = [
  ...(["steps", "batchSize", "seed", "reportEvery", "historyEvery", "checkpointEvery", "resume"] as const),
  ...(["signal", "onEvent", "onCheckpoint"] as const),
];

/** Throws TypeError or RangeError where an option, the data or the runtime are not what `train` takes. */
export function checkArguments(runtime: Runtime, data: TrainingData, options: TrainOptions): void {
  if (typeof runtime?.compile !== "function")
    throw new TypeError(`train: the runtime comes first, as createRuntime() gives it, found ${textOf(runtime)}`);
  const isData = typeof data === "object" && data !== null && ("records" in data || "stream" in data);
  if (!isData)
    throw new TypeError(
      `train: data is a data set, as datasets.from({ records, shape }) makes one of arrays, found ${textOf(data)}`,
    );
  checkOptions("train", options, names);
  const { signal } = options;
  for (const name of ["steps", "batchSize", "reportEvery", "historyEvery", "checkpointEvery"] as const) {
    const value = options[name];
    if (value !== undefined || name === "steps") checkNumber("train", name, value, { whole: true, atLeast: 1 });
  }
  // What an axis may have.
  checkNumber("train", "batchSize", options.batchSize ?? 1, { whole: true, atMost: 2 ** 31 - 1 });
  if (options.seed !== undefined) checkSeed("train", options.seed);
  if (signal !== undefined && typeof signal?.aborted !== "boolean")
    throw new TypeError(`train: signal is an AbortSignal, found ${textOf(signal)}`);
  for (const name of ["onEvent", "onCheckpoint"] as const)
    if (options[name] !== undefined && typeof options[name] !== "function")
      throw new TypeError(`train: ${name} is a function, found ${textOf(options[name])}`);
}
