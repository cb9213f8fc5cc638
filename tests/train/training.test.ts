/** Training: events, the same bits for any lanes and chunks, resuming, stopping, diverging. */
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  gan,
  type GanOptions,
  layers as L,
  losses,
  mul,
  penalties,
  sgd,
  type Tensor,
} from "#binding";
import type { Checkpoint } from "#src/train/checkpoint";
import { Guard } from "#src/train/guard";
import type { TrainOptions } from "#src/train/training";

const small = (options: Partial<GanOptions> = {}) =>
  gan({
    latent: 4,
    generator: L.sequential(L.dense(64), L.relu(), L.dense(2)),
    discriminator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(1)),
    penalties: [penalties.r1(1)],
    ema: 0.99,
    ...options,
  });

const ring = () => datasets.ring({ count: 1000, seed: 1 });

async function hashOf(options: Partial<TrainOptions> = {}, threads = 1): Promise<string> {
  const runtime = await createRuntime({ threads });
  const { weightHash } = await small().train(runtime, ring(), { steps: 30, batchSize: 256, seed: 3, ...options }).done;
  await runtime.close();
  return weightHash;
}

test("the same seed gives the same weights for 1, 2 and 3 lanes, and for any chunks", async () => {
  const wanted = await hashOf({}, 1);
  expect(await hashOf({}, 2)).toBe(wanted);
  expect(await hashOf({}, 3)).toBe(wanted);
  expect(await hashOf({ reportEvery: 7 })).toBe(wanted);
  expect(await hashOf({ seed: 4 })).not.toBe(wanted);
});

test("training resumes from a checkpoint with the same bits", async () => {
  const wanted = await hashOf();
  const saved: Checkpoint[] = [];
  const onCheckpoint = async (checkpoint: Checkpoint) => void saved.push(checkpoint);
  await hashOf({ steps: 11, onCheckpoint });
  expect(saved).toHaveLength(1);
  expect(saved[0].step).toBe(11);
  expect(await hashOf({ resume: saved[0] }, 2)).toBe(wanted);
});

test("it is an iterator of events and a promise of the result", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const training = small().train(runtime, ring(), { steps: 20, reportEvery: 8 });
  const steps: number[] = [];
  for await (const { step, losses } of training) {
    steps.push(step);
    expect(Object.keys(losses)).toEqual(["discriminator", "generator"]);
  }
  expect(steps).toEqual([8, 16, 20]);
  const { history, interrupted, weightHash } = await training.done;
  expect(history.map(({ step }) => step)).toEqual(steps);
  expect(interrupted).toBe(false);
  expect(weightHash).toMatch(/^[0-9a-f]{64}$/);
  const samples = await training.model.sample(300, { seed: 1 });
  expect(samples.shape).toEqual([300, 2]);
  expect(samples.data.every(Number.isFinite)).toBe(true);
  expect((await training.model.sample(300, { seed: 1 })).data).toEqual(samples.data);
  await runtime.close();
});

test("a signal aborted while steps run ends training after the current step", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const controller = new AbortController();
  const { step, history, interrupted } = await small().train(runtime, ring(), {
    steps: 1e6,
    reportEvery: 10_000,
    signal: controller.signal,
    onEvent: ({ step }) => {
      // Two turns later: the first belongs to the event, in the second the next 10,000 steps are running.
      if (step === 10_000) setImmediate(() => setImmediate(() => controller.abort()));
    },
  }).done;
  expect(interrupted).toBe(true);
  expect(step).toBeGreaterThan(10_000);
  expect(step).toBeLessThan(20_000);
  expect(history.at(-1)?.step).toBe(step);
  await runtime.close();
});

test("a signal aborted between two steps ends training there, with a checkpoint", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const controller = new AbortController();
  const saved: number[] = [];
  const { step, interrupted } = await small().train(runtime, ring(), {
    steps: 1000,
    reportEvery: 5,
    signal: controller.signal,
    onEvent: ({ step }) => {
      if (step >= 10) controller.abort();
    },
    onCheckpoint: async (checkpoint) => void saved.push(checkpoint.step),
  }).done;
  expect([step, interrupted, saved]).toEqual([10, true, [10]]);
  await runtime.close();
});

test("a training stopped before its first step saves a checkpoint of the initial values", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const saved: Checkpoint[] = [];
  const { step } = await small().train(runtime, ring(), {
    steps: 30,
    batchSize: 256,
    seed: 3,
    signal: AbortSignal.abort(),
    onCheckpoint: async (checkpoint) => void saved.push(checkpoint),
  }).done;
  expect([step, saved.map((one) => one.step)]).toEqual([0, [0]]);
  await runtime.close();
  expect(await hashOf({ resume: saved[0] as Checkpoint })).toBe(await hashOf());
});

test("the history has its own interval, and timers fire during training", async () => {
  const runtime = await createRuntime({ threads: 1 });
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 0);
  const { history } = await small().train(runtime, ring(), { steps: 10, reportEvery: 2, historyEvery: 4 }).done;
  expect(history.map(({ step }) => step)).toEqual([4, 8, 10]);
  expect(fired).toBe(true);
  await runtime.close();
});

