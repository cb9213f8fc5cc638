/**
 * Variational autoencoders (Kingma, Welling 2014): an encoder computes a diagonal normal posterior of a record's
 * latents, a decoder computes a distribution of records for each latent, and one program trains both on a bound of the
 * likelihood.
 */
import { type Binarisation, none } from "../../data/binarisation.js";
import { checkRange } from "../../data/range.js";
import type { TrainingData } from "../../data/stream.js";
import { OutOfMemoryError } from "../../errors.js";
import { type ApplyOptions, type Layer, Network, Scope, type Updates } from "../../layers/layer.js";
import { checkRole } from "../../kinds/roles.js";
import { bernoulli, type Likelihood, type Observation, splitOutput } from "../../objectives/likelihoods.js";
import { type BoundTerms, elbo, type Objective } from "../../objectives/bounds.js";
import { add, neg } from "../../ops/elementwise.js";
import { reshape } from "../../ops/movement.js";
import { randomNormal } from "../../ops/random.js";
import { mean, sum } from "../../ops/reduction.js";
import { checkNumber, checkOptions } from "../../options.js";
import { adam } from "../../optimizers/adam.js";
import { gradientsOf, mergeUpdates } from "../../optimizers/gradients.js";
import type { Optimizer, OptimizerState } from "../../optimizers/index.js";
import { diagonalNormal, type Posterior } from "../../objectives/posteriors.js";
import type { Runtime } from "../../host/runtime.js";
import { isImage, type Shape, sameShape, shapeText, sizeOf } from "../../graph/shape.js";
import { Input, type Tensor, Variable } from "../../graph/tensor.js";
import { TrainedVae } from "./trained-vae.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { refuseDescription } from "../refuse-description.js";
import type { BatchSource, Family, FamilyConfig, StepGraph } from "../../train/family.js";
import type { Sampler } from "../../train/sampler.js";

export interface VaeOptions {
  /** Length of the latent vector; its prior is standard normal. */
  readonly latent: number;
  /** [batch, ...shape of a record] to [batch, 2 latent]: the posterior's means, then its log variances. */
  readonly encoder: Layer;
  /**
   * [rows, latent] to the likelihood's parameters: one number per value of a record, or two, each a half of the last
   * axis.
   */
  readonly decoder: Layer;
  /** Default `likelihoods.bernoulli()`. */
  readonly likelihood?: Likelihood;
  /** Default `objectives.elbo()`. */
  readonly objective?: Objective;
  /** Conversion of grey values to bits; default `binarisation.none()`. */
  readonly binarisation?: Binarisation;
  /** Default `adam(1e-3)`. */
  readonly optimizer?: Optimizer;
}

/** Size of WebAssembly's address space in bytes. */
const mostBytes = 2 ** 32;

const names = ["latent", "encoder", "decoder", "likelihood", "objective", "binarisation", "optimizer"];

/** A VAE: see `vae`. */
export class Vae implements Family<TrainedVae> {
  readonly kind = "vae";
  readonly config: FamilyConfig;
  readonly draws = 1;
  readonly options: Required<VaeOptions>;
  readonly #encoder: Network;
  readonly #decoder: Network;
  readonly #step = new Variable({ name: "objective/step", shape: [] });
  #optimizer: OptimizerState | undefined;

  constructor(options: VaeOptions) {
    checkOptions("vae", options, names);
    const { latent, encoder, decoder } = options;
    checkNumber("vae", "latent", latent, { whole: true, atLeast: 1 });
    checkRole("vae", "encoder", "layer", encoder);
    checkRole("vae", "decoder", "layer", decoder);
    const { likelihood = bernoulli(), objective = elbo(), binarisation = none(), optimizer = adam(1e-3) } = options;
    checkRole("vae", "likelihood", "likelihood", likelihood);
    checkRole("vae", "objective", "objective", objective);
    checkRole("vae", "binarisation", "binarisation", binarisation);
    checkRole("vae", "optimizer", "optimizer", optimizer);
    this.options = { latent, encoder, decoder, likelihood, objective, binarisation, optimizer };
    this.#encoder = new Network("encoder", encoder);
    this.#decoder = new Network("decoder", decoder);
    const parts = Object.entries({ encoder, decoder, likelihood, objective, binarisation, optimizer });
    this.config = { kind: "vae", latent, ...Object.fromEntries(parts.map(([name, { config }]) => [name, config])) };
  }

