/** What the discriminator of a GAN minimises: lazy penalties, scheduled weights, clipped weights, paired losses. */
import { afterAll, describe, expect, test } from "vitest";
import {
  adam,
  add,
  createRuntime,
  datasets,
  familyFrom,
  type GanOptions,
  gan,
  initializers,
  layers as L,
  losses,
  penalties,
  schedules,
  type Tensor,
  type Variable,
} from "#binding";
import { commandsOf } from "#src/graph/command";
import { evaluate } from "#src/graph/reference";
import { Input } from "#src/graph/tensor";
import type { Checkpoint } from "#src/train/checkpoint";

const runtime = await createRuntime({ threads: 1, deterministic: true });
afterAll(() => runtime.close());

const ring = datasets.ring({ count: 200 });
const parts = () => ({
  latent: 2,
  generator: L.sequential(L.dense(8), L.relu(), L.dense(2)),
  discriminator: L.sequential(L.dense(8), L.leakyRelu(), L.dense(8), L.leakyRelu(), L.dense(1)),
});
const model = (options: Partial<GanOptions> = {}) => gan({ ...parts(), ...options });
const settings = { batchSize: 8, seed: 3 };
const train = (of: ReturnType<typeof model>, steps: number) => of.train(runtime, ring, { ...settings, steps });
const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const batches = { size: 8, shape: [2], next: () => ({ values: new Input("records", [8, 2]) as Tensor }) };

/** Numbers of products of a step: those of every step, and all. */
function products(options: Partial<GanOptions>): { always: number; all: number } {
  const program = runtime.compile(({ input }) => {
    const next = () => ({ values: input("records", [8, 2]) });
    const { losses: outputs, updates } = model(options).step({ ...batches, next });
    return { outputs, updates };
  });
  const { waves } = program.compiled();
  const count = (commands: readonly { label: string }[]) =>
    commands.filter(({ label }) => label.startsWith("matmul")).length;
  return { always: count(waves.flat()), all: count(commandsOf(waves)) };
}

describe("a penalty of every n-th step", () => {
  const kinds = ["r1", "r2", "gradientPenalty", "dragan"] as const;

  test.each(kinds)("%s leaves the products of other steps as they are without it", (kind) => {
    const bare = products({}).all;
    const { always, all } = products({ penalties: [penalties[kind](1, { every: 4 })] });
    expect(always).toBe(bare);
    expect(all).toBe(products({ penalties: [penalties[kind](1)] }).all);
    expect(all).toBeGreaterThan(bare);
  });

  test("acts in its steps only, with n times the weight", async () => {
    const outcome = async (step: number, options: Partial<GanOptions>) => {
      const own = model(options);
      const program = runtime.compile(({ input }) => {
        const next = () => ({ values: input("records", [8, 2]) });
        const { losses: outputs, updates } = own.step({ ...batches, next });
        return { outputs, updates };
      });
      const records = Array.from({ length: 16 }, (_, i) => Math.sin(i));
      const { discriminator } = await program.run({ records }, { step, seed: 3 });
      const weights = await runtime.read(
        own.variables.find(({ name }) => name === "discriminator/0/weight") as Variable,
      );
      return [...discriminator.data, ...weights.data];
    };
    const [bare, lazy, four] = [[], [penalties.r1(1, { every: 4 })], [penalties.r1(4)]].map((one) => ({
      penalties: one,
    }));
    for (const step of [0, 4]) expect(await outcome(step, lazy)).toEqual(await outcome(step, four));
    for (const step of [1, 2, 3, 5]) expect(await outcome(step, lazy)).toEqual(await outcome(step, bare));
    expect(await outcome(0, lazy)).not.toEqual(await outcome(0, bare));
  });

  test("does not update the discriminator's running statistics", () => {
    /** A layer with a statistic: how often the network was applied. */
    const counting: L.Layer = {
      config: { kind: "counting" },
      apply(x, scope) {
        const spec = { shape: [], initializer: initializers.zeros, trainable: false };
        scope.update(scope.variable("count", spec), add(scope.read("count", spec), 1));
        return x;
      },
    };
    const discriminator = () => L.sequential(counting, L.dense(1));
    const applications = (options: Partial<GanOptions>) => {
      const { updates } = model({ ...options, discriminator: discriminator() }).step(batches);
      const [before, count] = [...updates].find(([{ name }]) => name === "discriminator/0/count") as [Variable, Tensor];
      return evaluate([count], { feeds: new Map([[before, [0]]]) })[0][0];
    };
    expect(applications({})).toBe(3);
    expect(applications({ penalties: [penalties.r1(1)] })).toBe(4);
    expect(applications({ penalties: [penalties.r1(1, { every: 2 })] })).toBe(3);
  });
});

