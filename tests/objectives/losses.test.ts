/** Losses and penalties: known values, large logits, descriptions, and what a wrong use is told. */
import { describe, expect, test } from "vitest";
import { fromConfig, kindNames } from "#src/models/from-config";
import { gradient } from "#src/ops/differentiate";
import { hinge, leastSquares, minimax, nonSaturating, relativistic, wasserstein } from "#src/objectives/losses";
import { mul, square } from "#src/ops/elementwise";
import { every } from "#src/ops/every-nth-step";
import { literal } from "#src/ops/literal";
import { sum } from "#src/ops/reduction";
import { dragan, gradientPenalty, type Penalty, r1, r2 } from "#src/objectives/penalties";
import { linear } from "#src/optimizers/schedules";
import type { AdversarialLoss } from "#src/objectives/adversarial";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";

const logits = (...values: number[]) => literal(Float32Array.from(values), [values.length, 1]);
const scalarOf = (x: Tensor) => {
  expect(x.shape).toEqual([]);
  return evaluate([x])[0][0];
};

// By PyTorch 1.13.0 in float64, from binary_cross_entropy_with_logits, mse_loss and relu.
test.each([
  [minimax(), 2.399421062124025, -1.7613321678769243],
  [nonSaturating(), 2.399421062124025, 0.5113321678769244],
  [leastSquares(), 3.1875, 1.5625],
  [wasserstein(), 0.75, -1.25],
  [hinge(), 3.0833333333333335, -1.25],
])("$config.kind has its values, and does not ask for real logits", (loss, discriminator, generator) => {
  const [real, fake] = [logits(2, -1, 0.5), logits(-0.5, 3)];
  const never = () => {
    throw new Error("asked");
  };
  expect(scalarOf(loss.discriminator(real, fake))).toBeCloseTo(discriminator, 12);
  expect(scalarOf((loss as AdversarialLoss).generator(fake, never))).toBeCloseTo(generator, 12);
});

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

describe("smoothing", () => {
  const [real, fake] = [
    [2, -1, 0.5],
    [-0.5, 3],
  ];
  const average = (of: readonly number[]) => of.reduce((a, b) => a + b, 0) / of.length;
  const smoothing = 0.1;
  /** Cross-entropy of sigmoid(x) with the probability `target` of "real". */
  const cost = (x: number, target: number) =>
    -target * Math.log(logistic(x)) - (1 - target) * Math.log(1 - logistic(x));

  test.each([minimax, nonSaturating])("is the cross-entropy with the target 0.9 for real records", (make) => {
    const wanted = average(real.map((x) => cost(x, 0.9))) + average(fake.map((x) => cost(x, 0)));
    const found = make({ smoothing }).discriminator(logits(...real), logits(...fake));
    expect(scalarOf(found)).toBeCloseTo(wanted, 12);
  });

  test("is the squared distance to 0.9 for real records", () => {
    const wanted = (average(real.map((x) => (x - 0.9) ** 2)) + average(fake.map((x) => x * x))) / 2;
    const found = leastSquares({ smoothing }).discriminator(logits(...real), logits(...fake));
    expect(scalarOf(found)).toBeCloseTo(wanted, 12);
  });

  test.each([minimax, nonSaturating, leastSquares])("leaves the generator's loss as it is", (make) => {
    expect(scalarOf(make({ smoothing }).generator(logits(...fake)))).toBe(scalarOf(make().generator(logits(...fake))));
  });

  test.each([minimax, nonSaturating, leastSquares])("is described only if it is given", (make) => {
    const { kind } = make().config;
    expect(make().config).toEqual({ kind });
    expect(make({ smoothing }).config).toEqual({ kind, smoothing });
    expect(fromConfig("loss", { kind, smoothing }).config).toEqual({ kind, smoothing });
    expect(() => make({ smoothing: 1 })).toThrow(`${kind}: smoothing must be a finite number >= 0 and < 1, found 1`);
  });

  test("a confident discriminator is best at the smoothed probability", () => {
    const x = new Input("x", [1]);
    const [slope] = gradient(nonSaturating({ smoothing }).discriminator(x, logits(0)), [x]);
    expect(evaluate([slope], { feeds: new Map([[x, [Math.log(0.9 / 0.1)]]]) })[0][0]).toBeCloseTo(0, 12);
  });
});

