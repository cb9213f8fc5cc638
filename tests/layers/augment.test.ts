/** What augmentation does to images: whole moves, mirrors, squares and colours, each of them at random. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as L from "#src/layers/index";
import { literal } from "#src/ops/literal";
import { evaluate } from "#src/graph/reference";
import { type Shape, sizeOf } from "#src/graph/shape";

const count = 200;

/** The same image `count` times over. */
const copies = (image: readonly number[], [h, w, c]: readonly [number, number, number]) => {
  const shape: Shape = [count, h, w, c];
  return literal(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => image[i % image.length]),
    shape,
  );
};

/** What `options` make of each of the copies, as text, and how often. */
function made(options: L.AugmentOptions, image: readonly number[], shape: readonly [number, number, number]) {
  const network = new L.Network("augmented", L.augment(options));
  const [values] = evaluate([network.apply(copies(image, shape), { training: true })], { seed: 1 });
  const found = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const text = [...values.subarray(i * image.length, (i + 1) * image.length)].join(" ");
    found.set(text, (found.get(text) ?? 0) + 1);
  }
  return found;
}

test("images move by whole pixels as far as they may, all ways alike, and `fill` comes in", () => {
  const found = made({ translation: 1 / 4, fill: -1 }, [1, 2, 3, 4, 5, 6, 7, 8], [2, 4, 1]);
  // A row of four moves by 1 to both sides; two rows by a quarter of 2, rounded: 1.
  const rows = (dy: number, dx: number) =>
    [0, 1].flatMap((y) =>
      [0, 1, 2, 3].map((x) =>
        [0, 1].includes(y + dy) && [0, 1, 2, 3].includes(x + dx) ? 4 * (y + dy) + x + dx + 1 : -1,
      ),
    );
  const wanted = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => rows(dy, dx).join(" ")));
  expect([...found.keys()].sort()).toEqual(wanted.sort());
  // Nine ways, 22 of 200 each; five standard deviations.
  for (const times of found.values()) expect(Math.abs(times - count / 9)).toBeLessThan(5 * Math.sqrt(count / 9));
});

test("about every second image is mirrored, left to right", () => {
  const found = made({ translation: 0, flip: true }, [1, 2, 3, 4, 5, 6], [1, 3, 2]);
  expect([...found.keys()].sort()).toEqual(["1 2 3 4 5 6", "5 6 3 4 1 2"]);
  expect(Math.abs((found.get("1 2 3 4 5 6") as number) - count / 2)).toBeLessThan(5 * Math.sqrt(count / 4));
});

test("a square is cut out wherever its centre falls, on the edges too", () => {
  const found = made({ translation: 0, cutout: 1 / 2, fill: 9 }, [1, 1, 1, 1], [1, 4, 1]);
  expect([...found.keys()].sort()).toEqual(["1 1 1 9", "1 1 9 9", "1 9 9 1", "9 1 1 1", "9 9 1 1"]);
});

test("a square of odd side is cut whole, around a pixel", () => {
  const side = [0, 1, 2, 3, 4, 5, 6];
  const found = made({ translation: 0, cutout: 3 / 7, fill: 9 }, new Array(49).fill(1), [7, 7, 1]);
  const near = (a: number, b: number) => Math.abs(a - b) <= 1;
  const wanted = side.flatMap((row) =>
    side.map((column) => side.flatMap((y) => side.map((x) => (near(x, column) && near(y, row) ? 9 : 1))).join(" ")),
  );
  for (const image of found.keys()) expect(wanted).toContain(image);
  expect(found.size).toBeGreaterThan(40); // of 49, in 200 draws
});

test("colours: brightness moves all values alike, saturation leaves the grey, contrast the mean", () => {
  const network = new L.Network("augmented", L.augment({ translation: 0, colour: true }));
  const image = [0.1, 0.2, 0.6, -0.4, 0.3, 0.1];
  const [values] = evaluate([network.apply(copies(image, [1, 2, 3]), { training: true })], { seed: 1 });
  const grey = (x: ArrayLike<number>, at: number) => (x[at] + x[at + 1] + x[at + 2]) / 3;
  const factors = Array.from({ length: count }, (_, i) => {
    const one = values.subarray(6 * i, 6 * i + 6);
    const contrast = (grey(one, 0) - grey(one, 3)) / (grey(image, 0) - grey(image, 3));
    const saturation = (one[0] - grey(one, 0)) / (image[0] - grey(image, 0)) / contrast;
    const brightness = (grey(one, 0) + grey(one, 3)) / 2 - (grey(image, 0) + grey(image, 3)) / 2;
    // One factor for all pixels of an image.
    expect((one[4] - grey(one, 3)) / (image[4] - grey(image, 3))).toBeCloseTo(saturation * contrast, 4);
    return [brightness, saturation, contrast];
  });
  for (const [k, [low, high]] of [
    [-0.5, 0.5],
    [0, 2],
    [0.5, 1.5],
  ].entries()) {
    const drawn = factors.map((all) => all[k]);
    expect(Math.min(...drawn)).toBeGreaterThan(low - 1e-4);
    expect(Math.max(...drawn)).toBeLessThan(high + 1e-4);
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan(0.9 * (high - low));
  }
});

test("outside of training images stay as they are", () => {
  const x = copies([1, 2], [1, 2, 1]);
  const all = { flip: true, colour: true, cutout: 1, translation: 0.5 };
  expect(new L.Network("still", L.augment(all)).apply(x)).toBe(x);
});

test.each([
  [{}, "008d884b2fd951e5"],
  [{ flip: true, colour: true, cutout: 0.5, fill: -1 }, "32e850dfe9b5ad8a"],
  [{ translation: 0, flip: true }, "1a58f27386211c28"],
  [{ translation: 0.3, cutout: 3 / 7, colour: true }, "e34310243441e424"],
])("models saved by version 0.1.0 see the same images: %o", (options, hash) => {
  const x = literal(
    Float32Array.from({ length: 4 * 7 * 6 * 3 }, (_, i) => Math.sin(i)),
    [4, 7, 6, 3],
  );
  const network = new L.Network("net", L.augment(options));
  const [values] = evaluate([network.apply(x, { training: true })], { seed: 9 });
  expect(createHash("sha256").update(Float32Array.from(values)).digest("hex").slice(0, 16)).toBe(hash);
});

test("wrong options and inputs are named", () => {
  expect(() => L.augment({ cutout: 1.5 })).toThrow("augment: cutout must be a finite number >= 0 and <= 1, found 1.5");
  expect(() => L.augment({ color: true } as object)).toThrow(
    'augment: unknown option "color"; did you mean "colour"? known options: ',
  );
  const layer = new L.Network("net", L.augment());
  const flat = literal(new Float32Array(6), [2, 3]);
  expect(() => layer.apply(flat, { training: true })).toThrow(
    "augment at net: images must have shape [n, height, width, channels], found [2, 3]",
  );
});
