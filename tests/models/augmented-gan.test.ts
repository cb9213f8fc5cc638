/** Augmentation in the training of a GAN: where it acts, and how its probability moves. */
import { afterAll, describe, expect, test } from "vitest";
import {
  augmentations,
  createRuntime,
  datasets,
  defineKind,
  familyFrom,
  gan,
  layers as L,
  losses,
  mul,
  penalties,
  schedules,
  sgd,
} from "#binding";
import type { Gan } from "#src/models/gan/gan";
import type { Checkpoint } from "#src/train/checkpoint";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const triple = defineKind("augmentation", { kind: "triple", make: () => ({ apply: (images) => mul(images, 3) }) });

const images = datasets.from({
  records: Uint8Array.from({ length: 40 * 64 }, (_, i) => (i * 37) % 251),
  shape: [8, 8, 1],
});
const generator = () => L.sequential(L.dense(16), L.leakyRelu(), L.dense(64), L.tanh(), L.reshape(8, 8, 1));
const discriminator = () => L.sequential(L.flatten(), L.dense(16), L.leakyRelu(), L.dense(1));
const still = () => ({ generator: sgd(0), discriminator: sgd(0) });

const whole = augmentations.pipeline({ cutout: 0.5, fill: -1 });

test("data and samples are changed before the discriminator, and penalties differentiate at images before the change", async () => {
  // D(x) = 2 x of what it sees, so 6 x: real 1 and 3 give a mean logit of 12, fake 0 gives 0.
  const points = datasets.from({ records: Float32Array.of(1, 3), shape: [1] });
  const zero = { bias: false, initializer: "zeros" } as const;
  const model = (penalty: boolean) =>
    gan({
      latent: 1,
      generator: L.dense(1, zero),
      discriminator: L.dense(1, { bias: false, initializer: { name: "filled", value: 2 } }),
      loss: losses.wasserstein(),
      penalties: penalty ? [penalties.r1(2)] : [],
      optimizers: still(),
      augment: triple(),
    });
  const lossOf = async (penalty: boolean) =>
    (await model(penalty).train(runtime, points, { steps: 1, batchSize: 2 }).done).losses.discriminator;
  expect(await lossOf(false)).toBeCloseTo(-12, 5);
  expect(await lossOf(true)).toBeCloseTo(-12 + 6 ** 2, 4);
});

test("in the kernels, too, an image keeps its bits if nothing changes it", async () => {
  const values = Float32Array.from({ length: 6 * 7 * 7 * 3 }, (_, i) => Math.sin(i));
  const program = runtime.compile(({ input }) => ({ outputs: { seen: whole.apply(input("x", [6, 7, 7, 3]), 0) } }));
  const { seen } = await program.run({ x: values });
  expect(seen.data).toEqual(values);
});

test("a loss and its penalty judge the same changed images", () => {
  const changed: unknown[] = [];
  const noted = defineKind("augmentation", {
    kind: "noted",
    make: () => ({
      apply: (x) => {
        changed.push(x);
        return mul(x, 3);
      },
    }),
  });
  const parts = { latent: 2, generator: generator(), discriminator: discriminator() };
  gan({ ...parts, penalties: [penalties.r1(1), penalties.r2(1)], augment: noted() })
    .train(runtime, images, { steps: 1, batchSize: 4 })
    .program();
  // Data, and samples without and with a gradient to the generator.
  expect(changed).toHaveLength(3);
  expect(new Set(changed).size).toBe(3);
});

test("gradients flow through the augmentation to the generator", async () => {
  const trained = async (augment?: augmentations.Augmentation) => {
    const optimizers = { generator: sgd(0.1), discriminator: sgd(0) };
    const model = gan({
      latent: 2,
      generator: generator(),
      discriminator: discriminator(),
      optimizers,
      ...(augment && { augment }),
    });
    return (await model.train(runtime, images, { steps: 2, batchSize: 4, seed: 5 }).done).weightHash;
  };
  const hashes = [await trained(), await trained(whole), await trained(triple())];
  expect(new Set(hashes).size).toBe(3);
  // With a weight of 0 in front of the discriminator no gradient would arrive: the weights would be the initial ones.
  const nothing = defineKind("augmentation", { kind: "nothing", make: () => ({ apply: (x) => mul(x, 0) }) });
  const model = gan({ latent: 2, generator: generator(), discriminator: discriminator(), optimizers: still() });
  const initial = (await model.train(runtime, images, { steps: 2, batchSize: 4, seed: 5 }).done).weightHash;
  expect(await trained(nothing())).toBe(initial);
});

