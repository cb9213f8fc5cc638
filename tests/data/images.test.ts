/** Images made into records: resampled, cut, filled, coloured; and folders in which some cannot be used. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { withChannels } from "#src/data/images/colour";
import { fitImages, fitted, type ImageOptions } from "#src/data/images/image-fit";
import { datasets } from "#src/data/index";
import { loadDataset } from "#src/data/load";
import type { BadImage } from "#src/data/formats/png-folder";
import { resample } from "#src/data/images/resample";
import type { GenloomError } from "#src/errors";
import { formatIdx } from "#src/data/formats/idx";
import { encodePng, type Image } from "#src/data/formats/png";

const image = (width: number, height: number, channels: number, value: (i: number) => number): Image => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => value(i)),
});

describe("resample", () => {
  // Computed by Pillow 12.3.0: Image.resize(size, Image.Resampling.BILINEAR), whose passes each round to 8 bits.
  test("agrees with Pillow within its rounding", () => {
    const noise = image(7, 5, 1, (i) => (i * 73 + ((i * i) % 101)) & 255);
    const close = (found: Uint8Array, expected: readonly number[]) =>
      expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i])))).toBeLessThanOrEqual(1);
    close(resample(noise, 3, 2).data, [103, 119, 142, 116, 88, 146]);
    close(
      resample(noise, 4, 9).data,
      [
        39, 157, 118, 174, 57, 159, 104, 182, 88, 161, 81, 195, 96, 150, 76, 147, 98, 135, 75, 84, 94, 130, 73, 139, 90,
        128, 70, 185, 92, 139, 66, 193, 93, 145, 64, 198,
      ],
    );
  });

  test("an even image stays even, and the mean of any stays", () => {
    expect(
      new Set(
        resample(
          image(50, 31, 3, () => 77),
          13,
          8,
        ).data,
      ),
    ).toEqual(new Set([77]));
    const noise = image(64, 64, 1, (i) => (i * 7919) & 255);
    const mean = ({ data }: Image) => data.reduce((sum, value) => sum + value, 0) / data.length;
    expect(Math.abs(mean(resample(noise, 16, 16)) - mean(noise))).toBeLessThan(1);
  });

  test("what lies under transparent pixels does not bleed", () => {
    const half: Image = { width: 2, height: 1, channels: 4, data: Uint8Array.of(200, 100, 50, 255, 255, 255, 255, 0) };
    expect([...resample(half, 1, 1).data]).toEqual([200, 100, 50, 128]);
  });
});

describe("withChannels", () => {
  const pixel = (...data: number[]): Image => ({
    width: 1,
    height: 1,
    channels: data.length,
    data: Uint8Array.from(data),
  });
  test.each([
    [pixel(90), 3, [90, 90, 90]],
    [pixel(90), 4, [90, 90, 90, 255]],
    [pixel(90, 51), 1, [98]], // 0.2 x 90 + 0.8 x 100
    [pixel(255, 0, 0), 1, [76]],
    [pixel(10, 20, 30, 0), 3, [100, 100, 100]],
    [pixel(10, 20, 30, 7), 4, [10, 20, 30, 7]],
  ] as const)("%o in %i", (from, channels, expected) => {
    expect([...withChannels(from, channels, [100, 100, 100]).data]).toEqual(expected);
  });
});

describe("fit", () => {
  const wide = image(4, 2, 1, (i) => 10 * (i + 1)); // 10 20 30 40 / 50 60 70 80
  const rows = (options: ImageOptions) => [...fitted(wide, 1, { background: [9, 9, 9], ...options }).data];
  test("auto pads what fits in, and covers with what does not", () => {
    expect(rows({ size: 4 })).toEqual([9, 9, 9, 9, 10, 20, 30, 40, 50, 60, 70, 80, 9, 9, 9, 9]);
    expect(rows({ size: 2 })).toEqual([20, 30, 60, 70]);
  });

  test("cover, contain and pad", () => {
    expect(rows({ size: 2, fit: "cover" })).toEqual([20, 30, 60, 70]);
    // 2 x 1: weights 3, 3, 1 of 7 across and a half down: (17.14 + 57.14) / 2, and its mirror image.
    expect(rows({ size: 2, fit: "contain" })).toEqual([37, 53, 9, 9]);
    expect(rows({ size: 4, fit: "cover" }).slice(0, 2)).not.toContain(9);
    expect(rows({ size: 4, fit: "pad" })).toEqual(rows({ size: 4 }));
  });

  test("digits of 28 pixels become 32 by a border, their own pixels untouched", () => {
    const digits = datasets.digits({ count: 3 });
    const large = fitImages(digits, { size: 32 });
    expect(large).toMatchObject({ count: 3, shape: [32, 32, 1], scale: digits.scale, labels: digits.labels });
    const back = Array.from({ length: 28 }, (_, y) =>
      large.records.subarray(1024 + (y + 2) * 32 + 2, 1024 + (y + 2) * 32 + 30),
    );
    expect(back.flatMap((row) => [...row])).toEqual([...digits.records.subarray(784, 1568)]);
    const ink = (records: ArrayLike<number>) => Array.from(records).reduce((sum, value) => sum + value, 0);
    expect(ink(large.records)).toBe(ink(digits.records));
  });

  test("what is not an image of bytes is refused", () => {
    expect(() => fitImages(datasets.ring({ count: 5 }), { size: 32 })).toThrow(
      "ring: size, fit, channels and background",
    );
    expect(() => fitImages(datasets.digits({ count: 1 }), { size: 16, fit: "pad" })).toThrow(
      "digits: size must be at most 16 x 16 with fit pad, found 28 x 28",
    );
  });

  test("RGBA arrays are laid over black, over a colour, or kept", async () => {
    const data = Uint8Array.of(200, 100, 0, 255, 200, 100, 0, 51);
    const bytes = formatIdx({ data, shape: [1, 1, 2, 4] });
    const of = async (images?: ImageOptions) => {
      const { shape, records } = await datasets.parse(bytes, { name: "x.idx", ...(images && { images }) });
      return [shape[2], ...records];
    };
    expect(await of()).toEqual([3, 200, 100, 0, 40, 20, 0]);
    expect(await of({ background: [100, 0, 50] })).toEqual([3, 200, 100, 0, 120, 20, 40]);
    expect(await of({ channels: 4 })).toEqual([4, ...data]);
  });
});

describe("a folder in which images cannot be used", () => {
  let folder: string;
  const png = (width: number, height: number, channels = 3) =>
    encodePng(image(width, height, channels, (i) => i & 255));
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "genloom-images-"));
    const files: Record<string, Uint8Array> = {
      "a.png": png(40, 30),
      "b.png": png(32, 32),
      "c.png": png(32, 32).subarray(0, 90),
      "d.png": new Uint8Array(0),
      "e.png": png(32, 32, 4),
      "f.png": new TextEncoder().encode("not an image"),
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  });
  const failure = (options: object = {}): Promise<GenloomError> =>
    loadDataset(folder, options).then(
      () => Promise.reject(new Error("it loaded")),
      (error) => error,
    );

  test("each is named with its rule, whatever stands first", async () => {
    const { message, exitCode, list, hint } = await failure();
    expect([exitCode, message]).toEqual([3, `${folder}: 4 of 6 images cannot be used`]);
    expect(hint).toMatch(/--skip-bad/);
    expect(list.map((line) => line.replace(`${folder}/`, "").replace(/\(.*/, ""))).toEqual([
      expect.stringMatching(/^c\.png: PNG data are truncated or corrupt/),
      "d.png: empty file ",
      "f.png: not a PNG file: wrong signature",
      "a.png: images must be of one size, 32 x 32 as most are, found 40 x 30",
    ]);
  });

  test("they are left out on demand, and told", async () => {
    const told: BadImage[] = [];
    const data = await loadDataset(folder, { skipBad: (bad) => told.push(...bad) });
    expect(data).toMatchObject({ count: 2, shape: [32, 32, 3] });
    expect(told.map(({ path }) => path.at(-5))).toEqual(["c", "d", "f", "a"]);
  });

  test("with a size the odd one fits; exact refuses it; the broken ones stay broken", async () => {
    expect((await failure({ images: { size: 16 } })).list).toHaveLength(3);
    const exact = await failure({ images: { size: 32, fit: "exact" } });
    expect(exact.list[0]).toMatch(/a\.png: size must be 32 x 32 with fit exact, found 40 x 30$/);
    const grey = await loadDataset(folder, { images: { size: 16, channels: 1 }, skipBad: () => undefined });
    expect(grey).toMatchObject({ count: 3, shape: [16, 16, 1] });
  });
});

