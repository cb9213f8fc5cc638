/**
 * Special values: the required results of infinities, NaN and zeros in activations, reductions, pools and powers, and
 * in their gradients. Each is checked on the f64 reference and on the kernels, in a deterministic runtime and in the
 * default one.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { gradient } from "#src/ops/differentiate";
import * as composite from "#src/ops/composite";
import * as ops from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { reshape } from "#src/ops/movement";
import { globalMaxPool, maxPool2d } from "#src/ops/pooling";
import { argMax, logSoftmax, logSumExp, max, softmax, sum } from "#src/ops/reduction";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";

let runtimes: Runtime[] = [];
beforeAll(async () => {
  runtimes = await Promise.all([{ threads: 1 }, { threads: 2, deterministic: true }].map(createRuntime));
});
afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

const inf = Infinity;
const nan = Number.NaN;

/**
 * Values of a function and gradients of their sum with respect to every input, by the reference and by both runtimes.
 */
async function everywhere(apply: (...x: Tensor[]) => Tensor, inputs: readonly (readonly number[])[], slopes = true) {
  const graph = (xs: readonly Tensor[]) => {
    const y = apply(...xs);
    return { y, ...(slopes ? Object.fromEntries(gradient(y, xs).map((g, i) => [`slope ${i}`, g])) : {}) };
  };
  const fed = inputs.map((values, i) => new Input(`x${i}`, [values.length]));
  const reference = graph(fed);
  const names = Object.keys(reference);
  const wanted = evaluate(Object.values(reference), { feeds: new Map(fed.map((input, i) => [input, inputs[i]])) });
  const found = [Object.fromEntries(names.map((name, i) => [name, [...wanted[i]].map(Math.fround)]))];
  for (const runtime of runtimes) {
    const program = runtime.compile(({ input }) => ({
      outputs: graph(inputs.map(({ length }, i) => input(`x${i}`, [length]))),
    }));
    const values = await program.run(Object.fromEntries(inputs.map((list, i) => [`x${i}`, list])));
    found.push(Object.fromEntries(names.map((name) => [name, [...values[name].data]])));
  }
  return found;
}

/**
 * Equality in f32: NaN equals NaN, zeros must have the same sign except in gradients, other numbers may differ by a
 * relative error of 2e-6.
 */
function agree(found: readonly number[], wanted: readonly number[], what: string): void {
  expect(found.length, what).toBe(wanted.length);
  found.forEach((value, i) => {
    if (what.includes("gradient") && value === 0 && wanted[i] === 0) return;
    const close =
      Number.isFinite(wanted[i]) && wanted[i] !== 0 && Math.abs(value - wanted[i]) <= 2e-6 * Math.abs(wanted[i]);
    if (!close && !Object.is(value, wanted[i]))
      throw new Error(`${what}[${i}] is ${text(value)}, not ${text(wanted[i])}`);
  });
}
const text = (value: number) => (Object.is(value, -0) ? "-0" : `${value}`);

const s1 = 1 / (1 + Math.E); // sigmoid(-1)
const phi1 = 0.15865525393145707; // the standard normal cumulative distribution function at -1
const density1 = 0.24197072451914337; // its density at 1

