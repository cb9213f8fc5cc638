/** Nodes at which differentiation stops. */
import { type Op, Tensor } from "../graph/tensor.js";
import { anyType } from "../graph/dtype.js";
import { tensor } from "./constant.js";

export const stopGradientOp: Op = {
  name: "stopGradient",
  shape: ([x]) => x.shape,
  takes: [anyType],
  dtype: ([x]) => x.dtype,
  gradient: null,
  evaluate: ([x]) => x,
  lowering: { kind: "view" },
};

/** The same values, but no gradient flows through them. @example show(gradient(stopGradient(t([1, 2])), [t([1, 2])])[0]) // [0, 0] */
export function stopGradient(x: Tensor): Tensor {
  return new Tensor(stopGradientOp, [tensor(x, "stopGradient")]);
}
