/** Measures of `genloom evaluate` for a VAE. */
import { take } from "../data/dataset.js";
import { TrainedVae } from "../models/vae/trained-vae.js";
import type { MeasureContext, Numbers } from "./measure-context.js";

/** With 1,000 latents each, about a minute for images of 28 x 28. */
const mostRecords = 1000;

/**
 * Log-likelihood in nats per record with its two standard errors (due to random latents; due to the choice of records),
 * the evidence lower bound, and the use of the latents. Throws TypeError if the model is not a VAE.
 */
export async function vaeMeasures({ model, data, seed, k = 1000 }: MeasureContext): Promise<Numbers> {
  if (!(model instanceof TrainedVae)) throw new TypeError("evaluate: the measures of a VAE need a trained VAE");
  const some = take(data, Math.min(data.count, mostRecords));
  const estimate = await model.logLikelihood(some, { k, seed });
  // Log density in the units of the model plus this is the log density in the data's own units.
  const units = (data.columns ?? []).reduce((sum, { scale }) => sum - Math.log(scale), 0);
  const { active, kl } = await model.latentUse(some, { seed });
  const { logLikelihood, standardError, recordError, elbo, records } = estimate;
  return {
    logLikelihood: logLikelihood + units,
    logLikelihoodError: standardError,
    logLikelihoodRecordError: recordError,
    elbo: elbo + units,
    divergence: kl.reduce((sum, value) => sum + value, 0),
    activeLatents: active,
    latents: kl.length,
    records,
  };
}
