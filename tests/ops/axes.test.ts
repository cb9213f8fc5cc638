/**
 * Axes: a number, a list, or options with `axis` or `axes` mean the same in every operation; everything else is
 * rejected.
 */
import { describe, expect, test } from "vitest";
import { moments } from "#src/ops/normalization";
import { literal } from "#src/ops/literal";
import { concat, flip, transpose } from "#src/ops/movement";
import { argMax, logSoftmax, logSumExp, max, mean, softmax, sum, variance } from "#src/ops/reduction";
import { evaluate } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";

const x = literal([1, 2, 3, 4, 5, 6], [2, 3]);
const show = (y: Tensor) => ({ shape: y.shape, values: [...evaluate([y])[0]] });

type Form = (argument?: never) => Tensor;
const operations: Record<string, Form> = {
  sum: (a) => sum(x, a),
  mean: (a) => mean(x, a),
  max: (a) => max(x, a),
  variance: (a) => variance(x, a),
  logSumExp: (a) => logSumExp(x, a),
  softmax: (a) => softmax(x, a),
  logSoftmax: (a) => logSoftmax(x, a),
  argMax: (a) => argMax(x, a),
  flip: (a) => flip(x, a),
  concat: (a) => concat([x, x], a),
  moments: (a) => moments(x, a).variance,
};

describe.each(Object.entries(operations))("%s", (name, apply) => {
  const of = (argument: unknown) => show(apply(argument as never));

  test.each([0, 1])("accepts axis %i in every form", (axis) => {
    const wanted = of(axis);
    const forms = [axis - 2, [axis], [axis - 2], { axis }, { axes: axis }, { axes: [axis] }, { axis: [axis - 2] }];
    for (const form of forms) expect(of(form)).toEqual(wanted);
    expect(of(axis)).not.toEqual(of(1 - axis));
  });

  test("refuses what is no axis", () => {
    expect(() => of(2)).toThrow(`${name}: axis 2 does not exist in a tensor of rank 2`);
    expect(() => of(-3)).toThrow(`${name}: axis -3 does not exist in a tensor of rank 2`);
    expect(() => of(0.5)).toThrow(`${name}: axis 0.5 does not exist in a tensor of rank 2`);
    expect(() => of([0, -2])).toThrow(`${name}: axes must differ, found [0, -2] for rank 2`);
    expect(() => of({ axis: 0, axes: 0 })).toThrow(`${name}: axes and axis must not both be given, found both`);
    expect(() => of({ dim: 0 })).toThrow(`${name}: unknown option "dim"`);
    expect(() => of({ axes: "0" })).toThrow(`${name}: axes must be integers, found "0"`);
    expect(() => of(["0"])).toThrow(`${name}: axis must be an integer, found "0"`);
    expect(() => of("0")).toThrow(`${name}: options must be an object, found "0"`);
    expect(() => of(null)).toThrow(`${name}: options must be an object, found null`);
    expect(() => of(true)).toThrow(`${name}: options must be an object, found true`);
  });
});

test("values along each axis", () => {
  expect(show(sum(x, -1))).toEqual({ shape: [2], values: [6, 15] });
  expect(show(sum(x, { axis: 0, keepAxes: true }))).toEqual({ shape: [1, 3], values: [5, 7, 9] });
  expect(show(sum(x, [0, 1]))).toEqual({ shape: [], values: [21] });
  expect(show(mean(x, 0))).toEqual({ shape: [3], values: [2.5, 3.5, 4.5] });
  expect(show(argMax(literal([1, 9, 3, 4, 5, 6], [2, 3]), 0))).toEqual({ shape: [3], values: [1, 0, 1] });
  expect(show(flip(x, 0)).values).toEqual([4, 5, 6, 1, 2, 3]);
  expect(show(concat([x, x], 1)).shape).toEqual([2, 6]);
  const rows = show(softmax(x, 0)).values;
  for (let i = 0; i < 3; i++) expect(rows[i]).toBeCloseTo(1 / (1 + Math.exp(3)), 14);
  // The softmax over both axes: six values that sum to 1.
  expect(show(softmax(x, [0, 1])).values.reduce((total, value) => total + value, 0)).toBeCloseTo(1, 14);
});

test("defaults: reductions and flips take all axes, softmax and argMax the last, concat the first", () => {
  for (const reduce of [sum, mean, max, variance, logSumExp]) expect(reduce(x).shape).toEqual([]);
  expect(show(flip(x)).values).toEqual([6, 5, 4, 3, 2, 1]);
  expect(show(softmax(x))).toEqual(show(softmax(x, -1)));
  expect(show(logSoftmax(x))).toEqual(show(logSoftmax(x, -1)));
  expect(show(argMax(x))).toEqual(show(argMax(x, 1)));
  expect(concat([x, x]).shape).toEqual([4, 3]);
});

test("keepAxes belongs to reductions and is true or false", () => {
  expect(() => sum(x, { axis: 0, keepAxes: 1 as never })).toThrow("sum: keepAxes must be true or false, found 1");
  expect(() => softmax(x, { axis: 0, keepAxes: true } as never)).toThrow('softmax: unknown option "keepAxes"');
  expect(() => sum(x, { axis: 0, keepDims: true } as never)).toThrow('sum: unknown option "keepDims"');
});

test("one axis where only one makes sense", () => {
  expect(() => argMax(x, [0, 1])).toThrow("argMax: axis must be one axis, found [0, 1]");
  expect(() => concat([x, x], [0, 1])).toThrow("concat: axis must be one axis, found [0, 1]");
});

test("transpose accepts a permutation, as a list or as options", () => {
  expect(show(transpose(x, { axes: [1, 0] })).values).toEqual([1, 4, 2, 5, 3, 6]);
  expect(show(transpose(x, [-1, 0]))).toEqual(show(transpose(x)));
  expect(() => transpose(x, [0])).toThrow("transpose: [0] is not a permutation of the 2 axes of [2, 3]");
  expect(() => transpose(x, 0 as never)).toThrow("transpose: [0] is not a permutation");
  expect(() => transpose(x, [0, 0])).toThrow("transpose: axes must differ, found [0, 0]");
});
