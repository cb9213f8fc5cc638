/**
 * What the trained models of a family can do, by name. A family lists its abilities; the command line, reports and exports
 * ask for the ability, never for the family. `models/abilities.ts` has the methods that belong to each.
 */
export type Ability =
  /** `score`: how strange a record is. */
  | "score"
  /** `fieldScores`: how strange each value of a record is. */
  | "fieldScores"
  /** `encode`: posteriors of latents; `latentUse`. */
  | "encode"
  /** `decode`: records of latents. */
  | "decode"
  /** `reconstruct`: a record after its code. */
  | "reconstruct"
  /** `logLikelihood` of records. */
  | "likelihood"
  /** `sample(count, { means })`: means instead of draws. */
  | "means"
  /** `sample(count, { chains })`: Markov chains. */
  | "chains"
  /** `inpaint`: unknown values of records. */
  | "inpaint"
  /** `transform`: features of records. */
  | "features"
  /** `classify`: probabilities of the classes of records. */
  | "classify"
  /** Records of tokens: prompts, likelihoods of tokens, `beamSearch`. */
  | "tokens"
  /** Weights between visible and hidden units, and free energies. */
  | "machine";
