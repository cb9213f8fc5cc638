/**
 * Batches in a step: values, labels and masks of the same records, from memory and from disk, and only the parts in
 * use.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, type Runtime, Variable } from "#binding";
import { binarised } from "#src/data/binarisation";
import { batches, type Dataset, select, shuffled, take } from "#src/data/index";
import { inMemory, streamed } from "#src/data/stream";
import type { StreamedDataset, TrainingData } from "#src/data/training-data";
import { fingerprint } from "#src/cli/run-data";
import type { Updates } from "#src/layers/layer";
import type { Batch, BatchSource, Family } from "#src/train/family";
import { add, mul } from "#src/ops/elementwise";
import { cast, oneHot } from "#src/ops/indexing";
import { reshape } from "#src/ops/movement";
import { mean, sum } from "#src/ops/reduction";
import { permutation } from "#src/numbers/philox";
import { batchFeed } from "#src/train/batch-feed";
import { TrainedModel } from "#src/train/trained";
import { orderStream } from "#src/numbers/streams";
import { Training } from "#src/train/training";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});

afterAll(() => runtime.close());

const count = 23;
const classes = 5;
const records = Uint8Array.from({ length: 3 * count }, (_, i) => (i * 37) % 256);
const labels = Int32Array.from({ length: count }, (_, i) => (i * 3) % classes);
const mask = Uint8Array.from({ length: 3 * count }, (_, i) => ((i * 5) % 7 < 4 ? 1 : 0));
const whole = datasets.from({ name: "cells", records, shape: [3], labels, classes, mask, range: [0, 1] });

const rowsOf = <A extends Uint8Array>(all: A, indices: ArrayLike<number>) =>
  Uint8Array.from(Array.from(indices).flatMap((index) => [...all.subarray(3 * index, 3 * index + 3)]));

/** The same records as sources that count how many records are read. */
function behind(bufferBytes: number): { data: StreamedDataset; read: { records: number; masks: number } } {
  const read = { records: 0, masks: 0 };
  const source = (name: keyof typeof read, all: Uint8Array) => ({
    read: async (indices: Int32Array) => {
      read[name] += indices.length;
      return rowsOf(all, indices);
    },
  });
  const data = streamed({
    ...{ name: "cells", count, shape: [3], labels, classes, range: [0, 1], bufferBytes },
    stream: source("records", records),
    mask: source("masks", mask),
  });
  return { data, read };
}

/** A family that uses the given `parts` of a batch: sums of values by class, of masked values, or both. */
function tally(parts: readonly (keyof Batch)[]): Family {
  const total = (name: string, shape: number[]) => new Variable({ name, shape });
  const sums = { values: total("sum", [3]), labels: total("classes", [classes]), mask: total("known", [3]) };
  const variables = parts.map((part) => sums[part]);
  return {
    kind: "gan",
    config: { kind: "gan" },
    draws: 2,
    variables,
    init: () => undefined,
    abilities: [],
    layers: () => [],
    sampler: () => ({ inputs: {}, graph: () => sums.values, variables }),
    trained: (on, shape) =>
      new TrainedModel(
        {
          kind: "gan",
          abilities: [],
          layers: () => [],
          config: { kind: "gan" },
          init: () => undefined,
          variables,
          sampler: () => ({ inputs: {}, graph: () => sums.values, variables }),
        },
        on,
        shape,
      ),
    step(source: BatchSource) {
      const updates: Updates = new Map();
      const grow = (part: keyof Batch, by: Parameters<typeof add>[1]) =>
        updates.set(sums[part], add(mul(updates.get(sums[part]) ?? sums[part], 0.75), by));
      for (let draw = 0; draw < 2; draw++) {
        const batch = source.next();
        if (parts.includes("values")) grow("values", sum(batch.values, { axes: 0 }));
        if (parts.includes("labels") && batch.labels) grow("labels", sum(oneHot(batch.labels, classes), { axes: 0 }));
        if (parts.includes("mask") && batch.mask) {
          const values = parts.includes("values") ? batch.values : 1;
          grow("mask", sum(mul(batch.mask, values), { axes: 0 }));
        }
      }
      return { losses: { size: mean(reshape(updates.get(variables[0]) ?? variables[0], [-1])) }, updates };
    },
  };
}

