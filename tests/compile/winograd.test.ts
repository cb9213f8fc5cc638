/**
 * Convolutions by Winograd's method: chosen for these shapes, within the stated bound of the f64 reference, with the
 * same bits for 1, 2 and 3 lanes, with both kinds of kernels.
 *
 * The bound. For values of equal magnitude, rounding errors grow along each axis by at most sum |A||G g||B d| / sum
 * |g||d|: 2 for F(2, 2), 8/3 for F(2, 3), 10 for F(4, 2), 9.9 for F(4, 3), and 3, 7, 8.8 for the gradients F(3, 2),
 * F(2, 4), F(3, 4); for two axes this is squared. A sum of n rounded products of random signs has an error of about
 * sqrt(n) 2^-24 of its size, so a result is within growth^2 sqrt(n) 2^-24 of the largest result, where n is its number
 * of products. This assumes that all errors add up: measured were 0.04 to 0.15 of the bound with tiles of 2 x 2, and
 * 0.015 to 0.036 with tiles of 4 x 4. The test allows little more, so that a lost digit is found.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, conv2d, createRuntime, gradient, leakyRelu, mul, type Runtime, slice, sub, type Tensor } from "genloom";
import { evaluate } from "#src/graph/reference";
import { Input } from "#src/graph/tensor";

const runtimes: Runtime[] = [];

beforeAll(async () => {
  for (const deterministic of [false, true])
    for (const threads of [1, 2, 3]) runtimes.push(await createRuntime({ threads, deterministic }));
});

afterAll(async () => {
  for (const runtime of runtimes) await runtime.close();
});

/** Matrices A, B and G of F(results, taps) for finite points and infinity, by the Toom-Cook construction. */
function toomCook(points: readonly number[], results: number, taps: number) {
  const product = (roots: readonly number[]) => {
    let polynomial = [1];
    for (const root of roots) {
      polynomial = polynomial.concat(0).map((_, i) => (polynomial[i - 1] ?? 0) - root * (polynomial[i] ?? 0));
    }
    return polynomial;
  };
  const powers = (point: number, count: number) => Array.from({ length: count }, (_, i) => point ** i);
  const last = (count: number) => powers(0, count).reverse();
  const others = points.map((_, j) => points.filter((_, k) => k !== j));
  const b = [...others.map((roots) => [...product(roots), 0]), product(points)];
  const scale = points.map((point, j) => others[j].reduce((all, other) => all * (point - other), 1));
  const g = [...points.map((point, j) => powers(point, taps).map((value) => value / scale[j])), last(taps)];
  const columns = [...points.map((point) => powers(point, results)), last(results)];
  return { a: Array.from({ length: results }, (_, i) => columns.map((column) => column[i])), b, g };
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + Math.abs(value), 0);

/** The largest growth of rounding errors along one axis. */
function growth(points: readonly number[], results: number, taps: number): number {
  const { a, b, g } = toomCook(points, results, taps);
  return Math.max(...a.map((row) => total(row.map((value, j) => value * total(g[j]) * total(b[j]))))) / taps;
}

const pointsOf: Readonly<Record<number, readonly number[]>> = {
  3: [0, 1],
  4: [0, 1, -1],
  5: [0, 1, -1, 2],
  6: [0, 1, -1, 0.5, -2],
};

test("the growth of errors in the bound", () => {
  expect(growth(pointsOf[3], 2, 2)).toBe(2);
  expect(growth(pointsOf[4], 2, 3)).toBeCloseTo(8 / 3, 12);
  expect(growth(pointsOf[5], 4, 2)).toBeCloseTo(10, 12);
});

const dcgan = { kernel: 4, stride: 2, padding: 1 };
const three = { kernel: 3, stride: 1, padding: 1 };

interface Layer {
  readonly name: string;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups?: number;
  readonly x: readonly number[];
  readonly features: number;
}

/** Share of the bound that is allowed with tiles of 2 x 2 and of 4 x 4. */
const allowed: Readonly<Record<number, number>> = { 2: 0.2, 4: 0.05 };

const layers: readonly Layer[] = [
  { ...dcgan, name: "4x4 / 2", x: [16, 8, 8, 64], features: 32 },
  { ...dcgan, name: "4x4 / 2, results of two pixels", x: [160, 4, 4, 64], features: 64 },
  { ...three, name: "3x3, results of two pixels", x: [40, 2, 2, 64], features: 64 },
  { ...dcgan, name: "4x4 / 2, odd sizes, channels that no block divides", x: [12, 16, 18, 28], features: 76 },
  { ...dcgan, name: "4x4 / 2, more than one block of channels", x: [14, 12, 17, 132], features: 44 },
  { ...three, name: "3x3", x: [3, 11, 13, 40], features: 36 },
  { ...three, name: "3x3 without padding, wide", padding: 0, x: [1, 7, 140, 32], features: 68 },
  { ...three, name: "3x3, more than one block of channels and of features", x: [4, 8, 7, 144], features: 152 },
  { ...three, name: "3x3, 16 channels of one group", x: [5, 12, 13, 16], features: 16 },
  { ...three, name: "3x3, groups of 16", groups: 2, x: [6, 16, 15, 32], features: 32 },
  { ...three, name: "3x3, five groups of 16, one tile", groups: 5, x: [24, 4, 4, 80], features: 80 },
  { ...three, name: "3x3, groups of 8 and 24", groups: 3, x: [8, 11, 10, 24], features: 72 },
  { ...three, name: "3x3, groups with more than one block", groups: 2, x: [6, 9, 8, 272], features: 288 },
  { ...dcgan, name: "4x4 / 2, groups of 16", groups: 3, x: [24, 16, 16, 48], features: 48 },
];