describe("activations at [-infinity, -1, -0, 0, NaN, infinity]", () => {
  test.each<[string, (x: Tensor) => Tensor, number[], number[]]>([
    ["relu", ops.relu, [0, 0, 0, 0, nan, inf], [0, 0, 0, 0, 1, 1]],
    ["leakyRelu", (x) => ops.leakyRelu(x, 0.5), [-inf, -0.5, -0, 0, nan, inf], [0.5, 0.5, 0.5, 0.5, 0.5, 1]],
    ["leakyRelu of slope 0", (x) => ops.leakyRelu(x, 0), [0, 0, 0, 0, nan, inf], [0, 0, 0, 0, 1, 1]],
    ["elu", composite.elu, [-1, 1 / Math.E - 1, 0, 0, nan, inf], [0, 1 / Math.E, 1, 1, nan, 1]],
    ["softplus", ops.softplus, [0, Math.log1p(1 / Math.E), Math.LN2, Math.LN2, nan, inf], [0, s1, 0.5, 0.5, nan, 1]],
    ["gelu", composite.gelu, [-0, -phi1, -0, 0, nan, inf], [0, phi1 - density1, 0.5, 0.5, nan, 1]],
    ["silu", composite.silu, [-0, -s1, -0, 0, nan, inf], [0, s1 - s1 * (1 - s1), 0.5, 0.5, nan, 1]],
    [
      "logSigmoid",
      composite.logSigmoid,
      [-inf, Math.log(s1), -Math.LN2, -Math.LN2, nan, -0],
      [1, 1 - s1, 0.5, 0.5, nan, 0],
    ],
    ["sigmoid", ops.sigmoid, [0, s1, 0.5, 0.5, nan, 1], [0, s1 * (1 - s1), 0.25, 0.25, nan, 0]],
    ["tanh", ops.tanh, [-1, -Math.tanh(1), -0, 0, nan, 1], [0, 1 - Math.tanh(1) ** 2, 1, 1, nan, 0]],
    ["clamp", (x) => ops.clamp(x, -0.5, 0.5), [-0.5, -0.5, -0, 0, nan, 0.5], [0, 0, 1, 1, 1, 0]],
    ["clamp to all numbers", (x) => ops.clamp(x, -inf, inf), [-inf, -1, -0, 0, nan, inf], [1, 1, 1, 1, 1, 1]],
    ["maximum with 0", (x) => ops.maximum(x, 0), [0, 0, -0, 0, nan, inf], [0, 0, 1, 1, 1, 1]],
    ["maximum of 0 and it", (x) => ops.maximum(0, x), [0, 0, 0, 0, nan, inf], [0, 0, 0, 0, 0, 1]],
    ["minimum with 0", (x) => ops.minimum(x, 0), [-inf, -1, -0, 0, nan, 0], [1, 1, 1, 1, 1, 0]],
    ["maximum with NaN", (x) => ops.maximum(x, nan), [nan, nan, nan, nan, nan, nan], [1, 1, 1, 1, 1, 1]],
    ["abs", ops.abs, [inf, 1, 0, 0, nan, inf], [-1, -1, -0, 0, nan, 1]],
    ["square root", ops.sqrt, [nan, nan, -0, 0, nan, inf], [nan, nan, -inf, inf, nan, 0]],
  ])("%s", async (name, apply, values, slopes) => {
    for (const { y, "slope 0": slope } of await everywhere(apply, [[-inf, -1, -0, 0, nan, inf]])) {
      agree(y, values, name);
      agree(slope, slopes, `gradient of ${name}`);
    }
  });

  test("an infinite gradient does not pass through a relu whose input is negative", async () => {
    const all = await everywhere((x) => ops.sqrt(ops.relu(x)), [[-1, -inf, 4]]);
    for (const { "slope 0": slope } of all) agree(slope, [0, 0, 0.25], "gradient");
  });

  test("selu is elu, scaled", async () => {
    for (const { y, "slope 0": slope } of await everywhere(composite.selu, [[-inf, inf]])) {
      agree(y, [-1.7580993408473766, inf], "selu");
      agree(slope, [0, 1.0507009873554805], "gradient");
    }
  });
});

describe("logSumExp, logSoftmax, softmax", () => {
  test.each<[number[], number, number[]]>([
    [[-inf, -inf], -inf, [0.5, 0.5]],
    [[inf, 0], inf, [1, 0]],
    [[inf, inf, -inf], inf, [0.5, 0.5, 0]],
    [[-inf, 0], 0, [0, 1]],
    [[nan, 0], nan, [nan, nan]],
    [[1000, 1000], 1000 + Math.LN2, [0.5, 0.5]],
    [[-3e38, 3e38], 3e38, [0, 1]],
  ])("logSumExp of %j", async (x, value, slopes) => {
    for (const { y, "slope 0": slope } of await everywhere((z) => logSumExp(z), [x])) {
      agree(y, [value], "logSumExp");
      agree(slope, slopes, "gradient");
    }
  });

  test.each([0, 1e2, 1e4, 1e7, -1e7, 1.5e38])("logSoftmax keeps its digits with an offset of %d", async (offset) => {
    // Differences of 2^k that f32 can represent there.
    const step = offset > 1e30 ? 2 ** 104 : 1;
    const x = [Math.fround(offset), Math.fround(offset) + step];
    const wanted = step === 1 ? [-Math.log1p(Math.E), -Math.log1p(1 / Math.E)] : [-step, -0];
    const weighted = (z: Tensor) => ops.mul(logSoftmax(z), literal([1, 0], [2]));
    for (const { y } of await everywhere((z) => logSoftmax(z), [x], false)) {
      agree(
        y.map((value) => value || -0),
        wanted,
        "logSoftmax",
      );
    }
    const share = step === 1 ? 1 / (1 + Math.E) : 0;
    for (const { "slope 0": slope } of await everywhere(weighted, [x]))
      agree(slope, [1 - share, share - 1], "gradient");
  });

  test("a logit of -infinity has probability 0; infinite maxima give NaN, as in PyTorch", async () => {
    for (const { y } of await everywhere((z) => softmax(z), [[-inf, 0]], false)) agree(y, [0, 1], "softmax");
    for (const { y } of await everywhere((z) => logSoftmax(z), [[-inf, 0]], false)) agree(y, [-inf, 0], "logSoftmax");
    for (const { y } of await everywhere((z) => softmax(z), [[inf, 0]], false)) agree(y, [nan, nan], "softmax");
  });
});

