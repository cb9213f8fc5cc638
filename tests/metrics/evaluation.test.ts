/**
 * Evaluations: scores of samples with floors, what a perfect and a collapsed model get, choices and errors, and that neither
 * the range of the model nor its family matters.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adam, createRuntime, datasets, gan, layers as L, metrics, normalisedAs, Values, withRange } from "#binding";
import { select } from "#src/data/index";
import type { Runtime } from "#src/host/runtime";
import type { Classifier } from "#src/metrics/classifier";
import { compare, floorsOf } from "#src/metrics/evaluation/compare";
import { comparedRecords, comparedSamples } from "#src/metrics/evaluation/records";
import { scoreNames, scoreTable } from "#src/metrics/evaluation/scores";
import { sideOf } from "#src/metrics/evaluation/side";
import type { Records } from "#src/train/records";
import type { TrainedModel } from "#src/train/trained";

const count = 300;
const digits = datasets.digits({ count, seed: 1 });
const heldOut = datasets.digits({ count, seed: 2 });
const perfect = datasets.digits({ count, seed: 3 });
/** Images of four pixels: a small extractor of 4 features, one per quarter. */
const quarters = metrics.extractor(
  ({ data, shape: [n] }) => {
    const out = new Float32Array(n * 4);
    data.forEach((value, i) => {
      const pixel = i % 784;
      const quarter = 2 * Number(Math.floor(pixel / 28) >= 14) + Number(pixel % 28 >= 14);
      out[Math.floor(i / 784) * 4 + quarter] += value / 196;
    });
    return new Values(out, [n, 4]);
  },
  { name: "quarters" },
);
let runtime: Runtime;
let model: TrainedModel;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  const optimizer = adam(1e-3);
  const family = gan({
    ...{ latent: 2, optimizers: { generator: optimizer, discriminator: optimizer } },
    generator: L.sequential(L.dense(784), L.tanh(), L.reshape(28, 28, 1)),
    discriminator: L.sequential(L.flatten(), L.dense(1)),
  });
  const training = family.train(runtime, digits, { steps: 3, batchSize: 16 });
  await training.done;
  model = training.model;
});
afterAll(() => runtime.close());

const judges = { extractor: quarters };
const side = (data: typeof digits) => sideOf("records", comparedRecords(data), judges, data.labels);
const comparison = () => ({ runtime, seed: 0, classes: 0, reference: side(digits), heldOut: side(heldOut) });
const names = [
  "fid",
  "kid",
  "clippedDensity",
  "clippedCoverage",
  "precision",
  "recall",
  "density",
  "coverage",
  "mmd",
  "slicedWasserstein",
  "msSsim",
  "copies",
] as const;

describe("compare", () => {
  test("a perfect model is near its floors; a collapsed one is not", async () => {
    const all = comparison();
    const floors = await floorsOf(names, all);
    const good = await compare(names, all, { samples: side(perfect) }, floors);
    const collapsed = await compare(names, all, { samples: side(select(perfect, new Array(count).fill(7))) }, floors);
    for (const name of ["clippedDensity", "clippedCoverage", "precision", "recall", "density", "coverage"]) {
      expect(good.multiples[name], name).toBeGreaterThan(0.8);
      expect(good.multiples[name], name).toBeLessThan(1.2);
    }
    expect(good.multiples.fid).toBeLessThan(4);
    expect(collapsed.multiples.fid).toBeGreaterThan(20);
    expect(collapsed.metrics.clippedCoverage).toBeLessThan(0.1);
    expect(collapsed.metrics.msSsim).toBeCloseTo(1, 6);
    expect(good.metrics.msSsim).toBeLessThan(0.5);
    expect(good.metrics.copies).toBe(0);
  });

  test("copies of training records are found", async () => {
    const all = comparison();
    const found = await compare(["copies"], all, { samples: side(select(digits, [...perfect.labels!.keys()])) }, {});
    expect(found.metrics).toMatchObject({ copies: count, nearerToTraining: 1 });
    expect(found.floors).toMatchObject({ copies: 0, nearerToTraining: 0.5 });
  });

  test("a floor is the score of held-out records, and its multiple the quotient", async () => {
    const all = comparison();
    const {
      metrics: scores,
      floors,
      multiples,
      counts,
    } = await compare(["fid"], all, { samples: side(perfect) }, await floorsOf(["fid"], all));
    const direct = async (other: typeof digits) =>
      metrics.frechetDistance(await quarters.features(digits), await quarters.features(other));
    expect(scores.fid).toBe(await direct(perfect));
    expect(floors.fid).toBe(await direct(heldOut));
    expect(multiples.fid).toBe((scores.fid as number) / floors.fid);
    expect(counts.fid).toEqual({ samples: count, training: count, heldOut: count });
  });

  test("an unbiased score has no multiple: its floor is 0 but for chance", async () => {
    const all = comparison();
    const { multiples } = await compare(["kid", "mmd"], all, { samples: side(perfect) }, { kid: 1, mmd: 1 });
    expect(multiples).toEqual({});
  });
});

