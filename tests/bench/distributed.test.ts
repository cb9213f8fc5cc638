/** Benchmarks of trainings by ranks: what rank 0 reports. */
import { expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L, localGroup } from "#binding";
import { benchDistributed } from "#src/bench/distributed";
import type { TrainingWorkload } from "#src/bench/trainings";

const tiny: TrainingWorkload = {
  name: "train tiny",
  summary: "",
  train: (runtime, how) =>
    gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) }).train(runtime, datasets.ring({ count: 100 }), {
      batchSize: 8,
      ...how,
    }),
};

test("counts exchanges and values of a step, and times one rank beside the group", async () => {
  const start = (threads: number) => createRuntime({ threads, wide: false });
  const how = { trainings: [tiny], start, threads: 1, most: 2, rounds: 1, seconds: 0.05 };
  const [[first], [second]] = await Promise.all(localGroup(2).map((group) => benchDistributed({ group, ...how })));
  // Gradients of four variables, and two losses: 4 + 2 + 2 + 1 values, and 2.
  expect(first).toMatchObject({ workload: "train tiny", ranks: 2, threads: 1, exchanges: 6, values: 11 });
  expect(first.exchangeMs).toBeGreaterThan(0);
  expect(first.exchangeMs).toBeLessThan(first.ms);
  expect(first.efficiency).toBeCloseTo(first.aloneMs / (2 * first.ms));
  expect(first.oneRankMs).toBeGreaterThan(0);
  expect(second).toMatchObject({ exchanges: 6, aloneMs: 0 });
});