test("a diverging training names the step and the first tensor that is not finite", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const wild = small({ optimizers: { generator: adam(1e-3), discriminator: sgd(1e30) } });
  await expect(wild.train(runtime, ring(), { steps: 50, reportEvery: 10 }).done).rejects.toMatchObject({
    code: "ERR_DIVERGED",
    exitCode: 4,
    message: expect.stringMatching(/^training diverged at step \d+: .+ is not finite$/),
  });
  await runtime.close();
});

describe("a checkpoint between two events", () => {
  afterEach(() => vi.restoreAllMocks());
  const weightsOf = ({ tensors }: Checkpoint) => [...tensors.values()].flatMap(({ data }) => [...data]);

  test("is rejected if an update made a variable not finite while all losses are finite", async () => {
    // Otherwise it would depend on timing whether the training checks its variables before the event.
    vi.spyOn(Guard.prototype, "due", "get").mockReturnValue(false);
    const runtime = await createRuntime({ threads: 1 });
    // The last update of a step is the generator's: it does not affect the losses of that step.
    const optimizers = { generator: sgd(3e38), discriminator: adam(1e-3) };
    const { generator, ...rest } = losses.leastSquares();
    const steep = { ...rest, generator: (logits: Tensor) => mul(generator(logits), 1000) };
    const model = small({ optimizers, loss: steep });
    const training = model.train(runtime, ring(), { steps: 10, batchSize: 32, reportEvery: 1 });
    const loop = async () => {
      for await (const { step, losses: found } of training) {
        expect([step, ...Object.values(found)].every(Number.isFinite)).toBe(true);
        await expect(training.checkpoint()).rejects.toMatchObject({
          code: "ERR_DIVERGED",
          message: expect.stringMatching(/^training diverged at step 1: .+ is not finite$/),
        });
        // The variables were reset to the last copy with finite values.
        expect(weightsOf(await training.checkpoint()).every(Number.isFinite)).toBe(true);
        break;
      }
    };
    await loop();
    expect((await training.done).step).toBe(0);
    await runtime.close();
  });

  test("is rejected if a value that is not finite was written, and training continues from its last copy with finite values", async () => {
    vi.spyOn(Guard.prototype, "due", "get").mockReturnValue(true);
    const wanted = await hashOf({ reportEvery: 10 });
    const runtime = await createRuntime({ threads: 1 });
    const training = small().train(runtime, ring(), { steps: 30, batchSize: 256, seed: 3, reportEvery: 10 });
    for await (const { step } of training) {
      if (step !== 20) continue;
      const [one] = training.variables.filter(({ name }) => name.startsWith("discriminator/"));
      await runtime.write(one, new Float32Array(one.size).fill(Number.NaN));
      await expect(training.checkpoint()).rejects.toMatchObject({
        code: "ERR_DIVERGED",
        message: `training diverged at step 20: ${one.name} is not finite`,
      });
    }
    expect((await training.done).weightHash).toBe(wanted);
    await runtime.close();
  });
});

test("the hash of the weights is computed once, at the end", async () => {
  const digest = vi.spyOn(crypto.subtle, "digest");
  const runtime = await createRuntime({ threads: 1 });
  const training = small().train(runtime, ring(), {
    steps: 12,
    reportEvery: 3,
    checkpointEvery: 6,
    onCheckpoint: async () => {},
  });
  for await (const { step } of training) {
    expect((await training.checkpoint()).step).toBe(step);
    expect(digest).toHaveBeenCalledTimes(0);
  }
  expect((await training.done).weightHash).toMatch(/^[0-9a-f]{64}$/);
  expect(digest).toHaveBeenCalledTimes(1);
  await training.checkpoint();
  expect(digest).toHaveBeenCalledTimes(1);
  vi.restoreAllMocks();
  await runtime.close();
});

test("several discriminator steps draw separate batches and share one optimizer state", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const training = small({ discriminatorSteps: 3 }).train(runtime, ring(), { steps: 4, reportEvery: 4 });
  await training.done;
  const { tensors } = await training.checkpoint();
  expect(tensors.get("optimizer/discriminator/step")?.item()).toBe(12);
  expect(tensors.get("optimizer/generator/step")?.item()).toBe(4);
  await runtime.close();
});

test("invalid options and shapes are rejected with rule and value", async () => {
  const runtime = await createRuntime({ threads: 1 });
  expect(() => small().train(runtime, ring(), { steps: 0 })).toThrow("train: steps must be an integer >= 1, found 0");
  expect(() => gan({ ...({} as GanOptions), latent: 0 })).toThrow("gan: latent must be an integer >= 1, found 0");
  expect(() => small({ generator: L.dense(3) }).train(runtime, ring(), { steps: 1 })).toThrow(
    "gan: the generator's output per record must have shape [2] like the data, found [3]",
  );
  await runtime.close();
});
