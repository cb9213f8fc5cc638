/**
 * Conditional models of every family: what they learn of a labelled toy set, and that save, load, resume, streamed data and
 * lanes give the same bits.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  familyFrom,
  gan,
  layers as L,
  likelihoods,
  load,
  losses,
  penalties,
  rbm,
  type Runtime,
  vae,
} from "#binding";
import type { Dataset } from "#src/data/index";
import { streamed } from "#src/data/stream";
import type { TrainingData } from "#src/data/training-data";
import type { Checkpoint } from "#src/train/checkpoint";
import type { Family } from "#src/train/family";
import { Training, type TrainOptions } from "#src/train/training";
import { normals } from "#src/numbers/philox";

const classes = 3;

/** Class i lies around point i; class 2 is half of the records, the others a quarter each. */
const centres = [
  [-1, -1],
  [1, -1],
  [0, 1],
] as const;

function points(count = 400): Dataset {
  const noise = normals(2 * count, { seed: 5, step: 0, stream: 0 });
  const labels = Int32Array.from({ length: count }, (_, i) => [0, 1, 2, 2][i % 4]);
  const records = Float32Array.from({ length: 2 * count }, (_, i) => centres[labels[i >> 1]][i % 2] + 0.1 * noise[i]);
  const classNames = ["left", "right", "top"];
  return datasets.from({ name: "corners", records, shape: [2], labels, classes, classNames });
}

/** The same records with the same names of classes in another order, and one more that has none of them. */
const renumbered = ({ labels, ...data }: Dataset): Dataset => ({
  ...{ ...data, classes: 4, classNames: ["below", "top", "right", "left"] },
  ...(labels && { labels: labels.map((label) => 3 - label) }),
});

const dense = (units: number) => [L.dense(units), L.leakyRelu()];

const conditionalGan = () =>
  gan({
    latent: 2,
    classes,
    generator: L.sequential(L.joinLabel(classes, 4), ...dense(32), L.film(classes), ...dense(32), L.dense(2)),
    discriminator: L.sequential(...dense(32), ...dense(32), L.projection(classes)),
    loss: losses.nonSaturating(),
    penalties: [penalties.r1(0.05)],
    optimizers: { generator: adam(2e-3, { beta1: 0.5 }), discriminator: adam(2e-3, { beta1: 0.5 }) },
    ema: 0.99,
  });

const families: Readonly<Record<string, () => Family>> = {
  gan: conditionalGan,
  "gan with an auxiliary classifier": () =>
    gan({
      latent: 2,
      classes,
      auxiliary: 1,
      generator: L.sequential(L.joinLabel(classes, 4), ...dense(32), L.conditionalBatchNorm(classes), L.dense(2)),
      discriminator: L.sequential(...dense(32), ...dense(32), L.dense(1 + classes)),
      penalties: [penalties.r1(0.05)],
      optimizers: { generator: adam(2e-3, { beta1: 0.5 }), discriminator: adam(2e-3, { beta1: 0.5 }) },
    }),
  vae: () => conditionalVae(),
};

const conditionalVae = () =>
  vae({
    latent: 2,
    classes,
    encoder: L.sequential(L.joinLabel(classes, 4), ...dense(32), L.dense(4)),
    decoder: L.sequential(L.joinLabel(classes, 4), ...dense(32), L.dense(2)),
    likelihood: likelihoods.gaussian({ variance: "shared", start: 0.1 }),
    optimizer: adam(3e-3),
  });

let runtime: Runtime;
let three: Runtime;
beforeAll(async () => {
  [runtime, three] = await Promise.all([createRuntime({ threads: 1 }), createRuntime({ threads: 3 })]);
});
afterAll(async () => {
  await runtime.close();
  await three.close();
});

/** The class whose centre is nearest to each sample. */
const nearest = (values: Float32Array) =>
  Array.from({ length: values.length / 2 }, (_, i) => {
    const distances = centres.map(([x, y]) => Math.hypot(values[2 * i] - x, values[2 * i + 1] - y));
    return distances.indexOf(Math.min(...distances));
  });

const bits = (values: Float32Array) => [...new Int32Array(values.slice().buffer)];

/** The same records, read during training in blocks of few steps. */
const behind = ({ records, labels, classNames, name, count, shape }: Dataset) =>
  streamed({
    ...{ name, count, shape, classes, dtype: "f32", bufferBytes: 5000 },
    ...(labels && { labels }),
    ...(classNames && { classNames }),
    stream: {
      read: async (indices) =>
        Float32Array.from({ length: 2 * indices.length }, (_, i) => records[2 * indices[i >> 1] + (i % 2)]),
    },
  });

