/** Activations composed of other operations; the compiler fuses each into one pass over memory. */
import type { Tensor } from "../tensor.js";
import { type TensorLike, tensor } from "./constant.js";
import { add, erf, expm1, minimum, mul, neg, relu, sigmoid, softplus } from "./elementwise.js";

/** x where x > 0, else alpha (e^x - 1) (Clevert, Unterthiner, Hochreiter 2016). */
export function elu(x: TensorLike, alpha = 1): Tensor {
  // A sum of two halves, one of which is 0, rather than a choice: e^x of the half not chosen would overflow, and 0
  // times its infinite gradient is no number.
  return add(relu(x), mul(expm1(minimum(x, 0)), alpha));
}

/** elu with the scale and alpha that keep mean 0 and variance 1 (Klambauer et al. 2017, eq. 14). */
export function selu(x: TensorLike): Tensor {
  return mul(elu(x, 1.6732632423543772), 1.0507009873554805);
}

/** x times the standard normal's distribution function at x, exact (Hendrycks, Gimpel 2016). */
export function gelu(x: TensorLike): Tensor {
  const input = tensor(x);
  return mul(mul(input, 0.5), add(erf(mul(input, Math.SQRT1_2)), 1));
}

/** x sigmoid(x), also called swish (Elfwing, Uchibe, Doya 2018). */
export function silu(x: TensorLike): Tensor {
  const input = tensor(x);
  return mul(input, sigmoid(input));
}

/** log(sigmoid(x)), without overflow. */
export function logSigmoid(x: TensorLike): Tensor {
  return neg(softplus(neg(x)));
}