describe("evaluator", () => {
  test("measures the same of the same model and seed, another value of another seed", async () => {
    const fid = async (seed: number) =>
      (await metrics.evaluate(model, { data: digits, heldOut, extractor: quarters, metrics: ["fid"], seed })).metrics
        .fid;
    const first = await fid(1);
    expect(await fid(1)).toBe(first);
    expect(await fid(2)).not.toBe(first);
  });

  test("takes the usual scores that can be computed, and says what it left out", async () => {
    const found = await metrics.evaluator(model, { data: digits, heldOut, extractor: quarters });
    expect(found.names).toEqual(["fid", "kid", "clippedDensity", "clippedCoverage"]);
    expect(found.lacking.map(({ name }) => name)).toEqual(["certain", "asked"]);
    const all = await metrics.evaluator(model, { data: digits, heldOut, extractor: quarters, metrics: ["all"] });
    expect(all.names).toEqual(scoreNames.filter((name) => !["certain", "asked"].includes(name)));
    // A part of the training data was seen, so that copies of it would look like those of other records.
    const seen = await metrics.evaluator(model, { data: digits, extractor: quarters, metrics: ["all"] });
    expect(seen.lacking.map(({ name }) => name)).toEqual(["copies", "certain", "asked"]);
  });

  test("judges classes by a classifier, with the floor of held-out records", async () => {
    const classifier = await metrics.trainClassifier(runtime, digits, { steps: 60 });
    const some = select(heldOut, [...new Array(50).keys()]);
    const made = await metrics.evaluate(model, { data: digits, heldOut: some, classifier, metrics: ["certain"] });
    const { certain } = metrics.classCoverage(await classifier.classify(some), 10);
    expect(made.floors.certain).toBe(certain);
    expect(made.metrics).toMatchObject({ classesOf: 10 });
    expect(made.metrics.certain).toBeLessThan(certain);
    expect(made.counts.certain).toEqual({ samples: 50, heldOut: 50 });
    classifier.release();
  });

  test("holds a part of the data out if there are no others", async () => {
    const { counts } = await metrics.evaluate(model, { data: digits, extractor: quarters, metrics: ["kid"] });
    expect(counts.kid).toEqual({ samples: 150, training: 150, heldOut: 150 });
  });

  test.each([
    [
      { metrics: ["fidd"] },
      RangeError,
      /^evaluate: unknown metric "fidd"; did you mean "fid"\? known metrics: fid, kid, /,
    ],
    [{ metrics: ["certain"] }, Error, "evaluate: certain must have a classifier, found none"],
    [
      { metrics: ["fid"], samples: 4 },
      Error,
      "evaluate: fid must have at least 5 samples (for features of 4 numbers), found 4",
    ],
    [
      { metrics: ["fid"], heldOut: select(heldOut, [0, 1, 2]) },
      Error,
      "evaluate: fid must have at least 5 samples (for features of 4 numbers), found 3",
    ],
    [{ samples: 0 }, RangeError, "evaluator: samples must be an integer >= 1, found 0"],
    [{ seed: -1 }, RangeError, "evaluator: seed must be an integer from 0 to 2^53 - 1, found -1"],
    [
      { data: datasets.ring({ count: 9 }) },
      RangeError,
      "evaluator: data must have shape [28, 28, 1] like the model's, found [2]",
    ],
    [
      { heldOut: datasets.ring({ count: 9 }) },
      RangeError,
      "evaluator: heldOut must have shape [28, 28, 1] like the model's, found [2]",
    ],
    [
      { extractor: ((records: Values) => records) as never },
      TypeError,
      "evaluator: extractor must be an extractor: metrics.extractor(function), found a function",
    ],
  ])("rejects %o", async (options, kind, message) => {
    const made = metrics.evaluator(model, { data: digits, heldOut, extractor: quarters, ...options });
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.toBeInstanceOf(kind);
  });

  test("needs no more than the table says: every score of the fewest records", async () => {
    const { images } = { images: scoreNames.filter((name) => scoreTable[name].needs === "features") };
    for (const name of images) {
      const samples = scoreTable[name].fewest?.(4) ?? 1;
      const some = select(
        heldOut,
        Array.from({ length: samples }, (_, i) => i),
      );
      const data = select(
        digits,
        Array.from({ length: samples }, (_, i) => i),
      );
      const options = { data, heldOut: some, extractor: quarters, metrics: [name], samples };
      const { metrics: found } = await metrics.evaluate(model, options);
      expect(found[name], name).toBeTypeOf("number");
      if (samples > 1)
        await expect(metrics.evaluate(model, { ...options, samples: samples - 1 }), name).rejects.toThrow(
          `evaluate: ${name} must have at least ${samples}`,
        );
    }
  });
});

