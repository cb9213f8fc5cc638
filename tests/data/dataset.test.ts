import { describe, expect, test } from "vitest";
import { batches, dataset, select, shuffled, split, take, withRange } from "../../src/data/index.js";

/** n records of 3 values, the first of which is the record's index. */
function numbered(n: number) {
  const records = Float32Array.from({ length: 3 * n }, (_, i) => (i % 3 === 0 ? i / 3 : -1));
  return dataset({ name: "numbered", records, shape: [3], labels: Array.from({ length: n }, (_, i) => i % 4) });
}

const firsts = (records: ArrayLike<number>) => Array.from(records).filter((_, i) => i % 3 === 0);

describe("dataset", () => {
  test("is a frozen value with what was given and what follows from it", () => {
    const data = dataset({ records: new Uint8Array(2 * 784), shape: [28, 28, 1], labels: [3, 7] });
    expect(data).toMatchObject({ name: "data", count: 2, shape: [28, 28, 1], classes: 8, extent: [0, 255] });
    expect(data.labels).toEqual(Int32Array.of(3, 7));
    expect(Object.isFrozen(data) && Object.isFrozen(data.shape)).toBe(true);
  });

  test("u8 goes to [-1, 1], f32 stays as it is", () => {
    const bytes = dataset({ records: Uint8Array.of(0, 255), shape: [1] });
    expect([0 * bytes.scale + bytes.shift, 255 * bytes.scale + bytes.shift]).toEqual([-1, 1]);
    const floats = dataset({ records: Float32Array.of(-7, 5), shape: [1] });
    expect([floats.scale, floats.shift, ...floats.extent]).toEqual([1, 0, -7, 5]);
  });

  test("u8 of only 0 and 1 are bits, not the darkest of 256 greys", () => {
    const bits = dataset({ records: Uint8Array.of(0, 1, 1, 0), shape: [2] });
    expect([bits.extent, bits.scale, bits.shift]).toEqual([[0, 1], 2, -1]);
    const unit = withRange(bits, 0, 1);
    expect([unit.scale, unit.shift]).toEqual([1, 0]);
    for (const records of [Uint8Array.of(0, 2), Uint8Array.of(0, 0)])
      expect(dataset({ records, shape: [1] }).extent).toEqual([0, 255]);
    expect(dataset({ records: Uint8Array.of(0, 1), shape: [1], extent: [0, 255] }).extent).toEqual([0, 255]);
  });

  test("withRange carries the extent onto the range", () => {
    const unit = withRange(dataset({ records: Uint8Array.of(0, 9), shape: [1] }), 0, 1);
    expect([0 * unit.scale + unit.shift, 255 * unit.scale + unit.shift]).toEqual([0, 1]);
    const signed = withRange(dataset({ records: Float32Array.of(2, 6), shape: [1] }), -1, 1);
    expect([2, 4, 6].map((raw) => raw * signed.scale + signed.shift)).toEqual([-1, 0, 1]);
    const constant = withRange(dataset({ records: Float32Array.of(5, 5), shape: [1] }), 0, 1);
    expect(5 * constant.scale + constant.shift).toBe(0);
    expect(() => withRange(unit, 1, 1)).toThrow("range must be two rising finite numbers, found [1, 1]");
    expect(() => withRange(unit, 0, Number.NaN)).toThrow(RangeError);
  });

  test.each([
    [{ records: new Uint8Array(0), shape: [2] }, "must have at least one record, found none"],
    [{ records: new Uint8Array(5), shape: [2] }, "records must have a multiple of 2 values for shape [2], found 5"],
    [{ records: new Uint8Array(6), shape: [2], count: 2 }, "records must have 4 values for shape [2], found 6"],
    [{ records: new Uint8Array(4), shape: [] }, "the shape of a record must consist of integers >= 1, found []"],
    [{ records: new Uint8Array(4), shape: [2, 0] }, "integers >= 1, found [2, 0]"],
    [{ records: Float32Array.of(0, 1, 2, Number.NaN), shape: [2] }, "must be finite, found NaN in record 1 at index 1"],
    [{ records: Float32Array.of(0, Number.NEGATIVE_INFINITY), shape: [1] }, "found -Infinity in record 1 at index 0"],
    [{ records: new Uint8Array(2), shape: [1], labels: [0] }, "2 records must have 2 labels, found 1"],
    [{ records: new Uint8Array(2), shape: [1], labels: [0, -1] }, "found -1 for record 1"],
    [{ records: new Uint8Array(2), shape: [1], labels: [0, 1.5] }, "found 1.5 for record 1"],
    [
      { records: new Uint8Array(2), shape: [1], labels: [0, 3], classes: 3 },
      "integers from 0 to 2, found 3 for record 1",
    ],
    [
      { records: Uint8Array.of(0, 2), shape: [1], extent: [0, 1] as const },
      "values must lie in the extent [0, 1], found [0, 2]",
    ],
  ])("rejects %o", (options, message) => {
    expect(() => dataset({ name: "x", ...options })).toThrow(RangeError);
    expect(() => dataset({ name: "x", ...options })).toThrow(`dataset x: `);
    expect(() => dataset({ name: "x", ...options })).toThrow(message);
  });

  test("rejects other arrays with a TypeError", () => {
    const records = new Float64Array(2) as unknown as Float32Array;
    expect(() => dataset({ records, shape: [1] })).toThrow(TypeError);
    expect(() => dataset({ records, shape: [1] })).toThrow("found Float64Array");
  });
});

