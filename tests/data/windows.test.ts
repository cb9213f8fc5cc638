/** Windows of sequences: which there are, parts of them without a common token, and windows for evaluation. */
import { describe, expect, test } from "vitest";
import { characterCodec, datasets, evaluationWindows, lengthsOf, select, shuffled, split, take } from "#src/data/index";
import { holdOut } from "#src/data/hold-out";
import { inMemory } from "#src/data/stream";
import type { StreamedDataset, TrainingData } from "#src/data/training-data";

const counted = (length: number, first = 0) => Array.from({ length }, (_, i) => first + i);

/** The records of data, as lists. */
async function recordsOf(data: TrainingData): Promise<number[][]> {
  const { records, shape, count } = await inMemory(data, Number.POSITIVE_INFINITY);
  return Array.from({ length: count }, (_, i) => [...records.subarray(i * shape[0], (i + 1) * shape[0])]);
}

describe("datasets.windows", () => {
  test("begin at every multiple of the stride of each sequence", async () => {
    const data = datasets.windows({
      ...{ name: "pieces", sequences: [counted(7), [9], counted(4, 10)], length: 3, stride: 2 },
      labels: [2, 0, 1],
    });
    expect(data).toMatchObject({
      name: "pieces",
      count: 4,
      shape: [3],
      scale: 1,
      shift: 0,
      extent: [0, 13],
      dtype: "u8",
    });
    expect(data.tokens).toEqual({ vocabulary: 14, ended: false });
    expect(await recordsOf(data)).toEqual([
      [0, 1, 2],
      [2, 3, 4],
      [4, 5, 6],
      [10, 11, 12],
    ]);
    expect(data.labels).toEqual(Int32Array.of(2, 2, 2, 1));
    expect(lengthsOf(data)).toEqual(Int32Array.of(3, 3, 3, 3));
    expect(await data.stream.read(Int32Array.of(3, 0))).toEqual(Uint8Array.of(10, 11, 12, 0, 1, 2));
  });

  test("hold tokens of a large vocabulary as u16, and read them as f32", async () => {
    const data = datasets.windows({ sequences: [[0, 65_535, 256]], length: 2 });
    expect(data.dtype).toBe("f32");
    expect(data.windows?.tokens).toBeInstanceOf(Uint16Array);
    expect(await data.stream.read(Int32Array.of(1, 0))).toEqual(Float32Array.of(65_535, 256, 0, 65_535));
  });

  const codec = characterCodec({ alphabet: ["a", "b"], ended: true });
  test.each([
    [
      { sequences: [[1, 2], [1]], length: 3 },
      "a window has 3 tokens, and all 2 sequences are shorter: the longest has 2",
    ],
    [{ sequences: [[1, 2], []], length: 1 }, "sequence 1 must have at least one token, found none"],
    [
      { sequences: [[1, 2], [3]], length: 1, vocabulary: 3 },
      "token 0 of sequence 1 must be an integer from 0 to 2, found 3",
    ],
    [{ sequences: [[1, 2]], length: 0 }, "length must be an integer >= 1, found 0"],
    [{ sequences: [[1, 2]], length: 1, stride: 0 }, "stride must be an integer >= 1, found 0"],
    [{ sequences: [[1, 2]], length: 1, labels: [0, 1] }, "1 sequences must have 1 labels, found 2"],
    [{ sequences: [[1, 2]], length: 1, codec }, "the codec of windows must have ended: false"],
  ])("rejects %o", (options, message) => {
    expect(() => datasets.windows(options)).toThrow(RangeError);
    expect(() => datasets.windows(options)).toThrow(message);
  });
});

/** Tokens of all windows of a part; the sequences below have each number once. */
const tokensOf = async (data: TrainingData) => new Set((await recordsOf(data)).flat());

async function expectApart(train: TrainingData, valid: TrainingData): Promise<void> {
  const seen = await tokensOf(train);
  expect([...(await tokensOf(valid))].filter((token) => seen.has(token))).toEqual([]);
  expect(seen.size).toBeGreaterThan(0);
}