const short = { steps: 11, batchSize: 16, seed: 3 };
const trainingOf = (family: Family, on: Runtime, data: TrainingData, options: Partial<TrainOptions> = {}) =>
  new Training(family, on, data, { ...short, ...options });
const hashOf = async (...given: Parameters<typeof trainingOf>) => (await trainingOf(...given).done).weightHash;

describe.each(Object.entries(families))("%s", (_, make) => {
  test("samples lie at the class that is asked for", async () => {
    const training = trainingOf(make(), runtime, points(), { steps: 600, batchSize: 64 });
    await training.done;
    const { model } = training;
    for (const [label, centre] of centres.entries()) {
      const { data } = await model.sample(200, { seed: 1, labels: label });
      const right = nearest(data).filter((one) => one === label).length;
      expect(right, `class ${label} at ${centre}`).toBeGreaterThan(180);
    }
    const drawn = model.drawnLabels(400, { seed: 4 });
    const { data } = await model.sample(400, { seed: 4 });
    expect(nearest(data).filter((one, i) => one === drawn[i]).length / 400).toBeGreaterThan(0.9);
    // Class 2 has half of the records.
    expect(drawn.filter((one) => one === 2).length / 400).toBeCloseTo(0.5, 1);
  });

  test("lanes, streamed data and a resumed training give the same bits", async () => {
    const whole = await hashOf(make(), runtime, points());
    expect(await hashOf(make(), three, points())).toBe(whole);
    expect(await hashOf(make(), runtime, behind(points()))).toBe(whole);
    let checkpoint: Checkpoint | undefined;
    const onCheckpoint = async (one: Checkpoint) => {
      if (one.step === 4) checkpoint = one;
    };
    await trainingOf(make(), runtime, points(), { onCheckpoint, checkpointEvery: 4 }).done;
    if (!checkpoint) throw new Error("no checkpoint of step 4");
    expect(await hashOf(make(), runtime, points(), { resume: structuredClone(checkpoint) })).toBe(whole);
  });

  test("a saved model has the same samples, scores and classes", async () => {
    const training = trainingOf(make(), runtime, points());
    await training.done;
    const { model } = training;
    const bytes = await model.save();
    const again = await load(three, bytes, { kind: model.family.kind });
    expect(again.family.classes).toBe(classes);
    expect(again.data).toEqual({ ...model.data, classCounts: [100, 100, 200] });
    expect(familyFrom(again.family.config).config).toEqual(model.family.config);
    for (const options of [{ seed: 2 }, { labels: "top" }, { labels: [1, 0, 1, 2, 0], first: 254 }])
      expect(bits((await again.sample(5, options)).data)).toEqual(bits((await model.sample(5, options)).data));
    const some = points(9);
    expect(bits((await again.score(some)).data)).toEqual(bits((await model.score(some)).data));
    expect(bits((await model.score(renumbered(some))).data)).toEqual(bits((await model.score(some)).data));
    expect([...again.drawnLabels(9, { seed: 1 })]).toEqual([...model.drawnLabels(9, { seed: 1 })]);
    again.release();
  });

  test("a sample has the same bits however it is asked for, and labels leave the latents alone", async () => {
    const training = trainingOf(make(), runtime, points());
    await training.done;
    const { model } = training;
    const drawn = model.drawnLabels(300, { seed: 6 });
    const all = bits((await model.sample(300, { seed: 6 })).data);
    const asked = async (count: number, first: number, labels?: ArrayLike<number>) =>
      bits((await model.sample(count, { seed: 6, first, ...(labels && { labels }) })).data);
    expect(await asked(300, 0, drawn)).toEqual(all);
    for (const [count, first] of [
      [1, 0],
      [1, 299],
      [7, 250],
      [70, 200],
    ])
      for (const labels of [undefined, drawn.subarray(first, first + count)])
        expect(await asked(count, first, labels)).toEqual(all.slice(2 * first, 2 * (first + count)));
    // One that differs in its class differs alone.
    const other = drawn.slice(0, 9);
    other[4] = (other[4] + 1) % classes;
    const changed = await asked(9, 0, other);
    expect([...changed.slice(0, 8), ...changed.slice(10)]).toEqual([...all.slice(0, 8), ...all.slice(10, 18)]);
    expect(changed.slice(8, 10)).not.toEqual(all.slice(8, 10));
    // The graph of the sampler draws the classes that the host computes.
    const sampler = model.family.sampler([2], { classCounts: [100, 100, 200] });
    const program = runtime.compile(() => ({ outputs: { labels: sampler.inputs.labels.draw(256) } }));
    const { labels } = await program.run({}, { seed: 6, step: 1 });
    expect([...labels.data]).toEqual([...model.drawnLabels(256, { seed: 6, first: 256 })]);
  });

  test("generates and interpolates by class", async () => {
    const training = trainingOf(make(), runtime, points());
    await training.done;
    const { model } = training;
    const latents = [0.5, -1, 0, 1];
    const [left, both] = [
      await model.generate(latents, { labels: 0 }),
      await model.generate(latents, { labels: [0, 2] }),
    ];
    expect(bits(both.data).slice(0, 2)).toEqual(bits(left.data).slice(0, 2));
    expect(bits(both.data).slice(2)).not.toEqual(bits(left.data).slice(2));
    expect((await model.interpolate([0, 0], [1, 1], { steps: 5, labels: "left" })).shape).toEqual([5, 2]);
    await expect(model.interpolate([0, 0], [1, 1])).rejects.toThrow(
      "interpolate: this model has classes, and no labels are given",
    );
  });
});

