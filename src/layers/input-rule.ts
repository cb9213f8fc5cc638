/** The error of a layer that is given a tensor it cannot take. */
import { shapeText } from "../shape.js";
import type { Tensor } from "../tensor.js";
import type { Scope } from "./layer.js";

/** Throws RangeError, naming the layer, where it stands, the rule and the shape found, unless the rule holds. */
export function requireInput(holds: boolean, kind: string, rule: string, x: Tensor, scope: Scope): void {
  if (!holds) throw new RangeError(`${kind} at ${scope.path}: ${rule}, found ${shapeText(x.shape)}`);
}
