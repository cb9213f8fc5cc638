/**
 * The arithmetic of each micro-operation as a functor over vectors; see `Micro` in opcode.ts for their definitions.
 *
 * A compound operation rounds like the sequence of plain operations it replaces: in the `simd` build the bits are the
 * same.
 */
import * as vector from "../../vector";

// Unary, with immediates p and q.

@final @unmanaged export class Copy { @inline vec(a: v128, p: v128, q: v128): v128 { return a; } }
@final @unmanaged export class Affine { @inline vec(a: v128, p: v128, q: v128): v128 { return vector.mulAdd(p, a, q); } }
@final @unmanaged export class Abs { @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.abs(a); } }
@final @unmanaged export class Floor { @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.floor(a); } }
@final @unmanaged export class Sqrt { @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.sqrt(a); } }
@final @unmanaged export class Square { @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.mul(a, a); } }
@final @unmanaged export class Rsqrt { @inline vec(a: v128, p: v128, q: v128): v128 { return vector.rsqrt(a); } }

@final @unmanaged export class Reciprocal {
  @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.div(f32x4.splat(1), a); }
}

@final @unmanaged export class Sign {
  /** Zeros and NaN are returned unchanged. */
  @inline vec(a: v128, p: v128, q: v128): v128 {
    const one = v128.or(f32x4.splat(1), v128.and(a, f32x4.splat(-0.0)));
    return vector.select(one, a, f32x4.gt(f32x4.abs(a), f32x4.splat(0)));
  }
}

@final @unmanaged export class Relu {
  /** Zero is the first operand, so that -0 gives 0. */
  @inline vec(a: v128, p: v128, q: v128): v128 { return vector.maximum(f32x4.splat(0), a); }
}

@final @unmanaged export class Leaky {
  @inline vec(a: v128, p: v128, q: v128): v128 {
    return vector.select(a, f32x4.mul(p, a), f32x4.gt(a, f32x4.splat(0)));
  }
}

@final @unmanaged export class LeakySlope {
  @inline vec(a: v128, p: v128, q: v128): v128 {
    return vector.select(f32x4.splat(1), p, f32x4.gt(a, f32x4.splat(0)));
  }
}

@final @unmanaged export class Clamp {
  /** `pmax` and `pmin` with operands in this order keep a NaN, and are one instruction each. */
  @inline vec(a: v128, p: v128, q: v128): v128 { return f32x4.pmin(f32x4.pmax(a, p), q); }
}

// Transcendental.

@final @unmanaged export class Exp { @inline vec(a: v128): v128 { return vector.exp(a); } }
@final @unmanaged export class Expm1 { @inline vec(a: v128): v128 { return vector.expm1(a); } }
@final @unmanaged export class Log { @inline vec(a: v128): v128 { return vector.log(a); } }
@final @unmanaged export class Log1p { @inline vec(a: v128): v128 { return vector.log1p(a); } }
@final @unmanaged export class Tanh { @inline vec(a: v128): v128 { return vector.tanh(a); } }
@final @unmanaged export class Sigmoid { @inline vec(a: v128): v128 { return vector.sigmoid(a); } }
@final @unmanaged export class Softplus { @inline vec(a: v128): v128 { return vector.softplus(a); } }
@final @unmanaged export class Sin { @inline vec(a: v128): v128 { return vector.sin(a); } }
@final @unmanaged export class Cos { @inline vec(a: v128): v128 { return vector.cos(a); } }
@final @unmanaged export class Erf { @inline vec(a: v128): v128 { return vector.erf(a); } }
@final @unmanaged export class Pow { @inline vec(a: v128, b: v128): v128 { return vector.pow(a, b); } }

// Binary, with immediates p and q.

@final @unmanaged export class Add { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return f32x4.add(a, b); } }
@final @unmanaged export class Sub { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return f32x4.sub(a, b); } }
@final @unmanaged export class Mul { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return f32x4.mul(a, b); } }
@final @unmanaged export class Div { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return f32x4.div(a, b); } }
@final @unmanaged export class Max { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return vector.maximum(a, b); } }
@final @unmanaged export class Min { @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return vector.minimum(a, b); } }

@final @unmanaged export class Less {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return v128.and(f32x4.lt(a, b), f32x4.splat(1)); }
}

@final @unmanaged export class LessEqual {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return v128.and(f32x4.le(a, b), f32x4.splat(1)); }
}

@final @unmanaged export class Equal {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return v128.and(f32x4.eq(a, b), f32x4.splat(1)); }
}

@final @unmanaged export class Gap {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return v128.andnot(f32x4.sub(a, b), f32x4.eq(a, b)); }
}

// Compound operations round like the sequence of plain operations they replace: the simd build's bits are the same.

@final @unmanaged export class Axpby {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return vector.mulAdd(p, a, f32x4.mul(q, b)); }
}

@final @unmanaged export class AxpbySquare {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return vector.mulAdd(p, a, f32x4.mul(q, f32x4.mul(b, b))); }
}

@final @unmanaged export class MulScale {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 { return f32x4.mul(a, f32x4.mul(b, p)); }
}

@final @unmanaged export class LeakyMask {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 {
    return vector.select(a, f32x4.mul(a, p), f32x4.gt(b, f32x4.splat(0)));
  }
}

@final @unmanaged export class TanhMask {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 {
    return f32x4.mul(a, vector.negMulAdd(b, b, f32x4.splat(1)));
  }
}

@final @unmanaged export class SigmoidMask {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 {
    return f32x4.mul(a, f32x4.mul(b, f32x4.sub(f32x4.splat(1), b)));
  }
}

@final @unmanaged export class DivSqrt {
  @inline vec(a: v128, b: v128, p: v128, q: v128): v128 {
    return f32x4.div(f32x4.mul(p, a), f32x4.add(f32x4.sqrt(b), q));
  }
}

// Ternary.

@final @unmanaged export class MulAdd { @inline vec(a: v128, b: v128, c: v128): v128 { return vector.mulAdd(a, b, c); } }
@final @unmanaged export class NegMulAdd { @inline vec(a: v128, b: v128, c: v128): v128 { return vector.negMulAdd(a, b, c); } }
@final @unmanaged export class MulMul { @inline vec(a: v128, b: v128, c: v128): v128 { return f32x4.mul(a, f32x4.mul(b, c)); } }

@final @unmanaged export class Select {
  @inline vec(a: v128, b: v128, c: v128): v128 { return vector.select(c, b, f32x4.eq(a, f32x4.splat(0))); }
}
