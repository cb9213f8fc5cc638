/** Presets of variational autoencoders. */
import { dynamic, none } from "../data/binarisation.js";
import type { Described } from "../data/training-data.js";
import { dense, flatten, type Layer, relu, sequential, tanh } from "../layers/index.js";
import type { InitializerOption } from "../layers/initializer-config.js";
import { bernoulli, gaussian, type Likelihood } from "../objectives/likelihoods.js";
import { type Vae, vae } from "../models/vae/vae.js";
import { elbo, iwae, type Objective } from "../objectives/bounds.js";
import { adam } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { sizeOf } from "../graph/shape.js";
import { conditionalOn, joined, modulated } from "./conditional.js";
import { classesFor, type FamilyPresets, type Preset, type PresetForm } from "./preset.js";
import { tableVaePresets } from "./tables.js";
import { tokenVaePresets } from "./token-vae.js";

interface Networks {
  /** Widths of the encoder's hidden layers, in reverse order those of the decoder. */
  readonly hidden: readonly number[];
  readonly latent: number;
  /** Of a conditional model, whose classes carry what the others would; default: as many. */
  readonly conditionalLatent?: number;
  readonly activation: () => Layer;
  readonly likelihood: Likelihood;
  readonly objective: Objective;
  readonly initializer?: InitializerOption;
  /** At first; 1e-3 where not given. */
  readonly learningRate?: number;
  /** Final learning rate; default 1e-4. */
  readonly finalRate?: number;
}

/**
 * Numbers of a class's vector. With 10, and without modulated layers, 64 of 100 samples of digits were of the class that was
 * asked for after 1,500 steps; with 64 and modulated layers in the decoder, 93 were.
 */
const labelSize = 64;

function network(data: Described, steps: number, networks: Networks, form: PresetForm | undefined): Vae {
  const classes = classesFor(data, form);
  const { hidden, activation, likelihood, objective } = networks;
  const latent = (classes !== undefined && networks.conditionalLatent) || networks.latent;
  const { initializer = "glorotUniform", learningRate = 1e-3, finalRate = 1e-4 } = networks;
  const layers = (widths: readonly number[], between: readonly Layer[] = []) =>
    widths.flatMap((units) => [dense(units, { initializer }), ...between, activation()]);
  return vae({
    latent,
    ...conditionalOn(classes),
    encoder: sequential(flatten(), ...joined(classes, labelSize), ...layers(hidden), dense(2 * latent)),
    decoder: sequential(
      ...joined(classes, labelSize),
      ...layers([...hidden].reverse(), modulated(classes)),
      dense(sizeOf(data.shape) * likelihood.parameters),
    ),
    likelihood,
    objective,
    binarisation: likelihood.config.kind === "bernoulli" ? dynamic() : none(),
    optimizer: adam(cosine(learningRate, { steps, to: finalRate })),
  });
}

/** Grey images as bits, drawn again for every batch. */
const images = (
  rest: Pick<Preset, "summary" | "steps" | "batchSize">,
  networks: Omit<Networks, "likelihood">,
): Preset => ({
  ...rest,
  data: "digits",
  normalisation: () => ({ range: [0, 1] }),
  make: (data, steps, form) => network(data, steps, { ...networks, likelihood: bernoulli() }, form),
});

export const vaePresets: FamilyPresets = {
  presets: {
    mlp: images(
      { summary: "images, 400 hidden units and 20 latents (Kingma, Welling 2014)", steps: 6000, batchSize: 100 },
      // With 20, 12, 8 and 6 latents, 0.86, 0.95, 0.98 and 0.98 of samples of MNIST are of the class that was asked for: fewer
      // latents leave less of the prior without records.
      { hidden: [400], latent: 20, conditionalLatent: 6, activation: relu, objective: elbo(), initializer: "heNormal" },
    ),
    deep: images(
      {
        summary: "images, two hidden layers: 200-200-50 (the VAE of Burda et al. 2016), for MNIST from --data",
        steps: 100_000,
        batchSize: 100,
      },
      { hidden: [200, 200], latent: 50, activation: tanh, objective: elbo(), finalRate: 2e-5 },
    ),
    iwae: images(
      {
        summary: "images, importance-weighted with k = 50: 200-200-50 (Burda et al. 2016)",
        steps: 6000,
        batchSize: 20,
      },
      { hidden: [200, 200], latent: 50, activation: tanh, objective: iwae(50) },
    ),
    points: {
      summary: "points in few dimensions, normal likelihood with a learned variance",
      data: "moons",
      steps: 4000,
      batchSize: 128,
      normalisation: () => "standardise",
      make: (data, steps, form) =>
        network(
          data,
          steps,
          {
            hidden: [64, 64],
            latent: Math.max(2, Math.min(16, data.columns?.length ?? 2)),
            activation: relu,
            // Not from a variance of 1: every latent would collapse before the variance falls.
            likelihood: gaussian({ variance: "shared", start: 0.01 }),
            objective: elbo(),
            learningRate: 2e-3,
          },
          form,
        ),
    },
    ...tokenVaePresets,
    ...tableVaePresets,
  },
  choose({ shape, columns, tokens, table }) {
    if (table) return "tvae";
    if (tokens) return tokens.codec?.kind === "level" ? "level" : "smiles";
    return columns || sizeOf(shape) <= 16 ? "points" : "mlp";
  },
};
