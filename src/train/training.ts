/**
 * Training: runs a family's step program in chunks, reports after each, and keeps what is needed to go on later.
 * The same object is an async iterator of events and a promise (`done`) of the result.
 */
import type { TrainingData } from "../data/stream.js";
import { DivergedError } from "../errors.js";
import type { Family } from "../models/family.js";
import { checkSeed } from "../options.js";
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";
import type { Variable } from "../tensor.js";
import { hostTurn } from "../turn.js";
import type { Values } from "../values.js";
import { type BatchFeed, batchFeed } from "./batch-feed.js";
import { type Checkpoint, type HistoryEntry, readVariables, weightHash, writeVariables } from "./checkpoint.js";
import type { TrainedModel } from "./trained.js";

export interface TrainOptions {
  /** Training steps in all, those of an earlier part of a resumed training included. */
  readonly steps: number;
  /** Records per batch (64). */
  readonly batchSize?: number;
  /** Seed of initial values, batches and noise (0). */
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
  /** Goes on from a checkpoint, bit for bit. */
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

/** Seconds between two events where `reportEvery` is not given. */
const eventSeconds = 0.25;

/** Most steps of one call while diverging steps are looked for. */
const mostSteps = 10_000;

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`train: ${name} is a whole number >= ${least}, found ${value}`);
}

/**
 * One training of one model: an async iterator of events, and `done`.
 * @example await (async () => { for await (const { step } of tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 3, reportEvery: 3 })) return step; })() // 3
 */
export class Training<M extends TrainedModel = TrainedModel> implements AsyncIterable<TrainEvent> {
  readonly model: M;
  readonly #options: TrainOptions;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #data: TrainingData;
  /** How the data as they were given are normalised: what `accept` makes of them follows from these. */
  readonly #range: Checkpoint["range"];
  readonly #feed: BatchFeed;
  #history: HistoryEntry[] = [];
  #step = 0;
  #events: AsyncGenerator<TrainEvent, TrainResult> | undefined;
  #done: Promise<TrainResult> | undefined;
  #state: readonly Variable[] = [];

