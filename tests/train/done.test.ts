/** The two interfaces of a training, loop and promise: what each receives, in any order, and after the end. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, gan, layers as L, rbm, sgd, vae, withRange } from "#binding";
import type { Runtime } from "#src/host/runtime";
import { type Checkpoint, weightHash } from "#src/train/checkpoint";
import { PacedTask } from "#src/train/paced-task";
import type { TrainOptions } from "#src/train/training";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const ring = datasets.ring({ count: 200 });
const model = () => gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
const train = (options: Partial<TrainOptions> = {}, of = model()) =>
  of.train(runtime, ring, { steps: 30, batchSize: 8, seed: 1, reportEvery: 10, ...options });

const wild = () =>
  gan({
    latent: 2,
    generator: L.dense(2),
    discriminator: L.sequential(L.dense(8), L.dense(1)),
    optimizers: { generator: adam(1e-3), discriminator: sgd(1e30) },
  });

async function stepsOf(events: AsyncIterable<{ readonly step: number }>): Promise<number[]> {
  const steps: number[] = [];
  for await (const { step } of events) steps.push(step);
  return steps;
}

describe("done and a loop", () => {
  test("read before the loop: the loop receives all events", async () => {
    const training = train();
    const { done } = training;
    expect(await stepsOf(training)).toEqual([10, 20, 30]);
    expect((await done).step).toBe(30);
  });

  test("read several turns before the loop: the loop still receives all events", async () => {
    const training = train();
    const { done } = training;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(await stepsOf(training)).toEqual([10, 20, 30]);
    expect((await done).step).toBe(30);
  });

  test("read before the loop: the loop sets the pace", async () => {
    const training = train();
    void training.done;
    for await (const { step } of training) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect((await training.checkpoint()).step).toBe(step);
    }
  });

  test("awaited in the body of a loop: training continues, and the loop receives the remaining events", async () => {
    const training = train();
    const steps: number[] = [];
    for await (const { step } of training) {
      steps.push(step);
      if (step === 10) expect((await training.done).step).toBe(30);
    }
    expect(steps).toEqual([10, 20, 30]);
  });

  test("is always the same promise, of a single run", async () => {
    const training = train();
    expect(await training.done).toBe(await training.done);
    expect(await stepsOf(training)).toEqual([10, 20, 30]);
    expect(await stepsOf(training)).toEqual([]);
  });
});

describe("break", () => {
  test("ends the training after the current step; done resolves with that state", async () => {
    const training = train({ steps: 1e9 });
    for await (const { step } of training) if (step === 20) break;
    const { step, steps, interrupted, weightHash, history } = await training.done;
    expect({ step, steps, interrupted }).toEqual({ step: 20, steps: 1e9, interrupted: true });
    expect(history.map((one) => one.step)).toEqual([10, 20]);
    // The weights are those of a training of 20 steps.
    expect(weightHash).toBe((await train({ steps: 20 }).done).weightHash);
    expect(await stepsOf(training)).toEqual([]);
  });

  test("saves a checkpoint to resume from, like a signal", async () => {
    const saved: Checkpoint[] = [];
    const training = train({ onCheckpoint: async (one) => void saved.push(one) });
    for await (const { step } of training) if (step === 10) break;
    expect(saved.map(({ step }) => step)).toEqual([10]);
    const resumed = await train({ resume: saved[0] as Checkpoint }).done;
    expect(resumed.weightHash).toBe((await train().done).weightHash);
  });

  test("before the first event: a training of 0 steps", async () => {
    const training = train();
    await training[Symbol.asyncIterator]().return?.();
    expect(await training.done).toMatchObject({ step: 0, interrupted: true });
  });

  test("by an error in the body has the same effect", async () => {
    const training = train();
    const body = async () => {
      for await (const _ of training) throw new Error("mine");
    };
    await expect(body()).rejects.toThrow("mine");
    expect((await training.done).step).toBe(10);
  });
});

describe("a failure", () => {
  test("by divergence is received by the loop and by done", async () => {
    const training = train({ steps: 50 }, wild());
    await expect(stepsOf(training)).rejects.toMatchObject({ code: "ERR_DIVERGED" });
    await expect(training.done).rejects.toMatchObject({ code: "ERR_DIVERGED" });
    await expect(stepsOf(training)).rejects.toMatchObject({ code: "ERR_DIVERGED" });
  });

  test("is received by a done that was read before", async () => {
    const training = train({ steps: 50 }, wild());
    const { done } = training;
    await expect(stepsOf(training)).rejects.toMatchObject({ code: "ERR_DIVERGED" });
    await expect(done).rejects.toMatchObject({ code: "ERR_DIVERGED" });
  });

  test("of a closed runtime, before and during training", async () => {
    const other = await createRuntime({ threads: 1 });
    const started = model().train(other, ring, { steps: 1e9, reportEvery: 1 });
    const loop = async () => {
      for await (const _ of started) await other.close();
    };
    await expect(loop()).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await expect(started.done).rejects.toMatchObject({ code: "ERR_CLOSED" });
    const late = model().train(other, ring, { steps: 1 });
    await expect(stepsOf(late)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    await expect(late.done).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  test("of the user's onEvent", async () => {
    const training = train({
      onEvent: () => {
        throw new Error("mine");
      },
    });
    await expect(stepsOf(training)).rejects.toThrow("mine");
    await expect(training.done).rejects.toThrow("mine");
  });

  test("is an unhandled rejection of done only if no loop receives it", async () => {
    const unheard: unknown[] = [];
    const listener = (error: unknown) => unheard.push(error);
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    process.on("unhandledRejection", listener);
    try {
      const failing = () => {
        const work = async function* (): AsyncGenerator<number, number> {
          yield 1;
          throw new Error("mine");
        };
        return new PacedTask(work, () => undefined);
      };
      const toLoop = failing();
      void toLoop.done;
      await expect(
        (async () => {
          for await (const _ of toLoop.events());
        })(),
      ).rejects.toThrow("mine");
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unheard).toEqual([]);
      void failing().done;
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(unheard).toHaveLength(1);
    } finally {
      process.off("unhandledRejection", listener);
      for (const one of others) process.on("unhandledRejection", one);
    }
  });
});

describe("one model", () => {
  const busy = {
    name: "UsageError",
    code: "ERR_BUSY",
    message: expect.stringMatching(/^train: this model is being trained in this runtime already \(step \d+ of 30\)$/),
  };

  test("allows one training at a time, which gives the same bits as alone", async () => {
    const one = model();
    const [first, second] = await Promise.allSettled([train({}, one).done, train({}, one).done]);
    expect(second).toMatchObject({ status: "rejected", reason: busy });
    const alone = (await train().done).weightHash;
    expect(first).toMatchObject({ status: "fulfilled", value: { weightHash: alone } });
    // Afterwards it can be trained again.
    expect((await train({}, one).done).weightHash).toBe(alone);
  });

  test("can be trained again after a break, a failure and a rejected training", async () => {
    const one = model();
    const failing = train({ onEvent: () => Promise.reject(new Error("mine")) }, one);
    await expect(failing.done).rejects.toThrow("mine");
    const training = train({}, one);
    for await (const _ of training) {
      await expect(train({}, one).done).rejects.toMatchObject(busy);
      break;
    }
    expect((await train({ steps: 1 }, one).done).step).toBe(1);
  });

  test("can be trained in two runtimes at once, because each has its own values", async () => {
    const other = await createRuntime({ threads: 1 });
    const one = model();
    const options = { steps: 30, batchSize: 8, seed: 1 };
    const [a, b] = await Promise.all([one.train(runtime, ring, options).done, one.train(other, ring, options).done]);
    expect(a.weightHash).toBe(b.weightHash);
    await other.close();
  });

  test("is sampled, measured and saved between two steps, not in the middle of one", async () => {
    const bars = datasets.bars({ size: 3 });
    const machine = rbm({ hidden: 4 });
    // Every step changes all values.
    const training = machine.train(runtime, bars, { steps: 400, batchSize: 8, reportEvery: 1 });
    const { done } = training;
    await expect(training.checkpoint()).rejects.toThrow("checkpoint: the training has not started");
    while (training.history.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const seen: { step: number; hash: string; sample: string }[] = [];
    const options = { burnIn: 3, thinning: 3, chains: 2 };
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      // Requested together, they are of the same step.
      const [saved, sample] = await Promise.all([training.checkpoint(), training.model.sample(6, options)]);
      seen.push({ step: saved.step, hash: await weightHash(saved.tensors), sample: String(sample.data) });
    }
    await done;
    for (const { step, hash, sample } of seen.filter((one) => one.step > 0).slice(0, 3)) {
      const alone = rbm({ hidden: 4 }).train(runtime, bars, { steps: step, batchSize: 8 });
      expect(hash).toBe((await alone.done).weightHash);
      expect(sample).toBe(String((await alone.model.sample(6, options)).data));
    }
    expect(seen.at(-1)?.step).toBeGreaterThan(0);
  });

  test("has its variables before it is sampled, so that weights of a file can be loaded", () => {
    const points = vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(2) });
    const names = (one: { variables: readonly { name: string }[] }) => one.variables.map(({ name }) => name);
    points.trained(runtime, [2]);
    expect(names(points.sampler([2]))).toEqual(["decoder/weight", "decoder/bias"]);
    const averaged = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1), ema: 0.9 });
    averaged.trained(runtime, [2]);
    expect(names(averaged.sampler([2]))).toEqual(["ema/generator/weight", "ema/generator/bias"]);
  });
});

test("after a model that does not fit into memory, a smaller one fits", async () => {
  // 64 MiB: the first model's layer has 76 MB, so some of its variables fit and then one does not.
  const tight = await createRuntime({ threads: 1, memory: 2 ** 26 });
  const wide = (units: number) =>
    vae({
      latent: 2,
      encoder: L.sequential(L.flatten(), L.dense(units), L.dense(4)),
      decoder: L.dense(784),
    }).train(tight, withRange(datasets.digits({ count: 20 }), 0, 1), { steps: 1, batchSize: 2 }).done;
  await expect(wide(7000)).rejects.toMatchObject({ code: "ERR_OUT_OF_MEMORY" });
  expect((await wide(3000)).step).toBe(1);
  await tight.close();
});
