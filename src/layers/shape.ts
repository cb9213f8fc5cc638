/** Layers that change the shape of their input, except the batch axis. */
import { makeKind } from "../kinds/kind.js";
import { reshape as reshapeTensor } from "../ops/movement.js";
import type { NoOptions } from "../options.js";
import { shapeText, sizeOf } from "../graph/shape.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

/** [batch, ...] to [batch, elements of a record]. @example shape(layers.flatten(), 5, 28, 28, 1) // [5, 784] */
export const flatten: (options?: NoOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "flatten",
  make: () => ({
    apply(x, scope) {
      requireInput(x.rank >= 1, "flatten", "have shape [batch, ...]", x, scope);
      return reshapeTensor(x, [x.shape[0], sizeOf(x.shape.slice(1))]);
    },
  }),
});

const isLength = (length: unknown) => length === -1 || (Number.isInteger(length) && (length as number) >= 1);

/**
 * [batch, ...] to [batch, ...shape]; one length may be -1 and is then computed.
 * @throws RangeError if a length is not an integer of 1 or more, or more than one is -1
 * @example shape(layers.reshape(28, 28, -1), 5, 784) // [5, 28, 28, 1]
 */
export const reshape: (...shape: number[]) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "reshape",
  options: { shape: { list: true } },
  positional: ["shape"],
  variadic: true,
  check({ shape }: { shape: readonly number[] }) {
    if (shape.filter((length) => length === -1).length > 1 || !shape.every(isLength))
      throw new RangeError(`reshape: lengths must be integers >= 1, at most one of them -1, found ${shapeText(shape)}`);
  },
  make: ({ shape }: { shape: readonly number[] }) => ({
    apply(x, scope) {
      const known = shape.reduce((product, length) => (length === -1 ? product : product * length), 1);
      requireInput(x.rank >= 1, "reshape", "have shape [batch, ...]", x, scope);
      const size = sizeOf(x.shape.slice(1));
      const fits = shape.includes(-1) ? size % known === 0 : size === known;
      requireInput(fits, "reshape", `have shape [batch, ...] with elements for ${shapeText(shape)}`, x, scope);
      return reshapeTensor(x, [x.shape[0], ...shape.map((length) => (length === -1 ? size / known : length))]);
    },
  }),
});
