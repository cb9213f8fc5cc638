/**
 * Elementwise expressions, and the choice of compound micro-operations. A pattern of two or three simple
 * micro-operations becomes one compound one if nothing else reads the intermediate results.
 *
 * A compound micro-operation rounds at the same points as the simple ones, so the bits are equal in builds that do not
 * contract a multiplication and an addition (`simd`). Therefore factors are not multiplied in advance, and a product
 * with a constant adds -0: adding 0 would change -0 to +0.
 */
import { Micro } from "../../assembly/opcode.js";
import type { Tensor } from "../graph/tensor.js";
import { floatBits } from "../graph/writer.js";

export interface MicroExpression {
  readonly kind: "micro";
  readonly op: Micro;
  readonly operands: readonly Expression[];
  readonly p: number;
  readonly q: number;
  readonly random: boolean;
  /** Read once and not stored, so it may be merged into its reader. */
  readonly single: boolean;
}

export type Expression =
  | MicroExpression
  | { readonly kind: "constant"; readonly bits: number; readonly value: number }
  | { readonly kind: "leaf"; readonly node: Tensor };

/** A value in memory as an expression. */
export const leafOf = (node: Tensor): Expression => ({ kind: "leaf", node });
/** A number as an expression. */
export const literalOf = (value: number): Expression => ({ kind: "constant", bits: floatBits(value), value });

/** A micro-operation with the given operands, and its parameters p and q. */
export function micro(op: Micro, operands: readonly Expression[], p = 0, q = 0): MicroExpression {
  return { kind: "micro", op, operands, p, q, random: false, single: true };
}

/**
 * The expression if it is an intermediate result of the given micro-operation with a single reader; otherwise
 * undefined.
 */
function part(expression: Expression, op: Micro): MicroExpression | undefined {
  return expression.kind === "micro" && expression.single && expression.op === op ? expression : undefined;
}

const numberOf = (expression: Expression) => (expression.kind === "constant" ? expression.value : undefined);

/**
 * Splits an expression into factor and operand: p and x for an intermediate p x + -0, 1 and the expression for anything
 * else.
 */
function scaled(expression: Expression): { x: Expression; factor: number; found: boolean } {
  const affine = part(expression, Micro.Affine);
  return affine && Object.is(affine.q, -0)
    ? { x: affine.operands[0], factor: affine.p, found: true }
    : { x: expression, factor: 1, found: false };
}

/**
 * p x. If x is itself a product with a constant and one of the two factors is 1 or -1, the factors are multiplied,
 * which is exact.
 */
function scale(x: Expression, p: number): MicroExpression {
  const { x: inner, factor } = scaled(x);
  const exact = Math.abs(p) === 1 || Math.abs(factor) === 1;
  return exact ? micro(Micro.Affine, [inner], factor * p, -0) : micro(Micro.Affine, [x], p, -0);
}

/** sign x + q; if x is an intermediate p y, then sign p y + q. */
function shift(x: Expression, q: number, sign: 1 | -1 = 1): MicroExpression {
  const { x: inner, factor } = scaled(x);
  return micro(Micro.Affine, [inner], sign * factor, q);
}

/** a + sign b; neither is a constant. */
function chooseSum(a: Expression, b: Expression, sign: 1 | -1): MicroExpression {
  const fused = sign === 1 ? Micro.MulAdd : Micro.NegMulAdd;
  const product = part(b, Micro.Mul);
  if (product) return micro(fused, [...product.operands, a]);
  const first = part(a, Micro.Mul);
  if (first && sign === 1) return micro(Micro.MulAdd, [...first.operands, b]);
  const left = scaled(a);
  const right = scaled(b);
  if (left.found || right.found) {
    const squared = part(right.x, Micro.Square);
    if (squared) return micro(Micro.AxpbySquare, [left.x, squared.operands[0]], left.factor, sign * right.factor);
    const squaredLeft = part(left.x, Micro.Square);
    if (squaredLeft && sign === 1)
      return micro(Micro.AxpbySquare, [right.x, squaredLeft.operands[0]], right.factor, left.factor);
    return micro(Micro.Axpby, [left.x, right.x], left.factor, sign * right.factor);
  }
  return micro(sign === 1 ? Micro.Add : Micro.Sub, [a, b]);
}

function chooseProduct(a: Expression, b: Expression): MicroExpression {
  for (const [x, y] of [
    [a, b],
    [b, a],
  ] as const) {
    const slope = part(y, Micro.LeakySlope);
    if (slope) return micro(Micro.LeakyMask, [x, slope.operands[0]], slope.p);
    const complement = part(y, Micro.Affine); // 1 - b^2
    const squared =
      complement && complement.p === -1 && complement.q === 1 ? part(complement.operands[0], Micro.Square) : undefined;
    if (squared) return micro(Micro.TanhMask, [x, squared.operands[0]]);
    const curve = part(y, Micro.Mul); // b (1 - b)
    if (curve) {
      const [u, v] = curve.operands;
      for (const [s, t] of [
        [u, v],
        [v, u],
      ] as const) {
        const rest = part(t, Micro.Affine);
        if (rest && rest.p === -1 && rest.q === 1 && rest.operands[0] === s) return micro(Micro.SigmoidMask, [x, s]);
      }
      return micro(Micro.MulMul, [x, u, v]);
    }
    const stretched = scaled(y);
    if (stretched.found) return micro(Micro.MulScale, [x, stretched.x], stretched.factor);
  }
  return micro(Micro.Mul, [a, b]);
}

function chooseQuotient(a: Expression, b: Expression): MicroExpression {
  const root = part(b, Micro.Affine); // sqrt(y) + q
  const inner = root && root.p === 1 ? part(root.operands[0], Micro.Sqrt) : undefined;
  if (root && inner) {
    const { x, factor } = scaled(a);
    return micro(Micro.DivSqrt, [x, inner.operands[0]], factor, root.q);
  }
  return micro(Micro.Div, [a, b]);
}

/** Whether 1 / y is exact in f32, that is, y is a power of two. */
const hasReciprocal = (y: number) => Math.fround(y) === y && Math.fround(1 / y) * y === 1;

/** The best micro-operation for a simple operation whose operands are already chosen. */
export function choose(plain: MicroExpression): MicroExpression {
  const [a, b] = plain.operands;
  if (plain.operands.length !== 2) return plain;
  const x = numberOf(a);
  const y = numberOf(b);
  switch (plain.op) {
    case Micro.Add:
      if (y !== undefined) return shift(a, y);
      return x !== undefined ? shift(b, x) : chooseSum(a, b, 1);
    case Micro.Sub:
      if (y !== undefined) return shift(a, -y);
      return x !== undefined ? shift(b, x, -1) : chooseSum(a, b, -1);
    case Micro.Mul:
      if (y !== undefined) return scale(a, y);
      return x !== undefined ? scale(b, x) : chooseProduct(a, b);
    case Micro.Div:
      if (y !== undefined && hasReciprocal(y)) return scale(a, 1 / y);
      if (x === 1) return micro(Micro.Reciprocal, [b]);
      return chooseQuotient(a, b);
    case Micro.Min: {
      const lower = part(a, Micro.Max);
      const low = lower ? numberOf(lower.operands[1]) : undefined;
      if (!lower || low === undefined || y === undefined || Number.isNaN(low + y)) return plain;
      return micro(Micro.Clamp, [lower.operands[0]], low, y);
    }
    default:
      return plain;
  }
}
