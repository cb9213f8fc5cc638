/** Feature extractors: a classifier's, pixels with antialiased resizing, functions of the user's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, metrics, Values } from "#binding";
import { resized } from "#src/data/images/resample";
import type { Runtime } from "#src/host/runtime";
import type { Classifier } from "#src/metrics/classifier";

let runtime: Runtime;
let classifier: Classifier;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
  classifier = await metrics.trainClassifier(runtime, datasets.digits({ count: 200 }), { network: "pooled", steps: 5 });
});
afterAll(() => runtime.close());

describe("a classifier", () => {
  test("gives its features, and says which it is", async () => {
    const made = metrics.extractor(classifier);
    expect(made).toMatchObject({ kind: "classifier", size: 64, weightHash: classifier.weightHash });
    const some = datasets.digits({ count: 3, seed: 4 });
    expect(await made.features(some)).toEqual(await classifier.features(some));
  });

  test("rejects images of another size", async () => {
    const other = new Values(new Float32Array(2 * 16 * 16), [2, 16, 16, 1]);
    await expect(async () => metrics.extractor(classifier).features(other)).rejects.toThrow(
      "extractor: records must have shape [28, 28, 1] like those that the classifier was trained on, found [16, 16, 1]",
    );
  });
});

describe("pixels", () => {
  test("images are resized with antialiasing: each new pixel is a mean of those around it", async () => {
    const image = Float32Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.sin(i));
    const { values, size } = await metrics.extractor("pixels").features(new Values(image, [1, 64, 64, 3]));
    expect(size).toBe(16 * 16 * 3);
    expect([...values]).toEqual([...Float32Array.from(resized(image, [64, 64, 3], [16, 16]))]);
    const flat = await metrics
      .extractor("pixels")
      .features(new Values(new Float32Array(64 * 64).fill(0.25), [1, 64, 64, 1]));
    for (const value of flat.values) expect(value).toBeCloseTo(0.25, 6);
  });

  test("small images and other records stay as they are", async () => {
    const small = Float32Array.from({ length: 2 * 8 * 8 }, (_, i) => i / 128);
    expect((await metrics.extractor("pixels").features(new Values(small, [2, 8, 8, 1]))).values).toEqual(small);
    const points = Float32Array.of(1, 2, 3, 4);
    expect(await metrics.extractor("pixels").features(new Values(points, [2, 2]))).toEqual({
      values: points,
      count: 2,
      size: 2,
    });
  });
});

describe("a function", () => {
  test("gets records [count, ...shape]", async () => {
    const shapes: (readonly number[])[] = [];
    const made = metrics.extractor(
      (records) => {
        shapes.push(records.shape);
        return { values: Float64Array.from([1, 2, 3]), count: 3, size: 1 };
      },
      { name: "mine" },
    );
    expect(made.kind).toBe("mine");
    expect((await made.features(datasets.ring({ count: 3 }))).size).toBe(1);
    expect(shapes).toEqual([[3, 2]]);
  });

  test.each([
    [
      () => new Values(new Float32Array(4), [2, 2]),
      "extractor own: features must have 3 rows, one per record, found 2",
    ],
    [
      () => new Values(Float32Array.of(1, Number.NaN, 2), [3, 1]),
      /extractor own: values must be finite, found NaN in record 1/,
    ],
    [() => 5 as unknown as Values, /extractor own: features must be \{ values/],
  ])("must return features: %s", async (source, message) => {
    await expect(metrics.extractor(source).features(datasets.ring({ count: 3 }))).rejects.toThrow(message);
  });

  test("or another source is rejected", () => {
    expect(() => metrics.extractor("features" as "pixels")).toThrow(
      'extractor: the source must be a classifier, "pixels" or a function, found "features"',
    );
  });
});
