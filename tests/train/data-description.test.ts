/** A trained model knows its data: the description of the data set that it was trained on. */
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L, ownUnits, rbm, vae, withRange } from "#binding";
import { scalingOf } from "#src/train/data-description";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

const points = () => gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });

describe("the description of the data", () => {
  test("is that of the training data, as JSON, in every family", async () => {
    const named = datasets.from({
      name: "pets",
      records: Uint8Array.of(0, 255, 51, 102),
      shape: [2],
      labels: [0, 1],
      classNames: ["cat", "dog"],
    });
    const unit = withRange(named, 0, 1);
    const described = {
      name: "pets",
      shape: [2],
      range: { scale: 2 / 255, shift: -1 },
      extent: [0, 255],
      classes: 2,
      classNames: ["cat", "dog"],
    };
    const inUnits = { ...described, range: { scale: 1 / 255, shift: 0 } };
    const trainings = [
      [points().train(runtime, named, { steps: 1 }), described],
      [vae({ latent: 1, encoder: L.dense(2), decoder: L.dense(2) }).train(runtime, unit, { steps: 1 }), inUnits],
      [rbm({ hidden: 2 }).train(runtime, unit, { steps: 1 }), inUnits],
    ] as const;
    for (const [training, expected] of trainings) {
      expect(training.model.data).toEqual(expected);
      expect(JSON.parse(JSON.stringify(training.model.data))).toEqual(expected);
      expect(training.model.shape).toEqual([2]);
      await training.done;
    }
  });

  test("has the names and scales of a table's columns, which convert samples to the table's units", async () => {
    const table = await datasets.parse(new TextEncoder().encode("age,income\n20,1000\n40,5000\n"), {
      name: "people.csv",
      range: [-1, 1],
    });
    const { data } = points().train(runtime, table, { steps: 1 }).model;
    expect(data.range.columns?.map(({ name, scale, offset }) => ({ name, scale, offset }))).toEqual([
      { name: "age", scale: 10, offset: 30 },
      { name: "income", scale: 2000, offset: 3000 },
    ]);
    expect([...ownUnits([-1, 1, 0, 0], scalingOf(data))]).toEqual([20, 5000, 30, 3000]);
  });

  test("of a plain shape takes values as normalised, and their extent as [-1, 1]", () => {
    const { data, shape } = points().trained(runtime, [2]);
    expect(data).toEqual({ name: "data", shape: [2], range: { scale: 1, shift: 0 } });
    expect(shape).toEqual([2]);
    expect(scalingOf(data).extent).toEqual([-1, 1]);
    expect(scalingOf({ ...data, range: { scale: 2, shift: 1 } }).extent).toEqual([-1, 0]);
  });

  test("must be a shape or a description", () => {
    for (const wrong of [undefined, 2, {}, { shape: 2 }])
      expect(() => points().trained(runtime, wrong as never)).toThrow(
        /^trained: data must be the shape of a record or a description of data, found /,
      );
  });
});
