/** Gradients by parameter: the input of an optimizer, and clipping. */
import { gradient } from "../ops/differentiate.js";
import type { Updates } from "../layers/layer.js";
import { meanOfRanks } from "../ops/all-reduce.js";
import { add, div, minimum, mul, sqrt, square } from "../ops/elementwise.js";
import { sum } from "../ops/reduction.js";
import { checkNumber, checkOptions, textOf } from "../options.js";
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";

/** The gradient of each parameter, with the parameter's shape. */
export type Gradients = ReadonlyMap<Variable, Tensor>;

export interface GradientsOptions {
  /**
   * Updates made earlier in the same step. The loss must have been built from these values; gradients are taken with
   * respect to them.
   */
  readonly values?: ReadonlyMap<Variable, Tensor>;
}

/** Throws if `parameters` is not an array of variables, is empty, or has two variables of the same name. */
export function checkParameters(what: string, parameters: readonly Variable[]): void {
  if (!Array.isArray(parameters) || !parameters.every((one) => one instanceof Variable))
    throw new TypeError(`${what}: parameters must be an array of variables, found ${textOf(parameters)}`);
  if (parameters.length === 0) throw new RangeError(`${what}: no parameters to train`);
  const names = parameters.map(({ name }) => name);
  if (new Set(names).size < names.length)
    throw new RangeError(`${what}: names must be unique, found ${names.join(", ")}`);
}

/** Throws if the loss is not a scalar, or the parameters are not valid. */
export function checkLoss(what: string, loss: Tensor, parameters: readonly Variable[]): void {
  if (loss.size !== 1) throw new RangeError(`${what}: the loss must be a scalar, found ${shapeText(loss.shape)}`);
  checkParameters(what, parameters);
}

/**
 * The gradients of a scalar loss with respect to parameters, for `optimizer.apply`.
 * @param loss a scalar
 * @param parameters one or more variables
 * @throws TypeError if the parameters are not an array of variables, RangeError if the loss is not a scalar or there are none
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
  return new Map(
    parameters.map((parameter, i) => [parameter, meanOfRanks(slopes[i], `the gradient of ${parameter.name}`)]),
  );
}

/**
 * Scales all gradients by one factor, so that their global norm is at most `norm` (Pascanu, Mikolov, Bengio 2013,
 * algorithm 1), with the arithmetic of PyTorch's `clip_grad_norm_`.
 * @param norm above 0
 * @returns gradients of the same parameters
 * @throws RangeError if the norm is not above 0
 * @example ((w) => show(clip(new Map([[w, t([3, 4])]]), 1).get(w)))(variable({ name: "w", shape: [2] })) // [0.6, 0.8]
 */
export function clip(gradients: Gradients, norm: number): Map<Variable, Tensor> {
  checkNumber("clip", "norm", norm, { above: 0 });
  if (gradients.size === 0) return new Map();
  const total = [...gradients.values()].map((slope) => sum(square(slope))).reduce((a, b) => add(a, b));
  // The 1e-6 is PyTorch's; it prevents division by a norm of 0.
  const factor = minimum(div(norm, add(sqrt(total), 1e-6)), 1);
  return new Map([...gradients].map(([parameter, slope]) => [parameter, mul(slope, factor)]));
}

/** Current values of parameters: updates made earlier in the step, otherwise the variables. */
export const presentBy =
  (values: ReadonlyMap<Variable, Tensor> | undefined) =>
  (variable: Variable): Tensor =>
    values?.get(variable) ?? variable;

/** Adds updates to `into`, replacing those of the same variables. */
export function mergeUpdates(into: Updates, from: ReadonlyMap<Variable, Tensor>): void {
  for (const [variable, value] of from) into.set(variable, value);
}
