/** Options of a GAN: their defaults, their checks, and how its configuration stores them. */
import type { Layer } from "../../layers/layer.js";
import { checkRole } from "../../kinds/roles.js";
import { type AdversarialLoss, nonSaturating } from "../../objectives/adversarial.js";
import type { Augmentation } from "../../objectives/augmentation.js";
import type { Penalty } from "../../objectives/penalties.js";
import { adam } from "../../optimizers/adam.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import { checkNumber, checkOptions, textOf, checkPart } from "../../options.js";
import type { FamilyConfig } from "../../train/family-config.js";
import { checkClasses } from "../classes.js";
import { checkedDecay, type Decay, decayConfig } from "./average.js";
import type { TableRows } from "./table-rows.js";
import type { TokenImages } from "./token-images.js";

export interface GanOptions {
  /** Length of the latent vector, standard normal. */
  readonly latent: number;
  /** [batch, latent] to [batch, ...shape of a record], or of its image: see `tokens`. */
  readonly generator: Layer;
  /** [batch, ...shape of a record] to logits [batch, 1]. */
  readonly discriminator: Layer;
  /** Default `losses.nonSaturating()`. */
  readonly loss?: AdversarialLoss;
  /** Terms added to the discriminator's loss, for example `penalties.r1(1)`; default none. */
  readonly penalties?: readonly Penalty[];
  /**
   * Default for both: `adam(2e-4, { beta1: 0.5 })`. The two may have different rates, as in the two time-scale update rule
   * (Heusel et al. 2017), with a higher rate for the discriminator.
   */
  readonly optimizers?: { readonly generator: Optimizer; readonly discriminator: Optimizer };
  /**
   * Moving average of the generator's variables, which samples use: its decay per step, a schedule of it, or
   * `{ halfLife, rampUp }` in images; default 0: no average.
   */
  readonly ema?: Decay;
  /** Discriminator updates per generator update, each on its own batch; default 1. */
  readonly discriminatorSteps?: number;
  /**
   * Limits the discriminator's parameters to [-clipWeights, clipWeights] after each of its updates (Arjovsky, Chintala,
   * Bottou 2017, algorithm 1, with 0.01); above 0; default: no limit.
   */
  readonly clipWeights?: number;
  /**
   * Random changes of the images that the discriminator sees in training, real and generated ones: for example
   * `augmentations.diff()`. They are part of the discriminator: penalties differentiate with respect to the images before
   * the change. Default none.
   */
  readonly augment?: Augmentation;
  /**
   * Number of classes of the data's labels, 2 to 1,000: a conditional model (Mirza, Osindero 2014). Both networks get the
   * classes of their records, which conditional layers read. Generated samples of a step have the classes of its records.
   */
  readonly classes?: number;
  /**
   * Weight of the cross-entropy of an auxiliary classifier (Odena, Olah, Shlens 2017), above 0; needs `classes`. The
   * discriminator then sees no classes, and returns [batch, 1 + classes]: the logit, then one for each class. Default none.
   */
  readonly auxiliary?: number;
  /**
   * For records of tokens [length]: the networks then see one-hot images [batch, length, vocabulary], the generator ends with
   * weights of tokens, such as `layers.gumbelSoftmax()`, and samples are tokens [length]. Default: records are values.
   */
  readonly tokens?: TokenImages;
  /**
   * For rows of a table: the generator returns a number for each place of a record, which becomes a value or a choice. With
   * `classes`, those of its conditions, it is asked for rows that have a certain value. Default: records are values.
   */
  readonly table?: TableRows;
}

/** Options with their defaults. */
export type CheckedOptions = Required<Omit<GanOptions, Optional>> & Pick<GanOptions, Optional>;

/** Options without a default. */
type Optional = "clipWeights" | "augment" | "classes" | "auxiliary" | "tokens" | "table";

