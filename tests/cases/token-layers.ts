/** Rows of layers of models of tokens. */
import * as L from "#src/layers/index";
import { domains } from "../case-random.js";
import type { LayerPlan } from "./layer-plan.js";

const networks: readonly (() => L.Layer)[] = [
  () => L.sequential(L.dense(3), L.tanh()),
  () => L.gru(3),
  () => L.sequential(L.conv1d(3, 2, { padding: "causal" }), L.tanh()),
];

const decoder =
  (wordDropout: number): LayerPlan["plan"] =>
  (random) => {
    const vocabulary = random.integer(2, 5);
    const network = random.pick(networks)();
    return {
      layer: L.causalDecoder({ network, vocabulary, width: random.integer(1, 4), wordDropout }),
      shape: [random.integer(1, 3), random.integer(1, 3)],
      tokens: { positions: random.integer(1, 4), vocabulary: vocabulary + 1 },
      training: true,
    };
  };

export const tokenPlans: readonly LayerPlan[] = [
  {
    name: "tokens",
    tolerance: 1e-5,
    plan(random) {
      const vocabulary = random.integer(2, 9);
      const shape = random.chance(0.7) ? [random.length(), random.length()] : [random.length()];
      return { layer: L.tokens(vocabulary, random.length()), shape, dtype: "i32", domain: domains.inside(vocabulary) };
    },
  },
  { name: "causalDecoder", tolerance: 2e-5, plan: decoder(0) },
  { name: "causalDecoder with word dropout", tolerance: 2e-5, plan: decoder(0.4) },
];
