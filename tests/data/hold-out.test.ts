/** Held-out records: disjoint parts, the same in memory and streamed, and the same as `split`. */
import { describe, expect, test } from "vitest";
import { datasets } from "#binding";
import { holdOut } from "#src/data/hold-out";
import { split } from "#src/data/index";
import { inMemory } from "#src/data/stream";
import type { Dataset } from "#src/data/training-data";

const count = 100;
const records = Float32Array.from({ length: count }, (_, i) => i);
const labels = Int32Array.from({ length: count }, (_, i) => i % 7);
const mask = Uint8Array.from({ length: count }, (_, i) => (i % 3) % 2);
const held = datasets.from({ name: "numbers", records, shape: [1], labels, mask });
const streamed = datasets.stream({
  ...{ name: "numbers", count, shape: [1], dtype: "f32", labels, extent: [0, count - 1] },
  stream: { read: async (indices) => Float32Array.from(indices, (index) => records[index]) },
  mask: { read: async (indices) => Uint8Array.from(indices, (index) => mask[index]) },
});
const of = ({ records, labels, mask, count }: Dataset) => ({ records, labels, mask, count });

describe("holdOut", () => {
  test("gives two parts without a common record, all records together", () => {
    const { train, heldOut } = holdOut(held, { count: 30, seed: 5 }) as Record<"train" | "heldOut", Dataset>;
    expect([train.count, heldOut.count]).toEqual([70, 30]);
    expect([...train.records, ...heldOut.records].sort((a, b) => a - b)).toEqual([...records]);
    for (const part of [train, heldOut]) {
      part.records.forEach((value, i) => {
        expect([part.labels?.[i], part.mask?.[i]]).toEqual([labels[value], mask[value]]);
      });
    }
  });

  test("is the same in memory, streamed, and by split", async () => {
    const memory = holdOut(held, { count: 30, seed: 5 });
    const stream = holdOut(streamed, { count: 30, seed: 5 });
    const parts = split(held, { train: 70, valid: 30 }, { seed: 5 });
    for (const [name, other] of [
      ["train", parts.train],
      ["heldOut", parts.valid],
    ] as const) {
      expect(of(memory[name] as Dataset)).toEqual(of(other));
      expect(of(await inMemory(stream[name], 2 ** 20))).toEqual(of(other));
    }
    expect(of(holdOut(held, { count: 30, seed: 6 }).heldOut as Dataset)).not.toEqual(of(parts.valid));
  });

  test.each([0, 100, 1.5])("holds out neither none nor all: %s", (wanted) => {
    expect(() => holdOut(held, { count: wanted, seed: 0 })).toThrow(
      `hold out of numbers: count must be an integer >= 1 and <= 99, found ${wanted}`,
    );
  });
});
