/** Families by name, and a model's description as JSON. */

export type FamilyKind = "gan" | "vae" | "rbm" | "sequence";

/** A model's options as JSON: stored in run folders and saved models, read by `familyFrom`. */
export interface FamilyConfig {
  readonly kind: FamilyKind;
  readonly [option: string]: unknown;
}
