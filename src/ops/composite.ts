/** Activations composed of other operations; the compiler fuses each of them into one pass over memory. */
import { checkNumber } from "../options.js";
import type { Tensor } from "../graph/tensor.js";
import { type TensorLike, tensor } from "./constant.js";
import { add, erf, expm1, maximum, minimum, mul, neg, relu, sigmoid, softplus } from "./elementwise.js";

/** x if x > 0, else alpha (e^x - 1) (Clevert, Unterthiner, Hochreiter 2016). */
export function elu(x: TensorLike, alpha = 1): Tensor {
  const input = tensor(x, "elu");
  // A sum of two terms, one of which is 0, instead of `where`: e^x of the term that is not selected would overflow, and
  // 0 times its infinite gradient is NaN.
  return add(relu(input), mul(expm1(minimum(input, 0)), checkNumber("elu", "alpha", alpha, {})));
}

/** elu with the scale and alpha that keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 14). */
export function selu(x: TensorLike): Tensor {
  return mul(elu(tensor(x, "selu"), 1.6732632423543772), 1.0507009873554805);
}

/**
 * Clamps x to at least -reach, below which the gate is 0 in f32, and the gate's input also to at most reach, above
 * which the gate is 1. The product of value and gate, and its gradient, then have the right limits at both infinities.
 */
function gated(x: TensorLike, what: string, reach: number): { value: Tensor; gate: Tensor } {
  const value = maximum(tensor(x, what), -reach);
  return { value, gate: minimum(value, reach) };
}

/** x times the standard normal cumulative distribution function of x, exact (Hendrycks, Gimpel 2016). */
export function gelu(x: TensorLike): Tensor {
  const { value, gate } = gated(x, "gelu", 20);
  return mul(mul(value, 0.5), add(erf(mul(gate, Math.SQRT1_2)), 1));
}

/** x sigmoid(x), also called swish (Elfwing, Uchibe, Doya 2018). */
export function silu(x: TensorLike): Tensor {
  const { value, gate } = gated(x, "silu", 200);
  return mul(value, sigmoid(gate));
}

/** log(sigmoid(x)), without overflow. */
export function logSigmoid(x: TensorLike): Tensor {
  return neg(softplus(neg(tensor(x, "logSigmoid"))));
}
