/** Layers made of layers. Each part's variables stand under its own name in the path. */
import { add } from "../ops/elementwise.js";
import { textOf } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { requireInput } from "./input-rule.js";
import type { Layer } from "./layer.js";

const isConfig = (value: unknown) => typeof value === "object" && value !== null && "kind" in value;

/** Throws TypeError where `layer` is none; `what` begins the message. */
export function requireLayer(what: string, layer: unknown): void {
  const is = typeof layer === "object" && layer !== null && "apply" in layer && "config" in layer;
  if (!is)
    throw new TypeError(
      `${what} is a layer, found ${typeof layer === "function" ? "a function: call it" : isConfig(layer) ? `a description: use layers.layerFrom` : textOf(layer)}`,
    );
}

/**
 * Each layer on the result of the one before; parts are named 0, 1, 2 and so on. Without layers the identity.
 * @throws TypeError where a part is no layer
 * @example shape(layers.sequential(layers.dense(8), layers.relu()), 5, 3) // [5, 8]
 * @example layers.sequential(layers.relu) // throws sequential: part 0 is a layer, found a function: call it
 */
export function sequential(...layers: Layer[]): Layer {
  layers.forEach((layer, index) => {
    requireLayer(`sequential: part ${index}`, layer);
  });
  return {
    config: { kind: "sequential", layers: layers.map((layer) => layer.config) },
    apply: (x, scope) => layers.reduce((value, layer, index) => layer.apply(value, scope.child(index)), x),
  };
}

/**
 * x + layer(x), for a layer that keeps the shape (He et al. 2016, eq. 1); the part is named `inner`.
 * @throws TypeError where the part is no layer; `apply` throws RangeError where it changes the shape
 * @example shape(layers.residual(layers.dense(3)), 5, 3) // [5, 3]
 * @example shape(layers.residual(layers.dense(4)), 5, 3) // throws its part keeps the input's shape [5, 3]
 */
export function residual(layer: Layer): Layer {
  requireLayer("residual: its part", layer);
  return {
    config: { kind: "residual", layer: layer.config },
    apply(x, scope) {
      const y = layer.apply(x, scope.child("inner"));
      requireInput(
        sameShape(x.shape, y.shape),
        "residual",
        `its part keeps the input's shape ${shapeText(x.shape)}`,
        y,
        scope,
      );
      return add(x, y);
    },
  };
}
