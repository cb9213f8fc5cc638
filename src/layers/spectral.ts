/** Spectral normalisation of the weights of a layer. */
import { normal } from "./initializers.js";
import { makeKind } from "../kinds/kind.js";
import { spectralNorm as normalized } from "../ops/spectral.js";
import type { Layer } from "./layer.js";

export interface SpectralNormOptions {
  /** Number of power iterations per training step; 1 by default. */
  readonly iterations?: number;
}

/**
 * Wraps `layer`: every variable with two axes or more is divided by its spectral norm, so that it stretches no vector
 * (Miyato et al. 2018). Each training step improves the estimate by power iteration. The wrapped layer is
 * named `inner`.
 * Variables: those of the wrapped layer, and for each of its weights a vector [features], `<weight>Direction`, which no
 * optimizer trains.
 * @example shape(layers.spectralNorm(layers.dense(4)), 5, 3) // [5, 4]
 */
export const spectralNorm: (layer: Layer, options?: SpectralNormOptions) => Layer = /* @__PURE__ */ makeKind("layer", {
  kind: "spectralNorm",
  options: { layer: { part: "layer" }, iterations: { default: 1, atLeast: 1, whole: true } },
  positional: ["layer"],
  make: ({ layer, iterations }: { layer: Layer; iterations: number }) => ({
    apply: (x, scope) =>
      layer.apply(
        x,
        scope.child("inner").through((weight, name, inner) => {
          if (weight.rank < 2) return weight;
          const spec = { shape: weight.shape.slice(-1), initializer: normal(1), trainable: false };
          const direction = inner.read(`${name}Direction`, spec);
          const found = normalized(weight, direction, { iterations: inner.training ? iterations : 0 });
          if (inner.training) inner.update(inner.variable(`${name}Direction`, spec), found.direction);
          return found.weight;
        }),
      ),
  }),
});
