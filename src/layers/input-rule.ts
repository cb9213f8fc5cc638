/** Errors of layers whose input has the wrong shape. */
import { shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Scope } from "./layer.js";

/** Throws RangeError unless the rule holds, a text that follows "the input must"; the message has the shape found. */
export function requireInput(holds: boolean, kind: string, rule: string, x: Tensor, scope: Scope): void {
  if (!holds) throw new RangeError(`${kind} at ${scope.path}: the input must ${rule}, found ${shapeText(x.shape)}`);
}

/** Runs an operation of a layer; if it throws RangeError, the message gets the layer's kind and path. */
export function within<T>(kind: string, scope: Scope, build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`${kind} at ${scope.path}: ${error.message.replace(/^\w+: /, "")}`, { cause: error });
  }
}
