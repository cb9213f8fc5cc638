/** Presets of generative adversarial networks on tokens. */
import type { Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import {
  batchNorm,
  conditionalBatchNorm,
  conv2d,
  convTranspose2d,
  dense,
  flatten,
  gumbelSoftmax,
  type Layer,
  leakyRelu,
  relu,
  reshape,
  sequential,
} from "../layers/index.js";
import { type Gan, gan } from "../models/gan/gan.js";
import { nonSaturating } from "../objectives/losses.js";
import { r1 } from "../objectives/penalties.js";
import { tokenImages } from "../models/gan/token-images.js";
import { adam } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { conditionalOn, head, joined } from "./conditional.js";
import { classesFor, type Preset, type PresetForm } from "./preset.js";

/** Numbers of the recipe of levels. */
const recipe = {
  latent: 32,
  features: 32,
  temperature: 1,
  hard: false,
  learningRate: 2e-3,
  finalRate: 5e-5,
  r1: 1,
  ema: 0.995,
  steps: 3000,
  batchSize: 32,
};

/** A window of a level as a grid of one-hot tiles. */
interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly tiles: number;
}

/** The grid of records of levels, whose tokens run down the columns. Throws UsageError for other data. */
function gridOf({ name, tokens, shape }: Described): Grid {
  const rows = Number(tokens?.codec?.rows);
  const columns = shape[0] / rows;
  if (tokens?.codec?.kind === "level" && Number.isInteger(columns) && columns >= 8 && rows >= 8)
    return { columns, rows, tiles: tokens.vocabulary };
  throw new UsageError(`gan level: data must be levels of 8 rows and 8 columns or more, found ${name}`, {
    hint: "give a folder of levels, such as those of VGLC",
  });
}

/** How often both sides halve: once for 28 x 14, twice for 32 x 16. */
const halvingsOf = ({ columns, rows }: Grid) => [2, 1].find((times) => (columns | rows) % 2 ** times === 0) ?? 0;

const halving = { stride: 2, padding: 1, initializer: "heNormal" } as const;

/** [latent] to the logits of tiles, by transposed convolutions from a small grid. */
function generator(grid: Grid, classes: number | undefined): Layer {
  const { columns, rows, tiles } = grid;
  const halvings = halvingsOf(grid);
  const norm = () => (classes === undefined ? batchNorm() : conditionalBatchNorm(classes));
  const [width, height] = [columns, rows].map((side) => side / 2 ** halvings);
  const widest = recipe.features * 2 ** halvings;
  const initializer = "heNormal";
  const doublings = Array.from({ length: halvings }, (_, i) => widest / 2 ** (i + 1));
  return sequential(
    ...joined(classes),
    ...[dense(width * height * widest, { bias: false, initializer }), reshape(width, height, widest), norm(), relu()],
    ...doublings.flatMap((features) => [
      ...[convTranspose2d(features, 4, { ...halving, bias: false }), norm(), relu()],
    ]),
    conv2d(tiles, 3, { padding: 1, initializer: { name: "normal", deviation: 0.05 } }),
    reshape(columns * rows, tiles),
    gumbelSoftmax({ temperature: recipe.temperature, hard: recipe.hard }),
  );
}

/** One-hot tiles to a logit, by convolutions without a norm, as R1 needs it. */
function discriminator({ columns, rows, tiles }: Grid, classes: number | undefined): Layer {
  const { features } = recipe;
  return sequential(
    ...[reshape(columns, rows, tiles), conv2d(features, 4, halving), leakyRelu()],
    ...[conv2d(2 * features, 4, halving), leakyRelu()],
    ...[conv2d(4 * features, 3, { padding: 1, initializer: "heNormal" }), leakyRelu(), flatten(), head(classes)],
  );
}

/**
 * Windows of levels as MarioGAN (Volz et al. 2018) has them: 32 latents, convolutions, a channel for each tile, and the most
 * likely tile as the sample; with Gumbel-softmax weights in training, and the loss, R1 and decays of Adam of the preset dcgan.
 */
function levels(data: Described, steps: number, form?: PresetForm): Gan {
  const classes = classesFor(data, form);
  const grid = gridOf(data);
  const optimizer = () => adam(cosine(recipe.learningRate, { steps, to: recipe.finalRate }), { beta1: 0, beta2: 0.99 });
  return gan({
    latent: recipe.latent,
    tokens: tokenImages({ vocabulary: grid.tiles }),
    ...conditionalOn(classes),
    generator: generator(grid, classes),
    discriminator: discriminator(grid, classes),
    loss: nonSaturating(),
    penalties: [r1(recipe.r1)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: recipe.ema,
  });
}

export const tokenPresets: Readonly<Record<string, Preset>> = {
  level: {
    summary: "windows of levels of games from --data, convolutions on one-hot tiles (MarioGAN: Volz et al. 2018)",
    data: undefined,
    steps: recipe.steps,
    batchSize: recipe.batchSize,
    normalisation: () => "tokens",
    make: levels,
  },
};
