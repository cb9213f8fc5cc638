/** Dispatch of one micro-operation over a tile: a dense switch with one loop function per case. */
import { Micro, MicroWord } from "../../opcode";
import { normalRange, uniformRange } from "../random";
import * as f from "./functors";
import { binary, binaryLong, ternary, unary, unaryLong } from "./loops";
import { operand } from "./operands";

/** Address of the operand in word `word` of micro-operation `m`. */
// @ts-ignore: decorator
@inline
function at(m: usize, word: i32): usize {
  return operand(load<i32>(m + (<usize>word << 2)));
}

// @ts-ignore: decorator
@inline
function on1<F>(m: usize, n: i32): void {
  unary<F>(at(m, MicroWord.Out), at(m, MicroWord.A), n, load<f32>(m, MicroWord.P << 2), load<f32>(m, MicroWord.Q << 2));
}

// @ts-ignore: decorator
@inline
function long1<F>(m: usize, n: i32): void {
  unaryLong<F>(at(m, MicroWord.Out), at(m, MicroWord.A), n);
}

// @ts-ignore: decorator
@inline
function on2<F>(m: usize, n: i32): void {
  binary<F>(at(m, MicroWord.Out), at(m, MicroWord.A), at(m, MicroWord.B), n, load<f32>(m, MicroWord.P << 2), load<f32>(m, MicroWord.Q << 2));
}

// @ts-ignore: decorator
@inline
function on3<F>(m: usize, n: i32): void {
  ternary<F>(at(m, MicroWord.Out), at(m, MicroWord.A), at(m, MicroWord.B), at(m, MicroWord.C), n);
}

/** Runs micro-operation `m` over a tile of n elements that begins at element `from` of the map. */
export function micro(m: usize, from: i32, n: i32): void {
  switch (load<i32>(m)) {
    case Micro.Uniform: uniformRange(at(m, MicroWord.Out), load<i32>(m, MicroWord.A << 2) + from, n, load<i32>(m, MicroWord.P << 2), load<usize>(m, MicroWord.Q << 2)); break;
    case Micro.Normal: normalRange(at(m, MicroWord.Out), load<i32>(m, MicroWord.A << 2) + from, n, load<i32>(m, MicroWord.P << 2), load<usize>(m, MicroWord.Q << 2)); break;
    case Micro.Copy: on1<f.Copy>(m, n); break;
    case Micro.Affine: on1<f.Affine>(m, n); break;
    case Micro.Abs: on1<f.Abs>(m, n); break;
    case Micro.Sign: on1<f.Sign>(m, n); break;
    case Micro.Floor: on1<f.Floor>(m, n); break;
    case Micro.Exp: long1<f.Exp>(m, n); break;
    case Micro.Expm1: long1<f.Expm1>(m, n); break;
    case Micro.Log: long1<f.Log>(m, n); break;
    case Micro.Log1p: long1<f.Log1p>(m, n); break;
    case Micro.Tanh: long1<f.Tanh>(m, n); break;
    case Micro.Sigmoid: long1<f.Sigmoid>(m, n); break;
    case Micro.Softplus: long1<f.Softplus>(m, n); break;
    case Micro.Sqrt: on1<f.Sqrt>(m, n); break;
    case Micro.Rsqrt: on1<f.Rsqrt>(m, n); break;
    case Micro.Reciprocal: on1<f.Reciprocal>(m, n); break;
    case Micro.Square: on1<f.Square>(m, n); break;
    case Micro.Sin: long1<f.Sin>(m, n); break;
    case Micro.Cos: long1<f.Cos>(m, n); break;
    case Micro.Erf: long1<f.Erf>(m, n); break;
    case Micro.Relu: on1<f.Relu>(m, n); break;
    case Micro.Leaky: on1<f.Leaky>(m, n); break;
    case Micro.LeakySlope: on1<f.LeakySlope>(m, n); break;
    case Micro.Clamp: on1<f.Clamp>(m, n); break;
    case Micro.Add: on2<f.Add>(m, n); break;
    case Micro.Sub: on2<f.Sub>(m, n); break;
    case Micro.Mul: on2<f.Mul>(m, n); break;
    case Micro.Div: on2<f.Div>(m, n); break;
    case Micro.Max: on2<f.Max>(m, n); break;
    case Micro.Min: on2<f.Min>(m, n); break;
    case Micro.Pow: binaryLong<f.Pow>(at(m, MicroWord.Out), at(m, MicroWord.A), at(m, MicroWord.B), n); break;
    case Micro.Less: on2<f.Less>(m, n); break;
    case Micro.LessEqual: on2<f.LessEqual>(m, n); break;
    case Micro.Equal: on2<f.Equal>(m, n); break;
    case Micro.Gap: on2<f.Gap>(m, n); break;
    case Micro.Axpby: on2<f.Axpby>(m, n); break;
    case Micro.AxpbySquare: on2<f.AxpbySquare>(m, n); break;
    case Micro.MulScale: on2<f.MulScale>(m, n); break;
    case Micro.LeakyMask: on2<f.LeakyMask>(m, n); break;
    case Micro.TanhMask: on2<f.TanhMask>(m, n); break;
    case Micro.SigmoidMask: on2<f.SigmoidMask>(m, n); break;
    case Micro.DivSqrt: on2<f.DivSqrt>(m, n); break;
    case Micro.MulAdd: on3<f.MulAdd>(m, n); break;
    case Micro.NegMulAdd: on3<f.NegMulAdd>(m, n); break;
    case Micro.MulMul: on3<f.MulMul>(m, n); break;
    case Micro.Select: on3<f.Select>(m, n); break;
  }
}
