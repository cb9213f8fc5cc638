/** `genloom inspect` of data: files and folders of records, and built-in data sets. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { formatIdx } from "#src/data/formats/idx";
import { formatNpy } from "#src/data/formats/npy";
import { encodePng } from "#src/data/formats/png";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const mnist = join(folder, "mnist");
mkdirSync(mnist);
const images = join(mnist, "train-images-idx3-ubyte");
const data = Uint8Array.from({ length: 3 * 4 * 5 }, (_, i) => i);
writeFileSync(images, formatIdx({ data, shape: [3, 4, 5] }));
writeFileSync(join(mnist, "train-labels-idx1-ubyte"), formatIdx({ data: Uint8Array.from([2, 0, 2]), shape: [3] }));
const animals = join(folder, "animals");
for (const [name, count] of [
  ["cat", 2],
  ["dog", 3],
] as const) {
  mkdirSync(join(animals, name), { recursive: true });
  for (let i = 0; i < count; i++) {
    const bytes = encodePng({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(i) });
    writeFileSync(join(animals, name, `${i}.png`), bytes);
  }
}

describe("inspect of data", () => {
  test.each([images, mnist])("tells number, shape, range and classes of IDX records: %s", async (path) => {
    const found = await document(["inspect", path]);
    expect(found).toEqual({
      data: path,
      count: 3,
      shape: [4, 5, 1],
      extent: [0, 255],
      streamed: false,
      classes: { "class 0": 1, "class 1": 0, "class 2": 2 },
    });
  });

  test("names the classes of a folder of images", async () => {
    const { code, stdout } = await genloom(["inspect", animals]);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([
      `data     ${animals}`,
      "records  5 of [8, 8, 3] (height, width, channels)",
      "range    0 to 255",
      "classes  2: cat: 2, dog: 3",
    ]);
  });

  test("knows the built-in data sets", async () => {
    const { stdout } = await genloom(["inspect", "bars"]);
    expect(stdout).toContain("records  30 of [4, 4, 1] (height, width, channels)");
  });

  test("says that records have no labels", async () => {
    const path = join(folder, "plain.npy");
    writeFileSync(path, formatNpy(Float32Array.from([1, 2, 3, -4, 5, 6]), [3, 2]));
    const { stdout } = await genloom(["inspect", path]);
    expect(stdout.trimEnd().split("\n").slice(1)).toEqual([
      "records  3 of [2] (values)",
      "range    -4 to 6",
      "classes  none: the records have no labels",
    ]);
  });

  test("a folder without data may have been meant as a run", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    expectFailure(
      await genloom(["inspect", empty]),
      3,
      /empty: directory without data/,
      /a run has a config\.json; as data/,
    );
  });

  test.each([["--program"], ["--step", "3"], ["--data", "digits"]])(
    "has no %s, which is of a run",
    async (...option) => {
      const failed = await genloom(["inspect", mnist, ...option]);
      expectFailure(
        failed,
        2,
        new RegExp(`${option[0]} is an option for run folders, and .*mnist is none`),
        /leave it out/,
      );
    },
  );

  test("a run without its config.json is not taken for data", async () => {
    const broken = join(folder, "broken");
    mkdirSync(join(broken, "checkpoints"), { recursive: true });
    expectFailure(await genloom(["inspect", broken]), 3, /broken: not a run: it has no config\.json/, /genloom train/);
  });
});