describe("orders", () => {
  test("take, select and shuffled keep records and labels together", () => {
    const data = numbered(10);
    expect(firsts(take(data, 4).records)).toEqual([0, 1, 2, 3]);
    expect(take(data, 99).count).toBe(10);
    expect(select(data, [7, 2])).toMatchObject({ count: 2, labels: Int32Array.of(3, 2) });
    const mixed = shuffled(data, { seed: 5 });
    const order = firsts(mixed.records);
    expect(order).not.toEqual(firsts(data.records));
    expect(order.toSorted((a, b) => a - b)).toEqual(firsts(data.records));
    expect(Array.from(mixed.labels ?? [])).toEqual(order.map((index) => index % 4));
    expect(firsts(shuffled(data, { seed: 5 }).records)).toEqual(order);
    expect(firsts(shuffled(data, { seed: 6 }).records)).not.toEqual(order);
    expect(() => take(data, 0)).toThrow("count must be an integer >= 1, found 0");
    expect(() => select(data, [10])).toThrow("index must be an integer from 0 to 9, found 10");
    expect(() => shuffled(data, { seed: -1 })).toThrow("seed must be an integer from 0 to 2^53 - 1, found -1");
  });

  test("split parts are disjoint and cover the whole", () => {
    const data = numbered(20);
    const { train, valid } = split(data, 0.9, { seed: 1 });
    expect([train.count, valid.count]).toEqual([18, 2]);
    expect([...firsts(train.records), ...firsts(valid.records)].toSorted((a, b) => a - b)).toEqual(
      firsts(data.records),
    );
    const counted = split(data, { train: 5, valid: 3 });
    expect([counted.train.count, counted.valid.count]).toEqual([5, 3]);
    expect(() => split(data, { train: 18, valid: 3 })).toThrow("the data must have at least 18 + 3 records, found 20");
    expect(() => split(data, 1)).toThrow("must be between 0 and 1, found 1");
    expect(() => split(data, 0.001)).toThrow("both counts must be integers >= 1, found 0 and 20");
  });
});

describe("batches", () => {
  test("drops or keeps the partial batch", () => {
    const sizes = (partial: "drop" | "keep") => [...batches(numbered(10), 4, { partial })].map((batch) => batch.shape);
    expect(sizes("drop")).toEqual([
      [4, 3],
      [4, 3],
    ]);
    expect(sizes("keep")).toEqual([
      [4, 3],
      [4, 3],
      [2, 3],
    ]);
    expect([...batches(numbered(3), 4)]).toEqual([]);
  });

  test("goes through every record once an epoch, in another order each epoch", () => {
    const data = numbered(100);
    const order = (seed: number, epoch: number) =>
      [...batches(data, 7, { seed, epoch, partial: "keep" })].flatMap((batch) => [...batch.indices]);
    expect(order(1, 0).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(order(1, 0)).toEqual(order(1, 0));
    expect(order(1, 1)).not.toEqual(order(1, 0));
    expect(order(2, 0)).not.toEqual(order(1, 0));
  });

  test("normalises values and carries labels", () => {
    const data = dataset({ records: Uint8Array.of(0, 255, 51, 102), shape: [2], labels: [1, 0] });
    const [batch] = batches(data, 2);
    expect(batch.values[0]).toBe(-1);
    expect(batch.values[1]).toBe(1);
    expect(batch.values[2]).toBeCloseTo(-0.6, 6);
    expect(batch.labels).toEqual(Int32Array.of(1, 0));
    expect(() => [...batches(data, 0)]).toThrow("size must be an integer >= 1, found 0");
  });
});
