/** A training that diverges once and continues: from which step, with which numbers and rates, and with the same bits. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adam, createRuntime, datasets, gan, layers as L, losses, sgd } from "#binding";
import { formatIdx } from "#src/data/formats/idx";
import { openDataset } from "#src/data/load";
import { closeData, type TrainingData } from "#src/data/training-data";
import type { Checkpoint } from "#src/train/checkpoint";
import { checkpointOf, savedOf } from "#src/train/checkpoint-form";
import type { Family } from "#src/train/family";
import { readModel, writeModel } from "#src/train/saved-model";
import { type TrainEvent, Training, type TrainOptions } from "#src/train/training";

const ring = datasets.ring({ count: 1000, seed: 1 });

/** A discriminator that is linear in its parameters, with a loss that is quadratic in them: sgd is unstable above a rate. */
const linear = (rate: number) =>
  gan({
    latent: 2,
    generator: L.sequential(L.dense(8), L.tanh(), L.dense(2)),
    discriminator: L.dense(1),
    loss: losses.leastSquares(),
    optimizers: { generator: adam(1e-3), discriminator: sgd(rate) },
  });

interface Plan extends Partial<TrainOptions> {
  readonly family?: Family;
  readonly data?: TrainingData;
  /** Makes a variable infinite once, in the event of this step. */
  readonly breakAt?: number;
  readonly threads?: number;
}

async function train({ family = linear(0.1), data = ring, breakAt, threads = 1, ...options }: Plan) {
  const runtime = await createRuntime({ threads });
  const training = new Training(family, runtime, data, {
    steps: 400,
    batchSize: 32,
    seed: 3,
    reportEvery: 50,
    ...options,
  });
  const events: TrainEvent[] = [];
  let broken = breakAt === undefined;
  try {
    for await (const event of training) {
      events.push(event);
      if (broken || event.step !== breakAt) continue;
      broken = true;
      const one = training.variables.find(({ name }) => name.startsWith("discriminator/") && name.endsWith("weight"));
      if (one) await runtime.write(one, new Float32Array(one.size).fill(Number.POSITIVE_INFINITY));
    }
    const result = await training.done;
    return { ...result, events, checkpoint: await training.checkpoint() };
  } finally {
    await runtime.close();
  }
}

test("half the rate: a rate that overflows is halved from step 0, which is told, and ends the training if it is not enough", async () => {
  const { events, history, alarms, checkpoint } = await train({ family: linear(1.8), onDivergence: "half-rate" });
  const [told] = events.filter(({ note }) => note);
  const { diverged } = checkpoint.recovery ?? {};
  expect(diverged).toBeLessThan(250);
  expect(checkpoint.recovery).toMatchObject({ step: 0, rate: 0.5 });
  expect(told.step).toBe(0);
  expect(told.note).toMatch(
    /^training diverged at step \d+: .+ is not finite; back to step 0, with other random numbers and half the learning rate; a second divergence ends the training$/,
  );
  expect(told.alarms).toEqual([
    {
      name: "nonFinite",
      step: diverged,
      message: `${checkpoint.recovery?.tensor} is not finite`,
      hint: expect.any(String),
    },
  ]);
  expect(alarms).toContainEqual({ ...told.alarms?.[0], until: diverged });
  const steps = history.map(({ step }) => step);
  expect(steps).toEqual([50, 100, 150, 200, 250, 300, 350, 400]);
  await expect(train({ family: linear(40), onDivergence: "half-rate" })).rejects.toMatchObject({
    code: "ERR_DIVERGED",
    message: expect.stringMatching(/^training diverged at step \d+, for the second time: .+ is not finite$/),
  });
  await expect(train({ family: linear(1.8), onDivergence: "retry" })).rejects.toThrow("for the second time");
  await expect(train({ family: linear(1.8) })).rejects.toThrow(/^training diverged at step \d+: /);
});

