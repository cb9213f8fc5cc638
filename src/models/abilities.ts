/** The methods of trained models that belong to each ability, and the question whether a model has one. */
import type { LabelsOption } from "../train/labels.js";
import type { Records } from "../train/records.js";
import type { Ability } from "../train/abilities.js";
import type { SampleOptions, TrainedModel, UntrainedOption } from "../train/trained.js";
import type { Values } from "../graph/values.js";
import type { ChainOptions, SweepOptions } from "./rbm/sweep-options.js";
import type { TrainedRbm } from "./rbm/trained-rbm.js";
import type { TrainedSequence } from "./sequence/trained-sequence.js";
import type { TrainedVae } from "./vae/trained-vae.js";

/** Methods by ability: what a model that has it can be asked. */
export interface AbleTo {
  readonly score: Pick<TrainedModel, "score">;
  readonly fieldScores: {
    fieldScores(records: Records, options?: UntrainedOption & LabelsOption): Promise<Values>;
  };
  readonly encode: Pick<TrainedVae, "encode" | "latentUse">;
  readonly decode: Pick<TrainedModel, "generate">;
  readonly reconstruct: { reconstruct(records: Records, options?: UntrainedOption & LabelsOption): Promise<Values> };
  readonly likelihood: Pick<TrainedVae, "logLikelihood" | "score" | "fieldScores">;
  readonly means: { sample(count: number, options?: SampleOptions & { readonly means?: boolean }): Promise<Values> };
  readonly chains: {
    sample(count: number, options?: SampleOptions & ChainOptions & SweepOptions): Promise<Values>;
  };
  readonly inpaint: Pick<TrainedRbm, "inpaint">;
  readonly features: Pick<TrainedRbm, "transform">;
  readonly classify: Pick<TrainedRbm, "classify">;
  readonly tokens: TrainedSequence;
  /** A machine: its parameters, its free energy, and all that its partition function is estimated with. */
  readonly machine: TrainedRbm;
}

/** Whether a trained model has an ability; its methods are then known to the compiler. */
export function can<A extends Ability>(model: TrainedModel, ability: A): model is TrainedModel & AbleTo[A] {
  return model.family.abilities.includes(ability);
}
