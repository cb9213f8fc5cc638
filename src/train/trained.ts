/** Trained models: what can be done with a model whose values are in a runtime. */
import { dispose } from "../host/disposable.js";
import { UsageError } from "../errors.js";
import type { Ability } from "./abilities.js";
import { type Drawing, SampleProgram } from "./sample-program.js";
import { checkedSampling, type GenerateOptions, roomFor, type SampleOptions, sampleOptions } from "./sample-options.js";
import { firstInput, type RowFunction, rowsOf, type Sampler, type SamplerOptions } from "./sampler.js";
import { checkNumber, checkOptions } from "../options.js";
import type { Runtime } from "../host/runtime.js";
import type { LayerSummary } from "../layers/layer.js";
import { type Shape, sizeOf } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { type DataDescription, describedData } from "./data-description.js";
import { type InterpolateOptions, latentPath, latentsOf } from "./latent-path.js";
import { type Records, RowProgram, valuesOf } from "./records.js";
import { type Summary, summaryOf } from "./summary.js";
import { type Turns, turnsOf } from "./turns.js";
import { evaluationStreams } from "../numbers/streams.js";

export type { Drawing, GenerateOptions, SampleOptions };

export type FamilyKind = "gan" | "vae" | "rbm";

/** What a trained model needs of its family: its abilities, and what it computes, as plain values. */
export interface SampledFamily {
  readonly kind: FamilyKind;
  /** What its trained models can do besides sampling. */
  readonly abilities: readonly Ability[];
  /**
   * The sampler of samples [count, ...shape], with averaged parameters if the model keeps any. Creates its variables.
   */
  sampler(shape: Shape, options?: SamplerOptions): Sampler;
  /** How strange records are, [count]; higher is stranger. Its random numbers are the same for every record. */
  scorer?(shape: Shape): RowFunction;
  /** Codes [count, latent] of records. */
  encoder?(shape: Shape): RowFunction;
  /** Records [count, ...shape] of latents or codes, without random numbers. */
  decoder?(shape: Shape): RowFunction;
  /** The layers of all its networks, for records of a shape. */
  layers(shape: Shape): readonly LayerSummary[];
  /** Variables that samplers need and checkpoints must keep; complete after `init` or after a step was built. */
  readonly variables: readonly Variable[];
}

/** What every trained model can do: sample, generate from latents, interpolate, and release its memory. */
export class TrainedModel {
  readonly #programs = new Map<string, SampleProgram>();
  readonly #functions = new Map<string, RowProgram>();
  readonly #turns: Turns;
  readonly #owned: { release(): void }[] = [];
  #released = false;
  /** What is known of the training data: names, scaling, classes. */
  readonly data: DataDescription;
  /** Shape of one record. */
  readonly shape: Shape;

  constructor(
    readonly family: SampledFamily,
    /** Internal. */
    readonly runtime: Runtime,
    data: Shape | DataDescription,
  ) {
    this.data = describedData(data);
    this.shape = this.data.shape;
    this.#turns = turnsOf(runtime, family);
    this.#turns.enter();
  }

