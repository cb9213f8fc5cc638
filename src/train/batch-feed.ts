/**
 * How records get into a training's batches. In memory: all of them are one variable, and the step's program gathers a
 * random permutation of its rows. Streamed: the host works out which records that permutation names in the next steps,
 * has them read while earlier ones are trained on, and the program gathers from where they were put. Both give the same
 * bits: the permutation has a stream of random numbers of its own, whose words the host knows too.
 */
import { recordLength } from "../data/dataset.js";
import { isStreamed, type StreamedDataset, type TrainingData } from "../data/stream.js";
import type { Updates } from "../layers/layer.js";
import { zeros } from "../initializers.js";
import type { BatchSource } from "../models/family.js";
import { add, mul } from "../ops/elementwise.js";
import { cast, gather } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { randomPermutation } from "../ops/random.js";
import { permutation } from "../random.js";
import type { Runtime } from "../runtime.js";
import { elementBytes, type Tensor, variable, type Variable } from "../tensor.js";

/** Stream of the order of records: apart from those that programs number from 0. */
const orderStream = 0x1000_0000;

export interface FeedOptions {
  readonly batchSize: number;
  /** Batches of one step. */
  readonly draws: number;
  readonly seed: number;
  /** Steps in all. */
  readonly steps: number;
}

export interface BatchFeed {
  /** The batches of one trace of the step. */
  batches(): BatchSource;
  /** What the feed itself keeps from step to step. */
  readonly updates: Updates;
  /** Puts in place what the steps from `step` on need; resolves with how many of the next `most` can run. */
  ready(step: number, most: number): Promise<number>;
  /** Gives back what it has of the runtime's memory. */
  release(): void;
}

export function batchFeed(runtime: Runtime, data: TrainingData, options: FeedOptions): BatchFeed {
  return isStreamed(data) ? new StreamFeed(runtime, data, options) : memoryFeed(runtime, data, options);
}

/** `rows` [n, ...shape] at the indices that `next` gives for each batch. */
function source(
  { shape, scale, shift }: TrainingData,
  { batchSize }: FeedOptions,
  rows: Variable,
  next: (draw: number) => Tensor,
): BatchSource {
  let draw = 0;
  return {
    size: batchSize,
    shape,
    next: () => gather(rows, next(draw++).named("batch indices"), { scale, shift }).named("batch"),
  };
}

function memoryFeed(runtime: Runtime, data: Exclude<TrainingData, StreamedDataset>, options: FeedOptions): BatchFeed {
  const { name, count, shape, records } = data;
  const rows = variable({
    name: `data/${name}`,
    shape: [count, ...shape],
    dtype: records instanceof Uint8Array ? "u8" : "f32",
    data: records,
  });
  const { batchSize, draws } = options;
  const order = (draw: number) => randomPermutation(batchSize, count, { draw, draws, stream: orderStream });
  return {
    batches: () => source(data, options, rows, order),
    updates: new Map(),
    ready: async (_step, most) => most,
    release: () => runtime.release([rows]),
  };
}

/** Blocks of steps: the records of one are in the runtime, those of the next on their way. */
class StreamFeed implements BatchFeed {
  /** Steps of a block. */
  readonly #length: number;
  readonly #rows: Variable;
  /** Steps since the block began: where the program finds its records. */
  readonly #cursor = variable({ name: "data/cursor", shape: [], initializer: zeros });
  #held = -1;
  #ahead: { readonly block: number; readonly values: Promise<Uint8Array | Float32Array> } | undefined;
  readonly updates: Updates = new Map([[this.#cursor, add(this.#cursor, 1)]]);

  constructor(
    private readonly runtime: Runtime,
    private readonly data: StreamedDataset,
    private readonly options: FeedOptions,
  ) {
    const { name, shape, dtype, bufferBytes } = data;
    const { batchSize, draws, steps } = options;
    const stepBytes = batchSize * draws * recordLength(shape) * elementBytes[dtype];
    // Positions are counted in f32, which is exact to 2^24.
    const most = Math.min(steps, Math.floor(2 ** 24 / (batchSize * draws)));
    this.#length = Math.max(1, Math.min(most, Math.floor(bufferBytes / stepBytes)));
    this.#rows = variable({ name: `data/${name}`, shape: [this.#length * draws * batchSize, ...shape], dtype });
  }

  batches(): BatchSource {
    const { batchSize, draws } = this.options;
    return source(this.data, this.options, this.#rows, (draw) => {
      const within = Float32Array.from({ length: batchSize }, (_, i) => draw * batchSize + i);
      return cast(add(mul(this.#cursor, draws * batchSize), literal(within, [batchSize])), "i32");
    });
  }

  async ready(step: number, most: number): Promise<number> {
    const block = Math.floor(step / this.#length);
    const begun = step - block * this.#length;
    if (this.#held !== block) {
      await this.runtime.write(this.#rows, await this.#take(block));
      this.#held = block;
      if ((block + 1) * this.#length < this.options.steps)
        this.#ahead = { block: block + 1, values: this.#read(block + 1) };
    }
    await this.runtime.write(this.#cursor, [begun]);
    return Math.min(most, this.#length - begun);
  }

  release(): void {
    this.#ahead = undefined;
    this.#held = -1;
    this.runtime.release([this.#rows, this.#cursor]);
  }

  /** The records of a block, filled up to its length. */
  async #take(block: number): Promise<Uint8Array | Float32Array> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const values = await (ahead?.block === block ? ahead.values : this.#read(block));
    if (values.length === this.#rows.size) return values;
    const whole = this.data.dtype === "u8" ? new Uint8Array(this.#rows.size) : new Float32Array(this.#rows.size);
    whole.set(values);
    return whole;
  }

  #read(block: number): Promise<Uint8Array | Float32Array> {
    const { batchSize, draws, seed, steps } = this.options;
    const { count, stream } = this.data;
    const [first, end] = [block * this.#length, Math.min(steps, (block + 1) * this.#length)];
    const indices = new Int32Array((end - first) * draws * batchSize);
    for (let step = first; step < end; step++) {
      for (let draw = 0; draw < draws; draw++) {
        const order = permutation(batchSize, count, { seed, step, stream: orderStream }, { draw, draws });
        indices.set(order, ((step - first) * draws + draw) * batchSize);
      }
    }
    const values = stream.read(indices);
    // A failure is met where the records are needed, not where they were asked for.
    values.catch(() => undefined);
    return values;
  }
}