describe("a NaN is never dropped", () => {
  const places = Array.from({ length: 9 }, (_, i) => i);

  test.each(places)("maxima over nine values with NaN at %i", async (at) => {
    const x = places.map((i) => (i === at ? nan : i % 2 === 0 ? -i : i));
    const image = (z: Tensor) => reshape(z, [1, 3, 3, 1]);
    const one: [string, (z: Tensor) => Tensor][] = [
      ["max", (z) => max(z)],
      ["maxPool2d", (z) => reshape(maxPool2d(image(z), 3), [])],
      ["globalMaxPool", (z) => reshape(globalMaxPool(image(z)), [])],
    ];
    for (const [name, apply] of one) for (const { y } of await everywhere(apply, [x])) agree(y, [nan], name);
    for (const { "slope 0": slope } of await everywhere(one[1][1], [x])) {
      agree(
        slope,
        places.map((i) => (i === at ? 1 : 0)),
        "the pool's gradient goes to the NaN",
      );
    }
    for (const { y } of await everywhere((z) => argMax(z), [x], false)) agree(y, [at], "argMax");
  });

  test("the first of several NaNs counts, also in pools of several channels", async () => {
    const x = Array.from({ length: 4 * 7 }, (_, i) => (i === 9 || i === 16 || i === 23 || i === 3 ? nan : i));
    const pool = (z: Tensor) => reshape(maxPool2d(reshape(z, [1, 2, 2, 7]), 2), [7]);
    for (const { y, "slope 0": slope } of await everywhere(pool, [x])) {
      agree(y, [21, 22, nan, nan, 25, 26, 27], "maxPool2d");
      const hit = new Set([21, 22, 9, 3, 25, 26, 27]);
      agree(
        slope,
        x.map((_, i) => (hit.has(i) ? 1 : 0)),
        "gradient",
      );
    }
  });

  test("a pool over -infinities is -infinity", async () => {
    const pool = (z: Tensor) => reshape(maxPool2d(reshape(z, [1, 2, 2, 1]), 2), [1]);
    for (const { y } of await everywhere(pool, [[-inf, -inf, -inf, -inf]])) agree(y, [-inf], "maxPool2d");
    for (const { y } of await everywhere((z) => max(z), [[-inf, -inf]])) agree(y, [-inf], "max");
  });
});

describe("powers", () => {
  // Expected values from PyTorch 1.13: torch.pow and its gradients.
  test.each<[a: number, b: number, value: number, toBase: number, toExponent: number]>([
    [0, 0, 1, 0, 0],
    [0, 1, 0, 1, 0],
    [0, 2, 0, 0, 0],
    [0, 0.5, 0, inf, 0],
    [0, -1, inf, -inf, -inf],
    [2, 0, 1, 0, Math.LN2],
    [-2, 2, 4, -4, nan],
    [-2, 3, -8, 12, nan],
    [-2, 0.5, nan, nan, nan],
    [inf, 0, 1, 0, inf],
    [nan, 0, 1, 0, nan],
  ])("%d ^ %d", async (a, b, value, toBase, toExponent) => {
    for (const { y, "slope 0": base, "slope 1": exponent } of await everywhere((u, v) => ops.pow(u, v), [[a], [b]])) {
      agree(y, [value], "value");
      agree(base, [toBase], "gradient to the base");
      agree(exponent, [toExponent], "gradient to the exponent");
    }
    for (const { y, "slope 0": base } of await everywhere((u) => ops.pow(u, b), [[a]])) {
      agree(y, [value], "value, the exponent a number");
      agree(base, [toBase], "gradient to the base, the exponent a number");
    }
  });

  test.each<[b: number, second: number, third: number]>([
    [0, 0, 0],
    [1, 0, 0],
    [2, 2, 0],
    [3, 0, 6],
  ])("derivatives of 0 ^ %d are those of the monomial", async (b, second, third) => {
    const derivative = (order: number, x: Tensor): Tensor =>
      order === 0 ? ops.pow(x, b) : gradient(sum(derivative(order - 1, x)), [x])[0];
    for (const { y } of await everywhere((x) => derivative(2, x), [[0]], false)) agree(y, [second], "second");
    for (const { y } of await everywhere((x) => derivative(3, x), [[0]], false)) agree(y, [third], "third");
    const tensor = (x: Tensor) => gradient(sum(gradient(sum(ops.pow(x, literal([b], [1]))), [x])[0]), [x])[0];
    for (const { y } of await everywhere(tensor, [[0]], false)) agree(y, [second], "second, the exponent a tensor");
  });
});
