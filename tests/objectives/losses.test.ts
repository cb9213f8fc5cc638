/** Losses and penalties: known values, large logits, descriptions, and what a wrong use is told. */
import { describe, expect, test } from "vitest";
import { fromConfig, kindNames } from "#src/models/from-config";
import { gradient } from "#src/ops/differentiate";
import { hinge, leastSquares, minimax, nonSaturating, wasserstein } from "#src/objectives/losses";
import { mul, square } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { sum } from "#src/ops/reduction";
import { gradientPenalty, type Penalty, r1, r2 } from "#src/objectives/penalties";
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
])("$config.kind has its values", (loss, discriminator, generator) => {
  const [real, fake] = [logits(2, -1, 0.5), logits(-0.5, 3)];
  expect(scalarOf(loss.discriminator(real, fake))).toBeCloseTo(discriminator, 12);
  expect(scalarOf(loss.generator(fake))).toBeCloseTo(generator, 12);
});

describe.each(kindNames("loss"))("%s", (kind) => {
  const loss = fromConfig("loss", { kind });

  test("stays finite, gradients too, at logits of 1,000", () => {
    const [real, fake] = [new Input("real", [2, 1]), new Input("fake", [2, 1])];
    const values = [loss.discriminator(real, fake), loss.generator(fake)];
    const slopes = values.flatMap((value) => gradient(value, [real, fake]));
    const feeds = new Map([real, fake].map((input) => [input, [-1000, 1000]]));
    for (const found of evaluate([...values, ...slopes], { feeds })) expect(found.every(Number.isFinite)).toBe(true);
  });

  test("comes back from its description", () => {
    expect(loss.config).toEqual({ kind });
    expect(() => fromConfig("loss", { kind, margin: 1 } as never)).toThrow(
      `${kind}: unknown option "margin"; it takes no options`,
    );
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

  test.each(kindNames("penalty"))("%s comes back from its description", (kind) => {
    const penalty = fromConfig("penalty", { kind, weight: 3 });
    expect(penalty.config).toEqual({ kind, weight: 3 });
    expect(of(fromConfig("penalty", JSON.parse(JSON.stringify(penalty.config))))).toBe(of(penalty));
  });

  test.each([
    [() => r1(-1), RangeError, "r1: weight must be a finite number >= 0, found -1"],
    [
      () => fromConfig("penalty", { kind: "r3" }),
      TypeError,
      'penalty: unknown kind "r3"; did you mean "r1"? known kinds: gradientPenalty, r1, r2',
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
