/** Images from a user's side: folders with bad ones, sizes, presets for images, and data that stay on the disk. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { datasets } from "#binding";
import { formatIdx } from "#src/data/formats/idx";
import { encodePng } from "#src/data/formats/png";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const pictures = join(folder, "pictures");
const arrays = join(folder, "arrays");
const sprites = join(folder, "sprites");
const train = (...args: string[]) => ["train", "gan", "--steps", "2", "--batch", "4", "--threads", "1", ...args];

beforeAll(() => {
  const png = (width: number, height: number) =>
    encodePng({ width, height, channels: 3, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => i & 255) });
  for (const name of ["cat", "dog"]) {
    mkdirSync(join(pictures, name), { recursive: true });
    for (let i = 0; i < 5; i++) writeFileSync(join(pictures, name, `${i}.png`), png(16, 16));
  }
  writeFileSync(join(pictures, "cat", "broken.png"), png(16, 16).subarray(0, 60));
  writeFileSync(join(pictures, "cat", "empty.png"), "");
  writeFileSync(join(pictures, "dog", "odd.png"), png(20, 10));
  const digits = datasets.digits({ count: 60 });
  mkdirSync(arrays);
  const pixels = digits.records as Uint8Array;
  writeFileSync(join(arrays, "train-images-idx3-ubyte"), formatIdx({ data: pixels, shape: [60, 28, 28] }));
  const labels = Uint8Array.from(digits.labels as Int32Array);
  writeFileSync(join(arrays, "train-labels-idx1-ubyte"), formatIdx({ data: labels, shape: [60] }));
  mkdirSync(sprites);
  const rgba = Uint8Array.from({ length: 12 * 16 * 16 * 4 }, (_, i) => (i * 37) & 255);
  writeFileSync(join(sprites, "tiles-idx4-ubyte"), formatIdx({ data: rgba, shape: [12, 16, 16, 4] }));
});

describe("a folder with images that cannot be used", () => {
  test("one error, a line for each, exit code 3", async () => {
    const { code, stdout, stderr } = await genloom(train("--data", pictures, "--out", join(folder, "never")));
    expect([code, stdout]).toEqual([3, ""]);
    const lines = stderr.trimEnd().split("\n");
    expect(lines).toEqual([
      `error: ${pictures}: 3 of 13 images cannot be used`,
      expect.stringMatching(/^ {2}.*cat\/broken\.png: PNG data are truncated or corrupt/),
      expect.stringMatching(/^ {2}.*cat\/empty\.png: empty file \(0 bytes\)$/),
      expect.stringMatching(/^ {2}.*dog\/odd\.png: images must be of one size, 16 x 16 as most are, found 20 x 10$/),
      expect.stringMatching(/^hint: .*--skip-bad/),
    ]);
  });

  test("--skip-bad says which were left out, and the run knows", async () => {
    const run = join(folder, "skipped");
    const { code, stderr } = await genloom(train("--data", pictures, "--skip-bad", "--preset", "dcgan", "--out", run));
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/3 images left out:\n {2}.*broken\.png: .*\n {2}.*empty\.png: .*\n {2}.*odd\.png: /);
    expect(stderr).toContain("10 records of [16, 16, 3]");
    const found = await document(["inspect", run]);
    expect(found.data).toMatchObject({ count: 10, skipBad: true, fitted: { size: 16 } });
    await document(["train", "gan", "--resume", run, "--steps", "3"]);
  });

  test("--size makes the odd one fit, --channels and --background what is asked", async () => {
    const args = ["--size", "32", "--channels", "1", "--background", "#ffffff", "--skip-bad"];
    const run = join(folder, "sized");
    await document(train("--data", pictures, ...args, "--preset", "dcgan", "--out", run));
    const { data } = await document(["inspect", run]);
    expect(data).toMatchObject({
      count: 11,
      shape: [32, 32, 1],
      images: { size: 32, channels: 1, background: [255, 255, 255] },
    });
    expectFailure(await genloom(["train", "gan", "--resume", run, "--size", "16"]), 2, /--size cannot change/, /./);
  });

  test.each([
    [["--background", "white"], /It must be a colour such as #rrggbb/],
    [["--fit", "squash"], /Allowed choices are auto, cover, contain, pad, exact/],
    [["--data", "ring", "--size", "8"], /ring: size, fit, channels and background apply to images/],
    [["--data", "digits", "--preset", "dcgan", "--size", "24"], /dcgan: size must be 16, 32, 64 or 128, found 24/],
    [
      ["--data", "ring", "--preset", "dcgan"],
      /dcgan: records of ring must be square images \[size, size, channels\], found \[2\]/,
    ],
    [["--data", "ring", "--stream"], /ring: only a file of records can be streamed/],
  ])("%s is a matter of usage", async (args, error) => {
    expectFailure(await genloom(train("--count", "20", ...args)), 2, error, /./);
  });
});

describe("preset dcgan", () => {
  test("pads digits to a power of two; sample, evaluate and resume know it", async () => {
    const run = join(folder, "digits");
    await document(train("--preset", "dcgan", "--data", "digits", "--count", "40", "--out", run));
    const { data } = await document(["inspect", run]);
    expect(data).toMatchObject({ shape: [32, 32, 1], fitted: { size: 32 } });
    expect((await document(["sample", run, "--count", "2"])).shape).toEqual([2, 32, 32, 1]);
    expect((await document(["evaluate", run, "--samples", "10"])).metrics.classesOf).toBe(10);
  }, 60_000);

  test("takes a folder with one RGBA array, over black or as it is", async () => {
    for (const [args, channels] of [
      [[], 3],
      [["--channels", "4"], 4],
    ] as const) {
      const run = join(folder, `sprites-${channels}`);
      await document(train("--preset", "dcgan", "--data", sprites, ...args, "--out", run));
      expect((await document(["sample", run, "--count", "1"])).shape).toEqual([1, 16, 16, channels]);
    }
  });
});

test("--stream ends where the same records in memory end, and can be resumed, measured and inspected", async () => {
  const args = [
    "train",
    "gan",
    "--preset",
    "dcgan",
    "--data",
    arrays,
    "--steps",
    "6",
    "--batch",
    "8",
    "--threads",
    "1",
  ];
  const whole = await document([...args, "--out", join(folder, "memory")]);
  const run = join(folder, "streamed");
  const streamed = await document([...args, "--stream", "--save-every", "3", "--out", run]);
  expect(streamed.weightHash).toBe(whole.weightHash);
  expect((await document(["inspect", run])).data).toMatchObject({ stream: true, shape: [32, 32, 1] });
  expect((await document(["evaluate", run, "--samples", "10"])).metrics.classesOf).toBe(10);
  const resumed = await document(["train", "gan", "--resume", run, "--step", "3"]);
  expect(resumed.weightHash).toBe(whole.weightHash);
}, 60_000);

test("--stream of a folder of images ends where the same images in memory end, and can be resumed and inspected", async () => {
  const args = train("--preset", "dcgan", "--data", pictures, "--skip-bad");
  const whole = await document([...args, "--out", join(folder, "pictures-memory")]);
  const run = join(folder, "pictures-streamed");
  const streamed = await document([...args, "--stream", "--save-every", "1", "--out", run]);
  expect(streamed.weightHash).toBe(whole.weightHash);
  const { data } = await document(["inspect", run]);
  expect(data).toMatchObject({ stream: true, skipBad: true, count: 10, shape: [16, 16, 3] });
  const resumed = await document(["train", "gan", "--resume", run, "--step", "1"]);
  expect(resumed.weightHash).toBe(whole.weightHash);
}, 60_000);
