/**
 * Transfer of records into the batches of a training. Data in memory: all records are one variable, and the step's
 * program gathers its rows in the order of a random permutation. Data read from disk: the host computes which records
 * the permutation selects in the next steps and reads them during earlier steps; the program gathers them by position.
 * Both give the same bits, because the permutation has its own stream of random numbers, which the host can compute.
 */
import { recordLength } from "../data/dataset.js";
import type { MaskSource } from "../data/mask.js";
import { isStreamed, type StreamedDataset, type TrainingData } from "../data/training-data.js";
import { strataOf } from "../data/tables/strata.js";
import type { Updates } from "../layers/layer.js";
import { zeros } from "../layers/initializers.js";
import type { Batch, BatchSource } from "./family.js";
import { add, mul } from "../ops/elementwise.js";
import { cast, gather } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { randomPermutation } from "../ops/random.js";
import { permutation } from "../numbers/philox.js";
import type { Runtime } from "../host/runtime.js";
import type { Tensor } from "../graph/tensor.js";
import { variable, type Variable } from "../graph/variable.js";
import { elementBytes } from "../graph/dtype.js";
import type { TypedArray } from "../graph/values.js";
import { orderStream } from "../numbers/streams.js";
import { stratifiedDraw } from "./stratified-draw.js";

export interface FeedOptions {
  /** Records of this rank in each batch. */
  readonly batchSize: number;
  /** This rank among those that have parts of each batch; default: it is alone. */
  readonly part?: { readonly rank: number; readonly size: number } | undefined;
  /** Number of batches per step. */
  readonly draws: number;
  readonly seed: number;
  /** Total number of steps. */
  readonly steps: number;
  /** Whether the rows of a table are drawn by class, for a conditional model. */
  readonly byClass?: boolean;
}

export interface BatchFeed {
  /** The batches for one trace of the step's function. */
  batches(): BatchSource;
  /** Updates of the feed's own variables in each step. */
  readonly updates: Updates;
  /** Loads the records that the steps from `step` on need; resolves with how many of the next `most` steps can run. */
  ready(step: number, most: number): Promise<number>;
  /** Draws the order of the records from another seed, from now on. */
  reseed(seed: number): void;
  /** Frees the feed's variables in the runtime. */
  release(): void;
}

/** The batches of a training, from records in memory or from a streamed data set. */
export function batchFeed(runtime: Runtime, data: TrainingData, options: FeedOptions): BatchFeed {
  return isStreamed(data) ? new StreamingFeed(runtime, data, options) : memoryFeed(runtime, data, options);
}

/**
 * Variables that the parts of batches are gathered from, one row per record. A part has memory only if a step uses it.
 */
type Tables = Readonly<Partial<Record<keyof Batch, Variable>>>;

function tablesOf(
  { name, shape, labels, mask }: TrainingData,
  rows: number,
  values: Variable,
  held: Held = {},
): Tables {
  const path = `data/${name}`;
  return {
    values,
    ...(labels && { labels: variable({ name: `${path}/labels`, shape: [rows], dtype: "i32", ...held.labels }) }),
    ...(mask && { mask: variable({ name: `${path}/mask`, shape: [rows, ...shape], dtype: "u8", ...held.mask }) }),
  };
}

/** Initial values of tables that hold all records. */
type Held = Readonly<Partial<Record<"labels" | "mask", { readonly data: TypedArray }>>>;

/** The records of a batch, and their classes if those were drawn first. */
interface Drawn {
  readonly index: Tensor;
  readonly labels?: Tensor;
}

/** Batches of the table rows at the indices that `next` returns; `ask` is called with each part that a step uses. */
function source(
  { shape, scale, shift }: TrainingData,
  { batchSize }: FeedOptions,
  tables: Tables,
  next: (draw: number) => Drawn,
  ask: (part: keyof Batch) => void = () => undefined,
): BatchSource {
  let draw = 0;
  return {
    size: batchSize,
    shape,
    next() {
      const drawn = next(draw++);
      const index = drawn.index.named("batch indices");
      const made = new Map<keyof Batch, Tensor>();
      const part = (name: keyof Batch, rows: (table: Variable) => Tensor): Tensor | undefined => {
        const table = tables[name];
        if (!table) return undefined;
        ask(name);
        const found = made.get(name) ?? rows(table);
        made.set(name, found);
        return found;
      };
      return {
        get values() {
          return part("values", (table) => gather(table, index, { scale, shift }).named("batch")) as Tensor;
        },
        get labels() {
          if (drawn.labels) return drawn.labels;
          return part("labels", (table) => cast(gather(table, index), "i32").named("batch labels"));
        },
        get mask() {
          return part("mask", (table) => gather(table, index).named("batch mask"));
        },
      };
    },
  };
}

function memoryFeed(runtime: Runtime, data: Exclude<TrainingData, StreamedDataset>, options: FeedOptions): BatchFeed {
  const { name, count, shape, records, labels, mask } = data;
  const rows = variable({
    name: `data/${name}`,
    shape: [count, ...shape],
    dtype: records instanceof Uint8Array ? "u8" : "f32",
    data: records,
  });
  const tables = tablesOf(data, count, rows, {
    ...(labels && { labels: { data: labels } }),
    ...(mask && { mask: { data: mask } }),
  });
  const { batchSize, draws } = options;
  const order = (draw: number) => ({
    index: randomPermutation(batchSize, count, { draw, draws, stream: orderStream }),
  });
  const strata = options.byClass ? strataOf(data) : undefined;
  const byClass = strata && stratifiedDraw(name, strata);
  return {
    batches: () => source(data, options, tables, byClass ? () => byClass.next(batchSize) : order),
    updates: new Map(),
    ready: async (_step, most) => most,
    // The program draws the order, from the seed of its run.
    reseed: () => undefined,
    release: () => runtime.release([...Object.values(tables), ...(byClass ? [byClass.variable] : [])]),
  };
}

