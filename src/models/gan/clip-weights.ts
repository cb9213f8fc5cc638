/** Clipping of weights, which keeps a Wasserstein GAN's critic Lipschitz continuous. */
import type { Updates } from "../../layers/layer.js";
import { clamp } from "../../ops/elementwise.js";
import type { Variable } from "../../graph/variable.js";

/**
 * Clamps the next values of parameters in a step's updates to [-limit, limit] (Arjovsky, Chintala, Bottou 2017, algorithm
 * 1, line 7).
 */
export function clipWeights(parameters: readonly Variable[], limit: number, updates: Updates): void {
  for (const one of parameters) updates.set(one, clamp(updates.get(one) ?? one, -limit, limit));
}