function random(size: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

describe.each(layers)("$name", ({ kernel, stride, padding, groups = 1, x, features }) => {
  const wShape = [kernel, kernel, x[3] / groups, features];
  const build = (image: Tensor, weights: Tensor, bias: Tensor, upstream: (shape: readonly number[]) => Tensor) => {
    const y = conv2d(image, weights, { stride, padding, groups });
    const g = upstream(y.shape);
    const [toImage, toWeights] = gradient(y, [image, weights], { upstream: g });
    return { y, toImage, toWeights, next: sub(weights, mul(toWeights, 0.01)), epilogue: leakyRelu(add(y, bias)) };
  };

  test("bits and bound", async () => {
    const inputs = { x: new Input("x", x), w: new Input("w", wShape), bias: new Input("bias", [features]) };
    let g = new Input("g", [1]);
    const graph = build(inputs.x, inputs.w, inputs.bias, (shape) => {
      g = new Input("g", shape);
      return g;
    });
    const values = {
      x: random(inputs.x.size, 1),
      w: random(inputs.w.size, 2),
      bias: random(features, 3),
      g: random(g.size, 4),
    };
    const wanted = evaluate(Object.values(graph), {
      feeds: new Map(
        [inputs.x, inputs.w, inputs.bias, g].map((one) => [
          one,
          Float64Array.from(values[one.name as keyof typeof values]),
        ]),
      ),
    });
    const feeds = Object.fromEntries(
      [inputs.x, inputs.w, inputs.bias, g].map(({ name, shape }) => [
        name,
        { data: values[name as keyof typeof values], shape },
      ]),
    );
    const bits = new Map<string, Buffer>();
    for (const runtime of runtimes) {
      const program = runtime.compile(({ input }) => ({
        outputs: build(input("x", x), input("w", wShape), input("bias", [features]), (shape) => input("g", shape)),
      }));
      const chosen = program
        .compiled()
        .waves.flat()
        .filter(({ label }) => / winograd \d/.test(label));
      const tiles = new Map(
        chosen.map(({ label }) => [label.split(" ")[0], Number(/ winograd (\d)/.exec(label)?.[1])]),
      );
      expect([...tiles.keys()].sort()).toEqual(["conv2d", "conv2dInputGradient", "conv2dWeightGradient"]);
      const found = await program.run(feeds);
      const taps = kernel / stride;
      const pixels = g.size / features;
      const terms = {
        toWeights: pixels,
        next: pixels,
        y: (kernel ** 2 * x[3]) / groups,
        toImage: ((kernel / stride) ** 2 * features) / groups,
        epilogue: (kernel ** 2 * x[3]) / groups,
      };
      Object.keys(graph).forEach((name, i) => {
        const { data } = found[name];
        let largest = 0;
        let off = 0;
        wanted[i].forEach((value, at) => {
          largest = Math.max(largest, Math.abs(value));
          off = Math.max(off, Math.abs(value - data[at]));
        });
        const kind = {
          toImage: "conv2dInputGradient",
          toWeights: "conv2dWeightGradient",
          next: "conv2dWeightGradient",
        };
        const tile = tiles.get(kind[name as keyof typeof kind] ?? "conv2d") as number;
        const points = pointsOf[tile + taps - 1];
        const grown = name in kind && name !== "toImage" ? growth(points, taps, tile) : growth(points, tile, taps);
        const bound = grown ** 2 * Math.sqrt(terms[name as keyof typeof terms]) * 2 ** -24 * largest;
        expect(off, name).toBeLessThanOrEqual(bound * allowed[tile]);
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        const key = `${name} ${runtime.info.build.includes("relaxed")}`;
        const first = bits.get(key) ?? Buffer.from(bytes);
        bits.set(key, first);
        expect(bytes.equals(first), `${name}: the bits with ${runtime.info.lanes} lanes`).toBe(true);
      });
    }
  });
});

test("weights that are read with different numbers of groups are transformed for each", async () => {
  const [runtime] = runtimes;
  const wide = random(4 * 16 * 16 * 32, 1);
  const weights = random(9 * 16 * 32, 2);
  const found = await runtime
    .compile(({ input }) => {
      const [x, w] = [input("x", [4, 16, 16, 32]), input("w", [3, 3, 16, 32])];
      const half = slice(x, [0, 0, 0, 0], [4, 16, 16, 16]);
      return { outputs: { two: conv2d(x, w, { padding: 1, groups: 2 }), one: conv2d(half, w, { padding: 1 }) } };
    })
    .run({ x: wide, w: weights });
  // The first 16 features see the same channels and weights in both.
  const firsts = (values: ArrayLike<number>) => Float32Array.from(Array.from(values).filter((_, i) => i % 32 < 16));
  const bytes = (values: ArrayLike<number>) => Buffer.from(firsts(values).buffer);
  expect(bytes(found.two.data).equals(bytes(found.one.data)), "the same bits").toBe(true);
});
