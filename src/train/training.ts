/**
 * Training: runs a family's step program in chunks, reports an event after each, and makes checkpoints. When it ends, for
 * whatever reason, it frees its programs, its batches and the optimizer's variables; the model keeps its own variables.
 * Before that, the values of all variables are copied to JavaScript memory, so that `checkpoint()` works as long as the
 * training object exists. The object is an async iterator of events and has a promise (`done`) of the result: see
 * paced-task.ts.
 */
import type { TrainingData } from "../data/training-data.js";
import { DivergedError, GenloomError, RankLostError, UsageError } from "../errors.js";
import type { Family } from "./family.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import type { Variable } from "../graph/variable.js";
import { Chunks } from "./chunks.js";
import { hostTurn } from "../host/turn.js";
import { type BatchFeed, batchFeed } from "./batch-feed.js";
import {
  type Checkpoint,
  checkpointVersion,
  copyOf,
  type HistoryEntry,
  readVariables,
  type TensorMap,
  weightHash,
} from "./checkpoint.js";
import { conditionedOn } from "./conditioned-data.js";
import type { DataDescription } from "./data-description.js";
import { checkResumable } from "./resumable.js";
import { checkStart } from "./starting-values.js";
import { PacedTask } from "./paced-task.js";
import { stepSeed } from "./recovery.js";
import { Steps } from "./steps.js";
import type { Ranks } from "./ranks.js";
import type { Together } from "./step-program.js";
import {
  checkArguments,
  partOfBatch,
  type StartingValues,
  type TrainEvent,
  type TrainingTask,
  type TrainOptions,
  type TrainResult,
} from "./train-options.js";
import type { TrainedModel } from "./trained.js";
import { type Turns, turnsOf } from "./turns.js";