const options = { steps: 19, batchSize: 4, seed: 6 };

async function trained(parts: readonly (keyof Batch)[], data: TrainingData): Promise<Record<string, number[]>> {
  const training = new Training(tally(parts), runtime, data, options);
  await training.done;
  const { tensors } = await training.checkpoint();
  return Object.fromEntries(
    [...tensors].filter(([name]) => !name.startsWith("data/")).map(([name, { data }]) => [name, [...data]]),
  );
}

/** Expected result of the family, computed on the host in the order of the records that training draws. */
function expected(): Record<string, number[]> {
  const out = { sum: [0, 0, 0], classes: new Array<number>(classes).fill(0), known: [0, 0, 0] };
  const decay = (list: number[], by: number[]) => {
    for (const [i, x] of list.entries()) list[i] = x * 0.75 + by[i];
  };
  for (let step = 0; step < options.steps; step++)
    for (let draw = 0; draw < 2; draw++) {
      const order = permutation(4, count, { seed: 6, step, stream: orderStream }, { draw, draws: 2 });
      const value = (index: number, i: number) => records[3 * index + i] / 255;
      const column = (of: (index: number, i: number) => number) =>
        [0, 1, 2].map((i) => [...order].reduce((all, index) => all + of(index, i), 0));
      decay(out.sum, column(value));
      decay(
        out.known,
        column((index, i) => value(index, i) * mask[3 * index + i]),
      );
      decay(
        out.classes,
        out.classes.map((_, one) => [...order].filter((index) => labels[index] === one).length),
      );
    }
  return out;
}

describe("named parts", () => {
  test("belong to the same records: values, labels and masks", async () => {
    const found = await trained(["values", "labels", "mask"], whole);
    for (const [name, list] of Object.entries(expected()))
      for (const [i, value] of list.entries()) expect(found[name][i]).toBeCloseTo(value, 4);
    // Masks and classes differ between records, so another order would give other sums.
    expect(new Set([...found.classes, ...found.known]).size).toBeGreaterThan(4);
  });

  // Blocks of one step, of some steps, of all steps; a step has 8 records of 3 bytes.
  test.each([1, 100, 10_000])("read in blocks of %i bytes give the same bits as in memory", async (bytes) => {
    for (const parts of [["values"], ["labels"], ["values", "labels", "mask"], ["mask", "labels"]] as const)
      expect(await trained(parts, behind(bytes).data)).toEqual(await trained(parts, whole));
  });

  test("that are not used are not gathered, not in memory and not read", async () => {
    const variablesOf = (parts: readonly (keyof Batch)[]) => {
      const { variables } = new Training(tally(parts), runtime, whole, options).program().compiled();
      return [...variables].map(({ name }) => name).filter((name) => name.startsWith("data/"));
    };
    expect(variablesOf(["values"])).toEqual(["data/cells"]);
    expect(variablesOf(["labels"])).toEqual(["data/cells/labels"]);
    expect(variablesOf(["mask"])).toEqual(["data/cells/mask"]);
    const { data, read } = behind(100);
    await trained(["values"], data);
    expect(read).toEqual({ records: options.steps * 8, masks: 0 });
    const masked = behind(100);
    await trained(["mask"], masked.data);
    expect(masked.read).toEqual({ records: 0, masks: options.steps * 8 });
  });

  test("are undefined if the data have none", () => {
    const plain = datasets.from({ records, shape: [3] });
    const batch = batchFeed(runtime, plain, { ...options, draws: 1 })
      .batches()
      .next();
    expect([batch.labels, batch.mask]).toEqual([undefined, undefined]);
    expect(batch.values.shape).toEqual([4, 3]);
    const full = batchFeed(runtime, whole, { ...options, draws: 1 })
      .batches()
      .next();
    expect([full.labels?.dtype, full.labels?.shape, full.mask?.dtype, full.mask?.shape]).toEqual([
      "i32",
      [4],
      "f32",
      [4, 3],
    ]);
    // The second access returns the same node.
    expect(full.labels).toBe(full.labels);
    expect(cast(full.labels as never, "i32")).toBe(full.labels);
  });

  test("a part that a later trace uses is read from then on", async () => {
    const { data, read } = behind(10_000);
    const feed = batchFeed(runtime, data, { ...options, draws: 1 });
    const first = feed.batches().next();
    const program = runtime.compile(() => ({ outputs: { values: first.values }, updates: feed.updates }));
    await feed.ready(0, 1);
    await program.run();
    expect(read.masks).toBe(0);
    const second = feed.batches().next();
    const masks = runtime.compile(() => ({ outputs: { mask: second.mask as never }, updates: feed.updates }));
    await feed.ready(0, 1);
    const { mask: found } = await masks.run();
    const order = permutation(4, count, { seed: 6, step: 0, stream: orderStream });
    expect([...found.data]).toEqual([...rowsOf(mask, order)]);
  });
});

