/** Samples for measures of thousands of them. */
import { type AbleTo, can } from "../../models/abilities.js";
import { finiteSamples } from "../../train/finite-samples.js";
import type { TrainedModel } from "../../train/trained.js";
import type { Values } from "../../graph/values.js";

const manyChains = 100;

/**
 * How samples are drawn that are compared with data: of greys that were trained on as random bits, means are greys again, while
 * drawn bits would be noisier than any record.
 */
export const drawnLike = (model: TrainedModel): { readonly means?: true } => {
  const { binarisation } = model.family.config as { readonly binarisation?: { readonly kind: string } };
  return can(model, "chains") && (binarisation?.kind ?? "none") !== "none" ? { means: true } : {};
};

/**
 * Samples for measures. Chains that give several samples each take fewer sweeps than one chain per sample; 100 of them are
 * enough for measures of thousands of samples. Throws DivergedError (as a rejection) if a value is not finite.
 */
export async function manySamples(model: TrainedModel, count: number, seed = 0, temperature = 1): Promise<Values> {
  const machine: AbleTo["chains"] | undefined = can(model, "chains") ? model : undefined;
  if (!machine) return finiteSamples("evaluate", await model.sample(count, { seed, temperature }));
  const how = { seed, temperature, ...drawnLike(model) };
  const chains = count <= manyChains ? how : { ...how, chains: manyChains };
  return finiteSamples("evaluate", await machine.sample(count, chains));
}
