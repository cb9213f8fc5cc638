/** A model with its values in a runtime: what is left to use once training is over. */
import { dispose } from "../host/disposable.js";
import { UsageError } from "../errors.js";
import type { Family } from "./family.js";
import { firstInput, type Sampler, samplesOf } from "./sampler.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { type Shape, sizeOf } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import { type InterpolateOptions, latentPath, latentsOf } from "./latent-path.js";
import { type Turns, turnsOf } from "./turns.js";
import { sampleStreams } from "../numbers/streams.js";

/** Samples drawn in one call of the program; more are drawn in turns, so memory stays bounded. */
const sampleBatch = 256;

export interface SampleOptions {
  /** Seed of the latents (0): equal seeds give equal samples. */
  readonly seed?: number;
}

/** What a Float32Array holds in every engine. */
const mostValues = 2 ** 30;

/** An array for `count` samples of so many values. Throws RangeError where there cannot be as many. */
export function roomFor(count: number, size: number): Float32Array {
  checkNumber("sample", "count", count, { whole: true, atLeast: 1 });
  checkNumber("sample", "count", count, { whole: true, atMost: Math.floor(mostValues / size) });
  return new Float32Array(count * size);
}

/** Values of rows [rows, size] for one call: those from the row `from` on, filled up to `batch` rows. */
function blockOf(rows: Float32Array, size: number, from: number, batch: number): Float32Array {
  const values = new Float32Array(batch * size);
  values.set(rows.subarray(from * size, (from + batch) * size));
  return values;
}

export class TrainedModel {
  readonly #programs = new Map<string, Program>();
  readonly #turns: Turns;
  readonly #owned: { release(): void }[] = [];
  #released = false;

  constructor(
    readonly family: Pick<Family, "kind" | "sampler" | "variables">,
    protected readonly runtime: Runtime,
    readonly shape: Shape,
  ) {
    this.#turns = turnsOf(runtime, family);
    this.#turns.enter();
  }

  /**
   * Runs what takes several programs while no training changes the values. Internal; a task does not ask for a turn itself.
   * @throws UsageError (as a rejection) where the model was released
   */
  async inTurn<T>(task: () => Promise<T>): Promise<T> {
    if (this.#released)
      throw new UsageError(`${this.family.kind}: this trained model was released`, {
        code: "ERR_RELEASED",
        hint: "release it later, or load it again from what was saved",
      });
    return this.#turns.take(task);
  }

  /** Gives something back together with the model. Internal. */
  own<T extends { release(): void }>(one: T): T {
    this.#owned.push(one);
    return one;
  }

  /**
   * Gives back the memory of the samplers, once what was asked for before is drawn, and that of the parameters where no
   * other trained model of the same description uses them. The model cannot be used afterwards; a training of it goes
   * on. What is dropped comes back without it, but when the garbage collector likes. `using model = ...` does it at the
   * end of the block.
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
   * @throws RangeError where count is not a whole number of 1 or more
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).model.sample(4, { seed: 1 })).shape // [4, 2]
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, ["seed"]);
    return this.drawn(count, options.seed, "sample", this.family.sampler(this.shape));
  }

  /**
   * Samples [count, ...shape] of given latents, as `sample` makes them of drawn ones.
   * @param latents [count, latent]
   * @param options `seed` is of what else is drawn, if anything
   * @throws RangeError (as a rejection) where the latents are not a whole number of rows, or not finite
   * @example (await tinyGan.trained(runtime, [2]).generate([0, 0, 1, 1, 2, 2])).shape // [3, 2]
   */
  async generate(latents: Values | ArrayLike<number>, options: SampleOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed"]);
    return this.generated(latents, options.seed, "generate", this.family.sampler(this.shape));
  }

  /**
   * Samples [steps, ...shape] along a path between two latents.
   * @throws RangeError where an end does not have as many values as a latent
   * @example (await tinyGan.trained(runtime, [2]).interpolate([0, 0], [1, 1], { steps: 5 })).shape // [5, 2]
   */
  interpolate(from: ArrayLike<number>, to: ArrayLike<number>, options: InterpolateOptions = {}): Promise<Values> {
    const size = sizeOf(firstInput(this.family.sampler(this.shape)).shape);
    return this.along(latentPath(from, to, size, options));
  }

  /** What `interpolate` gives of the latents of its path. */
  protected along(latents: readonly number[]): Promise<Values> {
    return this.generate(latents);
  }

  /** Samples by a sampler, which `kind` names, of given values of its first input. */
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

  /** Samples by a sampler, which `kind` names; its first input has the values of `rows` where they are given. */
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
          // What is drawn besides an input has the streams that it has behind a drawn one: the same latents give the same bits.
          streams: sampleStreams + (fed === undefined ? 0 : 1),
        }),
      );
      this.#programs.set(key, program);
    }
    return program;
  }
}