describe("relativistic", () => {
  const [real, fake] = [
    [2, -1, 0.5],
    [-0.5, 3, 1],
  ];
  const pairs = (by: (difference: number) => number) =>
    real.reduce((total, x, i) => total + by(x - fake[i]), 0) / real.length;
  const loss = relativistic();

  test("compares each real record with one generated record", () => {
    const [a, b] = [logits(...real), logits(...fake)];
    expect(scalarOf(loss.discriminator(a, b))).toBeCloseTo(
      pairs((x) => -Math.log(logistic(x))),
      12,
    );
    expect(scalarOf(loss.generator(b, () => a))).toBeCloseTo(
      pairs((x) => -Math.log(logistic(-x))),
      12,
    );
  });

  test("does not change if both logits grow by the same", () => {
    const more = (values: readonly number[]) => logits(...values.map((x) => x + 5));
    expect(scalarOf(loss.discriminator(more(real), more(fake)))).toBeCloseTo(
      scalarOf(loss.discriminator(logits(...real), logits(...fake))),
      12,
    );
  });

  test("needs pairs", () => {
    const message = "relativistic: real and fake logits must have the same shape, found [2, 1] and [1, 1]";
    expect(() => loss.discriminator(logits(1, 2), logits(1))).toThrow(new RangeError(message));
    expect(() => loss.generator(logits(1), () => logits(1, 2))).toThrow(new RangeError(message));
  });
});

describe.each(kindNames("loss"))("%s", (kind) => {
  const loss = fromConfig("loss", { kind });

  test("stays finite, gradients too, at logits of 1,000", () => {
    const [real, fake] = [new Input("real", [2, 1]), new Input("fake", [2, 1])];
    const values = [loss.discriminator(real, fake), loss.generator(fake, () => real)];
    const slopes = values.flatMap((value) => gradient(value, [real, fake]));
    const feeds = new Map([real, fake].map((input) => [input, [-1000, 1000]]));
    for (const found of evaluate([...values, ...slopes], { feeds })) expect(found.every(Number.isFinite)).toBe(true);
  });

  test("comes back from its description", () => {
    expect(loss.config).toEqual({ kind });
    expect(() => fromConfig("loss", { kind, margin: 1 } as never)).toThrow(`${kind}: unknown option "margin"; `);
  });
});

