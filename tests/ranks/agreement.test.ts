/** What ranks agree on: before a training, about its chunks and its end, and what happens if they do not. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  gan,
  type GanOptions,
  layers as L,
  likelihoods,
  localGroup,
  networks,
  rbm,
  sequence,
  sgd,
  tableRows,
  vae,
} from "#binding";
import { layoutOf } from "#src/data/tables/spans";
import { readTable } from "#src/domains/tables/index";
import type { Group } from "#src/host/group";
import type { Runtime } from "#src/host/runtime";
import type { TrainingData } from "#src/data/training-data";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import { peopleCsv } from "../tables/people.js";
import { eachRank, greatestDifference, trainRanks } from "./ranks.js";

const ring = datasets.ring({ count: 200 });
const model = (options: Partial<GanOptions> = {}) =>
  gan({ latent: 2, generator: L.sequential(L.dense(8), L.relu(), L.dense(2)), discriminator: L.dense(1), ...options });
const usual = { steps: 6, batchSize: 8, seed: 3 };

/** Messages of the errors of two ranks that train with options of their own. */
const errorsOf = (
  train: (rank: number) => { of?: ReturnType<typeof model>; data?: TrainingData; options?: Partial<TrainOptions> },
  group = localGroup(2, { timeout: 2 }),
) =>
  eachRank(group, async (runtime, own) => {
    const { of = model(), data = ring, options = {} } = train(own.rank);
    const { done } = of.train(runtime, data, { ...usual, group: own, ...options });
    return done.then(
      () => "",
      (error: Error & { code: string; exitCode: number }) => `${error.code} ${error.exitCode} ${error.message}`,
    );
  });

describe("the agreement before the first step", () => {
  const other = datasets.ring({ count: 200, seed: 8 });
  test.each<[string, Parameters<typeof errorsOf>[0], RegExp]>([
    [
      "other data",
      (rank) => ({ data: rank ? other : ring }),
      /found other data: ring of 200 records, \w+ on rank 0, ring .* on rank 1/,
    ],
    ["another seed", (rank) => ({ options: { seed: rank } }), /found other seed: 0 on rank 0, 1 on rank 1/],
    [
      "another batch size",
      (rank) => ({ options: { batchSize: 8 + 2 * rank } }),
      /found other batch size: 8 on rank 0, 10 on rank 1/,
    ],
    [
      "another answer to a divergence",
      (rank) => ({ options: { onDivergence: rank ? "stop" : "retry" } }),
      /found other onDivergence: retry on rank 0, stop on rank 1/,
    ],
    ["other steps", (rank) => ({ options: { steps: 5 + rank } }), /found other steps: 5 on rank 0, 6 on rank 1/],
    [
      "another optimizer",
      (rank) => ({ of: model({ optimizers: { generator: rank ? sgd(0.1) : adam(0.1), discriminator: sgd(0.1) } }) }),
      /found other model: /,
    ],
  ])("%s: the same error on all ranks", async (_, train, message) => {
    const errors = await errorsOf(train);
    expect(errors[0]).toMatch(/^ERR_RANKS_DIFFER 2 train: all 2 ranks must train the same, found other /);
    expect(errors[0]).toMatch(message);
    expect(errors[1]).toBe(errors[0]);
  });
});

describe("a batch", () => {
  test("must have equal parts", async () => {
    await expect(errorsOf(() => ({ options: { batchSize: 9 } }))).rejects.toThrow(
      "train: batchSize must be a multiple of the group's 2 ranks, found 9",
    );
  });

  test("has whole packs of rows on every rank", async () => {
    const table = readTable(new TextEncoder().encode(peopleCsv(50)), { name: "people.csv" });
    const { spans, width } = layoutOf(table.table?.columns ?? []);
    const parts = { generator: L.dense(width), discriminator: L.dense(1), table: tableRows({ spans, pac: 3 }) };
    const errors = await errorsOf(() => ({ of: model(parts), data: table, options: { batchSize: 12 } }));
    expect(errors).toEqual(["", ""]);
    const fewer = await errorsOf(() => ({ of: model(parts), data: table }));
    expect(fewer[0]).toMatch(/gan: the batch size of a rank must be a multiple of pac, 3, found 4$/);
  });

  test("of streamed data is read by its parts", async () => {
    const { count, shape, records, extent } = ring;
    const read = async (indices: Int32Array) =>
      Float32Array.from({ length: 2 * indices.length }, (_, i) => records[2 * indices[i >> 1] + (i & 1)]);
    // Blocks of 5 steps of one rank, of 10 of each of two.
    const bufferBytes = 5 * usual.batchSize * 8;
    const data = datasets.stream({ stream: { read }, name: "ring", count, shape, dtype: "f32", extent, bufferBytes });
    const optimizers = { generator: sgd(0.1), discriminator: sgd(0.1) };
    const train = (of: TrainingData) => (runtime: Runtime, options: Pick<TrainOptions, "group">) =>
      model({ optimizers }).train(runtime, of, { ...usual, steps: 20, ...options });
    const [whole] = await trainRanks(1, train(ring));
    const [one] = await trainRanks(1, train(data));
    const [two] = await trainRanks(2, train(data));
    expect(one.result.weightHash).toBe(whole.result.weightHash);
    expect(greatestDifference(one.tensors, two.tensors)).toBeLessThan(1e-6);
  });
});

