/** What `genloom evaluate` measures of a VAE. */
import { take } from "../data/dataset.js";
import { TrainedVae } from "../models/vae/trained-vae.js";
import type { MeasureContext, Numbers } from "./measure.js";

/** With 1,000 latents for each, a minute or so for images of 28 x 28. */
const mostRecords = 1000;

/**
 * Log-likelihood in nats a record with its two standard errors (from drawing latents; from having these records), the
 * evidence lower bound, and how the latents are used. Throws TypeError where the model is no VAE.
 */
export async function vaeMeasures({ model, data, seed, k = 1000 }: MeasureContext): Promise<Numbers> {
  if (!(model instanceof TrainedVae)) throw new TypeError("evaluate: the measures of a VAE need a trained VAE");
  const some = take(data, Math.min(data.count, mostRecords));
  const estimate = await model.logLikelihood(some, { k, seed });
  // A density in the units that the model sees, times this, is one in the data's own.
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