describe("a scheduled weight", () => {
  test("follows the number of steps, which is counted only for it", async () => {
    const names = (options: Partial<GanOptions>) =>
      [...model(options).step(batches).updates.keys()].map(({ name }) => name);
    const weight = schedules.linear(1, { steps: 10 });
    expect(names({ penalties: [penalties.r1(weight), penalties.r2(weight)] })).toContain("optimizer/step");
    expect(names({ penalties: [penalties.r1(1)] })).not.toContain("optimizer/step");
  });

  test("of 0 gives the bits of a weight of 0, and afterwards others", async () => {
    const weight = schedules.warmUp(1, schedules.linear(0, { to: 1, steps: 1 }));
    const hash = async (of: Partial<GanOptions>, steps: number) => (await train(model(of), steps).done).losses;
    const at = (steps: number) => hash({ penalties: [penalties.r1(weight)] }, steps);
    expect(await at(1)).toEqual(await hash({ penalties: [penalties.r1(0)] }, 1));
    expect(await at(2)).toEqual(await hash({ penalties: [penalties.r1(0)] }, 2));
    expect(await at(3)).not.toEqual(await hash({ penalties: [penalties.r1(0)] }, 3));
  });
});

describe("clipWeights", () => {
  const values = async (options: Partial<GanOptions>) => {
    const kept: Checkpoint[] = [];
    const onCheckpoint = async (one: Checkpoint) => void kept.push(one);
    const rates = { generator: adam(0.1), discriminator: adam(0.1) };
    const one = model({ ...options, loss: losses.wasserstein(), optimizers: rates });
    await one.train(runtime, ring, { ...settings, steps: 20, onCheckpoint }).done;
    const of = (network: string) =>
      [...kept[0].tensors].flatMap(([name, { data }]) => (name.startsWith(`${network}/`) ? [...data] : []));
    return { discriminator: of("discriminator"), generator: of("generator") };
  };
  const largest = (of: readonly number[]) => Math.max(...of.map(Math.abs));

  test("limits the discriminator's parameters, and not the generator's", async () => {
    const { discriminator, generator } = await values({ clipWeights: 0.05, discriminatorSteps: 2 });
    expect(largest(discriminator)).toBe(Math.fround(0.05));
    expect(largest(generator)).toBeGreaterThan(0.05);
    expect(largest((await values({})).discriminator)).toBeGreaterThan(0.05);
  });

  test("is described only if it is given", () => {
    expect(model({ clipWeights: 0.01 }).config.clipWeights).toBe(0.01);
    expect(Object.keys(model().config)).not.toContain("clipWeights");
    expect(() => model({ clipWeights: 0 })).toThrow("gan: clipWeights must be a finite number > 0, found 0");
  });
});

describe("the relativistic loss", () => {
  test("has the generator compete with the records of the last batch", () => {
    const judged = (loss: GanOptions["loss"]) => {
      const seen: Tensor[] = [];
      const inner = L.dense(1);
      const discriminator: L.Layer = {
        config: { kind: "seen" },
        apply(x, scope) {
          seen.push(x);
          return inner.apply(x, scope);
        },
      };
      const drawn: Tensor[] = [];
      const next = () => {
        drawn.push(new Input(`records ${drawn.length}`, [8, 2]));
        return { values: drawn[drawn.length - 1] };
      };
      model({ discriminator, loss: loss as never, discriminatorSteps: 2 }).step({ ...batches, next });
      return seen.map((one) => drawn.indexOf(one));
    };
    // -1: samples of the generator.
    expect(judged(losses.hinge())).toEqual([0, -1, 1, -1, -1]);
    expect(judged(losses.relativistic())).toEqual([0, -1, 1, -1, -1, 1]);
  });
});

describe("a training with all of it", () => {
  const falling = schedules.cosine(0.5, { to: 0.05, steps: 40 });
  const optimizer = () =>
    adam(schedules.cosine(2e-3, { to: 5e-4, steps: 40 }), {
      beta1: 0,
      beta2: schedules.linear(0.9, { to: 0.99, steps: 40 }),
    });
  const all = () =>
    model({
      loss: losses.relativistic(),
      penalties: [
        penalties.r1(falling),
        penalties.r2(falling, { every: 2 }),
        penalties.dragan(0.1, { every: 3 }),
        penalties.gradientPenalty(schedules.constant(0.1)),
      ],
      optimizers: { generator: optimizer(), discriminator: optimizer() },
      ema: { halfLife: schedules.linear(0, { to: 200, steps: 20 }), rampUp: 0.5 },
      clipWeights: 1,
    });

  test("is read back from its description", () => {
    const { config } = all();
    expect(familyFrom(viaJson(config)).config).toEqual(config);
  });

  test("resumes, and trains from its description, with the same bits", async () => {
    const kept: Checkpoint[] = [];
    const onCheckpoint = async (one: Checkpoint) => void kept.push(one);
    const options = { ...settings, steps: 40 };
    const whole = await all().train(runtime, ring, { ...options, onCheckpoint, checkpointEvery: 17 }).done;
    const resumed = await all().train(runtime, ring, { ...options, resume: kept[0] }).done;
    const read = await familyFrom(viaJson(all().config)).train(runtime, ring, options).done;
    expect([kept[0].step, resumed.weightHash, read.weightHash]).toEqual([17, whole.weightHash, whole.weightHash]);
    expect([...(kept[0].tensors.get("optimizer/step")?.data ?? [])]).toEqual([17]);
  });

  test("has the same bits on three lanes", async () => {
    const three = await createRuntime({ threads: 3, deterministic: true });
    const options = { ...settings, steps: 20 };
    const hashes = [runtime, three].map(async (one) => (await all().train(one, ring, options).done).weightHash);
    expect(await hashes[0]).toBe(await hashes[1]);
    await three.close();
  });
});
