/** Presets of tables with columns of different kinds: CTGAN and TVAE (Xu et al. 2019, arXiv 1907.00503). */
import { conditionSpans, layoutOf, type TableLayout } from "../data/tables/spans.js";
import type { Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import {
  appended,
  batchNorm,
  dense,
  dropout,
  joinLabel,
  type Layer,
  leakyRelu,
  relu,
  sequential,
} from "../layers/index.js";
import { type Gan, gan } from "../models/gan/gan.js";
import { type TableRowOptions, tableRows } from "../models/gan/table-rows.js";
import { type Vae, vae } from "../models/vae/vae.js";
import { elbo } from "../objectives/bounds.js";
import { tabular } from "../objectives/likelihoods.js";
import { relativistic, wasserstein } from "../objectives/losses.js";
import { gradientPenalty, r1, r2 } from "../objectives/penalties.js";
import { adam } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { mostModelClasses } from "../train/labels.js";
import type { Preset, PresetForm } from "./preset.js";

/** Networks of the paper's CTGAN, and a moving average of the generator, which the paper does not have. */
const ctganNumbers = { latent: 128, units: 256, labelSize: 64, ema: 0.999 };

/**
 * The objective of the preset `ctgan`: logits of pairs, and penalties at the data and at the samples (Huang et al. 2024, as in R3GAN), a
 * discriminator that sees the classes, one row at a time, and rates that fall. Rows are also asked for several values at once.
 */
const relativisticNumbers = { rate: 1e-3, penalty: 1, several: 0.5, fitted: true };

/** The objective of the paper: WGAN-GP of packs. */
const packedNumbers = { pac: 10, rate: 2e-4, dropout: 0.5, decay: 1e-6, penalty: 10 };

/** Numbers of the paper's TVAE, whose code counts reconstructions twice. */
const tvaeNumbers = { latent: 128, units: 128, rate: 1e-3, decay: 1e-5, klWeight: 0.5 };

/** Rows of a batch: those of the paper. */
const batchSize = 500;

/**
 * Passes through the data; the paper has 300. Two get worse from some point on, as measured on Adult: the GAN of packs has a
 * `contingencySimilarity` of .873 after 5,210 steps and .841 after 15,630, because it collapses within conditions; the VAE has .942
 * after 7,815 and .927 after 15,630, because it learns its rows better than its prior.
 */
const epochs = { ctgan: 120, packed: 100, tvae: 150 };

/** Fewest and most steps: small tables are seen more often, large ones less. */
const [fewestSteps, mostSteps] = [3000, 20_000];

/** Steps for a table of so many rows. */
const stepsOf = (passes: number, { count }: Described): number =>
  Math.min(mostSteps, Math.max(fewestSteps, Math.ceil((passes * count) / batchSize)));

/** The layout of a table's rows. Throws UsageError for other data. */
function tableLayout(what: string, { name, table }: Described): TableLayout {
  if (table) return layoutOf(table.columns);
  throw new UsageError(`${what}: data must be a table of rows, found ${name}`, {
    hint: "give a .csv file, whose columns may be numbers, dates and categories",
  });
}

/** The generator joins the result of each hidden layer to its input, so that the last one sees the latents too. */
function ctganGenerator(classes: number | undefined, width: number): Layer {
  const { units, labelSize } = ctganNumbers;
  const hidden = () => appended(sequential(dense(units), batchNorm(), relu()));
  return sequential(...joined(classes, labelSize), hidden(), hidden(), dense(width));
}

/** The classes of records, as a vector appended to them, if there are any. */
const joined = (classes: number | undefined, size: number): Layer[] =>
  classes === undefined ? [] : [joinLabel(classes, Math.min(classes, size))];

/** What a GAN of rows is made of, whatever its objective: the layout, and its classes if they are not too many. */
function rowsOf(data: Described, options: Omit<TableRowOptions, "spans" | "conditions">) {
  const layout = tableLayout("gan ctgan", data);
  const { spans, width } = layout;
  const table = tableRows({ spans, conditions: conditionSpans(layout), ...options });
  if (table.classes > 1 && table.classes <= mostModelClasses) return { width, table, classes: table.classes };
  const { several: _, ...others } = options;
  return { width, table: tableRows({ spans, ...others }), classes: undefined };
}

function ctgan(data: Described, steps: number): Gan {
  const { latent, units, labelSize, ema } = ctganNumbers;
  const { rate, penalty, several, fitted } = relativisticNumbers;
  const { width, table, classes } = rowsOf(data, { several, fitted });
  const judged = (): Layer[] => [dense(units, { initializer: "heNormal" }), leakyRelu()];
  const optimizer = () => adam(cosine(rate, { steps, to: rate / 20 }), { beta1: 0, beta2: 0.99 });
  return gan({
    ...{ latent, ...(classes !== undefined && { classes }), table },
    generator: ctganGenerator(classes, width),
    discriminator: sequential(...joined(classes, labelSize), ...judged(), ...judged(), dense(1)),
    loss: relativistic(),
    penalties: [r1(penalty), r2(penalty)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema,
  });
}

function ctganPacked(data: Described): Gan {
  const { latent, units, ema } = ctganNumbers;
  const { pac, rate, dropout: rest, decay, penalty } = packedNumbers;
  const { width, table, classes } = rowsOf(data, { pac });
  const judged = (): Layer[] => [dense(units), leakyRelu(), dropout(rest)];
  const optimizer = (weightDecay: number) => adam(rate, { beta1: 0.5, beta2: 0.9, weightDecay });
  return gan({
    ...{ latent, ...(classes !== undefined && { classes }), table },
    generator: ctganGenerator(classes, width),
    discriminator: sequential(...judged(), ...judged(), dense(1)),
    loss: wasserstein(),
    penalties: [gradientPenalty(penalty)],
    optimizers: { generator: optimizer(decay), discriminator: optimizer(0) },
    ema,
  });
}

function tvae(data: Described, steps: number): Vae {
  const { spans, width } = tableLayout("vae tvae", data);
  const { latent, units, rate, decay, klWeight } = tvaeNumbers;
  const hidden = () => [dense(units), relu(), dense(units), relu()];
  return vae({
    latent,
    encoder: sequential(...hidden(), dense(2 * latent)),
    decoder: sequential(...hidden(), dense(width)),
    likelihood: tabular({ spans, fitted: true }),
    objective: elbo({ klWeight }),
    optimizer: adam(cosine(rate, { steps, to: rate / 20 }), { weightDecay: decay }),
  });
}

/** Throws UsageError if a conditional form is asked for: a table's columns of categories are the classes already. */
function refuseConditional(form: PresetForm | undefined): void {
  if (!form?.conditional) return;
  throw new UsageError(
    "train: --conditional must be left out for tables, found it: their columns of categories are its classes",
    {
      hint: "sample RUN --where 'COLUMN = VALUE' asks for rows with a value, of every model of a table",
    },
  );
}

const rows = (summary: string, passes: number, make: Preset["make"]): Preset => ({
  summary,
  data: undefined,
  steps: mostSteps,
  stepsFor: (data) => stepsOf(passes, data),
  batchSize,
  table: true,
  normalisation: () => "table",
  make(data, steps, form) {
    refuseConditional(form);
    return make(data, steps);
  },
});

export const tableGanPresets = {
  ctgan: rows(
    "tables with numbers, dates and categories: CTGAN (Xu et al. 2019), relativistic loss with R1 and R2",
    epochs.ctgan,
    ctgan,
  ),
  "ctgan-wgan": rows(
    "tables with numbers, dates and categories: CTGAN as in the paper, WGAN-GP of packs of 10 rows",
    epochs.packed,
    ctganPacked,
  ),
} as const;

export const tableVaePresets = {
  tvae: rows("tables with numbers, dates and categories: TVAE (Xu et al. 2019)", epochs.tvae, tvae),
} as const;