describe("a data set with a mask", () => {
  test("keeps it when records are selected or loaded into memory", async () => {
    const some = [4, 0, 22];
    expect(select(whole, some).mask).toEqual(rowsOf(mask, some));
    expect(take(whole, 2).mask).toEqual(mask.subarray(0, 6));
    const mixed = shuffled(whole, { seed: 3 });
    const first = [...Array(count).keys()].find(
      (i) => rowsOf(records, [i]).join() === mixed.records.subarray(0, 3).join(),
    );
    expect(mixed.mask?.subarray(0, 3)).toEqual(rowsOf(mask, [first as number]));
    const { mask: kept, ...rest } = (await inMemory(behind(1).data, 1e9)) as Dataset;
    expect(kept).toEqual(mask);
    expect(rest.labels).toEqual(labels);
    expect((await inMemory(take(behind(1).data, 5), 1e9)).mask).toEqual(mask.subarray(0, 15));
    expect(binarised(whole, 1).mask).toEqual(mask);
    const named = datasets.from({ records, shape: [3], labels, classNames: ["a", "b", "c", "d", "e"], range: [0, 1] });
    expect(binarised(named).classNames).toEqual(["a", "b", "c", "d", "e"]);
    const [batch] = batches(whole, 4, { seed: 1 });
    expect(batch.mask).toEqual(Float32Array.from(rowsOf(mask, batch.indices)));
  });

  test("has another hash than the same records without one", async () => {
    const { mask: _mask, ...plain } = whole;
    expect(await fingerprint(whole)).not.toBe(await fingerprint(plain));
    expect(await fingerprint(behind(1).data)).toBe(await fingerprint(whole));
  });

  test.each([
    [
      () => datasets.from({ records, shape: [3], mask: [1, 0] as never }),
      TypeError,
      "the mask must be a Uint8Array, found [1, 0]",
    ],
    [
      () => datasets.from({ records, shape: [3], mask: mask.subarray(3) }),
      RangeError,
      "69 values must have a mask of 69 values, found 66",
    ],
    [
      () => datasets.from({ records, shape: [3], mask: mask.map((one) => 2 * one) }),
      RangeError,
      "mask values must be 0 or 1, found 2 at index 0",
    ],
    [
      () => streamed({ count, shape: [3], stream: behind(1).data.stream, mask: mask as never }),
      TypeError,
      "datasets.stream: mask must be an object with the method read(indices), found an Uint8Array",
    ],
  ] as const)("%s", (build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});
