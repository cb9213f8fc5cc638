/**
 * Wrong arguments of operations: rejected when the graph is built, with rule and value, never by an error of JavaScript
 * itself.
 */
import { describe, expect, test } from "vitest";
import * as genloom from "#binding";
import { type Op, Input, Tensor } from "#src/graph/tensor";

const x = new Input("x", [2, 3]);
const image = new Input("image", [1, 4, 4, 2]);
const index = new Input("index", [2], "i32");
const g = genloom as unknown as Record<string, (...values: unknown[]) => unknown>;

/** Whether a public value is an elementwise operation on one tensor, according to its op record. */
const isUnary = (value: unknown): boolean =>
  typeof value === "function" && value.length === 1 && "op" in value && (value.op as Op).lowering.kind === "map";

/** Every public operation with valid arguments; the tensors among them are the operands. */
const calls: Record<string, unknown[]> = {
  ...Object.fromEntries(
    Object.entries(genloom)
      .filter(([, value]) => isUnary(value))
      .map(([name]) => [name, [x]]),
  ),
  add: [x, 1],
  allReduce: [x],
  sub: [x, x],
  mul: [x, 2],
  div: [x, x],
  maximum: [x, 0],
  minimum: [x, 0],
  pow: [x, 2],
  gap: [x, x],
  less: [x, 0],
  lessEqual: [x, 0],
  equal: [x, 0],
  greater: [x, 0],
  where: [x, x, x],
  clamp: [x, 0, 1],
  neg: [x],
  leakySlope: [x, 0.1],
  sum: [x],
  mean: [x],
  max: [x],
  variance: [x],
  logSumExp: [x],
  softmax: [x],
  logSoftmax: [x],
  argMax: [x],
  reshape: [x, [6]],
  broadcastTo: [x, [2, 2, 3]],
  transpose: [x],
  slice: [x, [0, 0], [1, 1]],
  pad: [
    x,
    [
      [1, 1],
      [0, 0],
    ],
  ],
  flip: [x, 0],
  stopGradient: [x],
  cast: [x, "i32"],
  gather: [x, index],
  scatterAdd: [index, x, 4],
  oneHot: [index, 3],
  matmul: [x, new Input("y", [3, 2])],
  conv2d: [image, new Input("w", [2, 2, 2, 3])],
  convTranspose2d: [image, new Input("w", [2, 2, 3, 2])],
  conv1d: [new Input("s", [1, 5, 2]), new Input("w", [2, 2, 3])],
  maxPool2d: [image, 2],
  averagePool2d: [image, 2],
  globalAveragePool: [image],
  globalMaxPool: [image],
  upsample2d: [image, 2],
  downsample2d: [image, 2],
  blur2d: [image],
  pixelShuffle: [new Input("i", [1, 2, 2, 4]), 2],
  pixelUnshuffle: [image, 2],
  batchNorm: [x],
  layerNorm: [x],
  instanceNorm: [image],
  groupNorm: [x, 1],
  pixelNorm: [x],
  moments: [x, 0],
  standardize: [x, { mean: 0, variance: 1 }],
  minibatchStd: [x],
  spectralNorm: [x, new Input("v", [3])],
  randomBernoulli: [x],
};
const named = Object.entries(calls).filter(([name]) => name in g);

test("the table contains every public operation on tensors", () => {
  const others = new Set(["constant", "literal", "variable", "gradient", "concat", "attention", "tensor"]);
  const missing = Object.entries(genloom)
    .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name) && "op" in value)
    .map(([name]) => name)
    .filter((name) => !(name in calls) && !others.has(name));
  expect(missing).toEqual([]);
  expect(named.length).toBeGreaterThan(70);
});

const strangers: [string, unknown][] = [
  ["a list", [1, 2]],
  ["a typed array", Float32Array.of(1, 2)],
  ["a text", "a"],
  ["nothing", undefined],
  ["null", null],
  ["a big integer", 1n],
  ["a truth value", true],
  ["an object", { shape: [2], dtype: "f32" }],
  ["a function", () => 1],
];

