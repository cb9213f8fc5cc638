/**
 * The steps of one training: its program, the state of its variables, its history, and what happens if a value is not
 * finite. Everything here needs the runtime for itself: `Training` takes turns.
 */
import type { TrainingData } from "../data/training-data.js";
import { DivergedError, OutOfMemoryError } from "../errors.js";
import type { Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { Watch } from "./alarms.js";
import type { BatchFeed } from "./batch-feed.js";
import { type HistoryEntry, writeVariables } from "./checkpoint.js";
import type { Family } from "./family.js";
import { type Divergence, Guard } from "./guard.js";
import { type Recovery, recoveryNote, returnEvery, stepSeed } from "./recovery.js";
import { checkNoneLeft } from "./resumable.js";
import { beginFrom } from "./starting-values.js";
import type { Ranks } from "./ranks.js";
import { compileSignals, compileStep, type Together } from "./step-program.js";
import type { StartingValues, TrainOptions } from "./train-options.js";

/** What steps are made of. */
export interface StepsOf {
  readonly family: Family;
  readonly runtime: Runtime;
  readonly data: TrainingData;
  readonly feed: BatchFeed;
  /** The training's seed. */
  readonly seed: number;
  readonly options: TrainOptions;
  readonly from: StartingValues;
  /** The ranks that train together, if there are several. */
  readonly together?: Together | undefined;
}

type Losses = Readonly<Record<string, number>>;

const numbersOf = (outputs: Readonly<Record<string, Values>>) =>
  Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, value.item()]));

const hint = "lower the learning rate, clip gradients, or add a penalty";

/** Runs the steps of one training. */
export class Steps {
  /** Completed steps. */
  step = 0;
  /** Every variable that a checkpoint keeps: parameters, averages, optimizer state. */
  state: readonly Variable[] = [];
  /** Whether the step's program has run; until then the variables have their initial values. */
  ran = false;
  recovery: Recovery | undefined;
  readonly watch: Watch;
  /** Number of completed steps when all variables were last found finite. */
  #sound = 0;
  #note = "";
  #losses: Losses = {};
  #history: HistoryEntry[] = [];
  #program: Program | undefined;
  /** Compiled for the first measurement; null if there is no memory for it. */
  #signals: Program | null | undefined;
  #guard: Guard | undefined;
  /** This rank's side of agreements with the others. */
  ranks: Ranks | undefined;
  /** Variables that had no memory before this training. */
  #placed: readonly Variable[] = [];

  constructor(private readonly of: StepsOf) {
    const { resume } = of.options;
    const { alarms = [], signals } = of.family;
    this.watch = new Watch(alarms, resume?.watch, alarms.length > 0 || signals !== undefined);
    this.recovery = resume?.recovery;
  }

  /** Losses of the last step. */
  get losses(): Losses {
    return this.#losses;
  }

  get history(): readonly HistoryEntry[] {
    return this.#history;
  }

  /** Whether a divergence would not end the training. */
  get returns(): boolean {
    return (this.of.options.onDivergence ?? "stop") !== "stop" && !this.recovery;
  }

  /** What the next event tells; asked once. */
  takeNote(): string {
    const note = this.#note;
    this.#note = "";
    return note;
  }

  /** Compiles the step; with `diagnose` every command's result is checked instead of only the losses. */
  compile({ diagnose = false } = {}): Program {
    const { runtime, family, feed, together } = this.of;
    const how = { diagnose, rate: this.recovery?.rate ?? 1 };
    const { program, state } = compileStep(runtime, family, feed, how, together);
    this.state = state;
    return program;
  }

  /** Compiles the step and gives all variables their first values. */
  async prepare(): Promise<void> {
    const { family, runtime, data, seed, options, from } = this.of;
    const { resume } = options;
    this.#program = this.compile();
    this.#placed = this.state.filter((one) => !runtime.heap.has(one));
    if (resume) {
      checkNoneLeft(this.state, resume);
      await writeVariables(runtime, this.state, resume.tensors);
      this.step = resume.step;
      this.#history = [...resume.history];
      this.#losses = resume.history.at(-1)?.losses ?? {};
    } else await beginFrom(from, { family, runtime, state: this.state, data, seed });
    // A training that had ended may go on, or the model of one may be trained on.
    if (this.step < options.steps)
      for (const one of family.finished ?? []) await runtime.write(one, new Float32Array(one.size));
    this.#guard = new Guard(runtime, this.state);
    await this.keep();
  }

  /** Copies the variables, which are finite: the training can return to this step. */
  async keep(): Promise<void> {
    await this.#guard?.keep(this.step);
    this.#sound = this.step;
  }

  /**
   * Runs up to `times` steps, then checks, copies and measures what is due. If a value is not finite, throws DivergedError
   * or returns to an earlier step.
   */
  async run(times: number): Promise<void> {
    const { options, together } = this.of;
    const { steps: total } = options;
    // Ranks end together, between two chunks.
    const signal = together ? undefined : options.signal;
    const [program, guard] = [this.#program as Program, this.#guard as Guard];
    const seed = stepSeed(this.of.seed, this.recovery);
    const { outputs, steps, failure } = await program.tryRun({}, { times, seed, step: this.step, signal });
    this.ran = true;
    // Also the variables that no step updates, such as a fixed random projection.
    this.of.runtime.heap.change(this.state);
    if (failure) {
      if (await guard.mistrusted()) await this.check();
      else await this.#diverge(guard, failure);
      return;
    }
    const reached = this.step + steps;
    this.step = reached;
    this.#losses = numbersOf(outputs);
    // Copies whose steps depend on time serve a diagnosis, those at fixed steps the same training again.
    const due = this.returns || together ? reached % returnEvery === 0 : guard.due;
    if (due || (!together && guard.due) || guard.stale || reached === total) await this.check();
    if (this.step !== reached) return;
    if (reached === total) await this.#finish();
    if (due) await this.keep();
    if (this.watch.due(reached)) await this.#measure();
  }

  /** Gives the variables that only samples need their values. Without the memory for it they stay 0, and a note says so. */
  async #finish(): Promise<void> {
    const { family, runtime, data, seed } = this.of;
    try {
      for (const [one, values] of (await family.finish?.(runtime, data, seed)) ?? []) await runtime.write(one, values);
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      this.#note = `samples are not fitted to the data: ${error.message}`;
    }
  }