describe("a group of one rank", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await createRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  const families = {
    gan: (options: Partial<TrainOptions>) => model().train(runtime, ring, { ...usual, ...options }),
    vae: (options: Partial<TrainOptions>) =>
      vae({ latent: 2, encoder: L.dense(4), decoder: L.dense(2), likelihood: likelihoods.gaussian() }).train(
        runtime,
        ring,
        { ...usual, ...options },
      ),
    rbm: (options: Partial<TrainOptions>) =>
      rbm({ hidden: 3, persistent: true }).train(runtime, datasets.bars({ size: 2 }), { ...usual, ...options }),
    sequence: (options: Partial<TrainOptions>) =>
      sequence({ vocabulary: 3, length: 2, network: networks.gru({ width: 4 }) }).train(
        runtime,
        datasets.tokens({ records: Array.from({ length: 20 }, (_, i) => [i % 3, (i + 1) % 3]), vocabulary: 3 }),
        { ...usual, ...options },
      ),
  };
  test.each(Object.entries(families))("trains a %s with the bits of a training without a group", async (_, train) => {
    const [group] = localGroup(1);
    const hash = async (options: Partial<TrainOptions>) => (await train(options).done).weightHash;
    expect(await hash({ group })).toBe(await hash({}));
  });

  test.each<[string, unknown, RegExp]>([
    ["a number", 2, /train: group must be a group of ranks, from mpi\(\) or localGroup\(\), found 2/],
    ["an empty object", {}, /train: group must be a group of ranks/],
  ])("%s is no group", (_, group, message) => {
    expect(() => model().train(runtime, ring, { ...usual, group: group as Group })).toThrow(message);
  });
});

describe("the end of a training", () => {
  test("a signal to one rank ends all of them after the same step", async () => {
    const steps = await eachRank(localGroup(3), async (runtime, group) => {
      const stop = new AbortController();
      const training = model().train(runtime, ring, {
        ...usual,
        batchSize: 9,
        steps: 100_000,
        reportEvery: 5,
        group,
        signal: stop.signal,
        onEvent: ({ step }) => {
          if (group.rank === 1 && step >= 20) stop.abort();
        },
      });
      const { step, interrupted } = await training.done;
      return { step, interrupted };
    });
    expect(steps[0].interrupted).toBe(true);
    expect(steps[0].step).toBeGreaterThanOrEqual(20);
    expect(new Set(steps.map(({ step }) => step)).size).toBe(1);
  });

  test("a rank that is busy for longer than the time limit between two chunks is waited for", async () => {
    const hashes = await eachRank(localGroup(2, { timeout: 2.5 }), async (runtime, group) => {
      let slept = false;
      const onEvent = async () => {
        if (group.rank === 0 && !slept) await new Promise((resolve) => setTimeout(resolve, 4000));
        slept = true;
      };
      return (await model().train(runtime, ring, { ...usual, group, onEvent }).done).weightHash;
    });
    expect(hashes[0]).toBe(hashes[1]);
  });

  test("a rank whose first checkpoint takes longer than the time limit is waited for", async () => {
    const hashes = await eachRank(localGroup(2, { timeout: 1.8 }), async (runtime, group) => {
      const onCheckpoint = async ({ step }: Checkpoint) => {
        if (step === 0) await new Promise((resolve) => setTimeout(resolve, 3000));
      };
      const more = group.rank === 0 ? { checkpointFirst: true, onCheckpoint } : {};
      return (await model().train(runtime, ring, { ...usual, group, ...more }).done).weightHash;
    });
    expect(hashes[0]).toBe(hashes[1]);
  });

  test("an error on one rank ends the others, with its message", async () => {
    const errors = await errorsOf((rank) => ({
      options: {
        reportEvery: 2,
        onEvent: ({ step }) => {
          if (rank === 1 && step === 4) throw new Error("the disk is full");
        },
      },
    }));
    expect(errors[0]).toBe("ERR_RANK_LOST 75 rank 1 of 2 ended: the disk is full");
    expect(errors[1]).toMatch(/the disk is full/);
  });

  test("a rank that never comes: the others say what they waited for", async () => {
    const [first] = localGroup(2, { timeout: 1 });
    const runtime = await createRuntime({ threads: 1, wide: false });
    const training = model().train(runtime, ring, { ...usual, group: first });
    await expect(training.done).rejects.toThrow("rank 0 of 2 waited 1 s in the agreement before the first step");
    await expect(training.checkpoint()).rejects.toThrow("rank 0 of 2 waited 1 s");
    await runtime.close();
  });

  test("a rank lost in a step: the values and the step are named", async () => {
    const group = localGroup(2, { timeout: 1 });
    let left = 40;
    const dying = {
      ...group[1],
      allReduce: (values: Float32Array, what: string) =>
        left-- > 0 ? group[1].allReduce(values, what) : new Promise<void>(() => undefined),
    };
    const runtime = await createRuntime({ threads: 2, wide: false });
    const lost = createRuntime({ threads: 1, wide: false }).then((other) =>
      model()
        .train(other, ring, { ...usual, steps: 1000, group: dying })
        .done.catch((error: Error) => error.message),
    );
    const { done } = model().train(runtime, ring, { ...usual, steps: 1000, group: group[0] });
    await expect(done).rejects.toThrow(/^rank 0 of 2 waited 1 s in the gradient of [\w/]+ of step \d+$/);
    void lost;
    await runtime.close();
  });
});