describe("options of images are checked, wherever they are given", () => {
  const cases: readonly [object, string][] = [
    [{ fit: "stretch" }, 'images: fit must be "auto", "cover", "contain", "pad", "exact", found "stretch"'],
    [{ channels: 2 }, "images: channels must be 1 (grey), 3 (RGB) or 4 (RGB and alpha), found 2"],
    [{ size: 100_000 }, "images: size must be an integer >= 1 and <= 16384, found 100000"],
    [{ size: "32" }, 'images: size must be an integer >= 1 and <= 16384, found "32"'],
    [{ background: "#fff" }, 'images: background must be [red, green, blue], integers from 0 to 255, found "#fff"'],
    [{ background: [0, 0] }, "images: background must be [red, green, blue], integers from 0 to 255, found [0, 0]"],
    [{ background: [0, 0, 256] }, "integers from 0 to 255, found [0, 0, 256]"],
    [{ width: 32 }, 'images: unknown option "width"; known options: size, fit, channels, background'],
  ];
  const small = datasets.digits({ count: 2 });
  const bytes = formatIdx({ data: small.records as Uint8Array, shape: [2, 28, 28] });
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "genloom-options-"));
    await writeFile(join(folder, "a.png"), encodePng(image(8, 8, 3, (i) => i)));
  });

  test.each(cases)("%j", async (images, message) => {
    const options = { images: images as ImageOptions };
    expect(() => fitImages(small, options.images)).toThrow(message);
    await expect(loadDataset("digits", options)).rejects.toThrow(message);
    await expect(loadDataset(folder, options)).rejects.toThrow(message);
    await expect(datasets.parse(bytes, options)).rejects.toThrow(message);
    await expect(datasets.streamFile(new Blob([bytes as Uint8Array<ArrayBuffer>]), options)).rejects.toThrow(message);
  });
});

test.each([
  [() => datasets.digits({ count: 99_999_999_999 }), "digits: count must be at most 5478274"],
  [() => datasets.ring({ count: 99_999_999_999 }), "ring: count must be at most 536870911"],
  [() => datasets.bars({ size: 16, count: 99_999_999_999 }), "bars: count must be at most 16777215"],
  [() => datasets.digits({ count: 0 }), "digits: count must be an integer >= 1, found 0"],
  [
    () => datasets.from({ records: new Float32Array(4), shape: 2 as never }),
    "dataset data: the shape of a record must be an array such as [28, 28, 1], found 2",
  ],
])("%s", (make, message) => {
  expect(make).toThrow(message);
});
