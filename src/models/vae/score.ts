/**
 * The score of records under a VAE: negative log-likelihood, estimated in one graph. The latents' noise is the same for every
 * record, so a record's score does not depend on the others, and differences of scores have little noise.
 */
import { add, exp, log, maximum, mul, neg, sub } from "../../ops/elementwise.js";
import { reshape } from "../../ops/movement.js";
import { randomNormal } from "../../ops/random.js";
import { max, sum } from "../../ops/reduction.js";
import { scan } from "../../ops/scan.js";
import type { Observation } from "../../objectives/likelihood.js";
import type { Posterior } from "../../objectives/posteriors.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import { type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ApplyOptions } from "../../layers/layer.js";

export interface VaeScoreOptions {
  /**
   * "importance", the default: by k importance-weighted latents, the tighter the more (Burda, Grosse, Salakhutdinov 2016,
   * eq. 8). "elbo": the evidence lower bound, with the divergence in closed form.
   */
  readonly estimate?: "elbo" | "importance";
  /** Number of latents drawn per record; default 100. */
  readonly k?: number;
}

/** The options with their defaults. Throws TypeError or RangeError. */
export function checkedScoring(options: VaeScoreOptions): Required<VaeScoreOptions> {
  checkOptions("score", options, ["estimate", "k"]);
  const { estimate = "importance", k = 100 } = options;
  if (estimate !== "importance" && estimate !== "elbo")
    throw new RangeError(`score: estimate must be "elbo" or "importance", found ${textOf(estimate)}`);
  checkNumber("score", "k", k, { whole: true, atLeast: 1, atMost: 2 ** 24 });
  return { estimate, k };
}

/** The parts of a VAE that a score needs. */
interface Densities {
  readonly options: { readonly latent: number };
  posterior(x: Tensor, options?: ApplyOptions): Posterior;
  observe(latents: Tensor, shape: Shape, options?: ApplyOptions): Observation;
}

/** Latents of a record that are decoded at once. */
const atOnce = 64;

/**
 * -log p(x) in nats of records [batch, ...shape], [batch]: minus the log of the mean weight p(x, z) / q(z | x), or
 * KL(q(z | x) || p(z)) minus the mean of log p(x | z), over k latents from q. `conditions` are the records' classes.
 */
export function negativeLogLikelihood(
  vae: Densities,
  x: Tensor,
  { conditions, ...options }: VaeScoreOptions & { readonly conditions?: ApplyOptions },
): Tensor {
  const { estimate, k } = checkedScoring(options);
  const [batch, ...shape] = x.shape;
  const flat = reshape(x, [batch, sizeOf(shape)]);
  const posterior = vae.posterior(x, conditions);
  /** log p(x | z) and log p(z) - log q(z | x) of some latents, [samples, batch]. */
  const terms = (samples: number) => {
    const noise = randomNormal([samples, 1, vae.options.latent]).named("score noise");
    const { latents, logRatio } = posterior.draw(samples, noise);
    return { logLikelihood: vae.observe(latents, shape, conditions).logProbability(flat), logRatio };
  };
  if (estimate === "elbo") {
    const first = (samples: number) => ({ total: sum(terms(samples).logLikelihood, { axes: 0 }) });
    const { total } = folded(k, first, (before, samples) => ({ total: add(before.total, first(samples).total) }));
    return sub(sum(posterior.kl, { axes: 1 }), mul(total, 1 / k));
  }
  // Sums of the weights e^w relative to the largest so far, e^peak.
  const first = (samples: number) => {
    const { logLikelihood, logRatio } = terms(samples);
    const weights = add(logLikelihood, logRatio);
    const peak = max(weights, { axes: 0 });
    return { peak, total: sum(exp(sub(weights, peak)), { axes: 0 }) };
  };
  const { peak, total } = folded(k, first, (before, samples) => {
    const { peak, total } = first(samples);
    const top = maximum(before.peak, peak);
    const kept = mul(before.total, exp(sub(before.peak, top)));
    return { peak: top, total: add(kept, mul(total, exp(sub(peak, top)))) };
  });
  return neg(add(peak, sub(log(total), Math.log(k))));
}

/** `next` of the sums so far and the next samples, until there are k; `first` makes those of the first samples. */
function folded<S extends Readonly<Record<string, Tensor>>>(
  k: number,
  first: (samples: number) => S,
  next: (before: S, samples: number) => S,
): S {
  if (k <= atOnce) return first(k);
  const length = Math.floor(k / atOnce) - 1;
  const start = first(atOnce);
  const whole =
    length === 0
      ? start
      : (scan({ length, carries: start }, (before) => ({ carries: next(before as S, atOnce) })).carries as S);
  return k % atOnce > 0 ? next(whole, k % atOnce) : whole;
}