describe("penalties", () => {
  // D(x) = sum over features of x^2 / 2 * scale, so grad D = scale x.
  const discriminate = (x: Tensor) => mul(sum(square(x), { axes: 1 }), 1.5);
  const real = literal(Float32Array.of(1, 2, 0, -1), [2, 2]);
  const fake = literal(Float32Array.of(3, 0, 0, 0), [2, 2]);
  const of = (penalty: Penalty) => scalarOf(penalty.apply({ discriminate, real, fake }));

  test("r1 and r2: half the weighted mean of ||grad D||^2", () => {
    expect(of(r1(2))).toBeCloseTo((2 / 2) * ((9 * 5 + 9 * 1) / 2), 12);
    expect(of(r2())).toBeCloseTo((1 / 2) * ((9 * 9 + 0) / 2), 12);
  });

  test("gradientPenalty: where real and fake agree every point between is the same", () => {
    const penalty = gradientPenalty(10).apply({ discriminate, real, fake: real });
    const wanted = (10 * ((3 * Math.sqrt(5) - 1) ** 2 + (3 - 1) ** 2)) / 2;
    expect(scalarOf(penalty)).toBeCloseTo(wanted, 9);
  });

  test("gradientPenalty: points lie between real and fake, one share per record", () => {
    const at: Tensor[] = [];
    const recording = (x: Tensor) => {
      at.push(x);
      return discriminate(x);
    };
    const zeros = literal(new Float32Array(64 * 3), [64, 3]);
    const ones = literal(new Float32Array(64 * 3).fill(1), [64, 3]);
    gradientPenalty().apply({ discriminate: recording, real: ones, fake: zeros });
    const [points] = evaluate(at);
    const shares = Array.from({ length: 64 }, (_, i) => points[3 * i]);
    expect(
      shares.every((share, i) => share >= 0 && share < 1 && points[3 * i + 1] === share && points[3 * i + 2] === share),
    ).toBe(true);
    expect(new Set(shares).size).toBeGreaterThan(60);
  });

  test("gradientPenalty: a gradient of 0 has finite slopes", () => {
    const w = new Input("w", []);
    const flat = (x: Tensor) => mul(sum(x, { axes: 1 }), w);
    const penalty = gradientPenalty().apply({ discriminate: flat, real, fake });
    const [value, slope] = evaluate([penalty, ...gradient(penalty, [w])], { feeds: new Map([[w, [0]]]) });
    expect(value[0]).toBeCloseTo(10, 4);
    expect(Number.isFinite(slope[0])).toBe(true);
  });

  test("dragan: where all values are equal every point is its record", () => {
    const same = literal(Float32Array.of(2, 2, 2, 2), [2, 2]);
    const penalty = dragan(10).apply({ discriminate, real: same, fake });
    expect(scalarOf(penalty)).toBeCloseTo(10 * (6 * Math.sqrt(2) - 1) ** 2, 3);
  });

  test("dragan: points lie within half a standard deviation above real records", () => {
    const at: Tensor[] = [];
    const recording = (x: Tensor) => {
      at.push(x);
      return discriminate(x);
    };
    // Half of the values are 4, the others -4, so their standard deviation is 4.
    const values = Array.from({ length: 64 * 3 }, (_, i) => (i % 2 === 0 ? 4 : -4));
    dragan().apply({ discriminate: recording, real: literal(values, [64, 3]), fake });
    const [points] = evaluate(at);
    const noise = [...points].map((value, i) => value - values[i]);
    expect(noise.every((one) => one >= 0 && one < 2)).toBe(true);
    // The mean of a product of two uniform numbers is 1/4; the standard error of the mean noise is 0.04.
    expect(noise.reduce((total, one) => total + one, 0) / noise.length).toBeCloseTo(2 / 4, 0.6);
    // One share for each record, one number for each value.
    const greatest = Array.from({ length: 64 }, (_, i) => Math.max(...noise.slice(3 * i, 3 * i + 3)));
    expect(Math.max(...greatest)).toBeGreaterThan(1);
    expect(Math.min(...greatest)).toBeLessThan(0.2);
    expect(new Set(noise).size).toBeGreaterThan(150);
  });

  describe.each(kindNames("penalty"))("%s", (kind) => {
    const penalty = fromConfig("penalty", { kind, weight: 3 });
    const at = (one: Penalty, step: number) =>
      evaluate([one.apply({ discriminate, real, fake, step: () => literal([step], []) })], { step })[0][0];

    test("comes back from its description", () => {
      expect(penalty.config).toEqual({ kind, weight: 3 });
      expect(of(fromConfig("penalty", JSON.parse(JSON.stringify(penalty.config))))).toBe(of(penalty));
    });

    test("of every 3rd step has 3 times its value there, and none in other steps", () => {
      const lazy = fromConfig("penalty", { kind, weight: 3, every: 3 });
      expect(lazy.config).toEqual({ kind, weight: 3, every: 3 });
      expect(lazy.every).toBe(3);
      const found = [0, 1, 2, 3, 4].map((step) => at(lazy, step));
      expect(found.map((value) => value !== 0)).toEqual([true, false, false, true, false]);
      // Random numbers depend on the step.
      for (const step of [0, 3]) expect(found[step]).toBeCloseTo(3 * at(penalty, step), 9);
    });

    test("of every step is that without the option", () => {
      const always = fromConfig("penalty", { kind, weight: 3, every: 1 });
      expect(always.every).toBe(undefined);
      expect(of(always)).toBe(of(penalty));
    });

    test("with a scheduled weight has the weight of the step", () => {
      const weight = linear(3, { to: 1, steps: 4 });
      const scheduled = fromConfig("penalty", { kind, weight: weight.config });
      expect(scheduled.config).toEqual({ kind, weight: weight.config });
      for (const [step, wanted] of [3, 2.5, 2, 1.5, 1, 1].entries())
        expect(at(scheduled, step)).toBeCloseTo((at(penalty, step) * wanted) / 3, 9);
      expect(() => of(scheduled)).toThrow(
        `${kind}: apply needs the number of steps, { step: () => … }, because weight is a schedule`,
      );
    });
  });

  test("a lazy penalty is the op `every` of the penalty times n", () => {
    const inputs = { discriminate, real, fake };
    expect(scalarOf(r1(2, { every: 5 }).apply(inputs))).toBe(scalarOf(every(5, mul(r1(2).apply(inputs), 5))));
  });

  test.each([
    [() => r1(-1), RangeError, "r1: weight must be a finite number >= 0, found -1"],
    [() => r1(1, { every: 0 }), RangeError, "r1: every must be an integer >= 1 and < 2147483648, found 0"],
    [() => r2(1, { evry: 2 } as never), TypeError, 'r2: unknown option "evry"; did you mean "every"?'],
    [() => dragan("much" as never), TypeError, "dragan: weight must be a number or a schedule, for example"],
    [
      () => fromConfig("penalty", { kind: "r3" }),
      TypeError,
      'penalty: unknown kind "r3"; did you mean "r1"? known kinds: dragan, gradientPenalty, r1, r2',
    ],
    [
      () => fromConfig("loss", { kind: "softmax" }),
      TypeError,
      'loss: unknown kind "softmax"; known kinds: hinge, leastSquares',
    ],
    [
      () => gradientPenalty().apply({ discriminate, real, fake: logits(1) }),
      RangeError,
      "gradientPenalty: real and fake must have the same shape, found [2, 2] and [1, 1]",
    ],
  ] as const)("%s names what is wrong", (build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});