/** Rows read from the disk, by part. */
type Parts = ReadonlyMap<keyof Batch, TypedArray>;

/** Feed of data on disk, in blocks of steps: while the steps of one block run, the records of the next are read. */
class StreamingFeed implements BatchFeed {
  /** Number of steps per block. */
  readonly #length: number;
  readonly #tables: Tables;
  /** Parts of batches that steps use; only these are read. */
  readonly #asked = new Set<keyof Batch>();
  /** Steps since the block began, which give the position of a step's records in the tables. */
  readonly #cursor = variable({ name: "data/cursor", shape: [], initializer: zeros });
  /** Key of the block whose parts are in the runtime. */
  #held = "";
  #ahead: { readonly key: string; readonly parts: Promise<Parts> } | undefined;
  #seed: number;
  readonly updates: Updates = new Map([[this.#cursor, add(this.#cursor, 1)]]);

  constructor(
    private readonly runtime: Runtime,
    private readonly data: StreamedDataset,
    private readonly options: FeedOptions,
  ) {
    const { name, shape, dtype, bufferBytes } = data;
    const { batchSize, draws, seed, steps } = options;
    this.#seed = seed;
    const stepBytes = batchSize * draws * recordLength(shape) * elementBytes[dtype];
    // Positions are computed in f32, which is exact up to 2^24.
    const most = Math.min(steps, Math.floor(2 ** 24 / (batchSize * draws)));
    this.#length = Math.max(1, Math.min(most, Math.floor(bufferBytes / stepBytes)));
    const rows = this.#length * draws * batchSize;
    this.#tables = tablesOf(data, rows, variable({ name: `data/${name}`, shape: [rows, ...shape], dtype }));
  }

  batches(): BatchSource {
    const { batchSize, draws } = this.options;
    const next = (draw: number) => {
      const within = Float32Array.from({ length: batchSize }, (_, i) => draw * batchSize + i);
      return { index: cast(add(mul(this.#cursor, draws * batchSize), literal(within, [batchSize])), "i32") };
    };
    return source(this.data, this.options, this.#tables, next, (part) => this.#asked.add(part));
  }

  async ready(step: number, most: number): Promise<number> {
    const block = Math.floor(step / this.#length);
    const begun = step - block * this.#length;
    const key = this.#key(block);
    if (this.#held !== key) {
      const ahead = this.#ahead;
      this.#ahead = undefined;
      for (const [part, values] of await (ahead?.key === key ? ahead.parts : this.#read(block)))
        await this.#write(this.#tables[part] as Variable, values);
      this.#held = key;
      if ((block + 1) * this.#length < this.options.steps)
        this.#ahead = { key: this.#key(block + 1), parts: this.#read(block + 1) };
    }
    await this.runtime.write(this.#cursor, [begun]);
    return Math.min(most, this.#length - begun);
  }

  reseed(seed: number): void {
    this.#seed = seed;
    this.#ahead = undefined;
    this.#held = "";
  }

  release(): void {
    this.#ahead = undefined;
    this.#held = "";
    this.runtime.release([...Object.values(this.#tables), this.#cursor]);
  }

  /** Key of a block and the parts that are read. */
  #key(block: number): string {
    return [block, ...this.#asked].join();
  }

  /** Writes the rows of a block, padded with zeros to the table's size. */
  async #write(table: Variable, values: TypedArray): Promise<void> {
    if (values.length === table.size) return this.runtime.write(table, values);
    const whole = new (values.constructor as new (length: number) => TypedArray)(table.size);
    whole.set(values);
    await this.runtime.write(table, whole);
  }

  #read(block: number): Promise<Parts> {
    const parts = this.#readParts(block);
    // An error is thrown when the records are needed, not as an unhandled rejection before.
    parts.catch(() => undefined);
    return parts;
  }

  async #readParts(block: number): Promise<Parts> {
    const { stream, labels, mask } = this.data;
    const indices = this.#indices(block);
    const readers: Readonly<Record<keyof Batch, () => TypedArray | Promise<TypedArray> | undefined>> = {
      values: () => stream.read(indices),
      labels: () => labels && indices.map((index) => labels[index]),
      mask: () => mask && (mask as MaskSource).read(indices),
    };
    const read = [...this.#asked].map(async (part) => [part, (await readers[part]()) as TypedArray] as const);
    return new Map(await Promise.all(read));
  }

  /** Indices of the records that the steps of a block use. */
  #indices(block: number): Int32Array {
    const { batchSize, draws, steps, part = { rank: 0, size: 1 } } = this.options;
    const seed = this.#seed;
    const { count } = this.data;
    const [first, end] = [block * this.#length, Math.min(steps, (block + 1) * this.#length)];
    const indices = new Int32Array((end - first) * draws * batchSize);
    for (let step = first; step < end; step++) {
      for (let draw = 0; draw < draws; draw++) {
        const clock = { seed, step, stream: orderStream };
        const order = permutation(part.size * batchSize, count, clock, { draw, draws });
        const own = order.subarray(part.rank * batchSize, (part.rank + 1) * batchSize);
        indices.set(own, ((step - first) * draws + draw) * batchSize);
      }
    }
    return indices;
  }
}
