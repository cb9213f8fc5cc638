/** Rows of elementwise operations and of the activations composed of them. */
import * as composite from "#src/ops/composite";
import * as ops from "#src/ops/elementwise";
import { sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type Domain, domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real, wide, awayFromZero, positive, aboveMinusOne, coarse, condition, tenths, between } = domains;

function unary(name: string, apply: (x: Tensor) => Tensor, domain: Domain, rest: Partial<Case> = {}): Case {
  return {
    name,
    order: 2,
    ...rest,
    build(random) {
      const shape = random.shape();
      return { inputs: [{ name: "x", shape, domain }], apply: ([x]) => apply(x), flops: sizeOf(shape) };
    },
  };
}

function broadcasting(
  name: string,
  apply: (...operands: Tensor[]) => Tensor,
  operands: readonly Domain[],
  rest: Partial<Case> = {},
): Case {
  return {
    name,
    order: 2,
    ...rest,
    build(random) {
      const shapes = random.broadcastShapes(operands.length);
      const inputs = operands.map((domain, i) => ({ name: "abc"[i], shape: shapes[i], domain }));
      return { inputs, apply: (tensors) => apply(...tensors) };
    },
  };
}

export const elementwiseCases: readonly Case[] = [
  broadcasting("add", ops.add, [real, real]),
  broadcasting("sub", ops.sub, [real, real]),
  broadcasting("mul", ops.mul, [real, real]),
  broadcasting("div", ops.div, [real, awayFromZero]),
  broadcasting("maximum", ops.maximum, [tenths, between]),
  broadcasting("minimum", ops.minimum, [tenths, between]),
  broadcasting("gap", ops.gap, [tenths, between]),
  broadcasting("pow", ops.pow, [positive, real], { tolerance: 1e-5 }),
  unary("pow cube", (x) => ops.pow(x, 3), awayFromZero, { tolerance: 1e-5 }),
  broadcasting("less", ops.less, [coarse, coarse], { order: 0 }),
  broadcasting("lessEqual", ops.lessEqual, [coarse, coarse], { order: 0 }),
  broadcasting("greater", ops.greater, [coarse, coarse], { order: 0 }),
  broadcasting("equal", ops.equal, [coarse, coarse], { order: 0 }),
  // The condition's own gradient is zero, and so are its differences as long as no value crosses 0.
  broadcasting("where", (c, a, b) => ops.where(ops.less(c, 0), a, b), [awayFromZero, real, real]),
  broadcasting("where number", (c, a, b) => ops.where(c, a, b), [condition, real, real], { order: 0 }),
  unary("abs", ops.abs, awayFromZero),
  unary("neg", ops.neg, real),
  unary("sign", ops.sign, coarse, { order: 0 }),
  unary("floor", ops.floor, wide, { order: 0 }),
  unary("square", ops.square, real),
  unary("sqrt", ops.sqrt, positive),
  unary("rsqrt", ops.rsqrt, positive),
  unary("exp", ops.exp, real),
  unary("expm1", ops.expm1, real),
  unary("log", ops.log, positive),
  unary("log1p", ops.log1p, aboveMinusOne),
  unary("tanh", ops.tanh, wide),
  unary("sigmoid", ops.sigmoid, wide),
  unary("softplus", ops.softplus, wide),
  unary("sin", ops.sin, wide),
  unary("cos", ops.cos, wide),
  unary("erf", ops.erf, wide),
  unary("leakyRelu", (x) => ops.leakyRelu(x), awayFromZero),
  unary("leakyRelu falling", (x) => ops.leakyRelu(x, -0.5), awayFromZero),
  unary("leakySlope", (x) => ops.leakySlope(x, 0.2), coarse, { order: 0 }),
  unary("relu", ops.relu, awayFromZero),
  unary("clamp", (x) => ops.clamp(x, -1.15, 0.85), tenths),
  broadcasting("clamp tensors", (x, a) => ops.clamp(x, ops.sub(a, 1), ops.add(a, 1)), [tenths, between]),
  unary("elu", (x) => composite.elu(x, 1.3), awayFromZero),
  unary("selu", composite.selu, awayFromZero),
  unary("gelu", composite.gelu, wide),
  unary("silu", composite.silu, wide),
  unary("logSigmoid", composite.logSigmoid, wide),
  // Long chains, as an optimizer or a loss leaves them: what fusion must not change.
  broadcasting("add chain", (a, b, c) => ops.tanh(ops.add(ops.mul(ops.sub(a, b), c), ops.mul(ops.square(a), 0.3))), [
    real,
    real,
    real,
  ]),
  broadcasting("div chain", (a, b, c) => ops.sub(c, ops.mul(0.1, ops.div(a, ops.add(ops.sqrt(b), 1e-3)))), [
    real,
    positive,
    real,
  ]),
];
