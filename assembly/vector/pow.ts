/** Powers with a real exponent. */
import { exp } from "./exp";
import { log } from "./log";

/** a^b for a >= 0. */
// @ts-ignore: decorator
@inline
export function pow(a: v128, b: v128): v128 {
  return exp(f32x4.mul(b, log(a)));
}
