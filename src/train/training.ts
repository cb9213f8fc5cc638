/**
 * Training: runs a family's step program in chunks, reports an event after each, and makes checkpoints. When it ends, for
 * whatever reason, it frees its programs, its batches and the optimizer's variables; the model keeps its own variables.
 * Before that, the values of all variables are copied to JavaScript memory, so that `checkpoint()` works as long as the
 * training object exists. The object is an async iterator of events and has a promise (`done`) of the result: see
 * paced-task.ts.
 */
import type { TrainingData } from "../data/training-data.js";
import { DivergedError, UsageError } from "../errors.js";
import type { Family } from "./family.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Variable } from "../graph/variable.js";
import { Chunks } from "./chunks.js";
import { type Divergence, Guard } from "./guard.js";
import { hostTurn } from "../host/turn.js";
import type { Values } from "../graph/values.js";
import { type BatchFeed, batchFeed } from "./batch-feed.js";
import {
  type Checkpoint,
  checkpointVersion,
  copyOf,
  type HistoryEntry,
  readVariables,
  type TensorMap,
  weightHash,
  writeVariables,
} from "./checkpoint.js";
import { conditionedOn } from "./conditioned-data.js";
import type { DataDescription } from "./data-description.js";
import { checkNoneLeft, checkResumable } from "./resumable.js";
import { beginFrom, checkStart } from "./starting-values.js";
import { compileStep } from "./step-program.js";
import { PacedTask } from "./paced-task.js";
import {
  checkArguments,
  type StartingValues,
  type TrainEvent,
  type TrainingTask,
  type TrainOptions,
  type TrainResult,
} from "./train-options.js";
import type { TrainedModel } from "./trained.js";
import { type Turns, turnsOf } from "./turns.js";

export type { TrainEvent, TrainOptions, TrainResult };

/**
 * One training of one model: an async iterator of events, and `done`.
 * @example await (async () => { for await (const { step } of tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 3, reportEvery: 3 })) return step; })() // 3
 */
