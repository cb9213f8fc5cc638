/** The table of model families, by name. */
import { kindOf } from "../options.js";
import { numberOrSchedule, optionsFrom, type Parts } from "./description.js";
import type { FamilyConfig } from "../train/family.js";
import type { FamilyKind } from "../train/trained.js";
import { Gan } from "./gan/gan.js";
import { type TableRowOptions, tableRows } from "./gan/table-rows.js";
import { type TokenImageOptions, tokenImages } from "./gan/token-images.js";
import { Rbm } from "./rbm/rbm.js";
import { Sequence } from "./sequence/sequence.js";
import { Vae } from "./vae/vae.js";

type Model = Gan | Vae | Rbm | Sequence;

/** Makes a function from a configuration to a model; `parts` says which options are descriptions of parts. */
const family =
  <O>(make: (options: O) => Model, parts: { readonly [name: string]: Parts }) =>
  (config: FamilyConfig): Model =>
    make(optionsFrom<O>(config, parts));

/** Reads the option `ema` of a GAN from a description: a number, a schedule, or a half-life. */
function decayFrom(config: unknown): unknown {
  if (typeof config !== "object" || config === null || "kind" in config) return numberOrSchedule(config);
  if (!("halfLife" in config)) return config;
  return { ...config, halfLife: numberOrSchedule(config.halfLife) };
}

const families: Readonly<Record<FamilyKind, (config: FamilyConfig) => Model>> = {
  gan: family((options: ConstructorParameters<typeof Gan>[0]) => new Gan(options), {
    generator: "layer",
    discriminator: "layer",
    loss: "loss",
    penalties: ["penalty"],
    augment: "augmentation",
    optimizers: { generator: "optimizer", discriminator: "optimizer" },
    ema: decayFrom,
    tokens: (config) => tokenImages(config as TokenImageOptions),
    table: (config) => tableRows(config as TableRowOptions),
  }),
  vae: family((options: ConstructorParameters<typeof Vae>[0]) => new Vae(options), {
    encoder: "layer",
    decoder: "layer",
    likelihood: "likelihood",
    objective: "objective",
    binarisation: "binarisation",
    optimizer: "optimizer",
  }),
  rbm: family((options: ConstructorParameters<typeof Rbm>[0]) => new Rbm(options), {
    units: { visible: "units", hidden: "units" },
    optimizer: "optimizer",
    binarisation: "binarisation",
  }),
  sequence: family((options: ConstructorParameters<typeof Sequence>[0]) => new Sequence(options), {
    network: "layer",
    optimizer: "optimizer",
  }),
};

/** Kinds that `familyFrom` knows. */
export const familyKinds = Object.keys(families) as readonly FamilyKind[];

/**
 * Makes a model from its configuration: `familyFrom(model.config)` is an equal model whose variables are not yet
 * initialized.
 * @throws TypeError for an unknown kind or option, RangeError for a value outside of its range
 * @example familyFrom(gan({ latent: 8, generator: layers.dense(2), discriminator: layers.dense(1) }).config).kind // "gan"
 */
export function familyFrom(config: FamilyConfig): Model {
  return kindOf("familyFrom", families, config?.kind)(config);
}
