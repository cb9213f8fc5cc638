/**
 * Convolutions in Winograd's form: chosen for these shapes, within the stated bound of the f64 reference, the same bits
 * for 1, 2 and 3 lanes, with both kinds of kernels.
 *
 * The bound. Each of A, B, G of F(2, r) has entries of at most 1, so rounding errors grow by at most
 * sum |A||G g||B d| / sum |g||d| for values of one magnitude: 2 along an axis for r = 2 (1 x 2 + 1 x 2 over 2 taps), 8/3
 * for r = 3; squared for two axes 4 and 64/9. A sum of n rounded products of random signs is off by about
 * sqrt(n) 2^-24 of its size, so a result stays within 4 (64/9) sqrt(n) 2^-24 of the largest result, n its products; a fifth
 * of that is allowed here (0.03 to 0.12 of it were measured), so that a lost digit shows.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, conv2d, createRuntime, gradient, leakyRelu, mul, type Runtime, sub, type Tensor } from "genloom";
import { evaluate } from "#src/reference";
import { Input } from "#src/tensor";

const runtimes: Runtime[] = [];

beforeAll(async () => {
  for (const deterministic of [false, true])
    for (const threads of [1, 2, 3]) runtimes.push(await createRuntime({ threads, deterministic }));
});

afterAll(async () => {
  for (const runtime of runtimes) await runtime.close();
});

const dcgan = { kernel: 4, stride: 2, padding: 1 };
const three = { kernel: 3, stride: 1, padding: 1 };

const layers = [
  { ...dcgan, name: "4x4 / 2", x: [16, 8, 8, 64], features: 32 },
  { ...dcgan, name: "4x4 / 2, odd sizes, channels that no block divides", x: [12, 16, 18, 28], features: 76 },
  { ...dcgan, name: "4x4 / 2, more than one block of channels", x: [14, 12, 17, 132], features: 44 },
  { ...three, name: "3x3", x: [3, 11, 13, 40], features: 36 },
  { ...three, name: "3x3 without padding, wide", padding: 0, x: [1, 7, 140, 32], features: 68 },
  { ...three, name: "3x3, more than one block of channels and of features", x: [4, 8, 7, 144], features: 152 },
];

function random(size: number, seed: number): number[] {
  let state = seed;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.fround(state / 2 ** 31 - 1);
  });
}

describe.each(layers)("$name", ({ kernel, stride, padding, x, features }) => {
  const wShape = [kernel, kernel, x[3], features];
  const build = (image: Tensor, weights: Tensor, bias: Tensor, upstream: (shape: readonly number[]) => Tensor) => {
    const y = conv2d(image, weights, { stride, padding });
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
        .filter(({ label }) => / winograd( |$)/.test(label));
      expect(chosen.map(({ label }) => label.split(" ")[0]).sort()).toEqual([
        "conv2d",
        "conv2dInputGradient",
        "conv2dWeightGradient",
      ]);
      const found = await program.run(feeds);
      const amplification = kernel === 4 ? 4 : 64 / 9;
      const pixels = g.size / features;
      const terms = {
        toWeights: pixels,
        next: pixels,
        y: kernel ** 2 * x[3],
        toImage: (kernel / stride) ** 2 * features,
        epilogue: kernel ** 2 * x[3],
      };
      Object.keys(graph).forEach((name, i) => {
        const { data } = found[name];
        let largest = 0;
        let off = 0;
        wanted[i].forEach((value, at) => {
          largest = Math.max(largest, Math.abs(value));
          off = Math.max(off, Math.abs(value - data[at]));
        });
        const bound = amplification * Math.sqrt(terms[name as keyof typeof terms]) * 2 ** -24 * largest * 0.2;
        expect(off, name).toBeLessThanOrEqual(bound);
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        const key = `${name} ${runtime.info.build.includes("relaxed")}`;
        const first = bits.get(key) ?? Buffer.from(bytes);
        bits.set(key, first);
        expect(bytes.equals(first), `${name}: the bits with ${runtime.info.lanes} lanes`).toBe(true);
      });
    }
  });
});