describe("classes with names", () => {
  const classNames = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  const named = { ...digits, classNames };
  const others = { ...select(heldOut, [...new Array(50).keys()]), classNames };
  /** The same records, whose classes are numbered from the last one on. */
  const turned = { ...others, classNames: classNames.toReversed(), labels: others.labels!.map((label) => 9 - label) };
  let classifier: Classifier;
  let conditional: TrainedModel;
  beforeAll(async () => {
    classifier = await metrics.trainClassifier(runtime, named, { steps: 60 });
    const optimizer = adam(1e-3);
    const family = gan({
      ...{ latent: 2, classes: 10, optimizers: { generator: optimizer, discriminator: optimizer } },
      generator: L.sequential(L.joinLabel(10, 4), L.dense(784), L.tanh(), L.reshape(28, 28, 1)),
      discriminator: L.sequential(L.flatten(), L.dense(8), L.projection(10)),
    });
    const training = family.train(runtime, named, { steps: 3, batchSize: 16 });
    await training.done;
    conditional = training.model;
  });
  const options = () => ({ data: named, classifier, extractor: quarters, asked: 20 });

  test("held-out records are of the classes that their names say", async () => {
    const asked = async (data: typeof others) =>
      (await metrics.evaluate(conditional, { ...options(), heldOut: data, metrics: ["asked"] })).floors.asked;
    const { classes } = await classifier.classify(others);
    const right = classes.filter((found, i) => found === others.labels![i]).length / 50;
    expect(right).toBeGreaterThan(0.5);
    expect(await asked(others)).toBe(right);
    expect(await asked(turned)).toBe(right);
  });

  test("a classifier judges the model's classes by their names, or not at all", async () => {
    const of = (judge: object) =>
      metrics.evaluate(conditional, {
        ...options(),
        heldOut: others,
        metrics: ["asked"],
        classifier: { ...classifier, ...judge },
      });
    expect(classifier.classNames).toEqual(classNames);
    const { metrics: scores, floors } = await of({});
    const reversed = {
      ...{ classes: 11, classNames: ["ten", ...classNames.toReversed()] },
      classify: async (records: Records) => {
        const { classes, confidence } = await classifier.classify(records);
        return { classes: classes.map((found) => 10 - found), confidence };
      },
    };
    expect(await of(reversed)).toMatchObject({ metrics: scores, floors });
    await expect(of({ classNames: [...classNames.slice(0, 9), "ten"] })).rejects.toThrow(
      'evaluate: asked must have a classifier of the model\'s classes, found one without "nine"',
    );
    await expect(of({ classes: 5, classNames: undefined })).rejects.toThrow(
      "evaluate: asked must have a classifier of the model's classes, found one of 5 classes",
    );
  });

  test("a name that the model does not know is an error, but for scores without classes", async () => {
    const odd = { ...others, classNames: [...classNames.slice(0, 9), "ten"] };
    const made = metrics.evaluator(conditional, { ...options(), heldOut: odd, metrics: ["asked"] });
    await expect(made).rejects.toThrow(
      `evaluator: records of ${odd.name} must be of classes of the model, found "ten"`,
    );
    const { names } = await metrics.evaluator(conditional, { ...options(), heldOut: odd, metrics: ["kid"] });
    expect(names).toEqual(["kid"]);
  });
});

describe("the range of a model does not matter", () => {
  test("records and samples in [0, 1] are compared as those in [-1, 1]", () => {
    const zeroToOne = withRange(digits, 0, 1);
    expect([...comparedRecords(zeroToOne).data]).toEqual([...comparedRecords(digits).data]);
    const samples = new Values(Float32Array.of(0, 0.5, 1, 1.5, -1), [5, 1]);
    const one = { ...zeroToOne, shape: [1, 1, 1] };
    expect([...comparedSamples(samples, one).data]).toEqual([-1, 0, 1, 1, -1].map((value) => expect.closeTo(value, 6)));
  });

  test("samples that are not finite are a divergence", () => {
    const samples = new Values(Float32Array.of(0, Number.NaN), [2, 1]);
    expect(() => comparedSamples(samples, digits)).toThrow("evaluate: samples of this model are not finite numbers");
  });

  test("normalisation of other data is that of the model", () => {
    expect(normalisedAs(heldOut, model.data).scale).toBe(digits.scale);
  });
});