const names = [
  ...["latent", "generator", "discriminator", "loss", "penalties", "optimizers", "ema", "discriminatorSteps"],
  "clipWeights",
  "augment",
  ...["classes", "auxiliary", "tokens", "table"],
];

/** Adds defaults. Throws TypeError if an option is unknown or has the wrong type, RangeError if a number is out of range. */
export function checkedOptions(options: GanOptions): CheckedOptions {
  checkOptions("gan", options, names);
  const { latent, generator, discriminator, ema: decay = 0, discriminatorSteps = 1, clipWeights } = options;
  checkNumber("gan", "latent", latent, { whole: true, atLeast: 1 });
  const ema = checkedDecay("gan", decay);
  checkNumber("gan", "discriminatorSteps", discriminatorSteps, { whole: true, atLeast: 1 });
  if (clipWeights !== undefined) checkNumber("gan", "clipWeights", clipWeights, { above: 0 });
  checkClasses("gan", options);
  if (options.tokens !== undefined)
    checkPart("gan", "tokens", options.tokens, "records", "tokenImages({ vocabulary })");
  checkTable(options);
  checkRole("gan", "generator", "layer", generator);
  checkRole("gan", "discriminator", "layer", discriminator);
  const usual = () => adam(2e-4, { beta1: 0.5 });
  const {
    loss = nonSaturating(),
    penalties = [],
    optimizers = { generator: usual(), discriminator: usual() },
  } = options;
  checkRole("gan", "loss", "loss", loss);
  if (options.augment !== undefined) checkRole("gan", "augment", "augmentation", options.augment);
  if (!Array.isArray(penalties))
    throw new TypeError(`gan: penalties must be an array, for example [penalties.r1()], found ${textOf(penalties)}`);
  for (const one of penalties) checkRole("gan", "each of penalties", "penalty", one);
  checkOptions("gan: optimizers", optimizers, ["generator", "discriminator"]);
  for (const player of ["generator", "discriminator"] as const)
    checkRole("gan", `optimizers.${player}`, "optimizer", optimizers[player]);
  return { ...options, loss, penalties, optimizers, ema, discriminatorSteps };
}

/** Throws TypeError or RangeError unless rows of a table go together with the other options. */
function checkTable({ table, tokens, classes, auxiliary }: GanOptions): void {
  if (table === undefined) return;
  checkPart("gan", "table", table, "records", "tableRows({ spans })");
  if ((table.pac ?? 1) > 1 && auxiliary !== undefined)
    throw new RangeError("gan: auxiliary must be left out for packs of rows, which have no single class, found both");
  if (table.several !== undefined && auxiliary !== undefined)
    throw new RangeError("gan: auxiliary must be left out for rows that are asked for several classes, found both");
  if (tokens !== undefined) throw new RangeError("gan: records must be tokens or rows of a table, found both options");
  if (classes === undefined || classes === table.classes) return;
  throw new RangeError(`gan: classes must be those of the table's conditions, ${table.classes}, found ${classes}`);
}

/** The model's configuration as JSON. Options that are not given and have no default are not in it. */
export const configOf = (options: CheckedOptions): FamilyConfig => ({
  kind: "gan",
  latent: options.latent,
  generator: options.generator.config,
  discriminator: options.discriminator.config,
  loss: options.loss.config,
  penalties: options.penalties.map((penalty) => penalty.config),
  optimizers: {
    generator: options.optimizers.generator.config,
    discriminator: options.optimizers.discriminator.config,
  },
  ema: decayConfig(options.ema),
  discriminatorSteps: options.discriminatorSteps,
  ...(options.clipWeights !== undefined && { clipWeights: options.clipWeights }),
  ...(options.augment && { augment: options.augment.config }),
  ...(options.classes !== undefined && { classes: options.classes }),
  ...(options.auxiliary !== undefined && { auxiliary: options.auxiliary }),
  ...(options.tokens && { tokens: options.tokens.config }),
  ...(options.table && { table: options.table.config }),
});
