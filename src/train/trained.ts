/** A model with its values in a runtime: what is left to use once training is over. */
import { dispose } from "../disposable.js";
import { UsageError } from "../errors.js";
import type { Family } from "../models/family.js";
import { checkNumber, checkOptions, checkSeed } from "../options.js";
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";
import { type Shape, sizeOf } from "../shape.js";
import type { Tensor } from "../tensor.js";
import { Values } from "../values.js";
import { type Turns, turnsOf } from "./turns.js";

/** Samples drawn in one call of the program; more are drawn in turns, so memory stays bounded. */
const sampleBatch = 256;

/** First stream of sampling: apart from those of training, so that equal seeds do not mean equal noise. */
const sampleStreams = 0x2000_0000;

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

export class TrainedModel {
  readonly #programs = new Map<string, Program>();
  readonly #turns: Turns;
  readonly #owned: { release(): void }[] = [];
  #released = false;

  constructor(
    readonly family: Pick<Family, "kind" | "sample" | "variables">,
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
    return this.drawn(count, options.seed, "sample", (batch) => this.family.sample(batch, this.shape));
  }

  /** Samples by a graph of `batch` of them, which `kind` names. */
  protected async drawn(
    count: number,
    seed: number | undefined = 0,
    kind: string,
    build: (batch: number) => Tensor,
  ): Promise<Values> {
    checkSeed("sample", seed);
    const size = sizeOf(this.shape);
    const data = roomFor(count, size);
    return this.inTurn(async () => {
      for (let done = 0, turn = 0; done < count; done += sampleBatch, turn++) {
        const batch = count <= sampleBatch ? count : sampleBatch;
        const { samples } = await this.#program(batch, kind, build).run({}, { seed, step: turn });
        data.set(samples.data.subarray(0, Math.min(batch, count - done) * size), done * size);
      }
      return new Values(data, [count, ...this.shape]);
    });
  }

  #program(batch: number, kind: string, build: (batch: number) => Tensor): Program {
    const key = `${kind} ${batch}`;
    let program = this.#programs.get(key);
    if (!program) {
      program = this.own(
        this.runtime.compile(() => ({ outputs: { samples: build(batch) } }), {
          name: `${this.family.kind} ${key}`,
          streams: sampleStreams,
        }),
      );
      this.#programs.set(key, program);
    }
    return program;
  }
}
