/** The errors of a layer that is given a tensor it cannot take. */
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Scope } from "./layer.js";

/** Throws RangeError, naming the layer, where it stands, the rule and the shape found, unless the rule holds. */
export function requireInput(holds: boolean, kind: string, rule: string, x: Tensor, scope: Scope): void {
  if (!holds) throw new RangeError(`${kind} at ${scope.path}: ${rule}, found ${shapeText(x.shape)}`);
}

/** Runs an operation of a layer's; a RangeError of the operation then names the layer and where it stands. */
export function within<T>(kind: string, scope: Scope, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${kind} at ${scope.path}: ${error.message.replace(/^\w+: /, "")}`, { cause: error });
  }
}
