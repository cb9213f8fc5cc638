/**
 * Gradients of every differentiable row of the table, orders 1 and 2, in f64: the derivative of a randomly weighted sum
 * along a random direction of each input, by `gradient()` and by differences of the reference's values.
 */
import { describe, expect, test } from "vitest";
import { gradient } from "#src/ops/differentiate";
import { elu } from "#src/ops/composite";
import { abs, add, exp, leakyRelu, maximum, minimum, mul, relu, softplus } from "#src/ops/elementwise";
import { cast } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { logSumExp, max, sum } from "#src/ops/reduction";
import { stopGradient } from "#src/ops/stop";
import { evaluate } from "#src/graph/reference";
import type { Op } from "#src/graph/op";
import { Input, Tensor } from "#src/graph/tensor";
import { CaseRandom, instances } from "../case-random.js";
import { type Case, cases, type Instance, instancesOf } from "../cases.js";

/** Spacing of the points of a finite difference; directions have components in [-1, 1]. */
const spacing = 1e-3;

/** Allowed error: relative to the sum of the absolute terms of the analytic derivative, and absolute. */
const relative = 1e-6;
const absolute = 1e-9;

type Feeds = Map<Tensor, Float64Array>;

const direction = (count: number, random: CaseRandom) =>
  Float64Array.from({ length: count }, () => random.uniform(-1, 1));

/** Derivative of f at 0 by the five-point rule; its error is of order spacing^4. */
function derivative(f: (t: number) => number): number {
  const [h, g] = [f(spacing) - f(-spacing), f(2 * spacing) - f(-2 * spacing)];
  return (8 * h - g) / (12 * spacing);
}

/** Compares gradients of a scalar with finite differences along one direction of each x. */
function compare(
  scalar: Tensor,
  gradients: readonly Tensor[],
  xs: readonly Input[],
  feeds: Feeds,
  random: CaseRandom,
): void {
  // The scalar is evaluated too, so that random nodes keep their streams.
  const [, ...slopes] = evaluate([scalar, ...gradients], { feeds });
  xs.forEach((x, i) => {
    const along = direction(x.size, random);
    const at = feeds.get(x) as Float64Array;
    const moved = (t: number) => {
      const values = at.map((value, j) => value + t * along[j]);
      return evaluate([scalar], { feeds: new Map(feeds).set(x, values) })[0][0];
    };
    const terms = slopes[i].map((slope, j) => slope * along[j]);
    const analytic = terms.reduce((total, term) => total + term, 0);
    const scale = terms.reduce((total, term) => total + Math.abs(term), 0);
    const numeric = derivative(moved);
    const error = Math.abs(numeric - analytic);
    if (!(error <= relative * scale + absolute)) {
      throw new Error(`to ${x.name} [${x.shape}]: gradient ${analytic}, difference ${numeric}, off by ${error}`);
    }
  });
}

/** A scalar made of the result and of weights; it is differentiated with respect to both. */
function check(row: Case, instance: Instance, order: 1 | 2): void {
  const random = new CaseRandom(`${row.name} direction`, instance.index, false);
  const inputs = instance.inputs.map(({ name, shape, dtype }) => new Input(name, shape, dtype));
  const result = instance.apply(inputs);
  const weights = new Input("weights", result.shape);
  const feeds: Feeds = new Map(inputs.map((input, i) => [input, instance.values[i]]));
  feeds.set(weights, direction(weights.size, random));
  const scalar = sum(mul(result, weights));
  const xs = inputs.filter((input) => input.dtype === "f32");
  const first = gradient(scalar, xs);
  expect(first.map(({ shape }) => shape)).toEqual(xs.map(({ shape }) => shape));
  if (order === 1) {
    compare(scalar, first, xs, feeds, random);
    return;
  }
  // Gradients are vectors; a fixed projection turns them into a scalar again.
  const projected = first.map((slope, i) => {
    const projection = new Input(`projection ${xs[i].name}`, slope.shape);
    feeds.set(projection, direction(slope.size, random));
    return sum(mul(slope, projection));
  });
  const total = projected.reduce((a, b) => add(a, b));
  compare(total, gradient(total, [...xs, weights]), [...xs, weights], feeds, random);
}

