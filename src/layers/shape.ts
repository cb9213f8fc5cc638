/** Layers that give their input another shape. The batch axis stays. */
import { reshape as reshapeTensor } from "../ops/movement.js";
import { checkOptions, type NoOptions } from "../options.js";
import { shapeText, sizeOf } from "../graph/shape.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

/** [batch, ...] to [batch, elements of a record]. @example shape(layers.flatten(), 5, 28, 28, 1) // [5, 784] */
export function flatten(options: NoOptions = {}): Layer {
  checkOptions("flatten", options, []);
  return {
    config: { kind: "flatten" },
    apply(x, scope) {
      requireInput(x.rank >= 1, "flatten", "the input is [batch, ...]", x, scope);
      return reshapeTensor(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
    },
  };
}

/**
 * [batch, ...] to [batch, ...shape]; one length may be -1 and is worked out.
 * @throws RangeError where a length is not a whole number of 1 or more, or more than one is -1
 * @example shape(layers.reshape(28, 28, -1), 5, 784) // [5, 28, 28, 1]
 */
export function reshape(...shape: number[]): Layer {
  const free = shape.filter((length) => length === -1).length;
  if (free > 1 || shape.some((length) => length !== -1 && !(Number.isInteger(length) && length >= 1))) {
    throw new RangeError(`reshape: lengths are whole numbers >= 1, at most one of them -1, found ${shapeText(shape)}`);
  }
  const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
  return {
    config: { kind: "reshape", shape },
    apply(x, scope) {
      requireInput(x.rank >= 1, "reshape", "the input is [batch, ...]", x, scope);
      const size = sizeOf(x.shape.slice(1));
      const fits = free === 1 ? size % known === 0 : size === known;
      requireInput(fits, "reshape", `the input is [batch, ...] with elements for ${shapeText(shape)}`, x, scope);
      return reshapeTensor(x, [x.shape[0], ...shape.map((length) => (length === -1 ? size / known : length))]);
    },
  };
}
