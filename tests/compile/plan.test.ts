/**
 * The memory plan: living storages do not overlap, results reuse inputs that are no longer needed, and the arena is
 * close to the peak of living storages.
 */
import { expect, test } from "vitest";
import { compile } from "#src/compile/compile";
import type { Storage } from "#src/graph/storage";
import { adam, gan, layers as L } from "#binding";
import { randomNormal } from "#src/ops/random";
import { add, exp, tanh } from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { Input } from "#src/graph/tensor";

function dense() {
  const model = gan({
    latent: 16,
    generator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(48), L.tanh()),
    discriminator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(32), L.leakyRelu(), L.dense(1)),
    optimizers: { generator: adam(1e-3), discriminator: adam(1e-3) },
    ema: 0.99,
  });
  const { losses, updates } = model.step({ size: 32, shape: [48], next: () => ({ values: randomNormal([32, 48]) }) });
  return compile({ outputs: losses, updates, streams: 0, checks: [] });
}

test("storages alive in one wave do not overlap", () => {
  const { waves, plan, outputs } = dense();
  const life = new Map<Storage, [number, number]>();
  waves.forEach((wave, at) => {
    for (const command of wave) {
      for (const storage of [...command.reads, ...command.writes]) {
        if (storage.home === "scratch") life.set(storage, [life.get(storage)?.[0] ?? at, at]);
      }
    }
  });
  for (const { place } of outputs.values())
    life.set(place.storage, [(life.get(place.storage) as [number, number])[0], waves.length]);
  const taken = new Set(
    waves
      .flat()
      .flatMap(({ shares }) =>
        shares.map(([out, input]) => `${[...life.keys()].indexOf(out)} ${[...life.keys()].indexOf(input)}`),
      ),
  );
  const all = [...life];
  for (const [i, [a, [firstA, lastA]]] of all.entries()) {
    for (const [j, [b, [firstB, lastB]]] of all.entries()) {
      if (i >= j || lastA < firstB || lastB < firstA) continue;
      const [atA, atB] = [plan.offsets.get(a) as number, plan.offsets.get(b) as number];
      const apart = atA + a.bytes <= atB || atB + b.bytes <= atA;
      // The only exception: a result in the memory of an input that its own command reads for the last time.
      const handedOver =
        atA === atB && (taken.has(`${j} ${i}`) || taken.has(`${i} ${j}`)) && (lastA === firstB || lastB === firstA);
      expect(apart || handedOver, `${a.label} at ${atA} and ${b.label} at ${atB}`).toBe(true);
    }
  }
  expect(all.length).toBeGreaterThan(10);
});

test("the arena is at most 1.2 times the peak of live buffers", () => {
  const { plan } = dense();
  expect(plan.bytes).toBeLessThanOrEqual(1.2 * plan.peak);
});

test("a chain of elementwise operations after a product is its epilogue and needs no additional memory", () => {
  const [x, w, b] = [new Input("x", [64, 32]), new Input("w", [32, 16]), new Input("b", [16])];
  const { waves, plan } = compile({
    outputs: { y: exp(tanh(add(matmul(x, w), b))) },
    updates: new Map(),
    streams: 0,
    checks: [],
  });
  expect(waves.flat().map(({ label }) => label)).toEqual(["matmul nn 64x32x16 + map exp", "tick"]);
  expect(plan.bytes).toBe(64 * 16 * 4);
});

test("a generator step computes no weight gradients of the discriminator", () => {
  const { waves } = dense();
  const products = waves.flat().filter(({ label }) => label.startsWith("matmul tn")).length;
  // Two discriminator passes (real, fake) over three layers, and one generator pass over two.
  expect(products).toBe(2 * 3 + 2);
});
