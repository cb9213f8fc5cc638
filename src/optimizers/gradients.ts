/** Gradients by parameter: what an optimizer is given, and what may be done to them before. */
import { gradient } from "../ops/gradient.js";
import type { Updates } from "../layers/layer.js";
import { add, div, minimum, mul, sqrt, square } from "../ops/elementwise.js";
import { sum } from "../ops/reduction.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import { shapeText } from "../graph/shape.js";
import { type Tensor, Variable } from "../graph/tensor.js";

/** The gradient of each parameter, of its shape. */
export type Gradients = ReadonlyMap<Variable, Tensor>;

export interface GradientsOptions {
  /**
   * Updates made earlier in the same step. The loss must have been built from these values, and is differentiated by them.
   */
  readonly values?: ReadonlyMap<Variable, Tensor>;
}

/** Throws where `parameters` is no list of variables, or an empty one, or two of them have one name. */
export function checkParameters(what: string, parameters: readonly Variable[]): void {
  if (!Array.isArray(parameters) || !parameters.every((one) => one instanceof Variable))
    throw new TypeError(`${what}: parameters are an array of variables, found ${textOf(parameters)}`);
  if (parameters.length === 0) throw new RangeError(`${what}: no parameters to train`);
  const names = parameters.map(({ name }) => name);
  if (new Set(names).size < names.length) throw new RangeError(`${what}: names are unique, found ${names.join(", ")}`);
}

/** Throws where the loss is no scalar, or the parameters are not what can be trained. */
export function checkLoss(what: string, loss: Tensor, parameters: readonly Variable[]): void {
  if (loss.size !== 1) throw new RangeError(`${what}: the loss is a scalar, found ${shapeText(loss.shape)}`);
  checkParameters(what, parameters);
}

/**
 * The gradients of a scalar loss to parameters, as `optimizer.apply` takes them.
 * @param loss a scalar
 * @param parameters one or more variables
 * @throws TypeError where the parameters are no array of variables, RangeError where the loss is not a scalar or there are none
 * @example ((w) => [...gradientsOf(mean(square(w)), [w]).values()].map(({ shape }) => shape))(variable({ name: "w", shape: [2] })) // [[2]]
 */
export function gradientsOf(
  loss: Tensor,
  parameters: readonly Variable[],
  options: GradientsOptions = {},
): Map<Variable, Tensor> {
  checkOptions("gradientsOf", options, ["values"]);
  checkLoss("gradientsOf", loss, parameters);
  const { values } = options;
  const now = parameters.map((parameter) => values?.get(parameter) ?? parameter);
  const slopes = gradient(loss, now);
  return new Map(parameters.map((parameter, i) => [parameter, slopes[i]]));
}

/**
 * All gradients scaled down by one factor, so that their joint norm is at most `norm` (Pascanu, Mikolov, Bengio 2013, algorithm 1), with
 * the arithmetic of PyTorch's `clip_grad_norm_`.
 * @param norm above 0
 * @returns gradients of the same parameters
 * @throws RangeError where the norm is not above 0
 * @example ((w) => show(clip(new Map([[w, t([3, 4])]]), 1).get(w)))(variable({ name: "w", shape: [2] })) // [0.6, 0.8]
 */
export function clip(gradients: Gradients, norm: number): Map<Variable, Tensor> {
  checkNumber("clip", "norm", norm, { above: 0 });
  if (gradients.size === 0) return new Map();
  const total = [...gradients.values()].map((slope) => sum(square(slope))).reduce((a, b) => add(a, b));
  // The 1e-6 is PyTorch's, and keeps a norm of 0 from dividing by it.
  const factor = minimum(div(norm, add(sqrt(total), 1e-6)), 1);
  return new Map([...gradients].map(([parameter, slope]) => [parameter, mul(slope, factor)]));
}

/** Present values: updates of earlier in the step where there are some. */
export const presentBy =
  (values: ReadonlyMap<Variable, Tensor> | undefined) =>
  (variable: Variable): Tensor =>
    values?.get(variable) ?? variable;

/** Adds updates to others; the later ones count. */
export function mergeUpdates(into: Updates, from: ReadonlyMap<Variable, Tensor>): void {
  for (const [variable, value] of from) into.set(variable, value);
}
