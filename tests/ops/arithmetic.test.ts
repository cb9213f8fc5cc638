/**
 * Compiled arithmetic equals its single operations, each rounded to f32. Random expressions over special values are
 * compared with the same expressions in JavaScript's `Math.fround`, to the bit (including signs of zeros). Neither
 * simplification nor compound micro-operations may change a bit.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { constant } from "#src/ops/constant";
import * as ops from "#src/ops/elementwise";
import { broadcastTo } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";
import type { Tensor } from "#src/graph/tensor";
import { CaseRandom } from "../case-random.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});
afterAll(() => runtime.close());

const f = Math.fround;
const specials = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  3,
  f(0.1),
  -7.25,
  f(1e-25),
  f(1e25),
  f(-1e38),
  f(1e-38),
  f(3e-45),
  2 ** 24 + 2,
  f(3.4028234663852886e38),
  Infinity,
  -Infinity,
  Number.NaN,
];

type Values = readonly number[];
interface Term {
  readonly node: Tensor;
  readonly values: Values;
  readonly text: string;
}

const greatest = (a: number, b: number) => (a < b || Number.isNaN(b) ? b : a);
const least = (a: number, b: number) => (b < a || Number.isNaN(b) ? b : a);

const binary: Record<string, { make(a: Tensor, b: Tensor): Tensor; of(a: number, b: number): number }> = {
  add: { make: ops.add, of: (a, b) => a + b },
  sub: { make: ops.sub, of: (a, b) => a - b },
  mul: { make: ops.mul, of: (a, b) => a * b },
  div: { make: ops.div, of: (a, b) => a / b },
  maximum: { make: ops.maximum, of: greatest },
  minimum: { make: ops.minimum, of: least },
  gap: { make: ops.gap, of: (a, b) => (a === b ? 0 : a - b) },
};
const unary: Record<string, { make(a: Tensor): Tensor; of(a: number): number }> = {
  neg: { make: ops.neg, of: (a) => -a },
  square: { make: ops.square, of: (a) => a * a },
  sqrt: { make: ops.sqrt, of: Math.sqrt },
  abs: { make: ops.abs, of: Math.abs },
  relu: { make: ops.relu, of: (a) => (a > 0 || Number.isNaN(a) ? a : 0) },
  leakyRelu: { make: (a) => ops.leakyRelu(a, 0.2), of: (a) => (a > 0 ? a : f(0.2) * a) },
  leakySlope: { make: (a) => ops.leakySlope(a, 0.2), of: (a) => (a > 0 ? 1 : f(0.2)) },
};

/** Applies an operation of the tables above to its operands. */
function apply(name: string, ...terms: readonly Term[]): Term {
  const operands = terms.map(({ node }) => node) as [Tensor, Tensor];
  const { make, of } = (unary[name] ?? binary[name]) as { make(...x: Tensor[]): Tensor; of(...x: number[]): number };
  return {
    node: make(...operands),
    values: terms[0].values.map((_, i) => f(of(...terms.map(({ values }) => values[i])))),
    text: `${name}(${terms.map(({ text }) => text).join(", ")})`,
  };
}

function number(value: number, like: Term): Term {
  const text = Object.is(value, -0) ? "-0" : `${value}`;
  return { node: constant(value), values: like.values.map(() => value), text };
}

/**
 * Expressions that become compound micro-operations: gradients of tanh and sigmoid, sums and roots of optimizers,
 * clamps.
 */
const compounds: readonly ((a: Term, b: Term, p: Term, q: Term) => Term)[] = [
  (a, b) => apply("mul", a, apply("sub", number(1, a), apply("square", b))),
  (a, b) => apply("mul", a, apply("mul", b, apply("sub", number(1, a), b))),
  (a, b) => apply("mul", a, apply("leakySlope", b)),
  (a, b, p, q) => apply("div", apply("mul", a, p), apply("add", apply("sqrt", b), q)),
  (a, b, p, q) => apply("add", apply("mul", a, p), apply("mul", apply("square", b), q)),
  (a, b, p, q) => apply("sub", apply("mul", a, p), apply("mul", b, q)),
  (a, _b, p, q) => apply("minimum", apply("maximum", a, p), q),
  (a, b, p) => apply("mul", apply("mul", a, p), b),
  (a, b, p) => apply("sub", p, apply("mul", a, b)),
  (a, _b, p, q) => apply("neg", apply("add", apply("mul", a, p), q)),
];

/** A random expression of `depth` levels over leaves, with its expected values. */
function grow(random: CaseRandom, leaves: readonly Term[], depth: number): Term {
  if (depth === 0 || random.chance(0.1)) {
    return random.chance(0.4) ? number(random.pick(specials), leaves[0]) : random.pick(leaves);
  }
  if (random.chance(0.3)) return apply(random.pick(Object.keys(unary)), grow(random, leaves, depth - 1));
  const [a, b] = [grow(random, leaves, depth - 1), grow(random, leaves, random.chance(0.5) ? 0 : depth - 1)];
  const [left, right] = random.chance(0.5) ? [a, b] : [b, a];
  if (random.chance(0.7)) return apply(random.pick(Object.keys(binary)), left, right);
  const [p, q] = [number(random.pick(specials), a), number(random.pick(specials), a)];
  return random.pick(compounds)(left, right, p, q);
}