describe("parts of windows", () => {
  const long = datasets.windows({ sequences: [counted(200)], length: 8 });
  const many = datasets.windows({
    ...{ sequences: Array.from({ length: 10 }, (_, i) => counted(20, 20 * i)), length: 8 },
    labels: counted(10),
  });

  test("of one long sequence: its end is held out", async () => {
    const { train, valid } = split(long, 0.9);
    expect([long.count, valid.count, train.count]).toEqual([193, 19, 193 - 19 - 7]);
    expect(Math.min(...(await tokensOf(valid)))).toBe(200 - 7 - 19);
    await expectApart(train, valid);
  });

  test("of many sequences: whole ones are held out, by the seed", async () => {
    const { train, valid } = split(many, 0.7, { seed: 2 });
    expect([many.count, valid.count, train.count]).toEqual([130, 39, 91]);
    await expectApart(train, valid);
    expect(new Set(valid.labels).size).toBe(3);
    expect((await recordsOf(valid)).map(([first]) => Math.floor(first / 20))).toEqual([...(valid.labels ?? [])]);
    const other = split(many, 0.7, { seed: 3 }).valid;
    expect(new Set(other.labels)).not.toEqual(new Set(valid.labels));
  });

  test("of one long sequence among short ones: its end, if the others are too few", async () => {
    const data = datasets.windows({ sequences: [counted(10), counted(150, 10), counted(9, 160)], length: 8 });
    const { train, valid } = split(data, { train: 10, valid: 40 }, { seed: 1 });
    expect([valid.count, train.count]).toEqual([40, 10]);
    expect(Math.min(...(await tokensOf(valid)))).toBe(160 - 7 - 40);
    await expectApart(train, valid);
  });

  test("are apart also after shuffled, take and another split", async () => {
    for (const data of [shuffled(long, { seed: 4 }), shuffled(many, { seed: 4 })]) {
      const first = split(take(data, 100), 0.8, { seed: 5 });
      await expectApart(first.train, first.valid);
      const second = split(first.train, 0.8, { seed: 6 });
      await expectApart(second.train, second.valid);
    }
  });

  test("are held out like this by a run", async () => {
    const { train, heldOut } = holdOut(many, { count: 30, seed: 2 });
    expect([heldOut.count, train.count]).toEqual([26, 104]);
    await expectApart(train, heldOut);
  });

  test("cannot be so large that no window for training is left", () => {
    expect(() => split(datasets.windows({ sequences: [counted(20)], length: 16 }), { train: 2, valid: 3 })).toThrow(
      "split windows: no window of 16 tokens for training is left beside 3 for validation",
    );
  });

  test("take, select and shuffled are views in the order that was asked for", async () => {
    expect(await recordsOf(take(many, 2))).toEqual([counted(8), counted(8, 1)]);
    const few = select(many, [14, 0]);
    expect(await recordsOf(few)).toEqual([counted(8, 21), counted(8)]);
    expect(few.labels).toEqual(Int32Array.of(1, 0));
    const all = (await recordsOf(shuffled(many, { seed: 1 }))).map(([first]) => first);
    expect(all).not.toEqual((await recordsOf(many)).map(([first]) => first));
    expect(all.sort((a, b) => a - b)).toEqual((await recordsOf(many)).map(([first]) => first));
  });

  test("are plain records in memory", async () => {
    expect((await inMemory(take(long, 3), 1e6)) as unknown as StreamedDataset).not.toHaveProperty("windows");
  });
});

describe("split of records that are read during training", () => {
  test("gives the records of the same data in memory", async () => {
    const records = Float32Array.from({ length: 50 }, (_, i) => i);
    const read = async (indices: Int32Array) => Float32Array.from(indices, (index) => records[index]);
    const data = datasets.stream({ count: 50, shape: [1], dtype: "f32", extent: [0, 49], stream: { read } });
    const memory = split(datasets.from({ records, shape: [1] }), { train: 20, valid: 10 }, { seed: 8 });
    const parts = split(data, { train: 20, valid: 10 }, { seed: 8 });
    expect((await recordsOf(parts.train)).flat()).toEqual([...memory.train.records]);
    expect((await recordsOf(parts.valid)).flat()).toEqual([...memory.valid.records]);
  });
});

describe("evaluationWindows", () => {
  const lengths = [1, 3, 4, 5, 6, 7, 8, 23];
  test.each([
    [4, 0],
    [4, 2],
    [4, 3],
    [1, 0],
  ])("of %i tokens with context %i score each token once", (length, context) => {
    const found = evaluationWindows(
      lengths.map((one) => counted(one)),
      length,
      context,
    );
    lengths.forEach((total, sequence) => {
      const own = found.filter((one) => one.sequence === sequence);
      const scored = own.flatMap((one) => counted(one.length - one.context, one.start + one.context));
      expect(scored).toEqual(counted(total));
      for (const one of own) {
        expect(one.length).toBe(Math.min(length, total));
        expect(one.context).toBeGreaterThanOrEqual(Math.min(context, one.start + one.context));
      }
      expect([own[0].start, (own.at(-1)?.start ?? 0) + (own.at(-1)?.length ?? 0)]).toEqual([0, total]);
    });
  });

  test("rejects a context that leaves no token to be scored", () => {
    expect(() => evaluationWindows([[1]], 4, 4)).toThrow("context must be an integer >= 0 and < 4, found 4");
    expect(() => evaluationWindows([[1]], 0, 0)).toThrow("length must be an integer >= 1, found 0");
  });
});
