/** Trained models: sampling from a model whose values are in a runtime. */
import { dispose } from "../host/disposable.js";
import { UsageError } from "../errors.js";
import { firstInput, type Sampler, samplesOf } from "./sampler.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { type Shape, sizeOf } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { type DataDescription, describedData } from "./data-description.js";
import { type InterpolateOptions, latentPath, latentsOf } from "./latent-path.js";
import { type Turns, turnsOf } from "./turns.js";
import { sampleStreams } from "../numbers/streams.js";

/** Maximum samples per run of the program; more are drawn in several runs, so memory stays bounded. */
const sampleBatch = 256;

export interface SampleOptions {
  /** Seed of the latents; default 0. Equal seeds give equal samples. */
  readonly seed?: number;
}

/** Maximum length of a Float32Array that every engine supports. */
const mostValues = 2 ** 30;

/** An array for `count` samples of `size` values. Throws RangeError if count is invalid or too large. */
export function roomFor(count: number, size: number): Float32Array {
  checkNumber("sample", "count", count, { whole: true, atLeast: 1 });
  checkNumber("sample", "count", count, { whole: true, atMost: Math.floor(mostValues / size) });
  return new Float32Array(count * size);
}

/** `batch` rows of [rows, size] from row `from` on, padded with zeros. */
function blockOf(rows: Float32Array, size: number, from: number, batch: number): Float32Array {
  const values = new Float32Array(batch * size);
  values.set(rows.subarray(from * size, (from + batch) * size));
  return values;
}

export type FamilyKind = "gan" | "vae" | "rbm";

/** What a trained model needs of its family: how samples are made, and from which variables. */
export interface SampledFamily {
  readonly kind: FamilyKind;
  /**
   * The sampler of samples [count, ...shape], with averaged parameters if the model keeps any. Creates its variables.
   */
  sampler(shape: Shape): Sampler;
  /** Variables that samplers need and checkpoints must keep; complete after `init` or after a step was built. */
  readonly variables: readonly Variable[];
}

/** What every trained model can do: sample, generate from latents, interpolate, and release its memory. */
export class TrainedModel {
  readonly #programs = new Map<string, Program>();
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
   * @throws RangeError if count is not an integer of 1 or more
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).model.sample(4, { seed: 1 })).shape // [4, 2]
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, ["seed"]);
    return this.drawn(count, options.seed, "sample", this.family.sampler(this.shape));
  }

  /**
   * Samples [count, ...shape] from given latents, where `sample` draws them.
   * @param latents [count, latent]
   * @param options `seed`: for other random numbers of the sampler, if there are any
   * @throws RangeError (as a rejection) if the latents are not complete rows, or not finite
   * @example (await tinyGan.trained(runtime, [2]).generate([0, 0, 1, 1, 2, 2])).shape // [3, 2]
   */
  async generate(latents: Values | ArrayLike<number>, options: SampleOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed"]);
    return this.generated(latents, options.seed, "generate", this.family.sampler(this.shape));
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

  /** Samples of a sampler from given values of its first input. `kind` names the program. */
  protected async generated(
    latents: Values | ArrayLike<number>,
    seed: number | undefined,
    kind: string,
    sampler: Sampler,
  ): Promise<Values> {
    const size = sizeOf(firstInput(sampler).shape);
    const rows = latentsOf("generate", latents instanceof Values ? latents.data : latents, size);
    return this.drawn(rows.length / size, seed, kind, sampler, rows);
  }

  /** Samples of a sampler, from `rows` as its first input if given. `kind` names the program. */
  protected async drawn(
    count: number,
    seed: number | undefined = 0,
    kind: string,
    sampler: Sampler,
    rows?: Float32Array,
  ): Promise<Values> {
    checkSeed("sample", seed);
    const size = sizeOf(this.shape);
    const data = roomFor(count, size);
    const batch = Math.min(count, sampleBatch);
    const input = rows && firstInput(sampler);
    const program = this.#program(batch, kind, sampler, input?.name);
    return this.inTurn(async () => {
      for (let done = 0, step = 0; done < count; done += batch, step++) {
        const feeds = input ? { [input.name]: blockOf(rows, sizeOf(input.shape), done, batch) } : {};
        const { samples } = await program.run(feeds, { seed, step });
        data.set(samples.data.subarray(0, Math.min(batch, count - done) * size), done * size);
      }
      return new Values(data, [count, ...this.shape]);
    });
  }

  #program(batch: number, kind: string, sampler: Sampler, fed: string | undefined): Program {
    const key = `${kind} ${batch}`;
    let program = this.#programs.get(key);
    if (!program) {
      program = this.own(
        this.runtime.compile(({ input }) => ({ outputs: { samples: samplesOf(sampler, batch, fed, input) } }), {
          name: `${this.family.kind} ${key}`,
          // A fed input draws no random numbers, so skip its stream: given latents then give the same bits as the same
          // latents drawn.
          streams: sampleStreams + (fed === undefined ? 0 : 1),
        }),
      );
      this.#programs.set(key, program);
    }
    return program;
  }
}
