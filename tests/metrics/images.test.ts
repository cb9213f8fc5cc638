/** MS-SSIM: its definition with a window of two dimensions, closed forms, and the diversity of pairs. */
import { describe, expect, test } from "vitest";
import { metrics } from "#binding";
import { imageSimilarity, type ImageShape } from "#src/metrics/ms-ssim";
import { normal } from "./sets.js";

type Image = readonly (readonly number[])[];

const weights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Every position of an 11 x 11 window, by the definition. */
function windows(a: Image, b: Image, span: number) {
  const weight = (i: number, j: number) => Math.exp(-((i - 5) ** 2 + (j - 5) ** 2) / (2 * 1.5 ** 2));
  const all = [...Array(121).keys()].map((i) => [Math.floor(i / 11), i % 11] as const);
  const total = all.reduce((sum, [i, j]) => sum + weight(i, j), 0);
  const [whole, structure]: [number[], number[]] = [[], []];
  for (let y = 0; y + 11 <= a.length; y++) {
    for (let x = 0; x + 11 <= a[0].length; x++) {
      const average = (of: (i: number, j: number) => number) =>
        all.reduce((sum, [i, j]) => sum + (weight(i, j) / total) * of(y + i, x + j), 0);
      const [ma, mb] = [average((i, j) => a[i][j]), average((i, j) => b[i][j])];
      const va = average((i, j) => (a[i][j] - ma) ** 2);
      const vb = average((i, j) => (b[i][j] - mb) ** 2);
      const cov = average((i, j) => (a[i][j] - ma) * (b[i][j] - mb));
      const [c1, c2] = [(0.01 * span) ** 2, (0.03 * span) ** 2];
      structure.push((2 * cov + c2) / (va + vb + c2));
      whole.push(((2 * ma * mb + c1) / (ma * ma + mb * mb + c1)) * structure[structure.length - 1]);
    }
  }
  return { whole: mean(whole), structure: mean(structure) };
}

const half = (a: Image): Image =>
  [...Array(Math.floor(a.length / 2)).keys()].map((i) =>
    [...Array(Math.floor(a[0].length / 2)).keys()].map((j) =>
      mean([a[2 * i][2 * j], a[2 * i][2 * j + 1], a[2 * i + 1][2 * j], a[2 * i + 1][2 * j + 1]]),
    ),
  );

function reference(a: Image, b: Image, span: number, scales: number): number {
  const total = weights.slice(0, scales).reduce((sum, one) => sum + one, 0);
  let result = 1;
  for (let scale = 0; scale < scales; scale++, [a, b] = [half(a), half(b)]) {
    const { whole, structure } = windows(a, b, span);
    result *= (scale === scales - 1 ? whole : structure) ** (weights[scale] / total);
  }
  return result;
}

/** Smooth random images of one channel with values in about [-1, 1]. */
const picture = (height: number, width: number, seed: number): Image => {
  const noise = normal({ count: 1, size: 6, seed }).values;
  return [...Array(height).keys()].map((i) =>
    [...Array(width).keys()].map(
      (j) => Math.sin(i * noise[0] + noise[1]) * Math.cos(j * noise[2] + noise[3] + i * noise[4]),
    ),
  );
};

