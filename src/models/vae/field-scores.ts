/** How strange each value of a record is to a VAE: the values' terms of -log p(x | z), averaged over latents of the record. */
import type { Tensor } from "../../graph/tensor.js";
import { logProbabilitiesOf } from "../../objectives/likelihood.js";
import { add, div, mul, neg } from "../../ops/elementwise.js";
import { reshape } from "../../ops/movement.js";
import { sum } from "../../ops/reduction.js";
import { checkedScoring, type Densities, drawnLatents, folded, type Scoring, weighted } from "./score.js";

/**
 * -log p(x_i | z) in nats of every value of records [batch, ...shape], [batch, values], averaged over k latents from the posterior
 * q(z | x) ("elbo": their sum and the divergence are the score), or from the model's own posterior p(z | x), by importance
 * weights.
 */
export function valueScores(vae: Densities, x: Tensor, { conditions, ...options }: Scoring): Tensor {
  const { estimate, k } = checkedScoring(options);
  const { flat, draw } = drawnLatents(vae, x, conditions);
  if (estimate === "elbo") {
    const first = (samples: number) => ({
      total: sum(logProbabilitiesOf(draw(samples).observation, flat), { axes: 0 }),
    });
    const { total } = folded(k, first, (before, samples) => ({ total: add(before.total, first(samples).total) }));
    return mul(total, -1 / k);
  }
  const { total, values } = weighted(k, (samples) => {
    const { observation, logRatio } = draw(samples);
    const logs = logProbabilitiesOf(observation, flat);
    return { weights: add(sum(logs, { axes: -1 }), logRatio), values: logs };
  });
  return neg(div(values as Tensor, reshape(total, [x.shape[0], 1])));
}
