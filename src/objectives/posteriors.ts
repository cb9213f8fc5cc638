/** Posteriors of latents given a record; the prior is standard normal. */
import { add, exp, mul, square, sub } from "../ops/elementwise.js";
import { slice, transpose } from "../ops/movement.js";
import { randomNormal } from "../ops/random.js";
import { sum } from "../ops/reduction.js";
import type { Tensor } from "../graph/tensor.js";

/** Latents drawn from a posterior; gradients flow through them to its parameters. */
export interface LatentDraws {
  /** [samples, batch, latent] */
  readonly latents: Tensor;
  /** log p(z) - log q(z | x) in nats, [samples, batch] */
  readonly logRatio: Tensor;
}

export interface Posterior {
  /** [batch, latent] */
  readonly mean: Tensor;
  /** [batch, latent] */
  readonly deviation: Tensor;
  /** KL(q(z | x) || p(z)) in nats, [batch, latent], in closed form */
  readonly kl: Tensor;
  /** @param noise standard normal, [samples, batch or 1, latent]; default: drawn */
  draw(samples: number, noise?: Tensor): LatentDraws;
}

/** Noise [samples, batch, latent], drawn record by record: a part of the batch then draws what the whole batch draws there. */
function noiseOf([samples, batch, latent]: readonly [number, number, number]): Tensor {
  if (samples === 1) return randomNormal([samples, batch, latent]).named("posterior noise");
  return transpose(randomNormal([batch, samples, latent]).named("posterior noise"), [1, 0, 2]);
}

/**
 * Independent normal latents (Kingma, Welling 2014, appendix B and C), from means and log variances [batch, 2 latent].
 */
export function diagonalNormal(parameters: Tensor): Posterior {
  const [batch, both] = parameters.shape;
  const latent = both / 2;
  const mean = slice(parameters, [0, 0], [batch, latent]);
  const logVariance = slice(parameters, [0, latent], [batch, latent]);
  const deviation = exp(mul(logVariance, 0.5));
  return {
    mean,
    deviation,
    kl: mul(sub(add(square(mean), exp(logVariance)), add(logVariance, 1)), 0.5),
    draw(samples, noise = noiseOf([samples, batch, latent])) {
      const latents = add(mean, mul(deviation, noise));
      // Both densities have the same constant, -log(2 pi) / 2 per latent.
      const logRatio = mul(sum(sub(add(square(noise), logVariance), square(latents)), { axes: -1 }), 0.5);
      return { latents, logRatio };
    },
  };
}
