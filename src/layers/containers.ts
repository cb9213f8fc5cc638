/** Layers made of layers, their parts. The paths of a part's variables contain its name. */
import { add } from "../ops/elementwise.js";
import { concat } from "../ops/movement.js";
import { makeKind } from "../kinds/kind.js";
import { sameShape, shapeText } from "../graph/shape.js";
import type { Layer } from "./layer.js";

/**
 * Applies layers in sequence; the parts are named 0, 1, 2 and so on. Without layers it is the identity.
 * @throws TypeError if a part is not a layer
 * @example shape(layers.sequential(layers.dense(8), layers.relu()), 5, 3) // [5, 8]
 * @example layers.sequential(layers.relu) // throws sequential: layers[0] must be a layer, for example layers.dense(8), found a function; call it
 */
export const sequential: (...layers: Layer[]) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "sequential",
  options: { layers: { part: "layer", list: true } },
  positional: ["layers"],
  variadic: true,
  make: ({ layers }: { layers: readonly Layer[] }) => ({
    causal: layers.every(({ causal }) => causal),
    readsTokens: layers.some(({ readsTokens }) => readsTokens),
    apply: (x, scope) => layers.reduce((value, layer, index) => layer.apply(value, scope.child(index)), x),
  }),
});

/**
 * x + layer(x), for a layer that keeps the shape (He et al. 2016, eq. 1); the part is named `inner`.
 * @throws TypeError if the part is not a layer; `apply` throws RangeError if it changes the shape
 * @example shape(layers.residual(layers.dense(3)), 5, 3) // [5, 3]
 * @example shape(layers.residual(layers.dense(4)), 5, 3) // throws the result of its part must have shape [5, 3]
 */
export const residual: (layer: Layer) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "residual",
  options: { layer: { part: "layer" } },
  positional: ["layer"],
  make: ({ layer }: { layer: Layer }) => ({
    causal: layer.causal === true,
    apply(x, scope) {
      const y = layer.apply(x, scope.child("inner"));
      if (!sameShape(x.shape, y.shape))
        throw new RangeError(
          `residual at ${scope.path}: the result of its part must have shape ${shapeText(x.shape)}, found ${shapeText(y.shape)}`,
        );
      return add(x, y);
    },
  }),
});

/**
 * [x, layer(x)]: the result of a layer is joined to its input along the last axis (dense connections: Huang et al. 2017, eq. 2); the
 * part is named `inner`.
 * @throws TypeError if the part is not a layer; `apply` throws RangeError if it changes another axis than the last
 * @example shape(layers.appended(layers.dense(4)), 5, 3) // [5, 7]
 */
export const appended: (layer: Layer) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "appended",
  options: { layer: { part: "layer" } },
  positional: ["layer"],
  make: ({ layer }: { layer: Layer }) => ({
    causal: layer.causal === true,
    apply(x, scope) {
      const y = layer.apply(x, scope.child("inner"));
      if (!sameShape(x.shape.slice(0, -1), y.shape.slice(0, -1)))
        throw new RangeError(
          `appended at ${scope.path}: the result of its part must have shape ${shapeText(x.shape)} up to the last axis, found ${shapeText(y.shape)}`,
        );
      return concat([x, y], -1);
    },
  }),
});