describe("adaptive", () => {
  /** A GAN whose discriminator gives every image the same logit. */
  const constant = (logit: number, options: augmentations.AdaptiveOptions, loss = losses.nonSaturating()) =>
    gan({
      loss,
      latent: 2,
      generator: generator(),
      discriminator: L.sequential(
        L.flatten(),
        L.dense(1, { initializer: "zeros", biasInitializer: { name: "filled", value: logit } }),
      ),
      optimizers: still(),
      augment: augmentations.adaptive(augmentations.diff(), options),
    });
  const probabilities = async (model: Gan, steps: number) => {
    const training = model.train(runtime, images, { steps, batchSize: 8, historyEvery: 1, reportEvery: 1 });
    await training.done;
    return training.history.map(({ losses }) => losses.augmentation);
  };

  test("the probability rises while real images have positive logits, after every fourth batch, to its largest value", async () => {
    // 32 images of 320 per change: 0.1.
    const rising = await probabilities(constant(1, { images: 320, most: 0.25 }), 17);
    const wanted = [0, 0, 0, 0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25];
    expect(rising.map((value) => Number(value.toFixed(6)))).toEqual(wanted);
  });

  test("it does not fall below 0, and stays where the mean sign is the target", async () => {
    expect(await probabilities(constant(-1, { images: 32 }), 8)).toEqual(new Array(8).fill(0));
    expect(await probabilities(constant(0, { images: 32, target: 0 }), 8)).toEqual(new Array(8).fill(0));
  });

  test.each([
    ["least squares", losses.leastSquares(), 0.5],
    ["smoothed least squares", losses.leastSquares({ smoothing: 0.2 }), 0.4],
    ["smoothed cross entropy", losses.nonSaturating({ smoothing: 0.2 }), Math.log(0.8 / 1.2)],
  ])("with %s the sign is that of the distance from an undecided logit", async (_, loss, undecided) => {
    const options = { images: 32, target: 0 };
    expect((await probabilities(constant(undecided - 0.01, options, loss), 8)).at(-1)).toBe(0);
    expect((await probabilities(constant(undecided + 0.01, options, loss), 8)).at(-1)).toBe(1);
  });

  test("it needs a loss whose logits have a sign", () => {
    const parts = { latent: 2, generator: generator(), discriminator: discriminator() };
    const augment = augmentations.adaptive(augmentations.diff());
    expect(() => gan({ ...parts, loss: losses.wasserstein(), augment })).toThrow(
      "gan: the loss must have positive logits for real records with adaptive augmentation, found wasserstein, which only compares logits",
    );
  });
});

test("a schedule gives the probability of each step", async () => {
  const probability = schedules.linear(0, { to: 1, steps: 4 });
  const model = gan({
    ...{ latent: 2, generator: generator(), discriminator: discriminator() },
    augment: augmentations.diff({ probability }),
  });
  const training = model.train(runtime, images, { steps: 5, batchSize: 8, historyEvery: 1, reportEvery: 1 });
  await training.done;
  const found = training.history.map(({ losses }) => losses.augmentation);
  expect(found).toEqual([0, 0.25, 0.5, 0.75, 1]);
});

test("a schedule of a user's own does not leave the probabilities", async () => {
  const doubling = defineKind("schedule", { kind: "doubling", make: () => ({ at: (step) => mul(step, 0.75) }) });
  const model = gan({
    ...{ latent: 2, generator: generator(), discriminator: discriminator() },
    augment: augmentations.pipeline({ probability: doubling() }),
  });
  const training = model.train(runtime, images, { steps: 3, batchSize: 8, historyEvery: 1, reportEvery: 1 });
  await training.done;
  expect(training.history.map(({ losses }) => losses.augmentation)).toEqual([0, 0.75, 1]);
});

const rows: readonly [string, augmentations.Augmentation][] = [
  ["fixed", augmentations.pipeline({ probability: 0.5, cutout: 0.5 })],
  ["scheduled", augmentations.diff({ probability: schedules.linear(0, { to: 1, steps: 20 }) })],
  ["adaptive", augmentations.adaptive(whole, { images: 200, target: 0 })],
];

describe.each(rows)("%s", (_, augment) => {
  const model = () => gan({ latent: 2, generator: generator(), discriminator: discriminator(), augment });
  const options = { steps: 12, batchSize: 8, seed: 4 };

  test("the config makes an equal model, and says nothing of models without augmentation", () => {
    const { config } = model();
    expect(familyFrom(JSON.parse(JSON.stringify(config))).config).toEqual(config);
    expect(gan({ latent: 2, generator: generator(), discriminator: discriminator() }).config).not.toHaveProperty(
      "augment",
    );
  });

  test("the weights are the same for any number of lanes, and after a checkpoint within four batches", async () => {
    const whole = await model().train(runtime, images, options).done;
    for (const threads of [2, 3]) {
      const other = await createRuntime({ threads });
      expect((await model().train(other, images, options).done).weightHash).toBe(whole.weightHash);
      await other.close();
    }
    let checkpoint: Checkpoint | undefined;
    await model().train(runtime, images, {
      ...{ ...options, checkpointEvery: 6 },
      onCheckpoint: async (one) => {
        if (one.step === 6) checkpoint = one;
      },
    }).done;
    const resumed = await model().train(runtime, images, { ...options, resume: checkpoint as Checkpoint }).done;
    expect(resumed.weightHash).toBe(whole.weightHash);
  });
});

test("an augmentation must be one", () => {
  const parts = { latent: 2, generator: generator(), discriminator: discriminator() };
  expect(() => gan({ ...parts, augment: "diff" as never })).toThrow(
    'gan: augment must be an augmentation, for example augmentations.diff(), found "diff"',
  );
});