  constructor(
    private readonly family: Family<M>,
    private readonly runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
  ) {
    const { steps, batchSize = 64, seed = 0, reportEvery, historyEvery, checkpointEvery } = options;
    checkCount("steps", steps, 1);
    checkCount("batchSize", batchSize, 1);
    checkSeed("train", seed);
    if (reportEvery !== undefined) checkCount("reportEvery", reportEvery, 1);
    if (historyEvery !== undefined) checkCount("historyEvery", historyEvery, 1);
    if (checkpointEvery !== undefined) checkCount("checkpointEvery", checkpointEvery, 1);
    this.#options = options;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#range = { scale: data.scale, shift: data.shift };
    this.#data = family.accept?.(data) ?? data;
    this.#feed = batchFeed(runtime, this.#data, { batchSize, draws: family.draws, seed, steps });
    this.model = family.trained(runtime, this.#data.shape);
  }

  /** Every variable that a checkpoint keeps: parameters, averages, optimizer state. */
  get variables(): readonly Variable[] {
    return this.#state;
  }

  /** Losses noted so far; see `historyEvery`. */
  get history(): readonly HistoryEntry[] {
    return this.#history;
  }

  /**
   * Resolves when training has ended; starts it where nobody iterates.
   * @throws DivergedError (as a rejection) where a loss or a variable is not finite
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 2 }).done).weightHash.length // 64
   */
  get done(): Promise<TrainResult> {
    this.#done ??= (async () => {
      const events = this.#start();
      for (;;) {
        const next = await events.next();
        if (next.done) return next.value;
      }
    })();
    return this.#done;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent> {
    const events = this.#start();
    for (;;) {
      const next = await events.next();
      if (next.done) {
        this.#done ??= Promise.resolve(next.value);
        return;
      }
      yield next.value;
    }
  }

  /**
   * Everything needed to go on from here: `resume` takes it.
   * @example await (async (training) => { await training.done; return (await training.checkpoint()).step; })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 2 })) // 2
   */
  async checkpoint(): Promise<Checkpoint> {
    return {
      config: this.family.config,
      shape: this.#data.shape,
      data: this.#data.name,
      range: this.#range,
      batchSize: this.#batchSize,
      seed: this.#seed,
      step: this.#step,
      history: [...this.#history],
      tensors: await readVariables(this.runtime, this.#state),
    };
  }

  /**
   * The step's program: its listing, its memory plan. Compiled anew at each call.
   * @example tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).program().name // "gan step"
   */
  program(): Program {
    return this.#compile(false);
  }

  #start(): AsyncGenerator<TrainEvent, TrainResult> {
    this.#events ??= this.#run();
    return this.#events;
  }

  /** The step as a program; `diagnose` checks every command's result instead of the losses alone. */
  #compile(diagnose: boolean): Program {
    const state = new Set<Variable>();
    const program = this.runtime.compile(
      () => {
        const { losses, updates } = this.family.step(this.#feed.batches());
        for (const one of [...updates.keys(), ...this.family.variables]) state.add(one);
        for (const [one, value] of this.#feed.updates) updates.set(one, value);
        return { outputs: losses, updates, checks: diagnose ? "all" : Object.values(losses) };
      },
      { name: `${this.family.kind} step` },
    );
    this.#state = [...state];
    return program;
  }

  async #prepare(): Promise<Program> {
    const { resume } = this.#options;
    const program = this.#compile(false);
    if (resume) {
      await writeVariables(this.runtime, this.#state, resume.tensors);
      this.#step = resume.step;
      this.#history = [...resume.history];
      return program;
    }
    await this.runtime.initialize(this.#state, { seed: this.#seed });
    for (const [one, values] of (await this.family.prepare?.(this.#data)) ?? []) await this.runtime.write(one, values);
    return program;
  }

  async *#run(): AsyncGenerator<TrainEvent, TrainResult> {
    const { steps, signal, onEvent, onCheckpoint, checkpointEvery, historyEvery, reportEvery } = this.#options;
    const program = await this.#prepare();
    const begin = performance.now();
    const first = this.#step;
    let losses: Record<string, number> = {};
    let chunk = reportEvery ?? 1;
    // A new training that is stopped before its first step leaves a checkpoint too.
    let saved = this.#options.resume ? this.#step : -1;
    while (this.#step < steps && !signal?.aborted) {
      const until = (every: number | undefined) => (every ? every - (this.#step % every) : mostSteps);
      const most = Math.min(chunk, steps - this.#step, until(checkpointEvery), until(historyEvery), mostSteps);
      const started = performance.now();
      const begun = this.#step;
      losses = await this.#runChunk(program, await this.#feed.ready(begun, most));
      const now = performance.now();
      const noted = !historyEvery || this.#step % historyEvery === 0 || this.#step === steps;
      if (noted) this.#history.push({ step: this.#step, losses });
      const seconds = (now - begin) / 1000;
      const event = { step: this.#step, steps, losses, seconds, stepsPerSecond: (this.#step - first) / seconds };
      await onEvent?.(event);
      if (onCheckpoint && checkpointEvery && this.#step % checkpointEvery === 0) {
        await onCheckpoint(await this.checkpoint());
        saved = this.#step;
      }
      yield event;
      await hostTurn();
      const share = (eventSeconds * 1000) / Math.max(now - started, 0.1);
      if (!reportEvery) chunk = Math.max(1, Math.round((this.#step - begun) * share));
    }
    if (onCheckpoint && saved !== this.#step) await onCheckpoint(await this.checkpoint());
    return {
      step: this.#step,
      steps,
      seconds: (performance.now() - begin) / 1000,
      losses,
      history: this.#history,
      interrupted: this.#step < steps,
      weightHash: await weightHash(await readVariables(this.runtime, this.#state)),
    };
  }

  /** Runs some steps; where a value is no longer finite, finds out which tensor went first and throws DivergedError. */
  async #runChunk(program: Program, times: number): Promise<Record<string, number>> {
    const before = await this.#snapshot();
    const from = this.#step;
    const { signal } = this.#options;
    const { outputs, steps, failure } = await program.tryRun({}, { times, seed: this.#seed, step: from, signal });
    // Finite losses may come with an update that is not: the next step would be blamed for it, and a checkpoint keep it.
    const broken = failure ? undefined : firstBroken(await this.#snapshot());
    if (!failure && !broken) {
      this.#step += steps;
      return Object.fromEntries(Object.entries(outputs).map(([name, value]: [string, Values]) => [name, value.item()]));
    }
    // The same steps again from the same values, every result checked this time.
    await this.runtime.exclusive(() => this.runtime.restore(before));
    const again = await this.#feed.ready(from, steps);
    const diagnosis = await this.#compile(true).tryRun({}, { times: again, seed: this.#seed, step: from, signal });
    await this.runtime.exclusive(() => this.runtime.restore(before));
    const found = diagnosis.failure ?? failure ?? { step: from + steps - 1, tensor: broken };
    throw new DivergedError(`training diverged at step ${found.step + 1}: ${found.tensor} is not finite`, {
      hint: "lower the learning rate, clip gradients, or add a penalty; the last checkpoint is unharmed",
    });
  }

  #snapshot(): Promise<Map<Variable, Uint8Array>> {
    return this.runtime.exclusive(() => this.runtime.snapshot(this.#state));
  }
}

/** Name of the first variable that holds a value that is not finite. */
function firstBroken(values: ReadonlyMap<Variable, Uint8Array>): string | undefined {
  for (const [{ name, dtype }, bytes] of values) {
    if (dtype !== "f32") continue;
    // x - x is 0 for finite numbers only; a sum of such differences is 0 or not a number.
    let sum = 0;
    for (const x of new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)) sum += x - x;
    if (sum !== 0) return name;
  }
  return undefined;
}
