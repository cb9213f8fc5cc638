/** Measures of `genloom evaluate` for a machine. */
import { take } from "../data/dataset.js";
import { annealedLogPartition, reverseLogPartition } from "../models/rbm/annealing.js";
import { exactLogPartition, exactUnits } from "../models/rbm/exact-partition.js";
import { sizeOf } from "../graph/shape.js";
import { logLikelihood, pseudoLikelihood } from "../models/rbm/scores.js";
import type { AbleTo } from "../models/abilities.js";
import { valuesOf } from "../train/records.js";
import type { MeasureContext, Numbers } from "./measure-context.js";

/** Maximum units of the smaller side for the exact log Z: about a second for images of 28 x 28. */
const mostExact = 20;

/** Annealing takes half a minute in each direction for 500 hidden units. */
const temperatures = 10_000;
const chains = 100;

const mostRecords = 10_000;

/**
 * Log-likelihood in nats per record, with the exact log Z or with its estimates from both sides (`…Reverse` is that of
 * reverse annealing), and the pseudo-likelihood.
 */
export async function machineMeasures({ model, data, seed }: MeasureContext<AbleTo["machine"]>): Promise<Numbers> {
  const some = take(data, Math.min(data.count, mostRecords));
  const { mean: pseudo, standardError: pseudoError } = await pseudoLikelihood(model, some, { seed });
  const shared = { pseudoLikelihood: pseudo, pseudoLikelihoodError: pseudoError, records: some.count };
  if (exactUnits(model) <= mostExact) {
    const logPartition = await exactLogPartition(model);
    const { mean, standardError } = await logLikelihood(model, some, logPartition, { seed });
    return { logPartition, logLikelihood: mean, logLikelihoodRecordError: standardError, ...shared };
  }
  const below = await annealedLogPartition(model, { temperatures, chains, seed });
  const start = valuesOf("evaluate", model.evaluated(take(data, Math.min(data.count, chains)), seed), data.shape);
  const first = Float32Array.from({ length: chains * sizeOf(model.shape) }, (_, i) => start[i % start.length]);
  const above = await reverseLogPartition(model, { temperatures, chains, seed, start: first });
  const likelihood = await logLikelihood(model, some, below.logZ, { seed });
  return {
    logPartition: below.logZ,
    logPartitionError: below.standardError,
    logPartitionReverse: above.logZ,
    logPartitionReverseError: above.standardError,
    logLikelihood: likelihood.mean,
    logLikelihoodReverse: likelihood.mean + below.logZ - above.logZ,
    logLikelihoodRecordError: likelihood.standardError,
    ...shared,
  };
}
