/**
 * How strange each value of a record is to a VAE. Given its latents, a record's values are independent, and
 *
 *     1 / p(x_i | the others) = E[1 / p(x_i | z)] over z from p(z | x)
 *
 * (the conditional predictive ordinate: Gelfand, Dey, Chang 1992). The latents of a strange record tell of its strange
 * values, and those without them may lie elsewhere. So half of the latents are drawn from the posterior q(z | x), half from the
 * prior, and they are weighted by their mixture (Owen, Zhou 2000): where a value is one of few, the prior's latents
 * count, and where it is one of hundreds, the posterior's.
 */
import type { Tensor } from "../../graph/tensor.js";
import { logProbabilitiesOf } from "../../objectives/likelihood.js";
import { add, div, log, mul, neg, softplus, sub } from "../../ops/elementwise.js";
import { broadcastTo, concat, reshape, slice } from "../../ops/movement.js";
import { sum } from "../../ops/reduction.js";
import {
  checkedScoring,
  type Densities,
  drawnLatents,
  folded,
  type LogSum,
  logSums,
  type LatentScoring,
} from "./score.js";

/**
 * -log p(x_i | the others) in nats of every value of records [batch, ...shape], [batch, values], by k latents ("importance"; one
 * more if k is odd); or -log p(x_i | z), averaged over k latents from the posterior ("elbo"): their sum and the divergence are
 * the score.
 */
export function valueScores(vae: Densities, x: Tensor, { conditions, ...options }: LatentScoring): Tensor {
  const { estimate, k } = checkedScoring(options);
  const { flat, posterior, draw } = drawnLatents(vae, x, conditions);
  if (estimate === "elbo") {
    const first = (samples: number) => ({
      total: sum(logProbabilitiesOf(draw(samples).observation, flat), { axes: 0 }),
    });
    const { total } = folded(k, first, (before, samples) => ({ total: add(before.total, first(samples).total) }));
    return mul(total, -1 / k);
  }
  const { mean, deviation } = posterior;
  /** Half of the noise as it is, half in deviations from the posterior's means: latents of the prior. */
  const mixed = (normal: Tensor) => {
    const [samples, , latent] = normal.shape;
    const half = samples / 2;
    const own = broadcastTo(slice(normal, [0, 0, 0], [half, 1, latent]), [half, ...mean.shape]);
    return concat([own, div(sub(slice(normal, [half, 0, 0], [half, 1, latent]), mean), deviation)], { axes: 0 });
  };
  const { all, without } = logSums(2 * Math.ceil(k / 2), (samples) => {
    const { observation, logRatio } = draw(samples, mixed);
    const logs = logProbabilitiesOf(observation, flat);
    // p(z) / (q(z | x) / 2 + p(z) / 2), without the factor 2.
    const weights = sub(sum(logs, { axes: -1 }), softplus(neg(logRatio)));
    return { all: weights, without: sub(reshape(weights, [...weights.shape, 1]), logs) };
  });
  const logOf = ({ peak, total }: LogSum) => add(peak, log(total));
  return sub(logOf(without), reshape(logOf(all), [x.shape[0], 1]));
}