describe("what is wrong is named", () => {
  const trained = () => conditionalGan().trained(runtime, { ...describedPoints, classNames: ["left", "right", "top"] });
  const describedPoints = { name: "corners", shape: [2], range: { scale: 1, shift: 0 } };
  const untrained = true;

  test.each([
    [{ labels: 3 }, "sample: a label must be an integer from 0 to 2 or the name of a class, found 3"],
    [{ labels: [0, 1.5] }, "found 1.5"],
    [{ labels: "bottom" }, 'sample: a label must be the name or the number of a class, found "bottom"'],
    [{ labels: [0] }, "sample: labels must be one class, or 2, found 1"],
    [{ labels: true }, "sample: labels must be a class, or a list of classes, found true"],
  ])("%j", async (options, message) => {
    await expect(trained().sample(2, { ...(options as object), untrained })).rejects.toThrow(message);
  });

  test("an unknown name gets the list of names, shortened if it is long", async () => {
    await expect(trained().sample(2, { labels: "up", untrained })).rejects.toMatchObject({
      hint: "classes: left, right, top",
    });
    const names = Array.from({ length: 40 }, (_, i) => `c${i}`);
    const family = gan({ latent: 2, classes: 40, generator: L.dense(2), discriminator: L.dense(1) });
    const model = family.trained(runtime, { ...describedPoints, classNames: names });
    await expect(model.sample(2, { labels: "up", untrained })).rejects.toMatchObject({
      hint: `classes: ${names.slice(0, 20).join(", ")} … 40 in all`,
    });
  });

  test("records without labels, labels of a model without classes", async () => {
    await expect(trained().score([0, 0], { untrained })).rejects.toThrow(
      "score: this model has classes, and the records have no labels",
    );
    const plain = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) }).trained(runtime, [2]);
    await expect(plain.score([0, 0], { labels: 1, untrained })).rejects.toThrow(
      "score: this model was not trained with labels",
    );
    expect(() => plain.drawnLabels(3)).toThrow("drawnLabels: this model was not trained with labels");
  });

  test("records of a class that the model does not have", async () => {
    const failed = trained().score({ ...points(9), classNames: ["left", "behind", "top"] }, { untrained });
    await expect(failed).rejects.toThrow('score: records of corners must be of classes of the model, found "behind"');
    await expect(failed).rejects.toMatchObject({ hint: "classes of the model: left, right, top" });
  });

  test("data that do not fit", async () => {
    const { labels: _, classes: _none, classNames: _names, ...unlabelled } = points();
    expect(() => trainingOf(conditionalGan(), runtime, unlabelled)).toThrow(
      "train: a model with classes needs data with labels, and corners has none",
    );
    const { classNames: _some, ...four } = points();
    expect(() => trainingOf(conditionalGan(), runtime, { ...four, classes: 4 })).toThrow(
      "train: corners must have 3 classes like the model, found 4",
    );
    const training = trainingOf(conditionalGan(), runtime, points());
    await training.done;
    const resume = await training.checkpoint();
    const plain = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
    expect(() => trainingOf(plain, runtime, points(), { resume })).toThrow(
      "train: resume: the checkpoint's model must have no classes, found 3",
    );
  });

  test("data of other classes, where a training goes on: other names, or another order", async () => {
    const goOn = async (family: Family) => {
      const training = trainingOf(family, runtime, points());
      await training.done;
      return (classNames: string[]) => training.model.train({ ...points(), classNames }, { steps: 1 }).done;
    };
    const go = await goOn(conditionalGan());
    expect((await go(["left", "right", "top"])).step).toBe(1);
    const message = (names: string) =>
      `train: corners must have the classes left, right, top of the model, in this order, found ${names}`;
    expect(() => go(["left", "top", "right"])).toThrow(message("left, top, right"));
    expect(() => go(["left", "right", "bottom"])).toThrow(message("left, right, bottom"));
    const plain = gan({
      ...{ latent: 2, generator: L.dense(2), discriminator: L.dense(1) },
      optimizers: { generator: adam(1e-3), discriminator: adam(1e-3) },
    });
    expect((await (await goOn(plain))(["other", "names", "here"])).step).toBe(1);
  });

  test("options and layers", () => {
    const parts = { latent: 2, generator: L.dense(2), discriminator: L.dense(1) };
    expect(() => gan({ ...parts, classes: 1 })).toThrow("gan: classes must be an integer >= 2 and <= 1000, found 1");
    expect(() => gan({ ...parts, classes: 1001 })).toThrow("found 1001");
    expect(() => gan({ ...parts, auxiliary: 1 })).toThrow("gan: auxiliary needs classes");
    expect(() => rbm({ hidden: 2, classes: 0 })).toThrow("rbm: classes must be");
    expect(() => gan({ ...parts, generator: L.film(3) }).init([2])).toThrow(
      "film at generator: this network is applied without the labels that the layer needs",
    );
    expect(() => gan({ ...parts, classes: 4, generator: L.sequential(L.film(3)) }).init([2])).toThrow(
      "film at generator/0: classes must be 4 like the model's, found 3",
    );
    expect(() => gan({ ...parts, classes: 3, auxiliary: 1 }).init([2])).toThrow(
      "gan: the discriminator must return 4 logits per record, one and 3 of the auxiliary classifier, found [1, 1]",
    );
    expect(() => gan({ ...parts, classes: 3, auxiliary: 1, discriminator: L.projection(3) }).init([2])).toThrow(
      "projection at discriminator: this network is applied without the labels",
    );
  });
});

