/**
 * The self-check of the builds `wide`: a program of all kinds of commands, whose results must have known bits. An engine
 * that merges vectors by an experimental optimisation may be wrong; the check is small enough to be repeated, because an
 * engine optimises kernels some time after they first run.
 */
import { gradient } from "../../ops/differentiate.js";
import { conv2d } from "../../ops/convolution.js";
import * as elementwise from "../../ops/elementwise.js";
import { argMax, max, mean, softmax, sum, variance } from "../../ops/reduction.js";
import { gather, scatterAdd } from "../../ops/indexing.js";
import { matmul } from "../../ops/matmul.js";
import { concat, flip, reshape, transpose } from "../../ops/movement.js";
import { averagePool2d, maxPool2d } from "../../ops/pooling.js";
import { randomBernoulli, randomInteger, randomNormal, randomPermutation, randomUniform } from "../../ops/random.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Device } from "../device.js";
import type { Program, ProgramOptions } from "../program.js";
import type { Trace, Traced } from "../traced.js";

const { abs, add, clamp, cos, div, equal, erf, exp, expm1, floor, leakyRelu, less, log, log1p, maximum, minimum } =
  elementwise;
const { mul, neg, pow, relu, rsqrt, sigmoid, sign, sin, softplus, sqrt, square, sub, tanh, where } = elementwise;

/**
 * Hash of the results: those of the builds `relaxed` on x64, for any number of lanes. A new value is right where a change
 * of the kernels changes an order of additions; tests/host/wide.test.ts prints it. A property, so that tests can corrupt it.
 */
export const selfCheck = { wanted: "823c3e07ccabfc49" };

/** Products of whole tiles, of edges, of one row, and of transposed matrices, with and without an epilogue. */
function products(): Record<string, Tensor> {
  const [a, b] = [randomNormal([64, 70]), randomNormal([70, 64])];
  const [c, d] = [randomNormal([37, 21]), randomNormal([21, 45])];
  return {
    tiles: tanh(add(matmul(a, b), randomNormal([64]))),
    edges: matmul(c, d),
    rows: matmul(c, transpose(randomNormal([48, 21]))),
    columns: matmul(transpose(a), randomNormal([64, 35])),
    one: matmul(randomNormal([1, 70]), b),
    narrow: matmul(a, randomNormal([70, 3])),
  };
}

/** Convolutions by Winograd's method with tiles of 4 x 4 and 2 x 2 pixels, one without, and their gradients. */
function convolutions(): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  for (const [name, pixels, channels, size, features, { stride = 1, padding = 1 }] of [
    ["winograd", 12, 16, 3, 32, {}],
    ["two taps", 17, 16, 2, 32, { padding: 0 }],
    ["small tiles", 13, 32, 2, 32, {}],
    ["strided", 8, 16, 4, 24, { stride: 2 }],
  ] as const) {
    const images = randomNormal([2, pixels, pixels, channels]);
    const weights = randomNormal([size, size, channels, features]);
    const result = conv2d(images, weights, { stride, padding });
    const [toImages, toWeights] = gradient(sum(mul(result, sin(result))), [images, weights]);
    Object.assign(outputs, { [name]: result, [`${name} images`]: toImages, [`${name} weights`]: toWeights });
  }
  return { ...outputs, largest: maxPool2d(outputs.winograd, 2), means: averagePool2d(outputs.winograd, 2) };
}

/** Elementwise operations, each by itself. */
function elements(): Record<string, Tensor> {
  const [x, y, positive] = [mul(randomNormal([323]), 3), randomNormal([323]), add(randomUniform([323]), 0.01)];
  const unary = { abs, sign, floor, exp, expm1, tanh, sigmoid, softplus, square, sin, cos, erf, relu, leakyRelu };
  const ofPositive = { log, log1p, sqrt, rsqrt };
  const binary = { add, sub, mul, div, maximum, minimum, less, equal };
  const each = <F>(functions: Record<string, F>, result: (one: F) => Tensor) =>
    Object.fromEntries(Object.entries(functions).map(([name, one]) => [name, result(one)]));
  return {
    ...each(unary, (one) => one(x)),
    ...each(ofPositive, (one) => one(positive)),
    ...each(binary, (one) => one(x, y)),
    pow: pow(positive, y),
    clamp: clamp(x, -1, 1),
    where: where(less(x, y), x, y),
    slopes: gradient(sum(add(add(leakyRelu(x), tanh(x)), add(sigmoid(x), div(1, x)))), [x])[0],
  };
}

/** Chains of elementwise operations, an update by Adam, reductions along each axis, random numbers, gathered rows. */
function others(): Record<string, Tensor> {
  const x = randomNormal([21, 67]);
  const [value, m, v, g] = [x, randomNormal([21, 67]), randomUniform([21, 67]), sin(x)];
  const nextM = add(mul(m, 0.9), mul(g, 0.1));
  const nextV = add(mul(v, 0.999), mul(square(g), 0.001));
  return {
    chain: mul(exp(neg(x)), sigmoid(mul(x, log(add(v, 1))))),
    moment: nextM,
    spread: nextV,
    adam: sub(value, mul(0.01, div(nextM, add(sqrt(nextV), 1e-8)))),
    rows: sum(mul(x, m), { axes: 1 }),
    columns: mean(x, { axes: 0 }),
    whole: variance(x),
    largest: max(x, { axes: 1 }),
    shares: softmax(x),
    normalised: mul(sub(x, mean(x, { axes: 0 })), rsqrt(add(variance(x, { axes: 0 }), 1e-5))),
    picked: gather(x, reshape(argMax(x), [21])),
    drawn: randomInteger([129], 1000),
    order: randomPermutation(129, 129),
    coins: randomBernoulli(0.3, [129]),
    scattered: scatterAdd(randomInteger([21], 9), x, 9),
    moved: concat([flip(x, 1), transpose(reshape(m, [67, 21]))], 0),
  };
}

/** A device that compiles programs: a runtime. */
export type Compiler = Device & {
  compile(build: (trace: Trace) => Traced, options?: ProgramOptions): Program;
};

/** The program. Its random numbers, which all inputs are, depend on the seed alone. */
export const selfCheckProgram = (runtime: Compiler): Program =>
  runtime.compile(
    () => {
      const all = [products(), convolutions(), elements(), others()].flatMap((outputs) => Object.values(outputs));
      return { outputs: Object.fromEntries(all.map((tensor, index) => [`result ${index}`, tensor])) };
    },
    { name: "self-check" },
  );

/** Runs the program and resolves with the hash of its results' bits. Called within `exclusive`. */
export async function selfCheckHash(program: Program): Promise<string> {
  try {
    const { outputs } = await program.execute({}, { seed: 13 });
    let [low, high] = [1, 2];
    for (const { data } of Object.values(outputs)) {
      const words = new Int32Array(data.buffer, data.byteOffset, data.length);
      for (let i = 0; i < words.length; i++) {
        low = Math.imul(low ^ words[i], 0x85ebca6b);
        low ^= low >>> 15;
        high = Math.imul(high ^ low, 0xc2b2ae35);
        high ^= high >>> 13;
      }
    }
    return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  } finally {
    // It runs seldom, and its memory may be needed.
    program.unload();
  }
}