  get variables(): readonly Variable[] {
    const own = this.options.objective.scheduled ? [this.#step] : [];
    return [...this.#encoder.variables, ...this.#decoder.variables, ...own];
  }

  init(shape: Shape): void {
    this.posterior(new Input("records", [1, ...shape]));
    this.sampler(shape);
  }

  accept(data: TrainingData): TrainingData {
    const { likelihood, binarisation } = this.options;
    const range = binarisation.config.kind === "none" ? likelihood.range : ([0, 1] as const);
    checkRange(`vae: values for the ${likelihood.config.kind} likelihood`, data, range);
    return binarisation.records(data);
  }

  step(batches: BatchSource): StepGraph {
    const { objective, optimizer, binarisation } = this.options;
    this.#checkMemory(batches);
    const updates: Updates = new Map();
    const x = binarisation.batch(batches.next().values);
    const terms = this.terms(x, objective.samples, { training: true, updates });
    const loss = objective.loss(terms, this.#step);
    const parameters = [...this.#encoder.parameters, ...this.#decoder.parameters];
    this.#optimizer ??= optimizer.init(parameters);
    mergeUpdates(updates, optimizer.apply(gradientsOf(loss, parameters), this.#optimizer));
    if (objective.scheduled) updates.set(this.#step, add(this.#step, 1));
    const reconstruction = neg(mean(terms.logLikelihood));
    return { losses: { loss, reconstruction, kl: mean(sum(terms.kl, { axes: 1 })) }, updates };
  }

  /** Whether samples of this shape are by default the likelihood's means: true for images and bits. */
  meansOf(shape: Shape): boolean {
    return this.options.likelihood.config.kind === "bernoulli" || isImage(shape);
  }

  /**
   * The decoder, without the encoder. Input: `latents` [latent].
   * @param options `means`: the likelihood's means instead of draws from it; for the default see `meansOf`
   * @throws TypeError for an unknown option, RangeError if the decoder's output does not fit `shape`
   * @example tinyVae.sampler([2]).variables.map(({ name }) => name) // ["decoder/weight", "decoder/bias"]
   */
  sampler(shape: Shape, options: { readonly means?: boolean } = {}): Sampler {
    checkOptions("sampler", options, ["means"]);
    const { means = this.meansOf(shape) } = options;
    const { latent } = this.options;
    this.observe(new Input("latents", [1, latent]), shape);
    return {
      inputs: { latents: { shape: [latent], draw: (count) => randomNormal([count, latent]) } },
      graph: ({ latents }) => {
        const observed = this.observe(latents, shape);
        return reshape(means ? observed.mean : observed.sample(), [latents.shape[0], ...shape]);
      },
      variables: this.#decoder.variables,
    };
  }

  trained(runtime: Runtime, shape: Shape): TrainedVae {
    // Traces the decoder once to create its variables, so that the weights of a file can be written to them.
    this.sampler(shape);
    return new TrainedVae(this, runtime, shape);
  }

  /**
   * Trains on a data set; see `TrainOptions`.
   * @returns the training, which starts when it is iterated or its `done` is awaited
   * @throws RangeError if an option is outside of its range, or values of the data are outside of the likelihood's
   *   range
   * @example Object.keys((await tinyVae.train(runtime, datasets.moons({ count: 100 }), { steps: 3 }).done).losses) // ["loss", "reconstruction", "kl"]
   */
  train(runtime: Runtime, data: TrainingData, options: TrainOptions): Training<TrainedVae> {
    return new Training(this, runtime, data, options);
  }

  /** q(z | x) for records [batch, ...shape]. */
  posterior(x: Tensor, options: ApplyOptions = {}): Posterior {
    const { latent } = this.options;
    const output = this.#encoder.apply(x, options);
    const [batch] = x.shape;
    if (!sameShape(output.shape, [batch, 2 * latent])) {
      throw new RangeError(
        `vae: the encoder's output must be ${shapeText([batch, 2 * latent])} (means, then log variances of ${latent} latents), found ${shapeText(output.shape)}`,
      );
    }
    return diagonalNormal(output);
  }

  /** p(x | z) for latents [..., latent], over records flattened to [..., values]. */
  observe(latents: Tensor, shape: Shape, options: ApplyOptions = {}): Observation {
    const { likelihood, latent } = this.options;
    const lead = latents.shape.slice(0, -1);
    const output = this.#decoder.apply(reshape(latents, [sizeOf(lead), latent]), options);
    const parts = splitOutput(likelihood, output, lead, shape);
    return likelihood.observe(parts, new Scope(this.#decoder, "likelihood", options));
  }

  /**
   * The terms of which objectives are made (log p(x | z), log p(z) - log q(z | x), the divergence), for records
   * [batch, ...shape]; `samples` latents are drawn for each.
   */
  terms(x: Tensor, samples: number, options: ApplyOptions = {}): BoundTerms {
    const [batch, ...shape] = x.shape;
    const posterior = this.posterior(x, options);
    const { latents, logRatio } = posterior.draw(samples);
    const logLikelihood = this.observe(latents, shape, options).logProbability(reshape(x, [batch, sizeOf(shape)]));
    return { logLikelihood, logRatio, kl: posterior.kl };
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