describe("a checkpoint of 2 ranks", () => {
  const train = (options: Partial<TrainOptions>) => (runtime: Runtime, group: Pick<TrainOptions, "group">) =>
    model().train(runtime, ring, { ...usual, steps: 12, ...group, ...options });
  let saved: Checkpoint;

  beforeAll(async () => {
    await eachRank(localGroup(2), async (runtime, group) => {
      const training = train({ steps: 6, checkpointEvery: 6 })(runtime, { group });
      await training.done;
      if (group.rank === 0) saved = await training.checkpoint();
    });
  });

  test("is gone on from by 2 ranks with the same bits, by 4 and by 1 within rounding", async () => {
    const whole = await trainRanks(2, train({}));
    const resumed = await trainRanks(2, train({ resume: saved }));
    expect(resumed[0].result.weightHash).toBe(whole[0].result.weightHash);
    for (const size of [4, 1]) {
      const [other] = await trainRanks(size, train({ resume: saved }));
      expect(greatestDifference(whole[0].tensors, other.tensors)).toBeLessThan(1e-4);
    }
  });
});

describe("values that are not finite", () => {
  const records = Float32Array.from({ length: 400 }, (_, i) => (i === 7 ? 3e38 : i / 400));
  const data = datasets.from({ records, shape: [2] });
  const optimizers = { generator: sgd(10), discriminator: sgd(10) };

  test("a loss on one rank ends all ranks with the same error", async () => {
    const errors = await errorsOf(() => ({ of: model({ optimizers }), data, options: { steps: 400 } }));
    expect(errors[0]).toMatch(/^ERR_DIVERGED 4 training diverged at step \d+: /);
    expect(errors[1]).toBe(errors[0]);
  });

  test("all ranks return to the last checkpoint of rank 0", async () => {
    const notes = await eachRank(localGroup(2, { timeout: 2 }), async (runtime, group) => {
      const told: string[] = [];
      const training = model({ optimizers }).train(runtime, data, {
        ...{ ...usual, steps: 400, group, onDivergence: "retry" },
        ...(group.rank === 0 && { checkpointEvery: 2, onCheckpoint: async () => undefined }),
        onEvent: ({ note }) => {
          if (note) told.push(note);
        },
      });
      const end = await training.done.then(
        () => "",
        (error: Error) => error.message,
      );
      return [...told, end];
    });
    expect(notes[0][0]).toMatch(/^training diverged at step 5: .*; back to step 4, /);
    expect(notes[0].at(-1)).toMatch(/^training diverged at step \d+, for the second time: /);
    expect(notes[1]).toEqual(notes[0]);
  });

  test("first values are found on all ranks", async () => {
    const errors = await eachRank(localGroup(2, { timeout: 2 }), async (runtime, group) => {
      const one = model();
      const before = one.train(runtime, ring, { ...usual, steps: 1 });
      const saved = (await before.done) && (await before.checkpoint());
      for (const variable of one.variables) await runtime.write(variable, new Float32Array(variable.size).fill(NaN));
      const options = group.rank === 0 ? { checkpointFirst: true, onCheckpoint: async () => undefined } : {};
      const training = one.train(
        runtime,
        ring,
        { ...usual, group, ...options },
        { values: "current", data: { ...saved, name: "ring" } },
      );
      return training.done.catch((error: Error) => error.message);
    });
    expect(errors[0]).toMatch(/^training diverged at step 0: .* is not finite$/);
    expect(errors[1]).toBe(errors[0]);
  });

  test("a rank that asks for a checkpoint alone gets an error alone", async () => {
    const outcomes = await eachRank(localGroup(2, { timeout: 2 }), async (runtime, group) => {
      const one = model();
      const training = one.train(runtime, ring, { ...usual, steps: 3, reportEvery: 1, group });
      let error = "";
      for await (const { step } of training) {
        if (group.rank === 0 || step !== 2) continue;
        const [first] = training.variables;
        const { data: values } = await runtime.read(first);
        await runtime.write(first, new Float32Array(first.size).fill(NaN));
        error = await training.checkpoint().then(
          () => "",
          ({ message }: Error) => message,
        );
        await runtime.write(first, values);
      }
      return { error, hash: (await training.done).weightHash };
    });
    expect(outcomes[1].error).toMatch(/^checkpoint: .* is not finite$/);
    expect(outcomes[0]).toEqual({ error: "", hash: outcomes[1].hash });
  });
});
