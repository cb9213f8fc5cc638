/** The classifier that judges samples, and what it says of real digits, of a collapsed model and of half of the classes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, metrics } from "#binding";
import { select } from "#src/data/index";
import type { Classifier } from "#src/metrics/classifier";
import type { Runtime } from "#src/host/runtime";

const digits = datasets.digits({ count: 2000, seed: 1 });
const unseen = datasets.digits({ count: 500, seed: 2 });
let runtime: Runtime;
let classifier: Classifier;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  classifier = await metrics.trainClassifier(runtime, digits, { steps: 300, seed: 3 });
}, 60_000);
afterAll(() => runtime.close());

describe("trainClassifier", () => {
  test("names held-out and unseen digits", async () => {
    expect(classifier).toMatchObject({ classes: 10, heldOut: 200 });
    expect(classifier.accuracy).toBeGreaterThan(0.95);
    const { classes } = await classifier.classify(unseen);
    expect(classes.filter((found, i) => found === unseen.labels?.[i]).length / 500).toBeGreaterThan(0.95);
  });

  test("is the same for the same seed", async () => {
    const of = async (seed: number) => {
      const made = await metrics.trainClassifier(runtime, digits, { steps: 5, seed });
      return [...(await made.classify(unseen)).confidence];
    };
    const first = await of(1);
    expect(await of(1)).toEqual(first);
    expect(await of(2)).not.toEqual(first);
  });

  test.each([
    [
      datasets.ring({ count: 100 }),
      "ring must have ten or more labelled images [height, width, channels], found 100 records of [2] with labels",
    ],
    [
      datasets.from({ name: "bare", records: new Uint8Array(20 * 64), shape: [8, 8, 1] }),
      "bare must have ten or more labelled images [height, width, channels], found 20 records of [8, 8, 1] without labels",
    ],
    [
      datasets.digits({ count: 9 }),
      "digits must have ten or more labelled images [height, width, channels], found 9 records of [28, 28, 1] with labels",
    ],
  ])("takes labelled images alone", async (data, found) => {
    await expect(metrics.trainClassifier(runtime, data)).rejects.toThrow(found);
  });
});

describe("classCoverage", () => {
  test("of digits: all ten, about as often; of a collapsed model: one; of even ones: five", async () => {
    const coverage = async (indices: readonly number[]) =>
      metrics.classCoverage(await classifier.classify(select(unseen, indices)), 10);
    const all = [...unseen.labels!.keys()];
    const whole = await coverage(all);
    expect(whole).toMatchObject({ classes: 10, classesOf: 10 });
    expect(whole.certain).toBeGreaterThan(0.8);
    expect(whole.classEntropy).toBeGreaterThan(Math.log(10) - 0.1);
    const { confidence } = await classifier.classify(unseen);
    const sure = Array.from(confidence).findIndex((value) => value > 0.95);
    expect(await coverage(new Array(100).fill(sure))).toMatchObject({ classes: 1, classEntropy: 0 });
    const even = await coverage(all.filter((i) => unseen.labels![i] % 2 === 0));
    expect(even.classCounts.filter((count) => count >= 20)).toHaveLength(5);
    expect(even.classEntropy).toBeLessThan(Math.log(5) + 0.2);
  });

  test("of uncertain samples: none", () => {
    expect(metrics.classCoverage({ classes: [1, 2], confidence: [0.5, 0.89] }, 3)).toEqual({
      classes: 0,
      classesOf: 3,
      certain: 0,
      classEntropy: 0,
      classCounts: [0, 0, 0],
    });
    expect(() => metrics.classCoverage({ classes: [], confidence: [] }, 3)).toThrow(RangeError);
  });

  test.each([
    [undefined, 3, "classes must be an array of numbers, found undefined"],
    [{ classes: [1] }, 3, "confidence must be an array of numbers, found undefined"],
    [{ classes: [1], confidence: [1] }, undefined, "classesOf must be an integer >= 1, found undefined"],
    [{ classes: [1, 3], confidence: [1, 0.2] }, 3, "classes[1] must be an integer >= 0 and < 3, found 3"],
    [{ classes: [1, 0], confidence: [1] }, 3, "confidence must have 2 values, found 1"],
    [
      { classes: [1], confidence: [Number.NaN] },
      3,
      "confidence[0] must be a finite number >= 0 and < 1.001, found NaN",
    ],
  ])("%j of %s classes: what is wrong", (classification, classes, message) => {
    expect(() => metrics.classCoverage(classification as never, classes as never)).toThrow(`classCoverage: ${message}`);
  });
});

describe("features and stored classifiers", () => {
  test("features are 64 numbers of a record, the same alone and among others", async () => {
    const all = await classifier.features(unseen);
    expect(all).toMatchObject({ count: 500, size: 64 });
    const alone = await classifier.features(select(unseen, [321]));
    expect([...alone.values]).toEqual([...all.values.subarray(321 * 64, 322 * 64)]);
  });

  test("a restored classifier has the same weights and the same bits", async () => {
    const classNames = Array.from({ length: 10 }, (_, digit) => `digit ${digit}`);
    const again = await metrics.restoreClassifier(runtime, { ...classifier, classNames }, classifier.tensors);
    expect(again.classNames).toEqual(classNames);
    expect(again.weightHash).toBe(classifier.weightHash);
    expect(again.accuracy).toBe(classifier.accuracy);
    expect((await again.classify(unseen)).confidence).toEqual((await classifier.classify(unseen)).confidence);
    again.release();
  });

  test("values of another network are no classifier", async () => {
    const other = { ...classifier, network: "pooled" } as const;
    await expect(metrics.restoreClassifier(runtime, other, classifier.tensors)).rejects.toThrow(
      /is missing|must have shape/,
    );
  });

  test("the network must be known", async () => {
    await expect(metrics.trainClassifier(runtime, digits, { network: "deep" as "pooled" })).rejects.toThrow(
      'trainClassifier: network must be pooled or strided, found "deep"',
    );
  });
});
