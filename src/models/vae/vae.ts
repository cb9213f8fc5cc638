/**
 * Variational autoencoders (Kingma, Welling 2014): an encoder computes a diagonal normal posterior of a record's
 * latents, a decoder computes a distribution of records for each latent, and one program trains both on a bound of the
 * likelihood.
 */
import { checkRange } from "../../data/range.js";
import type { TrainingData } from "../../data/training-data.js";
import { OutOfMemoryError } from "../../errors.js";
import type { Updates } from "../../layers/layer.js";
import type { Likelihood } from "../../objectives/likelihood.js";
import { add, neg } from "../../ops/elementwise.js";
import { mean, sum } from "../../ops/reduction.js";
import { gradientsOf, mergeUpdates } from "../../optimizers/gradients.js";
import type { OptimizerState } from "../../optimizers/index.js";
import type { Runtime } from "../../host/runtime.js";
import { type Shape, shapeText, sizeOf } from "../../graph/shape.js";
import { Variable } from "../../graph/variable.js";
import { vaeAlarms } from "./alarms.js";
import { Autoencoder, type VaeOptions } from "./autoencoder.js";
import { type DataDescription, describedData } from "../../train/data-description.js";
import { TrainedVae } from "./trained-vae.js";
import type { StartingValues } from "../../train/train-options.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { refuseDescription } from "../refuse-description.js";
import type { BatchSource, Family, StepGraph } from "../../train/family.js";

/** Size of WebAssembly's address space in bytes. */
const mostBytes = 2 ** 32;

/** A VAE: see `vae`. */
export class Vae extends Autoencoder implements Family<TrainedVae> {
  readonly draws = 1;
  readonly alarms = vaeAlarms;
  readonly #step = new Variable({ name: "objective/step", shape: [] });
  #optimizer: OptimizerState | undefined;

  override get variables(): readonly Variable[] {
    return this.options.objective.scheduled ? [...super.variables, this.#step] : super.variables;
  }

  accept(data: TrainingData): TrainingData {
    const { likelihood, binarisation } = this.options;
    if (likelihood.tokens) return acceptedTokens(data, likelihood.tokens);
    const range = binarisation.config.kind === "none" ? likelihood.range : ([0, 1] as const);
    checkRange(`vae: values for the ${likelihood.config.kind} likelihood`, data, range);
    return binarisation.records(data);
  }

  step(batches: BatchSource): StepGraph {
    const { objective, optimizer, binarisation } = this.options;
    this.#checkMemory(batches);
    const updates: Updates = new Map();
    const batch = batches.next();
    const x = binarisation.batch(batch.values);
    const conditions = this.classes === undefined ? {} : this.conditioned(batch.labels);
    const terms = this.terms(x, objective.samples, { training: true, updates, ...conditions });
    const loss = objective.loss(terms, this.#step);
    const { parameters } = this;
    this.#optimizer ??= optimizer.init(parameters);
    mergeUpdates(updates, optimizer.apply(gradientsOf(loss, parameters), this.#optimizer));
    if (objective.scheduled) updates.set(this.#step, add(this.#step, 1));
    const reconstruction = neg(mean(terms.logLikelihood));
    return { losses: { loss, reconstruction, kl: mean(sum(terms.kl, { axes: 1 })) }, updates };
  }

  trained(runtime: Runtime, data: Shape | DataDescription): TrainedVae {
    // Traces the decoder once to create its variables, so that the weights of a file can be written to them.
    this.sampler(describedData(data).shape);
    return new TrainedVae(this, runtime, data);
  }

  /**
   * Trains on a data set; see `TrainOptions`.
   * @returns the training, which starts when it is iterated or its `done` is awaited
   * @throws RangeError if an option is outside of its range, or values of the data are outside of the likelihood's
   *   range
   * @example Object.keys((await tinyVae.train(runtime, datasets.moons({ count: 100 }), { steps: 3 }).done).losses) // ["loss", "reconstruction", "kl"]
   */
  train(
    runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
    from: StartingValues = { values: "initial" },
  ): Training<TrainedVae> {
    return new Training<TrainedVae>(this, runtime, data, options, from);
  }

  #checkMemory({ size, shape }: BatchSource): void {
    const { objective, likelihood } = this.options;
    const bytes = 4 * size * objective.samples * likelihood.parameters * sizeOf(shape);
    if (bytes < mostBytes) return;
    throw new OutOfMemoryError(
      `vae: ${objective.samples} samples for each of ${size} records need ${(bytes / 1e9).toFixed(1)} GB for the decoder's output alone; WebAssembly memory is limited to 4.3 GB`,
      { hint: "use fewer samples (k) or a smaller batch" },
    );
  }
}

/** The data. Throws RangeError unless they are tokens as the likelihood has them. */
function acceptedTokens(data: TrainingData, { vocabulary, ended }: NonNullable<Likelihood["tokens"]>): TrainingData {
  const { tokens, shape, name } = data;
  if (tokens === undefined)
    throw new RangeError(
      `vae: the records of ${name} must be tokens for the categorical likelihood, as datasets.tokens, datasets.windows or a text file give them, found values of ${shapeText(shape)}`,
    );
  if (tokens.vocabulary !== vocabulary)
    throw new RangeError(
      `vae: the likelihood's vocabulary must be ${tokens.vocabulary}, as that of ${name}, found ${vocabulary}`,
    );
  if (tokens.ended !== ended)
    throw new RangeError(`vae: the likelihood's ended must be ${tokens.ended}, as in ${name}, found ${ended}`);
  return data;
}

/**
 * Makes a variational autoencoder from the layers of its encoder and decoder; `train` trains it. `familyFrom` makes an
 * equal model from its `config`, also after conversion to JSON.
 *
 * @throws TypeError if an option is unknown or has the wrong type
 * @throws RangeError if an option is outside of its range; shapes are checked when training starts
 * @example vae({ latent: 2, encoder: layers.dense(4), decoder: layers.dense(784) }).sampler([28, 28, 1]).inputs.latents.shape // [2]
 */
export function vae(options: VaeOptions): Vae {
  refuseDescription("vae", options);
  return new Vae(options);
}