export class Training<M extends TrainedModel = TrainedModel> implements TrainingTask<M> {
  readonly model: M;
  readonly #options: TrainOptions;
  readonly #batchSize: number;
  readonly #seed: number;
  readonly #data: TrainingData;
  /** Description of the data as given, before `accept`. */
  readonly #described: DataDescription;
  readonly #feed: BatchFeed;
  #history: HistoryEntry[] = [];
  #step = 0;
  #state: readonly Variable[] = [];
  #stopped = false;
  /** Number of completed steps when all variables were last found finite. */
  #sound = 0;
  #guard: Guard | undefined;
  #program: Program | undefined;
  /** Variables that had no memory before this training. */
  #placed: readonly Variable[] = [];
  /** Whether the step's program has run; until then the variables have their initial values. */
  #ran = false;
  /** What the next event tells. */
  #note = "";
  /** Values of all variables at the end of the training. */
  #kept: TensorMap | undefined;
  readonly #turns: Turns;
  readonly #task = new PacedTask<TrainEvent, TrainResult>(
    () => this.#alone(),
    () => {
      this.#stopped = true;
    },
  );

  constructor(
    private readonly family: Family<M>,
    private readonly runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
    private readonly from: StartingValues = { values: "initial" },
  ) {
    checkArguments(runtime, data, options);
    const { steps, resume } = options;
    const described = conditionedOn(data, family);
    this.#described = described;
    checkStart(from, data);
    this.#data = family.accept?.(data) ?? data;
    if (resume !== undefined) {
      const { batchSize, seed } = options;
      checkResumable(resume, family, { steps, batchSize, seed, shape: this.#data.shape, range: described.range });
    }
    const { batchSize = resume?.batchSize ?? 64, seed = resume?.seed ?? 0 } = options;
    this.#options = options;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#turns = turnsOf(runtime, family);
    this.#feed = batchFeed(runtime, this.#data, { batchSize, draws: family.draws, seed, steps });
    this.model = family.trained(runtime, { ...described, shape: this.#data.shape });
  }

  /** Every variable that a checkpoint keeps: parameters, averages, optimizer state. */
  get variables(): readonly Variable[] {
    return this.#state;
  }

  /** Losses recorded so far; see `historyEvery`. */
  get history(): readonly HistoryEntry[] {
    return this.#history;
  }

  /**
   * Resolves when training has ended, with `interrupted` true after a `break` out of its loop. Reading it starts the
   * training unless a loop begins in the same event-loop turn. Read in the body of a loop, training continues without
   * waiting for the loop, which receives the remaining events afterwards.
   * @throws DivergedError if a loss or a variable is not finite, UsageError if the model is already being trained in this
   * runtime (as rejections)
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 2 }).done).weightHash.length // 64
   */
  get done(): Promise<TrainResult> {
    return this.#task.done;
  }

  /** Events, each received by one loop; training continues when the next event is requested. A `break` ends it. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TrainEvent> {
    return this.#task.events();
  }

  /**
   * The current state, for the option `resume`. After the end of the training: the state at its end.
   * @example await (async (training) => { await training.done; return (await training.checkpoint()).step; })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 2 })) // 2
   */
  checkpoint(): Promise<Checkpoint> {
    return this.#turns.take(async () => {
      // Checks again even if all variables were finite after this step, because `runtime.write` may have changed them
      // since.
      await this.#checkVariables({ again: true });
      return this.#checkpoint();
    });
  }

  async #checkpoint(): Promise<Checkpoint> {
    if (this.#state.length === 0)
      throw new UsageError("checkpoint: the training has not started", { hint: "await its first event" });
    return {
      version: checkpointVersion,
      config: this.family.config,
      ...this.#described,
      shape: this.#data.shape,
      data: this.#described.name,
      batchSize: this.#batchSize,
      seed: this.#seed,
      step: this.#step,
      steps: this.#options.steps,
      history: [...this.#history],
      tensors: this.#kept ? copyOf(this.#kept) : await readVariables(this.runtime, this.#state),
    };
  }

  /**
   * The step's program, to print or inspect. Compiled again at each call.
   * @example tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).program().name // "gan step"
   */
  program(): Program {
    return this.#compile(false);
  }

  /** Runs the training as the only one of its model. */
  async *#alone(): AsyncGenerator<TrainEvent, TrainResult> {
    const step = () => this.#step;
    const busy = {
      get step() {
        return step();
      },
      steps: this.#options.steps,
    };
    this.#turns.begin(busy);
    try {
      return yield* this.#run();
    } finally {
      await this.#turns.take(() => this.#keep());
      this.#turns.end(busy);
      this.#giveBack();
    }
  }

  /** Reads the values for checkpoints after the end. */
  async #keep(): Promise<void> {
    // If reading fails, for example because the runtime was closed, the variables are not freed either.
    if (this.#ran) this.#kept ??= await readVariables(this.runtime, this.#state).catch(() => undefined);
  }

  #giveBack(): void {
    this.#program?.release();
    this.#guard?.release();
    this.#feed.release();
    this.#program = undefined;
    this.#guard = undefined;
    if (this.#kept) {
      const models = new Set(this.#turns.idle ? [] : this.family.variables);
      this.runtime.release(this.#state.filter((one) => !models.has(one)));
    } else if (!this.#ran) {
      // The training failed before its first step, perhaps out of memory: nothing of value is lost.
      this.runtime.release(this.#placed);
      this.#state = [];
    }
  }

  /** Compiles the step; with `diagnose` every command's result is checked instead of only the losses. */
  #compile(diagnose: boolean): Program {
    const { program, state } = compileStep(this.runtime, this.family, this.#feed, diagnose);
    this.#state = state;
    return program;
  }

  async #prepare(): Promise<Program> {
    const { resume } = this.#options;
    const program = this.#compile(false);
    this.#program = program;
    this.#placed = this.#state.filter((one) => !this.runtime.heap.has(one));
    if (resume) {
      checkNoneLeft(this.#state, resume);
      await writeVariables(this.runtime, this.#state, resume.tensors);
      this.#step = resume.step;
      this.#history = [...resume.history];
      return program;
    }
    const { family, runtime } = this;
    await beginFrom(this.from, { family, runtime, state: this.#state, data: this.#data, seed: this.#seed });
    return program;
  }

  async *#run(): AsyncGenerator<TrainEvent, TrainResult> {
    const { steps, signal, onEvent, onCheckpoint, checkpointEvery } = this.#options;
    const program = await this.#turns.take(() => this.#prepare());
    const guard = new Guard(this.runtime, this.#state);
    this.#guard = guard;
    await guard.keep(this.#step);
    this.#sound = this.#step;
    const begin = performance.now();
    const first = this.#step;
    let losses = this.#history.at(-1)?.losses ?? {};
    const chunks = new Chunks(this.#options);
    // -1, so that a new training that is stopped before its first step also saves a checkpoint.
    let saved = this.#options.resume ? this.#step : -1;
    if (onCheckpoint && this.#options.checkpointFirst && saved < 0) {
      await onCheckpoint(await this.checkpoint());
      saved = 0;
    }
    while (this.#step < steps && !signal?.aborted && !this.#stopped) {
      const started = performance.now();
      const begun = this.#step;
      const times = await this.#feed.ready(begun, chunks.after(begun));
      losses = await this.#turns.take(async () => {
        const found = await this.#runChunk(program, guard, times);
        if (guard.due || guard.stale || this.#step === steps) await this.#checkVariables();
        if (guard.due) await guard.keep(this.#step);
        return found;
      });
      const now = performance.now();
      const seconds = (now - begin) / 1000;
      const event = {
        ...{ step: this.#step, steps, losses, seconds, stepsPerSecond: (this.#step - first) / seconds },
        ...(this.#note && { note: this.#note }),
      };
      this.#note = "";
      await onEvent?.(event);
      if (onCheckpoint && checkpointEvery && this.#step > begun && this.#step % checkpointEvery === 0) {
        await onCheckpoint(await this.checkpoint());
        saved = this.#step;
      }
      yield event;
      await hostTurn();
      chunks.took(this.#step - begun, now - started);
    }
    await this.#turns.take(() => this.#checkVariables());
    if (onCheckpoint && saved !== this.#step) await onCheckpoint(await this.checkpoint());
    this.#kept = await readVariables(this.runtime, this.#state);
    return {
      step: this.#step,
      steps,
      seconds: (performance.now() - begin) / 1000,
      losses,
      history: this.#history,
      interrupted: this.#step < steps,
      weightHash: await weightHash(this.#kept),
    };
  }

  /** Runs some steps and records the last losses. Throws DivergedError if a loss is not finite. */
  async #runChunk(program: Program, guard: Guard, times: number): Promise<Record<string, number>> {
    const { signal, historyEvery } = this.#options;
    const { outputs, steps, failure } = await program.tryRun({}, { times, seed: this.#seed, step: this.#step, signal });
    this.#ran = true;
    // Also the variables that no step updates, such as a fixed random projection.
    this.runtime.heap.change(this.#state);
    if (failure) {
      if (!(await guard.mistrusted())) return this.#diverge(guard, failure);
      return this.#history.at(-1)?.losses ?? {};
    }
    this.#step += steps;
    const losses = Object.fromEntries(
      Object.entries(outputs).map(([name, value]: [string, Values]) => [name, value.item()]),
    );
    const noted = !historyEvery || this.#step % historyEvery === 0 || this.#step === this.#options.steps;
    if (noted) this.#history.push({ step: this.#step, losses });
    return losses;
  }

  /**
   * Throws DivergedError if a variable is not finite, so that no checkpoint and no copy contains it. If the runtime has
   * replaced the `wide` kernels since the last copy, returns to that copy.
   */
  async #checkVariables({ again = false } = {}): Promise<void> {
    const guard = this.#guard;
    if (!guard || (this.#sound === this.#step && !again && !guard.stale)) return;
    if (await guard.mistrusted()) {
      const reached = this.#step;
      this.#returnTo(await guard.restore());
      this.#note = `${this.runtime.info.reasons.at(-1)}; from step ${reached} back to step ${this.#step}, with ${this.runtime.info.build} kernels`;
      return;
    }
    const tensor = await guard.broken();
    if (tensor !== undefined) await this.#diverge(guard, { step: this.#step - 1, tensor });
    this.#sound = this.#step;
  }

  /** Goes on from a step whose state was restored. */
  #returnTo(step: number): void {
    this.#step = step;
    this.#sound = step;
    this.#history = this.#history.filter((entry) => entry.step <= step);
  }

  /**
   * Repeats the steps since the guard's copy with every result checked; throws DivergedError with the first tensor that
   * is not finite.
   */
  async #diverge(guard: Guard, known: Divergence): Promise<never> {
    const { step, found } = await guard.replay(this.#compile(true), known, { feed: this.#feed, seed: this.#seed });
    this.#returnTo(step);
    throw new DivergedError(`training diverged at step ${found.step + 1}: ${found.tensor} is not finite`, {
      hint: "lower the learning rate, clip gradients, or add a penalty; the last checkpoint is not affected",
    });
  }
}
