/**
 * Objectives of latent-variable models: lower bounds of the log-likelihood, as plain values. Each computes a scalar
 * to minimise from a batch's terms; gradients flow through reparametrised latents (Kingma, Welling 2014).
 */
import { type KindConfig, makeKind } from "../kinds/kind.js";
import * as portable from "../numbers/portable-math.js";
import { meanOfRanks } from "../ops/all-reduce.js";
import { add, maximum, mul, neg, sub } from "../ops/elementwise.js";
import { logSumExp, mean, sum } from "../ops/reduction.js";
import { checkNumber, checkOptions } from "../options.js";
import { type Schedule, scheduleOf } from "../optimizers/schedules.js";
import type { Tensor } from "../graph/tensor.js";

/** The terms of a bound for one batch, in nats; `samples` latents are drawn for each record. */
export interface BoundTerms {
  /** log p(x | z) [samples, batch] */
  readonly logLikelihood: Tensor;
  /** log p(z) - log q(z | x) [samples, batch] */
  readonly logRatio: Tensor;
  /** KL(q(z | x) || p(z)) [batch, latent], in closed form */
  readonly kl: Tensor;
}

export interface Objective {
  /** As JSON; `fromConfig("objective", config)` reads it back. */
  readonly config: KindConfig;
  /** Number of latents drawn for each record. */
  readonly samples: number;
  /** Whether the loss depends on the step. */
  readonly scheduled: boolean;
  /** The loss, a scalar; `step` is the number of updates so far. */
  loss(terms: BoundTerms, step: Tensor): Tensor;
}

export interface ElboOptions {
  /** Factor of the divergence, 1 by default; KL warm-up is `schedules.linear(0, { to: 1, steps })`. */
  readonly klWeight?: number | Schedule;
  /**
   * Lower limit, in nats per latent dimension (batch mean), of the divergence in the loss; 0 by default (Kingma et al.
   * 2016, eq. 14).
   */
  readonly freeBits?: number;
  /** Number of latents drawn for each record; 1 by default. */
  readonly samples?: number;
}

const whole = { atLeast: 1, whole: true } as const;

/** The factor of the divergence: a number of 0 or more, or a schedule. */
const weightRule = { default: 1, part: "schedule", orNumber: true, atLeast: 0 } as const;

/** The mean over the records of the whole batch, [latent]. */
const meanOfBatch = (kl: Tensor) => meanOfRanks(mean(kl, { axes: 0 }), "the divergence of each latent");

/**
 * The negated evidence lower bound, in nats per record. Its divergence is in closed form (Kingma, Welling 2014, eq. 10)
 * and weighted by `klWeight`.
 * @throws TypeError for an unknown option, RangeError for a value outside of its range
 * @example show(objectives.elbo().loss({ logLikelihood: t([[-3]]), kl: t([[1, 2]]) })) // 6
 * @example show(objectives.elbo({ freeBits: 2 }).loss({ logLikelihood: t([[-3]]), kl: t([[1, 2]]) })) // 7
 */
export const elbo: (options?: ElboOptions) => Objective = /* @__PURE__ */ makeKind("objective", {
  kind: "elbo",
  options: { klWeight: weightRule, freeBits: { default: 0, atLeast: 0 }, samples: { default: 1, ...whole } },
  make({ klWeight, freeBits, samples }: Required<ElboOptions>) {
    const weight = scheduleOf(klWeight, "elbo: klWeight");
    return {
      samples,
      scheduled: weight.config.kind !== "constant",
      loss({ logLikelihood, kl }, step) {
        const perLatent = meanOfBatch(kl);
        const cost = sum(freeBits > 0 ? maximum(perLatent, freeBits) : perLatent);
        return sub(mul(cost, weight.at(step)), mean(logLikelihood));
      },
    };
  },
});

/**
 * The bound with its divergence weighted by beta; a value above 1 favours disentangled latents (Higgins et al. 2017,
 * eq. 4).
 * @param value beta, 0 or more
 * @throws TypeError for an unknown option, RangeError for a value outside of its range
 * @example show(objectives.beta(4).loss({ logLikelihood: t([[-3]]), kl: t([[1, 2]]) })) // 15
 */
export const beta = (value: number, options: Omit<ElboOptions, "klWeight"> = {}): Objective => {
  checkOptions("beta", options, ["freeBits", "samples"]);
  checkNumber("beta", "beta", value, { atLeast: 0 });
  return elbo({ ...options, klWeight: value });
};

export interface IwaeOptions {
  /**
   * Factor of log p(z) - log q(z | x), 1 by default; a schedule can increase it from 0 (KL warm-up, Sønderby
   * et al. 2016).
   */
  readonly klWeight?: number | Schedule;
}

/**
 * The negated importance-weighted bound, in nats per record: the log of the mean of k weights p(x, z) / q(z | x)
 * (Burda, Grosse, Salakhutdinov 2016, eq. 8). Its gradient is that of the log of the mean.
 * @param k number of latents per record; they become additional rows of the batch
 * @throws TypeError for an unknown option, RangeError if k is not an integer of 1 or more
 * @example show(objectives.iwae(2).loss({ logLikelihood: t([[-1], [-1]]), logRatio: t([[0], [0]]) })) // 1
 */
export const iwae: (k: number, options?: IwaeOptions) => Objective = /* @__PURE__ */ makeKind("objective", {
  kind: "iwae",
  options: { k: whole, klWeight: weightRule },
  positional: ["k"],
  make({ k, klWeight }: Required<IwaeOptions> & { k: number }) {
    const weight = scheduleOf(klWeight, "iwae: klWeight");
    return {
      samples: k,
      scheduled: weight.config.kind !== "constant",
      loss({ logLikelihood, logRatio }, step) {
        const logWeights = add(logLikelihood, mul(logRatio, weight.at(step)));
        return add(neg(mean(logSumExp(logWeights, { axes: 0 }))), portable.log(k));
      },
    };
  },
});
