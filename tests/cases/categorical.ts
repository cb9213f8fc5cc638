/** Rows of categories: cross-entropy, and draws, which differentiation stops at. */
import { crossEntropy, randomCategorical } from "#src/ops/categorical";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const { between, real } = domains;

export const categoricalCases: readonly Case[] = [
  ...[0, 0.1].map(
    (smoothing): Case => ({
      name: `crossEntropy${smoothing ? " smoothed and masked" : ""}`,
      order: 2,
      tolerance: 5e-6,
      build(random) {
        const rows = random.shape({ minRank: 1, maxRank: 2, full: true });
        const categories = random.integer(1, random.large ? 40 : 5);
        return {
          inputs: [
            { name: "logits", shape: [...rows, categories], domain: real },
            { name: "targets", shape: rows, dtype: "i32", domain: domains.inside(categories) },
            ...(smoothing ? [{ name: "mask", shape: rows, domain: domains.positive }] : []),
          ],
          apply: ([logits, targets, mask]) => crossEntropy(logits, targets, { smoothing, ...(mask && { mask }) }),
        };
      },
    }),
  ),
  {
    name: "randomCategorical",
    order: 0,
    build(random) {
      const rows = random.shape({ minRank: 1, maxRank: 2, full: true });
      const options = random.pick([{}, { topK: 2 }, { topP: 0.7 }, { temperature: 0.5 }, { temperature: 0 }] as const);
      return {
        inputs: [{ name: "logits", shape: [...rows, random.integer(1, 9)], domain: between }],
        apply: ([logits]) => randomCategorical(logits, options),
      };
    },
  },
];