describe("similarity", () => {
  test.each([
    [28, 28, 2],
    [45, 50, 3],
    [11, 30, 1],
  ])("of images of %i x %i is the definition with %i scales", (height, width, scales) => {
    const [a, b] = [
      picture(height, width, 1),
      picture(height, width, 2).map((line, i) =>
        line.map((one, j) => 0.4 * one + 0.6 * picture(height, width, 1)[i][j]),
      ),
    ];
    const shifted = (image: Image) => image.map((line) => line.map((one) => one + 1));
    const shape: ImageShape = [height, width, 1];
    expect(metrics.msSsimScales(shape)).toBe(scales);
    const known = reference(shifted(a), shifted(b), 2, scales);
    expect(known).toBeGreaterThan(0.05);
    expect(known).toBeLessThan(0.95);
    expect(imageSimilarity(a.flat(), b.flat(), { shape, range: [-1, 1] })).toBeCloseTo(known, 10);
  });

  test("of constant images: luminance alone, to the power of the last scale's weight", () => {
    const similarity = imageSimilarity(new Float32Array(784).fill(0.25), new Float32Array(784).fill(0.75), {
      shape: [28, 28, 1],
      range: [0, 1],
    });
    const luminance = (2 * 0.25 * 0.75 + 1e-4) / (0.25 ** 2 + 0.75 ** 2 + 1e-4);
    expect(similarity).toBeCloseTo(luminance ** (0.2856 / (0.0448 + 0.2856)), 12);
  });

  test("of channels is their mean", () => {
    const [a, b] = [picture(16, 16, 1), picture(16, 16, 2)];
    const shape: ImageShape = [16, 16, 2];
    const interleaved = (x: Image, y: Image) => x.flatMap((line, i) => line.flatMap((one, j) => [one, y[i][j]]));
    const alone = imageSimilarity(a.flat(), b.flat(), { shape: [16, 16, 1], range: [-1, 1] });
    expect(imageSimilarity(interleaved(a, a), interleaved(b, a), { shape, range: [-1, 1] })).toBeCloseTo(
      (1 + alone) / 2,
      12,
    );
  });

  test("of opposite structures is 0, not NaN; of an image to itself 1", () => {
    const a = picture(28, 28, 3).flat();
    const options = { shape: [28, 28, 1], range: [-1, 1] } as const;
    expect(
      imageSimilarity(
        a,
        a.map((one) => -one),
        options,
      ),
    ).toBe(0);
    expect(imageSimilarity(a, a, options)).toBeCloseTo(1, 12);
  });

  test("scales by size", () => {
    expect(
      [1, 10, 21, 22, 43, 44, 87, 88, 175, 176, 1000].map((side) => metrics.msSsimScales([side, 2000, 3])),
    ).toEqual([1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(imageSimilarity([0.5], [0.5], { shape: [1, 1, 1], range: [0, 1] })).toBeCloseTo(1, 12);
  });
});

describe("diversity", () => {
  const { imageDiversity } = metrics;
  const stack = (...images: readonly Image[]) => ({
    values: Float32Array.from(images.flat(2)),
    count: images.length,
    size: images[0].length * images[0][0].length,
  });
  const options = { shape: [14, 14, 1], range: [-1, 1] } as const;
  const [a, b] = [picture(14, 14, 1), picture(14, 14, 2)];

  test("never pairs an image with itself", () => {
    const alone = imageSimilarity(Float32Array.from(a.flat()), Float32Array.from(b.flat()), options);
    const found = imageDiversity(stack(a, b), { ...options, pairs: 20 });
    expect(found.value).toBeCloseTo(alone, 12);
    expect(found.standardError).toBeCloseTo(0, 12);
    expect(found.scales).toBe(1);
  });

  test("pairs within classes: each of equal images gives 1, all together less; a class of one image has none", () => {
    const images = stack(a, b, a, b, a);
    const found = imageDiversity(images, { ...options, labels: [0, 2, 0, 2, 3], pairs: 5 });
    expect(found.value).toBeCloseTo(1, 12);
    expect(found.byClass?.map((one) => Number.isNaN(one) || Math.round(1e9 * one) / 1e9)).toEqual([1, true, 1, true]);
    expect(imageDiversity(images, options).value).toBeLessThan(0.9);
  });

  test("wrong arguments", () => {
    const images = stack(a, b);
    const message = (more: object) => {
      try {
        imageDiversity(images, { ...options, ...more });
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    expect(message({ shape: [14, 13, 1] })).toBe("imageDiversity: images must have 14 x 13 x 1 values each, found 196");
    expect(message({ shape: [196] })).toBe("imageDiversity: shape must be [height, width, channels], found [196]");
    expect(message({ range: [1, 1] })).toBe("imageDiversity: range must be [low, high] with low < high, found [1, 1]");
    expect(message({ range: [0, Infinity] })).toBe("imageDiversity: range[1] must be a finite number, found Infinity");
    expect(message({ range: [1] })).toBe("imageDiversity: range must have 2 values, found 1");
    expect(() => metrics.msSsimScales(28 as never)).toThrow(
      "msSsimScales: shape must be [height, width, channels], found 28",
    );
    expect(message({ labels: [0] })).toBe("imageDiversity: labels must have 2 values, found 1");
    expect(message({ labels: [0, 1] })).toBe(
      "imageDiversity: a class must have at least two images, found none that has",
    );
  });
});
