/** Data scaled as those that a model was trained on. */
import { expect, test } from "vitest";
import { datasets, normalisedAs, ownUnits, standardise, withRange } from "#binding";
import { descriptionOf, scalingOf } from "#src/train/data-description";

const table = (text: string, name: string) => datasets.parse(new TextEncoder().encode(text), { name });

test("images get scale and shift, whatever range they had", () => {
  const trained = descriptionOf(withRange(datasets.digits({ count: 1 }), 0, 1));
  for (const data of [datasets.digits({ count: 2, seed: 5 }), withRange(datasets.digits({ count: 2, seed: 5 }), -3, 3)])
    expect(normalisedAs(data, trained)).toMatchObject({ scale: 1 / 255, shift: 0, extent: [0, 255] });
});

test("a table's columns get the trained scales, and mean what they meant", async () => {
  const trained = descriptionOf(standardise(await table("age,income\n20,1000\n40,5000\n", "people.csv")));
  const text = "age,income\n30,9000\n50,3000\n";
  for (const data of [await table(text, "more.csv"), standardise(await table(text, "more.csv"))]) {
    const scaled = normalisedAs(data, trained);
    expect([...scaled.records]).toEqual([0, 3, 2, 0]);
    expect([...ownUnits(scaled.records, scalingOf(descriptionOf(scaled)))]).toEqual([30, 9000, 50, 3000]);
    expect(scaled.columns?.map(({ low, high }) => [low, high])).toEqual([
      [30, 50],
      [3000, 9000],
    ]);
  }
});

test("bits are a table's columns if those of the training were, and the reverse", async () => {
  const trained = descriptionOf(standardise(await table("a,b\n2,1000\n4,5000\n", "units.csv")));
  const bits = await table("a,b\n0,1\n1,0\n", "bits.csv");
  expect(bits.columns).toBeUndefined();
  expect([...normalisedAs(bits, trained).records]).toEqual([-3, -1.4995, -2, -1.5].map(Math.fround));
  const plain = normalisedAs(standardise(await table("a,b\n2,1000\n4,5000\n", "units.csv")), descriptionOf(bits));
  expect(plain.columns).toBeUndefined();
  expect([...plain.records]).toEqual([2, 1000, 4, 5000]);
});

test("tables of another number of columns are refused", async () => {
  const trained = descriptionOf(await table("a,b\n2,1000\n4,5000\n", "two.csv"));
  const three = await table("a,b,c\n2,1000,5\n4,5000,6\n", "three.csv");
  expect(() => normalisedAs(three, trained)).toThrow(
    "normalisedAs: the table must have 2 columns like two.csv, found 3",
  );
});