test("a retry draws other random numbers, returns to a multiple of 250 or to a checkpoint, for any lanes and chunks", async () => {
  const plain = await train({});
  const wanted = await train({ breakAt: 300, onDivergence: "retry" });
  expect(wanted.checkpoint.recovery).toMatchObject({ step: 250, diverged: 301, rate: 1 });
  expect(wanted.weightHash).not.toBe(plain.weightHash);
  const other = await train({ breakAt: 300, onDivergence: "retry", threads: 2, reportEvery: 20 });
  expect(other.weightHash).toBe(wanted.weightHash);
  const onCheckpoint = async () => {};
  const saving = await train({
    breakAt: 300,
    onDivergence: "retry",
    onCheckpoint,
    checkpointEvery: 280,
    reportEvery: 20,
  });
  expect(saving.checkpoint.recovery?.step).toBe(280);
  expect(saving.weightHash).not.toBe(wanted.weightHash);
});

test("after a divergence a checkpoint resumes with the same bits, also from a file", async () => {
  const saved: Checkpoint[] = [];
  const onCheckpoint = async (checkpoint: Checkpoint) => void saved.push(checkpoint);
  const plan = { family: linear(1.8), onDivergence: "half-rate" } as const;
  const whole = await train({ ...plan, onCheckpoint, checkpointEvery: 150 });
  const [, second] = saved;
  expect(second).toMatchObject({ step: 300, recovery: { rate: 0.5 } });
  const read = checkpointOf(await readModel(await writeModel(savedOf(second))), "file");
  for (const resume of [second, read]) {
    const resumed = await train({ family: linear(1.8), resume });
    expect(resumed.weightHash).toBe(whole.weightHash);
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.alarms).toEqual(whole.alarms);
  }
  // Without the halved rate it would be another training.
  const { recovery, ...forgetful } = second;
  const forgotten = train({ family: linear(1.8), resume: forgetful }).then(({ weightHash }) => weightHash);
  expect(await forgotten.catch(() => "diverged")).not.toBe(whole.weightHash);
  expect(recovery?.step).toBe(0);
});

test("records read from the disk come in the same order after a retry as those in memory", async () => {
  const digits = datasets.digits({ count: 101, seed: 4 });
  const file = join(await mkdtemp(join(tmpdir(), "genloom-recovery-")), "digits-idx3-ubyte");
  await writeFile(file, formatIdx({ data: digits.records as Uint8Array, shape: [101, 28, 28] }));
  const family = () =>
    gan({
      latent: 2,
      generator: L.sequential(L.dense(784), L.reshape(28, 28, 1)),
      discriminator: L.sequential(L.flatten(), L.dense(1)),
    });
  const streamed = Object.freeze({
    ...(await openDataset(file, { stream: true })),
    bufferBytes: 40_000,
  }) as TrainingData;
  const plan = { breakAt: 60, onDivergence: "retry", steps: 80, batchSize: 8, reportEvery: 20 } as const;
  const inMemory = await train({ ...plan, family: family(), data: digits });
  const fromDisk = await train({ ...plan, family: family(), data: streamed });
  expect(fromDisk.checkpoint.recovery).toMatchObject({ step: 0, diverged: 61 });
  expect(fromDisk.weightHash).toBe(inMemory.weightHash);
  await closeData(streamed);
});

test("another way than those known is refused", async () => {
  await expect(train({ onDivergence: "again" as "retry" })).rejects.toThrow(
    'train: onDivergence must be one of "stop", "retry", "half-rate", found "again"',
  );
});

test("a checkpoint with another form of measurements or of a divergence is refused", async () => {
  const { checkpoint } = await train({ steps: 60 });
  const resume = (part: object) => train({ resume: { ...checkpoint, ...part } as Checkpoint });
  await expect(resume({ watch: [] })).rejects.toThrow(
    "train: resume: the checkpoint's watch must be { recent, alarms }, found",
  );
  await expect(resume({ recovery: { step: 3 } })).rejects.toThrow(
    "train: resume: the checkpoint's recovery must be { step, diverged, tensor, rate }, found",
  );
  await expect(train({ resume: checkpoint, steps: 70 })).resolves.toMatchObject({ step: 70 });
  const bytes = await writeModel(
    savedOf({ ...checkpoint, recovery: { step: 1.5, diverged: 2, tensor: "x", rate: 1 } }),
  );
  await expect(readModel(bytes)).rejects.toThrow(
    "training.recovery.step must be an integer from 0 to 2^53 - 1, found 1.5",
  );
});