describe("vae", () => {
  test("records are encoded, reconstructed and judged as of their class", async () => {
    const training = conditionalVae().train(runtime, points(), { steps: 800, batchSize: 64, seed: 3 });
    await training.done;
    const { model } = training;
    const data = points(60);
    const again = await model.reconstruct(data);
    expect(nearest(again.data)).toEqual([...(data.labels as Int32Array)]);
    const asked = await model.reconstruct(data, { labels: data.labels as Int32Array });
    expect(bits(asked.data)).toEqual(bits(again.data));
    expect(bits((await model.reconstruct(renumbered(data))).data)).toEqual(bits(again.data));
    // As of another class, records are strange.
    const own = await model.score(data, { k: 50 });
    const wrong = await model.score(data, { k: 50, labels: Array.from(data.labels as Int32Array, (y) => (y + 1) % 3) });
    expect(own.data.filter((score, i) => score < wrong.data[i]).length).toBe(60);
    const { perRecord } = await model.logLikelihood(data, { k: 400 });
    for (const [i, score] of (await model.score(data, { k: 400 })).data.entries())
      expect(Math.abs(perRecord[i] + score)).toBeLessThan(0.3);
    // Latents hold little of the class, because both networks know it: means of the posteriors are alike in all classes.
    const { mean } = await model.encode(data);
    const centre = (label: number) => {
      const rows = [...(data.labels as Int32Array).keys()].filter((i) => data.labels?.[i] === label);
      return rows.reduce((sum, i) => sum + mean.data[2 * i], 0) / rows.length;
    };
    expect(Math.abs(centre(0) - centre(1))).toBeLessThan(1);
    expect((await model.latentUse(data)).kl.length).toBe(2);
    await expect(model.encode([0, 0])).rejects.toThrow(
      "encode: this model has classes, and the records have no labels",
    );
    await expect(model.decode([0, 0])).rejects.toThrow("decode: this model has classes, and no labels are given");
    expect(nearest((await model.decode([0, 0, 0, 0], { labels: ["left", "top"] })).data)).toEqual([0, 2]);
    expect((await model.traverse({ steps: 3, labels: 1 })).shape).toEqual([2, 3, 2]);
  });
});