  /**
   * Runs a task of several programs while no training changes the values. Internal; a task must not take a turn itself.
   * @throws UsageError (as a rejection) if the model was released
   */
  async inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#released)
      throw new UsageError(`${this.family.kind}: this trained model was released`, {
        code: "ERR_RELEASED",
        hint: "release it later, or load it again from a saved file",
      });
    return this.#turns.take(task);
  }

  /** Registers an object to be released with the model. Internal. */
  own<T extends { release(): void }>(one: T): T {
    this.#owned.push(one);
    return one;
  }

  /**
   * Frees the memory of the samplers after pending calls, and that of the parameters if no other trained model or training
   * uses them. The model cannot be used afterwards; a running training of it continues. Without `release`, memory is freed
   * when the garbage collector finds the model unreachable. `using model = ...` calls this at the end of the block.
   * @example await (async (one) => { one.release(); return one.sample(4).catch(({ code }) => code); })(tinyGan.trained(runtime, [2])) // "ERR_RELEASED"
   */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#turns.behind(() => {
      for (const one of this.#owned) one.release();
      this.#owned.length = 0;
      this.#turns.leave();
      if (this.#turns.idle) this.runtime.release(this.family.variables);
    });
  }

  [dispose](): void {
    this.release();
  }

  /**
   * Draws `count` samples [count, ...shape] in the data's normalised range.
   * @throws RangeError (as a rejection) if count is not an integer of 1 or more, UsageError if the model was neither trained
   *   nor loaded in this runtime
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).model.sample(4, { seed: 1 })).shape // [4, 2]
   * @example await (async (model) => [(await model.sample(9, { untrained: true })).data[17], (await model.sample(1, { first: 8, untrained: true })).data[1]])(tinyGan.trained(runtime, [2])).then(([a, b]) => a === b) // true
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, sampleOptions);
    return this.drawn(count, options, {
      what: "sample",
      name: "sample",
      sampler: (drawing) => this.family.sampler(this.shape, drawing),
    });
  }

  /**
   * Samples [count, ...shape] from given latents, where `sample` draws them.
   * @param latents [count, latent]
   * @param options `seed`: for other random numbers of the sampler, if there are any
   * @throws RangeError (as a rejection) if the latents are not complete rows, or not finite
   * @example (await tinyGan.trained(runtime, [2]).generate([0, 0, 1, 1, 2, 2])).shape // [3, 2]
   */
  async generate(latents: Values | ArrayLike<number>, options: GenerateOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed"]);
    return this.generated(latents, options, {
      name: "generate",
      sampler: (drawing) => this.family.sampler(this.shape, drawing),
    });
  }

  /**
   * Samples [steps, ...shape] along a path between two latents.
   * @throws RangeError if an end does not have as many values as a latent
   * @example (await tinyGan.trained(runtime, [2]).interpolate([0, 0], [1, 1], { steps: 5 })).shape // [5, 2]
   */
  interpolate(from: ArrayLike<number>, to: ArrayLike<number>, options: InterpolateOptions = {}): Promise<Values> {
    const size = sizeOf(firstInput(this.family.sampler(this.shape)).shape);
    return this.along(latentPath(from, to, size, options));
  }

  /** Samples of `interpolate` for the latents of its path. */
  protected along(latents: readonly number[]): Promise<Values> {
    return this.generate(latents);
  }

  /**
   * How strange each record is to the model, [count]; higher is stranger. Of a GAN: minus the discriminator's logit.
   * @param records a data set, or normalised values [count, ...shape]
   * @throws RangeError (as a rejection) if the records do not have the model's shape
   * @example (await tinyGan.trained(runtime, [2]).score([0, 0, 1, 1])).shape // [2]
   */
  async score(records: Records, options: object = {}): Promise<Values> {
    checkOptions("score", options, []);
    const { family, shape } = this;
    if (!family.scorer)
      throw new UsageError(`score: a model of family ${family.kind} has no score`, { hint: "use another family" });
    return this.computed("score", valuesOf("score", records, shape), () => family.scorer?.(shape) as RowFunction);
  }

  /**
   * The layers of the sampler with their shapes and parameters, its memory, and the operations of one sample.
   * @example tinyGan.trained(runtime, [2]).summary().parameters > 0 // true
   */
  summary(): Summary {
    return summaryOf(this.runtime, this.family, this.shape);
  }

  /** Samples of a sampler from given values of its first input. */
  protected async generated(
    latents: Values | ArrayLike<number>,
    how: GenerateOptions & Pick<SampleOptions, "temperature">,
    drawing: Omit<Drawing, "what" | "given">,
  ): Promise<Values> {
    const size = sizeOf(firstInput(drawing.sampler({})).shape);
    const given = latentsOf("generate", latents instanceof Values ? latents.data : latents, size);
    return this.drawn(given.length / size, { ...how, untrained: true }, { ...drawing, what: "generate", given });
  }

  /** Samples of a sampler. Block by block, so that memory does not grow with their number. */
  protected async drawn(count: number, how: SampleOptions, drawing: Drawing): Promise<Values> {
    const { what, given } = drawing;
    const { seed, first, temperature, untrained } = checkedSampling(what, how);
    const size = sizeOf(this.shape);
    const data = roomFor(count, size);
    checkNumber(what, "first", first, { whole: true, atMost: 2 ** 53 - count });
    const program = this.#drawing(drawing, temperature !== 1);
    return this.inTurn(async () => {
      if (!untrained) this.insistTrained(what, program.sampler.variables);
      await program.run(data, { seed, first, count, temperature, given });
      return new Values(data, [count, ...this.shape]);
    });
  }

  /**
   * Results [count] of a function of rows.
   * @param name of the function; functions of one name must be equal
   */
  protected async computed(name: string, rows: Float32Array, make: () => RowFunction, seed = 0): Promise<Values> {
    let program = this.#functions.get(name);
    if (!program) {
      const made = make();
      const { name: input, shape } = firstInput(made);
      program = this.own(
        new RowProgram(this.runtime, {
          name: `${this.family.kind} ${name}`,
          shape,
          block: rowsOf(made),
          build: (values) => ({ out: made.graph({ [input]: values }) }),
          streams: evaluationStreams,
          sharesDraws: true,
        }),
      );
      this.#functions.set(name, program);
    }
    const running = program;
    const { out } = await this.inTurn(() => running.run(rows, seed));
    return new Values(out, [out.length]);
  }

  /** Throws UsageError if the model's values are the random numbers that every model begins with. */
  protected insistTrained(what: string, variables: readonly Variable[]): void {
    const one = this.runtime.untouched(variables);
    if (!one) return;
    throw new UsageError(
      `${what}: this ${this.family.kind.toUpperCase()} was not trained: ${one.name} has its initial random values`,
      {
        code: "ERR_UNTRAINED",
        hint: "train the model or load its weights in this runtime first; { untrained: true } samples it as it is",
      },
    );
  }

  #drawing(drawing: Drawing, tempered: boolean): SampleProgram {
    const key = `${drawing.name}${tempered ? " at a temperature" : ""}`;
    const made =
      this.#programs.get(key) ??
      this.own(new SampleProgram(this.runtime, `${this.family.kind} ${key}`, drawing, tempered));
    this.#programs.set(key, made);
    return made;
  }
}
