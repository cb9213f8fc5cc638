/** Activations as layers: one operation each, no variables. */
import * as composite from "../ops/composite.js";
import * as elementwise from "../ops/elementwise.js";
import * as reduction from "../ops/reduction.js";
import { checkNumber } from "../options.js";
import type { Tensor } from "../tensor.js";
import type { Layer } from "./layer.js";

const activation = (
  kind: string,
  apply: (x: Tensor) => Tensor,
  options: Readonly<Record<string, number>> = {},
): Layer => ({
  config: { kind, ...options },
  apply,
});

/** max(x, 0) */
export const relu = (): Layer => activation("relu", (x) => elementwise.relu(x));

/** x where x > 0, else slope x (Maas, Hannun, Ng 2013). */
export function leakyRelu(slope = 0.2): Layer {
  checkNumber("leakyRelu", "slope", slope, {});
  return activation("leakyRelu", (x) => elementwise.leakyRelu(x, slope), { slope });
}

/** x where x > 0, else alpha (e^x - 1) (Clevert, Unterthiner, Hochreiter 2016). */
export function elu(alpha = 1): Layer {
  checkNumber("elu", "alpha", alpha, {});
  return activation("elu", (x) => composite.elu(x, alpha), { alpha });
}

/** Self-normalising elu (Klambauer et al. 2017). */
export const selu = (): Layer => activation("selu", (x) => composite.selu(x));

/** x times the normal distribution function at x, exact (Hendrycks, Gimpel 2016). */
export const gelu = (): Layer => activation("gelu", (x) => composite.gelu(x));

/** x sigmoid(x) (Elfwing, Uchibe, Doya 2018). */
export const silu = (): Layer => activation("silu", (x) => composite.silu(x));

/** Hyperbolic tangent, in (-1, 1). */
export const tanh = (): Layer => activation("tanh", (x) => elementwise.tanh(x));

/** 1 / (1 + e^-x), in (0, 1). */
export const sigmoid = (): Layer => activation("sigmoid", (x) => elementwise.sigmoid(x));

/** log(1 + e^x) */
export const softplus = (): Layer => activation("softplus", (x) => elementwise.softplus(x));

/** e^x / sum e^x over the last axis. */
export const softmax = (): Layer => activation("softmax", (x) => reduction.softmax(x));