const same = (a: number, b: number) => Object.is(a, b);

describe("random expressions", () => {
  test.each(Array.from({ length: 60 }, (_, i) => i))(
    "batch %i has the bits of its single operations",
    async (batch) => {
      const random = new CaseRandom("arithmetic", batch, false);
      const values = ["x", "y"].map(() => [...specials].sort(() => random.uniform() - 0.5));
      let terms: Term[] = [];
      const program = runtime.compile(({ input }) => {
        const again = new CaseRandom("arithmetic terms", batch, false);
        const leaves = values.map((list, i) => ({ node: input("xy"[i], [list.length]), values: list, text: "xy"[i] }));
        terms = Array.from({ length: 25 }, () => grow(again, leaves, again.integer(1, 4)));
        return {
          outputs: Object.fromEntries(terms.map(({ node }, i) => [`${i}`, broadcastTo(node, [specials.length])])),
        };
      });
      const found = await program.run({ x: values[0], y: values[1] });
      terms.forEach(({ values: wanted, text }, i) => {
        found[`${i}`].data.forEach((value, k) => {
          if (!same(value, wanted[k]))
            throw new Error(`${text} at x ${values[0][k]}, y ${values[1][k]} is ${value}, should be ${wanted[k]}`);
        });
      });
    },
  );
});

describe("expressions that must not be simplified", () => {
  const of = async (x: number, make: (x: Tensor) => Tensor) => {
    const program = runtime.compile(({ input }) => ({ outputs: { y: make(input("x", [1])) } }));
    return (await program.run({ x: [x] })).y.item();
  };

  test.each<[string, number, (x: Tensor) => Tensor, number]>([
    ["x 1e-25 1e-25", 1e38, (x) => ops.mul(ops.mul(x, 1e-25), 1e-25), f(f(f(1e38) * f(1e-25)) * f(1e-25))],
    ["x 1e25 1e25", 1e-30, (x) => ops.mul(ops.mul(x, 1e25), 1e25), f(f(f(1e-30) * f(1e25)) * f(1e25))],
    ["(x 1e-30) x", 1e30, (x) => ops.mul(ops.mul(x, 1e-30), x), f(f(f(1e30) * f(1e-30)) * f(1e30))],
    ["x (x (1 / x))", 1e30, (x) => ops.mul(x, ops.mul(x, ops.div(1, x))), f(1e30)],
    ["1e-30 x^2 of 1e25", 1e25, (x) => ops.add(ops.mul(x, 0.5), ops.mul(ops.square(x), 1e-30)), Infinity],
    ["x + 0 of -0", -0, (x) => ops.add(x, 0), 0],
    ["0 + x of -0", -0, (x) => ops.add(0, x), 0],
    ["x + -0 of -0", -0, (x) => ops.add(x, -0), -0],
    ["x - 0 of -0", -0, (x) => ops.sub(x, 0), -0],
    ["x - -0 of -0", -0, (x) => ops.sub(x, -0), 0],
    ["-x of 0", 0, (x) => ops.neg(x), -0],
    ["0 x of infinity", Infinity, (x) => ops.mul(x, 0), Number.NaN],
    ["0 x of -1", -1, (x) => ops.mul(x, 0), -0],
    ["x - x of infinity", Infinity, (x) => ops.sub(x, x), Number.NaN],
    ["x^0 of NaN", Number.NaN, (x) => ops.pow(x, 0), 1],
    ["x^1 of -0", -0, (x) => ops.pow(x, 1), -0],
    ["x^0.5 of -0", -0, (x) => ops.pow(x, 0.5), 0],
    ["x^0.5 of -infinity", -Infinity, (x) => ops.pow(x, 0.5), Infinity],
    ["x^0.5 of -1", -1, (x) => ops.pow(x, 0.5), Number.NaN],
    ["x^-0.5 of -0", -0, (x) => ops.pow(x, -0.5), Infinity],
    ["x^-0.5 of -infinity", -Infinity, (x) => ops.pow(x, -0.5), 0],
    ["x^-1 of -0", -0, (x) => ops.pow(x, -1), -Infinity],
    ["clamped to NaN", 1, (x) => ops.clamp(x, Number.NaN, 2), Number.NaN],
    ["clamped below NaN", 1, (x) => ops.clamp(x, 0, Number.NaN), Number.NaN],
    ["sum of 3 constants -0", 0, () => sum(broadcastTo(constant(-0), [3])), 0],
    ["sum of no infinities", 0, () => sum(broadcastTo(constant(Infinity), [0])), 0],
    ["0.1 + 0.2, folded", 0, () => ops.add(constant(0.1), 0.2), f(f(0.1) + f(0.2))],
    ["1 / 3 / 3, folded", 0, () => ops.div(ops.div(constant(1), 3), 3), f(f(1 / 3) / 3)],
    ["x / 3", 10, (x) => ops.div(x, 3), f(10 / 3)],
    ["x / y, 1 / y an f32 but y none", 3, (x) => ops.div(x, 1 / f(0.1)), f(3 / f(1 / f(0.1)))],
  ])("%s", async (_name, x, make, wanted) => {
    const found = await of(x, (input) => {
      const y = make(input);
      return y.rank === 0 ? broadcastTo(y, [1]) : y;
    });
    expect(found).toBe(wanted);
  });
});
