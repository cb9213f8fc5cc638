/** Model families by name: one row each. */
import { kindOf } from "../options.js";
import type { FamilyConfig, FamilyKind } from "../train/family.js";
import { type Gan, ganFrom } from "./gan/gan.js";
import { type Rbm, rbmFrom } from "./rbm/rbm.js";
import { type Vae, vaeFrom } from "./vae/vae.js";

type Model = Gan | Vae | Rbm;

const makers: Readonly<Record<FamilyKind, (config: FamilyConfig) => Model>> = {
  gan: ganFrom,
  vae: vaeFrom,
  rbm: rbmFrom,
};

/** Kinds that `familyFrom` knows. */
export const familyKinds = Object.keys(makers) as readonly FamilyKind[];

/**
 * A model from its configuration: `familyFrom(model.config)` is an equal model whose variables are not yet initialized.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example familyFrom(gan({ latent: 8, generator: layers.dense(2), discriminator: layers.dense(1) }).config).kind // "gan"
 */
export function familyFrom(config: FamilyConfig): Model {
  return kindOf("familyFrom", makers, config?.kind)(config);
}