describe.each(named)("%s", (name, values) => {
  test("accepts valid arguments", () => {
    const made = g[name](...values);
    expect(made instanceof Tensor || Object.values(made as object).every((part) => part instanceof Tensor)).toBe(true);
  });

  const operands = values.flatMap((value, i) => (value instanceof Tensor ? [i] : []));
  test.each(strangers)("rejects %s as an operand", (_name, stranger) => {
    for (const i of operands) {
      const call = () => g[name](...values.map((value, k) => (k === i ? stranger : value)));
      expect(call).toThrow(TypeError);
      expect(call).toThrow(/: an operand must be a tensor or a number, found /);
      expect(call).not.toThrow(/undefined \(reading|is not a function|is not iterable/);
    }
  });
});

/** Operations with options: the arguments of a call that come before the options. */
const optional: Record<string, unknown[]> = {
  ...Object.fromEntries(
    [
      "sum",
      "mean",
      "max",
      "variance",
      "logSumExp",
      "softmax",
      "logSoftmax",
      "argMax",
      "flip",
      "transpose",
      "moments",
    ].map((name) => [name, [x]]),
  ),
  ...Object.fromEntries(
    [
      "gather",
      "matmul",
      "conv2d",
      "convTranspose2d",
      "conv1d",
      "maxPool2d",
      "averagePool2d",
      "upsample2d",
      "downsample2d",
      "blur2d",
      "batchNorm",
      "layerNorm",
      "instanceNorm",
      "groupNorm",
      "pixelNorm",
      "standardize",
      "minibatchStd",
      "spectralNorm",
    ].map((name) => [name, calls[name]]),
  ),
  concat: [[x, x]],
  gradient: [genloom.sum(x), [x]],
  literal: [[1], [1]],
  randomUniform: [[2]],
  randomNormal: [[2]],
  randomPermutation: [2, 4],
  attention: [
    { queries: new Input("q", [1, 2, 3]), keys: new Input("k", [1, 4, 3]), values: new Input("v", [1, 4, 5]) },
  ],
};

test.each(Object.entries(optional))(
  "%s rejects an unknown option, and options that are not an object",
  (name, values) => {
    expect(() => g[name](...values, { pading: 1 })).toThrow(TypeError);
    expect(() => g[name](...values, { pading: 1 })).toThrow(new RegExp(`^${name}: unknown option "pading"`));
    expect(() => g[name](...values, "same")).toThrow(new RegExp(`^${name}: options must be an object, found "same"`));
    expect(() => g[name](...values, null)).toThrow(new RegExp(`^${name}: options must be an object, found null`));
  },
);

test.each<[string, () => unknown, string]>([
  [
    "gradient",
    () => g.gradient(genloom.sum(x), x),
    "gradient: xs must be a list of tensors, found an Input; write gradient(y, [x])",
  ],
  ["gradient by a number", () => g.gradient(genloom.sum(x), [1]), "gradient: y and xs must be tensors, found 1"],
  ["gradient of a number", () => g.gradient(1, [x]), "gradient: y and xs must be tensors, found 1"],
  [
    "add",
    () => g.add(x, [1, 2]),
    "add: an operand must be a tensor or a number, found [1, 2]; literal(values, shape) makes a tensor of numbers",
  ],
  [
    "constant",
    () => g.constant([1, 2]),
    "constant: value must be a number, found [1, 2]; literal(values, shape) takes several",
  ],
  [
    "constant of an array",
    () => g.constant(Float32Array.of(1)),
    "constant: value must be a number, found a Float32Array",
  ],
  [
    "literal, nested",
    () => g.literal([[1, 2]], [2]),
    "literal: values must be numbers in row-major order, found [1, 2] at 0; values.flat(Infinity) flattens nested lists",
  ],
  [
    "literal of texts",
    () => g.literal(["1"], [1]),
    'literal: values must be numbers in row-major order, found "1" at 0',
  ],
  [
    "literal of a gap",
    () => g.literal([1, undefined], [2]),
    "literal: values must be numbers in row-major order, found undefined at 1",
  ],
  [
    "literal of big integers",
    () => g.literal(BigInt64Array.of(1n), [1]),
    "literal: values must be numbers in row-major order, found 1n at 0",
  ],
  ["literal of a number", () => g.literal(5, [1]), "literal: values must be numbers in row-major order, found 5"],
  [
    "literal of a set",
    () => g.literal(new Set([1]), [1]),
    "literal: values must be numbers in row-major order, found a Set",
  ],
  [
    "literal of a view",
    () => g.literal(new DataView(new ArrayBuffer(4)), [1]),
    "literal: values must be numbers in row-major order, found a DataView",
  ],
  [
    "literal out of range",
    () => g.literal([256], [1], { dtype: "u8" }),
    "literal: values of u8 must be integers from 0 to 255, found 256 at 0",
  ],
  ["literal, shape a number", () => g.literal([1], 1), "literal: shape must be a list of axis lengths, found 1"],
  ["randomNormal", () => g.randomNormal(4), "randomNormal: shape must be a list of axis lengths, found 4"],
  [
    "randomNormal, deviation",
    () => g.randomNormal([4], { deviation: "1" }),
    'randomNormal: deviation must be a finite number, found "1"',
  ],
  ["randomUniform, low", () => g.randomUniform([4], { low: Number.NaN }), "randomUniform: low must be a finite number"],
  [
    "slice, halves",
    () => g.slice(x, [0.5, 0], [1, 1]),
    "slice: starts and sizes must be integers, found [0.5, 0] and [1, 1]",
  ],
  [
    "slice, half sizes",
    () => g.slice(x, [0, 0], [1, 1.5]),
    "slice: starts and sizes must be integers, found [0, 0] and [1, 1.5]",
  ],
  [
    "slice, NaN",
    () => g.slice(x, [Number.NaN, 0], [1, 1]),
    "slice: starts and sizes must be integers, found [NaN, 0] and [1, 1]",
  ],
  ["slice, no list", () => g.slice(x, 0, 1), "slice: starts and sizes must be lists of numbers, found 0"],
  ["slice, outside", () => g.slice(x, [1, 0], [2, 3]), "slice: starts [1, 0] and sizes [2, 3] exceed the shape [2, 3]"],
  [
    "pad, halves",
    () =>
      g.pad(x, [
        [0.5, 0],
        [0, 0],
      ]),
    "pad: padding must be one [before, after] of integers >= 0 per axis of [2, 3], found [[0.5, 0], [0, 0]]",
  ],
  [
    "pad, a number",
    () => g.pad(x, 1),
    "pad: padding must be one [before, after] of integers >= 0 per axis of [2, 3], found 1",
  ],
  [
    "pad, numbers",
    () => g.pad(x, [1, 1]),
    "pad: padding must be one [before, after] of integers >= 0 per axis of [2, 3], found [1, 1]",
  ],
  [
    "pad, value",
    () =>
      g.pad(
        x,
        [
          [1, 1],
          [0, 0],
        ],
        "1",
      ),
    'pad: value: values must be numbers in row-major order, found "1" at 0',
  ],
  ["reshape", () => g.reshape(x, 6), "reshape: shape must be a list of axis lengths, found 6"],
  ["reshape, texts", () => g.reshape(x, ["6"]), 'reshape: shape must be a list of axis lengths, found ["6"]'],
  ["broadcastTo", () => g.broadcastTo(x, 3), "broadcastTo: shape must be a list of axis lengths, found 3"],
  [
    "broadcastTo, halves",
    () => g.broadcastTo(1, [1.5]),
    "broadcastTo: axis lengths must be integers >= 0, found [1.5]",
  ],
  ["concat of a tensor", () => g.concat(x), "concat: inputs must be a list of tensors, found an Input"],
  ["concat with a list", () => g.concat([x, [1]]), "concat: an operand must be a tensor or a number, found [1]"],
  ["scatterAdd", () => g.scatterAdd(index, x, 1.5), "scatterAdd: rows must be an integer >= 1, found 1.5"],
  ["oneHot", () => g.oneHot(index, -1), "oneHot: classes must be an integer >= 0, found -1"],
  ["gather", () => g.gather(x, index, { scale: "2" }), 'gather: scale must be a finite number, found "2"'],
  ["leakyRelu", () => g.leakyRelu(x, "0.2"), 'leakyRelu: slope must be a finite number, found "0.2"'],
  ["matmul of a number", () => g.matmul(x, 2), "matmul: operands must have rank 2 or more, found [2, 3] and []"],
  [
    "maxPool2d, options as size",
    () => g.maxPool2d(image, { size: 2 }),
    "maxPool2d: size must be an integer >= 1 or [height, width] of them, found an object",
  ],
  ["layerNorm", () => g.layerNorm(x, { epsilon: -1 }), "layerNorm: epsilon must be a finite number >= 0, found -1"],
  [
    "randomPermutation",
    () => g.randomPermutation(2, 4, { draw: 1 }),
    "randomPermutation: draw must be an integer >= 0 and < 1, found 1",
  ],
  ["variable, unknown", () => g.variable({ name: "w", shape: [2], value: [1, 2] }), 'variable: unknown option "value"'],
  ["variable, no name", () => g.variable({ shape: [2] }), "variable: name must be a non-empty string, found undefined"],
  [
    "variable, shape",
    () => g.variable({ name: "w", shape: 2 }),
    "variable w: shape must be a list of axis lengths, found 2",
  ],
  [
    "variable, dtype",
    () => g.variable({ name: "w", shape: [2], dtype: "f64" }),
    'variable w: dtype must be "f32", "i32" or "u8", found "f64"',
  ],
  [
    "variable, initializer",
    () => g.variable({ name: "w", shape: [2], initializer: 1 }),
    "variable w: initializer must be a function of the shape, found 1",
  ],
  [
    "variable, data",
    () => g.variable({ name: "w", shape: [2], dtype: "u8", data: [1, 256] }),
    "variable w: values of u8 must be integers from 0 to 255, found 256 at 1",
  ],
  [
    "variable, fractions",
    () => g.variable({ name: "w", shape: [1], dtype: "i32", data: [0.5] }),
    "variable w: values of i32 must be integers from -2147483648 to 2147483647, found 0.5 at 0",
  ],
])("%s says what was asked and what was found", (_name, call, message) => {
  expect(call).toThrow(message);
});