/** Milliseconds after which the event loop gets a turn between two pieces of a chunk. */
const turnMilliseconds = 15;

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
  readonly #steps: Steps;
  #stopped = false;
  /** Why the variables are not those of a completed step. */
  #lost: Error | undefined;
  /** Values of all variables at the end of the training. */
  #kept: TensorMap | undefined;
  readonly #turns: Turns;
  /** The ranks that train together, if there are several. */
  readonly #together: Together | undefined;
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
    from: StartingValues = { values: "initial" },
  ) {
    checkArguments(runtime, data, options);
    const { steps, resume } = options;
    const described = conditionedOn(data, family);
    this.#described = described;
    checkStart(from, described, family);
    this.#data = family.accept?.(data) ?? data;
    if (resume !== undefined) {
      const { batchSize, seed } = options;
      checkResumable(resume, family, { ...described, steps, batchSize, seed, shape: this.#data.shape });
    }
    const { batchSize = resume?.batchSize ?? 64, seed = resume?.seed ?? 0 } = options;
    this.#options = options;
    this.#batchSize = batchSize;
    this.#seed = seed;
    this.#turns = turnsOf(runtime, family);
    const drawn = stepSeed(seed, resume?.recovery);
    const byClass = family.classes !== undefined;
    const { group, batchStatistics = "sync" } = options;
    const own = group ? partOfBatch(batchSize, group) : batchSize;
    this.#together = group && group.size > 1 ? { group, batchStatistics } : undefined;
    const fed = { batchSize: own, part: group, draws: family.draws, seed: drawn, steps, byClass };
    this.#feed = batchFeed(runtime, this.#data, fed);
    const together = this.#together;
    this.#steps = new Steps({ family, runtime, data: this.#data, feed: this.#feed, seed, options, from, together });
    this.model = family.trained(runtime, { ...described, shape: this.#data.shape });
  }

  /** Every variable that a checkpoint keeps: parameters, averages, optimizer state. */
  get variables(): readonly Variable[] {
    return this.#steps.state;
  }

  /** Losses recorded so far; see `historyEvery`. */
  get history(): readonly HistoryEntry[] {
    return this.#steps.history;
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
      if (this.#together) await this.#steps.checkAlone();
      else await this.#steps.check({ again: true });
      return this.#checkpoint();
    });
  }

  async #checkpoint(): Promise<Checkpoint> {
    const { state, step, history, watch, recovery } = this.#steps;
    if (this.#lost) throw this.#lost;
    if (state.length === 0)
      throw new UsageError("checkpoint: the training has not started", { hint: "await its first event" });
    return {
      version: checkpointVersion,
      config: this.family.config,
      ...this.#described,
      shape: this.#data.shape,
      data: this.#described.name,
      batchSize: this.#batchSize,
      seed: this.#seed,
      step,
      steps: this.#options.steps,
      history: [...history],
      ...(watch.state && { watch: watch.state }),
      ...(recovery && { recovery }),
      tensors: this.#kept ? copyOf(this.#kept) : await readVariables(this.runtime, state),
    };
  }

  /**
   * The step's program, to print or inspect. Compiled again at each call.
   * @example tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).program().name // "gan step"
   */
  program(): Program {
    return this.#steps.compile();
  }

  /** Runs the training as the only one of its model. */
  async *#alone(): AsyncGenerator<TrainEvent, TrainResult> {
    const step = () => this.#steps.step;
    const busy = {
      get step() {
        return step();
      },
      steps: this.#options.steps,
    };
    this.#turns.begin(busy);
    try {
      return yield* this.#run();
    } catch (error) {
      this.#leave(error);
      throw error;
    } finally {
      this.#steps.ranks?.close();
      await this.#turns.take(() => this.#keep());
      this.#turns.end(busy);
      this.#giveBack();
    }
  }

  /** Ends the work of the other ranks, unless they have the same error. */
  #leave(error: unknown): void {
    const shared = error instanceof DivergedError || error instanceof RankLostError;
    const code = error instanceof GenloomError ? error.code : undefined;
    if (this.#together && !shared && code !== "ERR_RANKS_DIFFER")
      this.#together.group.abort(error instanceof Error ? error.message : String(error));
    this.#lost = error instanceof RankLostError ? error : undefined;
  }

  /** Reads the values for checkpoints after the end. */
  async #keep(): Promise<void> {
    // If reading fails, for example because the runtime was closed, the variables are not freed either.
    if (this.#steps.ran) this.#kept ??= await readVariables(this.runtime, this.#steps.state).catch(() => undefined);
  }

  #giveBack(): void {
    this.#steps.release();
    this.#feed.release();
    if (this.#kept) {
      const models = new Set(this.#turns.idle ? [] : this.family.variables);
      this.runtime.release(this.#steps.state.filter((one) => !models.has(one)));
    } else if (!this.#steps.ran) {
      // The training failed before its first step, perhaps out of memory: nothing of value is lost.
      this.#steps.releaseVariables();
    }
  }

  async *#run(): AsyncGenerator<TrainEvent, TrainResult> {
    const { resume, onEvent, onCheckpoint, checkpointFirst } = this.#options;
    const steps = this.#steps;
    const { watch } = steps;
    await this.#turns.take(() => steps.prepare());
    const ranks = await this.#meet();
    const begin = performance.now();
    const first = steps.step;
    const chunks = new Chunks(this.#options);
    // -1, so that a new training that is stopped before its first step also saves a checkpoint.
    let saved = resume ? steps.step : -1;
    if (ranks) await this.#turns.take(() => steps.check({ again: true }));
    ranks?.busy();
    if (onCheckpoint && checkpointFirst && saved < 0) saved = await this.#save(onCheckpoint);
    for (;;) {
      const begun = steps.step;
      const wanted = chunks.after(begun);
      const own = { steps: wanted, saves: this.#savesAt(begun + wanted), ends: !this.#goesOn };
      const chunk = ranks ? await ranks.chunk(own) : own;
      if (chunk.ends) break;
      const started = performance.now();
      await this.#advance(chunk.steps);
      // Before ranks are busy with other things: what they find, and where they return to, is the same on all of them.
      if (ranks && chunk.saves && steps.step > begun) await this.#turns.take(() => steps.checkTogether());
      ranks?.busy();
      const now = performance.now();
      const seconds = (now - begin) / 1000;
      const [note, alarms] = [steps.takeNote(), watch.take()];
      const { signals } = watch;
      const event = {
        ...{ step: steps.step, steps: this.#options.steps, losses: steps.losses },
        ...(signals && { signals }),
        ...(alarms.length > 0 && { alarms }),
        ...{ seconds, stepsPerSecond: (steps.step - first) / seconds },
        ...(note && { note }),
      };
      await onEvent?.(event);
      if (onCheckpoint && steps.step > begun && this.#savesAt(steps.step)) saved = await this.#save(onCheckpoint);
      yield event;
      await hostTurn();
      chunks.took(steps.step - begun, now - started);
    }
    await this.#turns.take(() => steps.check());
    if (onCheckpoint && saved !== steps.step) await this.#save(onCheckpoint);
    this.#kept = await readVariables(this.runtime, steps.state);
    return {
      step: steps.step,
      steps: this.#options.steps,
      seconds: (performance.now() - begin) / 1000,
      losses: steps.losses,
      history: steps.history,
      alarms: watch.state?.alarms ?? [],
      interrupted: steps.step < this.#options.steps,
      weightHash: await weightHash(this.#kept),
    };
  }

  /** Makes sure that all ranks train the same, if there are several. */
  async #meet(): Promise<Ranks | undefined> {
    if (!this.#together) return undefined;
    const steps = this.#steps;
    const { resume, steps: total, onDivergence = "stop" } = this.#options;
    const ranks = await (await import("./ranks.js")).meet({
      ...this.#together,
      runtime: this.runtime,
      data: this.#data,
      program: () => steps.compile(),
      facts: { model: this.family.config, seed: this.#seed, "batch size": this.#batchSize, steps: total, onDivergence },
      step: steps.step,
      weights: resume?.tensors,
    });
    steps.ranks = ranks;
    return ranks;
  }

  /** Whether a checkpoint is due after `step` steps. */
  #savesAt(step: number): boolean {
    const { onCheckpoint, checkpointEvery } = this.#options;
    return onCheckpoint !== undefined && checkpointEvery !== undefined && step % checkpointEvery === 0;
  }

  /** Whether another step is to run. */
  get #goesOn(): boolean {
    const { steps, signal } = this.#options;
    return this.#steps.step < steps && !signal?.aborted && !this.#stopped;
  }

  /** The same within a chunk, at whose end ranks agree on it. */
  get #goesOnWithin(): boolean {
    return this.#together ? this.#steps.step < this.#options.steps : this.#goesOn;
  }

  /** Runs a chunk of up to `most` steps, in pieces that end where a measurement is due. */
  async #advance(most: number): Promise<void> {
    const { historyEvery, steps: total } = this.#options;
    const steps = this.#steps;
    const begun = steps.step;
    const until = begun + most;
    let turned = performance.now();
    for (let from = begun; from < until && this.#goesOnWithin; from = steps.step) {
      const times = await this.#feed.ready(from, steps.watch.after(from, until - from));
      await this.#turns.take(() => steps.run(times));
      if (steps.step <= from) return;
      // A run takes turns of its own; short ones would block the event loop together.
      if (performance.now() - turned < turnMilliseconds) continue;
      await hostTurn();
      turned = performance.now();
    }
    const { step } = steps;
    if (step > begun && (!historyEvery || step % historyEvery === 0 || step === total)) steps.record();
  }

  /** Gives a checkpoint to `onCheckpoint`, and makes this step one to return to. Returns the step. */
  async #save(onCheckpoint: (checkpoint: Checkpoint) => Promise<void>): Promise<number> {
    await onCheckpoint(await this.checkpoint());
    if (this.#steps.returns && !this.#together) await this.#turns.take(() => this.#steps.keep());
    return this.#steps.step;
  }
}
