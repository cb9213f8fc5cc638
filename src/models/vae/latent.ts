/** Use of the latent dimensions of a trained model, from the posteriors of many records. */

export interface LatentUse {
  /** Mean KL(q(z | x) || p(z)) of each dimension, in nats. */
  readonly kl: Float64Array;
  /** Variance over records of each dimension's posterior mean. */
  readonly activity: Float64Array;
  /** Number of dimensions whose activity is above `activeAbove`. */
  readonly active: number;
}

/** A dimension is active if its activity is above this (Burda, Grosse, Salakhutdinov 2016, section 5.2). */
export const activeAbove = 0.01;

/**
 * Use of each latent dimension: its divergence from the prior and the variance of its means (Burda, Grosse,
 * Salakhutdinov 2016, section 5.2).
 * @param means means of the posteriors [records, latent]
 * @param kl divergences of the posteriors from the prior [records, latent], in nats
 * @example latentUse([1, 0, -1, 0], [0.5, 0, 0.7, 0], 2).active // 1
 */
export function latentUse(means: ArrayLike<number>, kl: ArrayLike<number>, latent: number): LatentUse {
  const count = means.length / latent;
  const centre = new Float64Array(latent);
  const divergence = new Float64Array(latent);
  const activity = new Float64Array(latent);
  for (let i = 0; i < means.length; i++) {
    centre[i % latent] += means[i] / count;
    divergence[i % latent] += kl[i] / count;
  }
  for (let i = 0; i < means.length; i++) activity[i % latent] += (means[i] - centre[i % latent]) ** 2 / count;
  return { kl: divergence, activity, active: activity.filter((value) => value > activeAbove).length };
}
