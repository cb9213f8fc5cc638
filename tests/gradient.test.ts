/**
 * Every differentiable row of the table, orders 1 and 2, in f64: the derivative of a randomly weighted sum along a
 * random direction of each input, by `gradient()` and by differences of the reference's values.
 */
import { describe, expect, test } from "vitest";
import { gradient } from "#src/gradient";
import { add, exp, mul } from "#src/ops/elementwise";
import { sum } from "#src/ops/reduction";
import { evaluate } from "#src/reference";
import { Input, type Op, Tensor } from "#src/tensor";
import { CaseRandom, instances } from "./case-random.js";
import { type Case, cases, type Instance, instancesOf } from "./cases.js";

/** Distance of the points of a difference; directions have components in [-1, 1]. */
const spacing = 1e-3;

/** Allowed error relative to the sum of the absolute terms of the analytic derivative, and absolute. */
const relative = 1e-6;
const absolute = 1e-9;

type Feeds = Map<Tensor, Float64Array>;

const direction = (count: number, random: CaseRandom) =>
  Float64Array.from({ length: count }, () => random.uniform(-1, 1));

/** Derivative of f at 0 by the five-point rule, whose error is of order spacing^4. */
function derivative(f: (t: number) => number): number {
  const [h, g] = [f(spacing) - f(-spacing), f(2 * spacing) - f(-2 * spacing)];
  return (8 * h - g) / (12 * spacing);
}

/** Compares gradients of a scalar with its differences along one direction of each x. */
function compare(
  scalar: Tensor,
  gradients: readonly Tensor[],
  xs: readonly Input[],
  feeds: Feeds,
  random: CaseRandom,
): void {
  // The scalar is evaluated along, so that random nodes keep their streams.
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

/** A scalar of the result and of weights, both of which it is differentiated by. */
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
  // Gradients are vectors; a fixed projection makes them a scalar again.
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

test("a row is built at least 20 times", () => {
  expect(instances).toBeGreaterThanOrEqual(20);
});
