/** Model families by name: one row each. */
import { kindOf } from "../options.js";
import type { Family, FamilyConfig, FamilyKind } from "./family.js";
import { ganFrom } from "./gan.js";
import { rbmFrom } from "./rbm.js";
import { vaeFrom } from "./vae.js";

const makers: Readonly<Partial<Record<FamilyKind, (config: FamilyConfig) => Family>>> = {
  gan: ganFrom,
  vae: vaeFrom,
  rbm: rbmFrom,
};

/** Kinds that `familyFrom` knows. */
export const familyKinds = Object.keys(makers) as readonly FamilyKind[];

/**
 * The model that a configuration describes: `familyFrom(model.config)` is the same model again, its variables not yet
 * drawn. Throws TypeError for an unknown kind or option, RangeError for a value outside of its range.
 */
export function familyFrom(config: FamilyConfig): Family {
  return kindOf("familyFrom", makers as Record<string, (config: FamilyConfig) => Family>, config.kind)(config);
}
