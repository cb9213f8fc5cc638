/** Measures of `genloom evaluate` for models with a likelihood and latents of records. */
import { take } from "../data/dataset.js";
import type { AbleTo } from "../models/abilities.js";
import type { MeasureContext, Numbers } from "./measure-context.js";

/** With 1,000 latents each, about a minute for images of 28 x 28. */
const mostRecords = 1000;

/**
 * Log-likelihood in nats per record with its two standard errors (due to random latents; due to the choice of records),
 * the evidence lower bound, and the use of the latents.
 */
export async function likelihoodMeasures({
  model,
  data,
  seed,
  k = 1000,
}: MeasureContext<AbleTo["likelihood"] & AbleTo["encode"]>): Promise<Numbers> {
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