  /** Adds an entry to the history. */
  record(): void {
    const [step, losses, signals] = [this.step, this.#losses, this.watch.signals];
    const alarms = this.watch.names(step);
    this.#history.push({ step, losses, ...(signals && { signals }), ...(alarms.length > 0 && { alarms }) });
  }

  /**
   * Checks that all variables are finite, so that no checkpoint and no copy contains another value; otherwise throws
   * DivergedError or returns to an earlier step. If the runtime has replaced the `wide` kernels since the last copy,
   * returns to that copy.
   */
  async check({ again = false } = {}): Promise<void> {
    const guard = this.#guard;
    if (!guard || (this.#sound === this.step && !again && !guard.stale)) return;
    if (await guard.mistrusted()) {
      const reached = this.step;
      this.#returnTo(await guard.restore());
      const { reasons, build } = this.of.runtime.info;
      this.#note = `${reasons.at(-1)}; from step ${reached} back to step ${this.step}, with ${build} kernels`;
      return;
    }
    const tensor = await guard.broken();
    if (tensor !== undefined) await this.#diverge(guard, { step: this.step - 1, tensor });
    else this.#sound = this.step;
  }

  /** Checks the variables on all ranks at a step of which one may keep a checkpoint, and makes it one to return to. */
  async checkTogether(): Promise<void> {
    const { step } = this;
    await this.check({ again: true });
    if (this.returns && this.step === step) await this.keep();
  }

  /** Throws DivergedError if a variable is not finite on this rank, without the others, which may be in the middle of a step. */
  async checkAlone(): Promise<void> {
    const tensor = await this.#guard?.broken();
    if (tensor !== undefined) throw new DivergedError(`checkpoint: ${tensor} is not finite`, { hint });
  }

  /** Frees the programs and the copy. */
  release(): void {
    this.#program?.release();
    this.#signals?.release();
    this.#guard?.release();
    this.#program = undefined;
    this.#signals = undefined;
    this.#guard = undefined;
  }

  /** Frees the variables of a training that failed before its first step. */
  releaseVariables(): void {
    this.of.runtime.release(this.#placed);
    this.state = [];
  }

  /** Measures the model, with the batch of the last step. */
  async #measure(): Promise<void> {
    const { step } = this;
    const signals = await this.#signalsOf(step).catch((error: unknown) => {
      // The other ranks would wait for this one's signals.
      if (!(error instanceof OutOfMemoryError) || this.of.together) throw error;
      this.#signals?.release();
      this.#signals = null;
      this.#note = `from step ${step} on, nothing warns of a training that goes wrong: ${error.message}`;
      return undefined;
    });
    if (signals) this.watch.add({ step, losses: this.#losses, signals });
  }

  async #signalsOf(step: number): Promise<Readonly<Record<string, number>> | undefined> {
    const { runtime, family, feed, seed } = this.of;
    if (!family.signals) return {};
    if (this.#signals === null) return undefined;
    this.#signals ??= compileSignals(runtime, family, feed, this.of.together);
    await feed.ready(step - 1, 1);
    const { outputs } = await this.#signals.tryRun({}, { seed: stepSeed(seed, this.recovery), step: step - 1 });
    return numbersOf(outputs);
  }

  /** Continues from a step whose state was restored. */
  #returnTo(step: number): void {
    this.step = step;
    this.#sound = step;
    this.#history = this.#history.filter((entry) => entry.step <= step);
    this.#losses = this.#history.at(-1)?.losses ?? {};
    this.watch.returnTo(step);
  }

  /**
   * Repeats the steps since the guard's copy with every result checked, which finds the first tensor that is not finite.
   * Then throws DivergedError, or continues from the copy if the training was asked to and has not done so before.
   */
  async #diverge(guard: Guard, known: Divergence): Promise<void> {
    const { feed, seed, options } = this.of;
    const again = { feed, seed: stepSeed(seed, this.recovery), ranks: this.ranks };
    const { step, found } = await guard.replay(this.compile({ diagnose: true }), known, again);
    this.#returnTo(step);
    const [diverged, tensor] = [found.step + 1, found.tensor];
    if (!this.returns) {
      const second = this.recovery ? `, for the second time` : "";
      throw new DivergedError(`training diverged at step ${diverged}${second}: ${tensor} is not finite`, {
        hint: `${hint}; the last checkpoint is not affected`,
      });
    }
    this.recovery = { step, diverged, tensor, rate: options.onDivergence === "half-rate" ? 0.5 : 1 };
    feed.reseed(stepSeed(seed, this.recovery));
    if (this.recovery.rate !== 1) {
      this.#program?.release();
      this.#program = this.compile();
    }
    this.watch.raise({ name: "nonFinite", step: diverged, message: `${tensor} is not finite`, hint });
    this.#note = recoveryNote(this.recovery);
  }
}
