/** Samples for measures of thousands of them. */
import { type AbleTo, can } from "../../models/abilities.js";
import type { TrainedModel } from "../../train/trained.js";
import type { Values } from "../../graph/values.js";

const manyChains = 100;

/**
 * Samples for measures. Chains that give several samples each take fewer sweeps than one chain per sample; 100 of them are
 * enough for measures of thousands of samples.
 */
export function manySamples(model: TrainedModel, count: number, seed = 0, temperature = 1): Promise<Values> {
  if (count <= manyChains || !can(model, "chains")) return model.sample(count, { seed, temperature });
  const machine: AbleTo["chains"] = model;
  return machine.sample(count, { seed, temperature, chains: manyChains });
}