describe.each(cases.filter(({ order }) => order > 0))("$name", (row) => {
  test.each([1, 2].filter((order) => order <= row.order) as (1 | 2)[])("order %d", (order) => {
    for (const instance of instancesOf(row, "small")) {
      try {
        check(row, instance, order);
      } catch (error) {
        const shapes = instance.inputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ");
        throw new Error(`build ${instance.index}, ${shapes}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

test("the check finds a wrong gradient", () => {
  const wrong: Op = { ...exp.op, name: "wrong", gradient: (g, y) => [mul(mul(g, y), 1 + 1e-5)] };
  const row: Case = {
    name: "wrong",
    order: 1,
    build: () => ({
      inputs: [{ name: "x", shape: [3], domain: (count) => new Float64Array(count).fill(0.5) }],
      apply: ([x]) => new Tensor(wrong, [x]),
    }),
  };
  const [instance] = instancesOf(row, "small");
  expect(() => check(row, instance, 1)).toThrow(/to x \[3\]: gradient .* difference .* off by/);
});

/** Gradients of the result's sum at given scalars or vectors. */
function slopesAt(apply: (...xs: Tensor[]) => Tensor, ...values: number[][]): number[][] {
  const xs = values.map((list, i) => new Input("abc"[i], [list.length]));
  const feeds = new Map(xs.map((x, i) => [x, values[i]]));
  return evaluate(gradient(apply(...xs), xs), { feeds }).map((slope) => [...slope]);
}

describe("points where an operation is not differentiable", () => {
  test.each<[string, (...xs: Tensor[]) => Tensor, number[][], number[][]]>([
    ["maximum gives a tie to its first operand", maximum, [[1], [1]], [[1], [0]]],
    ["minimum gives a tie to its first operand", minimum, [[1], [1]], [[1], [0]]],
    ["equal maxima share", (x) => max(x), [[3, 1, 3, 3, 2]], [[1 / 3, 0, 1 / 3, 1 / 3, 0]]],
    ["abs is level at 0", abs, [[0]], [[0]]],
    ["relu is level at 0", relu, [[0]], [[0]]],
    ["leakyRelu has its slope at 0", (x) => leakyRelu(x, 0.3), [[0]], [[0.3]]],
    [
      "elu falls at 0 with alpha, and does not overflow far from it",
      (x) => elu(x, 0.5),
      [[0, 2000, -2000]],
      [[0.5, 1, 0]],
    ],
    ["softplus does not overflow", softplus, [[2000, -2000]], [[1, 0]]],
    ["logSumExp does not overflow", (x) => logSumExp(x), [[2000, 0]], [[1, 0]]],
    ["stopGradient stops", (x) => mul(stopGradient(x), x), [[3]], [[3]]],
    ["what does not matter has gradient 0", (a) => mul(a, 2), [[1], [5, 6]], [[2], [0, 0]]],
    ["uses add up", (x) => add(mul(x, x), add(x, x)), [[3]], [[8]]],
    ["broadcasting is undone", (a, b) => mul(a, b), [[2], [1, 2, 3]], [[6], [2, 2, 2]]],
  ])("%s", (_name, apply, values, wanted) => {
    expect(slopesAt(apply, ...values).map((list) => list.map((slope) => slope + 0))).toEqual(wanted);
  });
});

describe("gradient()", () => {
  const x = new Input("x", [2]);

  test("weights the result by `upstream`", () => {
    const upstream = literal(Float32Array.of(10, 100), [2]);
    const [slope] = evaluate(gradient(mul(x, x), [x], { upstream }), { feeds: new Map([[x, [1, 2]]]) });
    expect([...slope]).toEqual([20, 400]);
  });

  test("can be taken with respect to an inner node as well as a leaf", () => {
    const inside = mul(x, 3);
    const slopes = evaluate(gradient(mul(inside, inside), [inside, x]), { feeds: new Map([[x, [1, 2]]]) });
    expect(slopes.map((slope) => [...slope])).toEqual([
      [6, 12],
      [18, 36],
    ]);
  });

  test("rejects wrong arguments", () => {
    expect(() => gradient(cast(x, "i32"), [x])).toThrow(new TypeError("gradient: y must be f32, found i32"));
    expect(() => gradient(x, [x], { upstream: literal(Float32Array.of(1), [1]) })).toThrow(
      new RangeError("gradient: upstream must have the shape of y, [2], found [1]"),
    );
  });
});

test("a row is built at least 20 times", () => {
  expect(instances).toBeGreaterThanOrEqual(20);
});
