/**
 * The self-check of the builds `wide`: a program of all kinds of commands, whose results must have known bits. An engine
 * that merges vectors by an experimental optimisation may be wrong; the check is small enough to be repeated, because an
 * engine optimises kernels some time after they first run.
 */
import { gradient } from "../../ops/differentiate.js";
import { conv2d } from "../../ops/convolution.js";
import { add, div, exp, log, mul, neg, rsqrt, sigmoid, sin, sqrt, square, sub, tanh } from "../../ops/elementwise.js";
import { argMax, max, mean, softmax, sum, variance } from "../../ops/reduction.js";
import { gather } from "../../ops/indexing.js";
import { matmul } from "../../ops/matmul.js";
import { reshape, transpose } from "../../ops/movement.js";
import { maxPool2d } from "../../ops/pooling.js";
import { randomInteger, randomNormal, randomUniform } from "../../ops/random.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Program } from "../program.js";
import type { Runtime } from "../runtime.js";

/**
 * Hash of the results: those of the builds `relaxed` on x64, for any number of lanes. A new value is right where a change
 * of the kernels changes an order of additions; tests/host/wide.test.ts prints it. A property, so that tests can corrupt it.
 */
export const selfCheck = { wanted: "827ba219a2acad31" };

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

/** A convolution by Winograd's method, one without, and their gradients. */
function convolutions(): Record<string, Tensor> {
  const outputs: Record<string, Tensor> = {};
  for (const [name, size, stride, features] of [
    ["winograd", 3, 1, 32],
    ["strided", 4, 2, 24],
  ] as const) {
    const [images, weights] = [randomNormal([2, 12, 12, 16]), randomNormal([size, size, 16, features])];
    const result = conv2d(images, weights, { stride, padding: 1 });
    const [toImages, toWeights] = gradient(sum(mul(result, sin(result))), [images, weights]);
    Object.assign(outputs, { [name]: result, [`${name} images`]: toImages, [`${name} weights`]: toWeights });
  }
  return { ...outputs, pooled: maxPool2d(outputs.winograd, 2) };
}

/** Chains of elementwise operations, an update by Adam, reductions along each axis, random numbers, gathered rows. */
function others(): Record<string, Tensor> {
  const x = randomNormal([50, 67]);
  const [value, m, v, g] = [x, randomNormal([50, 67]), randomUniform([50, 67]), sin(x)];
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
    picked: gather(x, reshape(argMax(x), [50])),
    drawn: randomInteger([129], 1000),
  };
}

/** The program. Its random numbers, which all inputs are, depend on the seed alone. */
export const selfCheckProgram = (runtime: Runtime): Program =>
  runtime.compile(() => ({ outputs: { ...products(), ...convolutions(), ...prefixed(others()) } }), {
    name: "self-check",
  });

const prefixed = (outputs: Record<string, Tensor>) =>
  Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [`other ${name}`, tensor]));

/** Runs the program and resolves with the hash of its results' bits. Called within `exclusive`. */
export async function selfCheckHash(program: Program): Promise<string> {
  try {
    const { outputs } = await program.execute({}, { seed: 13 });
    let [low, high] = [1, 2];
    for (const { data } of Object.values(outputs)) {
      const { buffer, byteOffset, length } = data;
      for (const word of new Uint32Array(buffer, byteOffset, length)) {
        low = Math.imul(low ^ word, 0x85ebca6b);
        low ^= low >>> 15;
        high = Math.imul((high ^ word) + low, 0xc2b2ae35);
        high ^= high >>> 13;
      }
    }
    return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  } finally {
    // It runs seldom, and its memory may be needed.
    program.unload();
  }
}
