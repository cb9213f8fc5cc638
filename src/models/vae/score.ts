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
export interface Densities {
  readonly options: { readonly latent: number };
  posterior(x: Tensor, options?: ApplyOptions): Posterior;
  observe(latents: Tensor, shape: Shape, options?: ApplyOptions): Observation;
}

/** How records are scored; `conditions` are their classes. */
export type LatentScoring = VaeScoreOptions & { readonly conditions?: ApplyOptions };

/** Latents of a record that are decoded at once. */
const atOnce = 64;

/** What scores of records are made of. */
export interface Drawn {
  readonly posterior: Posterior;
  /** The records [batch, values]. */
  readonly flat: Tensor;
  /**
   * Some latents: p(x | z), and log p(z) - log q(z | x), [samples, batch].
   * @param noise in deviations of the posterior, of normal noise [samples, 1, latent]; default: the same
   */
  draw(
    samples: number,
    noise?: (normal: Tensor) => Tensor,
  ): { readonly observation: Observation; readonly logRatio: Tensor };
}

/** Posteriors of records [batch, ...shape], and latents of them with the same noise for every record. */
export function drawnLatents(vae: Densities, x: Tensor, conditions: ApplyOptions | undefined): Drawn {
  const [batch, ...shape] = x.shape;
  const posterior = vae.posterior(x, conditions);
  return {
    posterior,
    flat: reshape(x, [batch, sizeOf(shape)]),
    draw(samples, noise = (normal: Tensor) => normal) {
      const normal = randomNormal([samples, 1, vae.options.latent]).named("score noise");
      const { latents, logRatio } = posterior.draw(samples, noise(normal));
      return { observation: vae.observe(latents, shape, conditions), logRatio };
    },
  };
}

/**
 * -log p(x) in nats of records [batch, ...shape], [batch]: minus the log of the mean weight p(x, z) / q(z | x), or
 * KL(q(z | x) || p(z)) minus the mean of log p(x | z), over k latents from q.
 */
export function negativeLogLikelihood(vae: Densities, x: Tensor, { conditions, ...options }: LatentScoring): Tensor {
  const { estimate, k } = checkedScoring(options);
  const { posterior, flat, draw } = drawnLatents(vae, x, conditions);
  /** log p(x | z) and log p(z) - log q(z | x) of some latents, [samples, batch]. */
  const terms = (samples: number) => {
    const { observation, logRatio } = draw(samples);
    return { logLikelihood: observation.logProbability(flat), logRatio };
  };
  if (estimate === "elbo") {
    const first = (samples: number) => ({ total: sum(terms(samples).logLikelihood, { axes: 0 }) });
    const { total } = folded(k, first, (before, samples) => ({ total: add(before.total, first(samples).total) }));
    return sub(sum(posterior.kl, { axes: 1 }), mul(total, 1 / k));
  }
  const { weights } = logSums(k, (samples) => {
    const { logLikelihood, logRatio } = terms(samples);
    return { weights: add(logLikelihood, logRatio) };
  });
  return neg(add(weights.peak, sub(log(weights.total), Math.log(k))));
}

/** The log of a sum of e^x is `peak`, the largest x, plus the log of `total`. */
export interface LogSum {
  readonly peak: Tensor;
  readonly total: Tensor;
}

/** Sums of e^x over k latents, for each tensor x [samples, ...] that `terms` makes of some of them, [...]. */
export function logSums<Name extends string>(
  k: number,
  terms: (samples: number) => Readonly<Record<Name, Tensor>>,
): Readonly<Record<Name, LogSum>> {
  const named = <T>(change: (name: Name) => T, names: readonly Name[]) =>
    Object.fromEntries(names.map((name) => [name, change(name)])) as Record<Name, T>;
  let names: readonly Name[] = [];
  /** The sums as one record of tensors, as loops carry it. */
  const first = (samples: number) => {
    const found = terms(samples);
    names = Object.keys(found) as Name[];
    const parts = names.flatMap((name): [string, Tensor][] => {
      const peak = max(found[name], { axes: 0 });
      return [
        [`${name} peak`, peak],
        [`${name} total`, sum(exp(sub(found[name], peak)), { axes: 0 })],
      ];
    });
    return Object.fromEntries(parts);
  };
  const partOf = (sums: Readonly<Record<string, Tensor>>, name: Name): LogSum => ({
    peak: sums[`${name} peak`],
    total: sums[`${name} total`],
  });
  const whole = folded(k, first, (before, samples) => {
    const next = first(samples);
    const parts = names.flatMap((name): [string, Tensor][] => {
      const [old, fresh] = [partOf(before, name), partOf(next, name)];
      const top = maximum(old.peak, fresh.peak);
      const [kept, added] = [old, fresh].map(({ peak, total }) => mul(total, exp(sub(peak, top))));
      return [
        [`${name} peak`, top],
        [`${name} total`, add(kept, added)],
      ];
    });
    return Object.fromEntries(parts);
  });
  return named((name) => partOf(whole, name), names);
}

/** `next` of the sums so far and the next samples, until there are k; `first` makes those of the first samples. */
export function folded<S extends Readonly<Record<string, Tensor>>>(
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
