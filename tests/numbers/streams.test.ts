/** Streams of random numbers: one table, whose ranges do not overlap; no other file defines a stream. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { adam, gan, layers as L, likelihoods, rbm, vae } from "#binding";
import type { Family } from "#src/train/family";
import { samplesOf } from "#src/train/sampler";
import { assignStreams } from "#src/graph/reference";
import { topologicalOrder } from "#src/graph/order";
import * as streams from "#src/numbers/streams";
import { Input } from "#src/graph/tensor";

const { dataStreams, streamRanges, ...bases } = streams;

test("every stream is in the table, and its range overlaps no other", () => {
  const single = Object.entries(dataStreams).map(([name, first]) => [name, first, 1] as const);
  const rows = [...streamRanges, ...single].sort(([, a], [, b]) => a - b);
  for (const [i, [name, first, count]] of rows.entries()) {
    expect(count, name).toBeGreaterThanOrEqual(1);
    const [next, end] = rows[i + 1] ?? ["the last word", 2 ** 32];
    expect(first + count, `${name} and ${next}`).toBeLessThanOrEqual(end);
  }
  const named = new Map(streamRanges.map(([name, first]) => [name, first]));
  expect(named.get("programs")).toBe(0);
  named.delete("programs");
  expect(Object.fromEntries(named)).toEqual(bases);
});

test("stream numbers have not changed: they determine the results of a seed", () => {
  expect(bases).toEqual({
    ...{
      orderStream: 268435456,
      labelStream: 285212672,
      sampleStreams: 536870912,
      sweepStreams: 553648128,
      startStreams: 570425344,
    },
    ...{ annealStreams: 587202560, baseRateStreams: 603979776, evaluationStreams: 805306368 },
    ...{
      initialStreams: 1073741824,
      bitStream: 1651078259,
      signalStreams: 939524096,
      fitStreams: 973078528,
      recoveryStream: 1342177280,
      trialValueStream: 1358954496,
      trialSeedStream: 1375731712,
    },
  });
  expect(Object.values(dataStreams).map((one) => one - 0xda7a0000)).toEqual([
    ...[1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x21, 0x22, 0x31, 0x41, 0x42, 0x43, 0x44, 0x45, 0x51, 0x52, 0x53],
  ]);
});

test("no other file contains a stream's number", () => {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const written = files.flatMap((name) =>
    [...readFileSync(root + name, "utf8").matchAll(/\w*streams?\w*\s*[:=]\s*(?:0x|[1-9])[\w_]*/gi)].map(
      ([text]) => `${name}: ${text}`,
    ),
  );
  expect(written.filter((one) => !one.startsWith("numbers/streams.ts: "))).toEqual([]);
  expect(written.length).toBeGreaterThan(Object.keys(bases).length - 1);
});

test("steps and samples of models stay within the ranges of their streams", () => {
  const augmented = L.sequential(L.augment(), L.flatten(), L.dense(8), L.dropout(0.3), L.dense(1));
  const optimizers = { generator: adam(1e-3), discriminator: adam(1e-3) };
  const families: Family[] = [
    gan({ latent: 2, generator: L.sequential(L.dense(16), L.reshape(4, 4, 1)), discriminator: augmented, optimizers }),
    vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(16), likelihood: likelihoods.gaussian() }),
    rbm({ hidden: 3, sweeps: 50 }),
  ];
  const range = (name: string) => streamRanges.find(([one]) => one === name) as (typeof streamRanges)[number];
  for (const family of families) {
    const shape = family.kind === "gan" ? [4, 4, 1] : [16];
    const step = family.step({ size: 3, shape, next: () => ({ values: new Input("x", [3, ...shape]) }) });
    for (const [name, roots] of [
      ["programs", [...Object.values(step.losses), ...step.updates.values()]],
      ["sampleStreams", [samplesOf(family.sampler(shape), 3)]],
    ] as const) {
      const [, first, count] = range(name);
      const taken = [...assignStreams(topologicalOrder(roots), first).values()];
      expect(taken.length, `${family.kind} ${name}`).toBeGreaterThan(0);
      for (const one of taken) expect(one >= first && one < first + count).toBe(true);
    }
  }
});
