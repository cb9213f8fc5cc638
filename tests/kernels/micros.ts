/** What each micro-operation means, in f64: the table that map's tests go through. */
import { Micro } from "../../assembly/opcode.js";
import { erf } from "./erf.js";

export interface MicroMeaning {
  arity: 1 | 2 | 3;
  of(a: number, b: number, c: number, p: number, q: number): number;
  /** Interval of the operands' test values; [-4, 4] unless told. */
  domain?: readonly [number, number];
  p?: number;
  q?: number;
  /** Largest distance in ulp; 0 = the exact f32. Cancelling sums are held by `slack` as well. */
  ulp: number;
  /** Further absolute error allowed. */
  slack?: number;
}

const f = Math.fround;
const one = (
  of: (a: number, p: number, q: number) => number,
  ulp: number,
  more: Partial<MicroMeaning> = {},
): MicroMeaning => ({ arity: 1, of: (a, _b, _c, p, q) => of(a, p, q), ulp, ...more });
const two = (
  of: (a: number, b: number, p: number, q: number) => number,
  ulp: number,
  more: Partial<MicroMeaning> = {},
): MicroMeaning => ({ arity: 2, of: (a, b, _c, p, q) => of(a, b, p, q), ulp, ...more });
const three = (
  of: (a: number, b: number, c: number) => number,
  ulp: number,
  more: Partial<MicroMeaning> = {},
): MicroMeaning => ({ arity: 3, of, ulp, ...more });

export const micros: Readonly<Partial<Record<Micro, MicroMeaning>>> = {
  [Micro.Copy]: one((a) => a, 0),
  [Micro.Affine]: one((a, p, q) => p * a + q, 1, { p: 1.5, q: 7, slack: 1e-6 }),
  [Micro.Abs]: one(Math.abs, 0),
  [Micro.Sign]: one(Math.sign, 0),
  [Micro.Floor]: one(Math.floor, 0),
  [Micro.Exp]: one(Math.exp, 2),
  [Micro.Expm1]: one(Math.expm1, 3),
  [Micro.Log]: one(Math.log, 2, { domain: [1e-3, 9] }),
  [Micro.Log1p]: one(Math.log1p, 3, { domain: [-0.99, 9] }),
  [Micro.Tanh]: one(Math.tanh, 3),
  [Micro.Sigmoid]: one((a) => 1 / (1 + Math.exp(-a)), 3),
  [Micro.Softplus]: one((a) => Math.log1p(Math.exp(a)), 3),
  [Micro.Sqrt]: one(Math.sqrt, 0.5, { domain: [0, 9] }),
  [Micro.Rsqrt]: one((a) => 1 / Math.sqrt(a), 1.5, { domain: [1e-3, 9] }),
  [Micro.Reciprocal]: one((a) => 1 / a, 0.5),
  [Micro.Square]: one((a) => a * a, 0.5),
  [Micro.Sin]: one(Math.sin, 2),
  [Micro.Cos]: one(Math.cos, 2),
  [Micro.Erf]: one(erf, 3),
  [Micro.Relu]: one((a) => Math.max(a, 0), 0),
  [Micro.Leaky]: one((a, p) => (a > 0 ? a : p * a), 0.5, { p: f(0.2) }),
  [Micro.LeakySlope]: one((a, p) => (a > 0 ? 1 : p), 0, { p: f(0.2) }),
  [Micro.Clamp]: one((a, p, q) => Math.min(Math.max(a, p), q), 0, { p: -0.5, q: 1.5 }),
  [Micro.Add]: two((a, b) => a + b, 0.5),
  [Micro.Sub]: two((a, b) => a - b, 0.5),
  [Micro.Mul]: two((a, b) => a * b, 0.5),
  [Micro.Div]: two((a, b) => a / b, 0.5),
  [Micro.Max]: two((a, b) => Math.max(a, b), 0),
  [Micro.Min]: two((a, b) => Math.min(a, b), 0),
  [Micro.Pow]: two((a, b) => a ** b, 0.51, { domain: [0, 5] }),
  [Micro.Less]: two((a, b) => Number(a < b), 0),
  [Micro.LessEqual]: two((a, b) => Number(a <= b), 0),
  [Micro.Equal]: two((a, b) => Number(a === b), 0),
  [Micro.Gap]: two((a, b) => (a === b ? 0 : a - b), 0.5),
  [Micro.Axpby]: two((a, b, p, q) => p * a + q * b, 1, { p: f(0.9), q: f(0.1), slack: 1e-6 }),
  [Micro.AxpbySquare]: two((a, b, p, q) => p * a + q * b * b, 1, { p: f(0.9), q: f(0.1), slack: 1e-6 }),
  [Micro.MulScale]: two((a, b, p) => a * b * p, 1.5, { p: f(0.3) }),
  [Micro.LeakyMask]: two((a, b, p) => a * (b > 0 ? 1 : p), 0.5, { p: f(0.2) }),
  [Micro.TanhMask]: two((a, b) => a * (1 - b * b), 2, { domain: [-1, 1], slack: 2e-7 }),
  [Micro.SigmoidMask]: two((a, b) => a * b * (1 - b), 2, { domain: [0, 1], slack: 1e-7 }),
  [Micro.DivSqrt]: two((a, b, p, q) => (p * a) / (Math.sqrt(b) + q), 3, { domain: [0, 4], p: f(1e-3), q: f(1e-8) }),
  [Micro.MulAdd]: three((a, b, c) => a * b + c, 1, { slack: 2e-6 }),
  [Micro.NegMulAdd]: three((a, b, c) => c - a * b, 1, { slack: 2e-6 }),
  [Micro.MulMul]: three((a, b, c) => a * b * c, 1.5),
  [Micro.Select]: three((a, b, c) => (a !== 0 ? b : c), 0),
};
