/**
 * The two networks of a variational autoencoder and the distributions that they compute: the encoder a diagonal normal
 * posterior q(z | x) of a record's latents, the decoder a distribution p(x | z) of records for each latent.
 */
import { type Binarisation, none } from "../../data/binarisation.js";
import { exporter } from "../exporter.js";
import { isImage, type Shape, sameShape, shapeText, sizeOf } from "../../graph/shape.js";
import { Input, type Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { checkRole } from "../../kinds/roles.js";
import { type ApplyOptions, type Layer, type LayerSummary, Network, Scope } from "../../layers/layer.js";
import { type BoundTerms, elbo, type Objective } from "../../objectives/bounds.js";
import { bernoulli, type Likelihood, type Observation, splitOutput } from "../../objectives/likelihoods.js";
import { diagonalNormal, type Posterior } from "../../objectives/posteriors.js";
import { cast } from "../../ops/indexing.js";
import { broadcastTo, reshape, transpose } from "../../ops/movement.js";
import { adam } from "../../optimizers/adam.js";
import type { Optimizer } from "../../optimizers/index.js";
import { checkNumber, checkOptions } from "../../options.js";
import type { TrainingData } from "../../data/training-data.js";
import type { Runtime } from "../../host/runtime.js";
import { fittedNames } from "../../objectives/fitted-rows.js";
import { conditionedOn } from "../../train/conditioned-data.js";
import { givenLabels, labelInput, labelled } from "../../train/class-draw.js";
import type { FamilyConfig } from "../../train/family-config.js";
import {
  normalLatents,
  type RowFunction,
  type Sampler,
  type SamplerOptions,
  temperatureOf,
} from "../../train/sampler.js";
import type { SampledFamily } from "../../train/trained.js";
import { checkClasses } from "../classes.js";
import { causalObservation } from "./causal-observation.js";
import { type Densities, negativeLogLikelihood, type LatentScoring, type VaeScoreOptions } from "./score.js";

/** Scores of records x [batch, ...], [batch] or [batch, values]. */
export type Scores = (vae: Densities, x: Tensor, scoring: LatentScoring) => Tensor;

export interface VaeOptions {
  /** Length of the latent vector; its prior is standard normal. */
  readonly latent: number;
  /** [batch, ...shape of a record] to [batch, 2 latent]: the posterior's means, then its log variances. */
  readonly encoder: Layer;
  /**
   * [rows, latent] to the likelihood's parameters: one number per value of a record, or two, each a half of the last
   * axis, or of tokens the logits, `vocabulary` for each. A `causalDecoder` also reads the tokens before each of them.
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
  /**
   * Number of classes of the data's labels, 2 to 1,000: a conditional model, of p(x | class) (Sohn, Lee, Yan 2015). Both
   * networks get the classes of their records, which conditional layers read.
   */
  readonly classes?: number;
}

const names = ["latent", "encoder", "decoder", "likelihood", "objective", "binarisation", "optimizer", "classes"];

/** Numbers at a position of a causal network: gates and states of a GRU of 128 units, about. */
const networkNumbers = 1024;

/** Throws TypeError for parts that do not go together with a likelihood of tokens, or without one. */
function checkTokens({
  decoder,
  likelihood,
  binarisation,
}: Pick<Required<VaeOptions>, "decoder" | "likelihood" | "binarisation">): void {
  const { tokens, config } = likelihood;
  if (decoder.readsTokens && !tokens)
    throw new TypeError(
      `vae: likelihood must be likelihoods.categorical for a decoder that reads tokens, found ${config.kind}`,
    );
  if (tokens && binarisation.config.kind !== "none")
    throw new TypeError(
      `vae: binarisation must be none for the ${config.kind} likelihood, whose records are tokens, found ${binarisation.config.kind}`,
    );
}

/** A variational autoencoder without its training. */
export class Autoencoder implements SampledFamily {
  readonly kind = "vae";
  readonly exporter = exporter;
  readonly abilities = ["score", "encode", "decode", "reconstruct", "likelihood", "means", "fieldScores"] as const;
  readonly config: FamilyConfig;
  readonly classes: number | undefined;
  readonly options: Required<Omit<VaeOptions, "classes">>;
  readonly #encoder: Network;
  readonly #decoder: Network;

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
    checkTokens({ decoder, likelihood, binarisation });
    const { classes } = options;
    checkClasses("vae", { classes });
    this.classes = classes;
    const parts = { encoder, decoder, likelihood, objective, binarisation, optimizer };
    this.options = { latent, ...parts };
    const configs = Object.entries(parts).map(([name, { config }]) => [name, config]);
    this.config = { kind: "vae", latent, ...Object.fromEntries(configs), ...(classes !== undefined && { classes }) };
    this.#encoder = new Network("encoder", encoder);
    this.#decoder = new Network("decoder", decoder);
  }

  get variables(): readonly Variable[] {
    return [...this.#encoder.variables, ...this.#decoder.variables];
  }

  /** The variables that are trained. */
  get parameters(): readonly Variable[] {
    return [...this.#encoder.parameters, ...this.#decoder.parameters];
  }

  init(shape: Shape): void {
    this.posterior(new Input("records", [1, ...shape]), this.#one);
    this.sampler(shape);
  }

  /** The class of a single row, for graphs that only create the variables. */
  get #one(): ApplyOptions {
    return this.classes === undefined ? {} : this.conditioned(new Input("labels", [1], "i32"));
  }

  /** Options of a network for records of these classes, if the model is conditional. */
  conditioned(labels: Tensor | undefined): ApplyOptions {
    return labelled(labels, this.classes);
  }

  /**
   * Whether samples of this shape are by default the likelihood's means: true for images, bits, and tokens that are independent
   * given the latents.
   */
  meansOf(shape: Shape): boolean {
    const { likelihood, decoder } = this.options;
    if (likelihood.tokens) return !decoder.readsTokens;
    return likelihood.config.kind === "bernoulli" || isImage(shape);
  }

  /**
   * The decoder, without the encoder. Input: `latents` [latent], and `labels` [] of a conditional model.
   * @param options `means`: the likelihood's means instead of draws from it; for the default see `meansOf`. `temperature`:
   *   the standard deviation of the latents
   * @throws TypeError for an unknown option, RangeError if the decoder's output does not fit `shape`
   * @example tinyVae.sampler([2]).variables.map(({ name }) => name) // ["decoder/weight", "decoder/bias"]
   */
  sampler(shape: Shape, options: SamplerOptions & { readonly means?: boolean | undefined } = {}): Sampler {
    checkOptions("sampler", options, ["means", "temperature", "classCounts"]);
    const { means = this.meansOf(shape) } = options;
    const temperature = temperatureOf(options.temperature);
    const { latent } = this.options;
    const { classes } = this;
    // Creates the decoder's variables.
    void this.observe(new Input("latents", [1, latent]), shape, this.#one).mean;
    return {
      inputs: {
        latents: { shape: [latent], draw: (count) => normalLatents(count, latent, temperature) },
        ...(classes !== undefined && { labels: labelInput(classes, options.classCounts) }),
      },
      graph: ({ latents, labels }) => {
        const observed = this.observe(latents, shape, this.conditioned(labels));
        return reshape(means ? observed.mean : observed.sample(), [latents.shape[0], ...shape]);
      },
      variables: this.#decoder.variables,
    };
  }

  /** The likelihood's means for latents. */
  decoder(shape: Shape): RowFunction {
    return this.sampler(shape, { means: true });
  }

  /** The posterior's means [count, latent] for records. */
  encoder(shape: Shape): RowFunction {
    this.posterior(new Input("records", [1, ...shape]), this.#one);
    return {
      inputs: this.#records(shape),
      graph: ({ records, labels }) => this.posterior(records, this.conditioned(labels)).mean,
      variables: this.#encoder.variables,
    };
  }

  /** The negative log-likelihood of records in nats, [count]: see `negativeLogLikelihood`. */
  scorer(shape: Shape, options: VaeScoreOptions = {}): RowFunction {
    return this.scoring(shape, negativeLogLikelihood, options);
  }

  /** A scorer of records by a function of the VAE's densities: `negativeLogLikelihood`, or `valueScores` for a number for each value. */
  scoring(shape: Shape, scores: Scores, options: VaeScoreOptions): RowFunction {
    this.encoder(shape);
    this.sampler(shape);
    return {
      inputs: this.#records(shape),
      graph: ({ records, labels }) => scores(this, records, { ...options, conditions: this.conditioned(labels) }),
      variables: this.variables,
    };
  }

  /** Inputs of a function of records, with their classes in a conditional model. */
  #records(shape: Shape): RowFunction["inputs"] {
    return { records: { shape }, ...(this.classes !== undefined && { labels: givenLabels }) };
  }

  /** The layers of the encoder, then those of the decoder. */
  layers(shape: Shape): LayerSummary[] {
    this.sampler(shape);
    const { classes } = this;
    const { latent, decoder } = this.options;
    const tokens = decoder.readsTokens ? cast(new Input("tokens", [1, sizeOf(shape)]), "i32") : undefined;
    return [
      ...this.#encoder.layers(shape, classes),
      ...this.#decoder.layers([latent], classes, tokens ? { tokens } : {}),
    ];
  }

  /**
   * Numbers that the decoder computes for a record of this shape, about: the values, or logits of tokens; and where it reads
   * tokens, those of a network at every position.
   */
  decodedNumbers(shape: Shape): number {
    const { likelihood, decoder } = this.options;
    const each = (likelihood.tokens?.vocabulary ?? 1) + (decoder.readsTokens ? networkNumbers : 0);
    return sizeOf(shape) * each;
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

  /**
   * p(x | z) for latents [..., batch, latent], over records flattened to [..., batch, values]. `options.labels` are the
   * classes of the batch, or are broadcast to [..., batch].
   */
  observe(latents: Tensor, shape: Shape, options: ApplyOptions = {}): Observation {
    const { likelihood, latent } = this.options;
    const lead = latents.shape.slice(0, -1);
    const rows = sizeOf(lead);
    const { labels } = options;
    const repeated = labels && { labels: reshape(broadcastTo(labels, lead), [rows]) };
    const flat = reshape(latents, [rows, latent]);
    const all = { ...options, ...repeated };
    const scope = new Scope(this.#decoder, "likelihood", options);
    const observed = (output: Tensor) => likelihood.observe(splitOutput(likelihood, output, lead, shape), scope);
    if (!this.options.decoder.readsTokens || !likelihood.tokens) return observed(this.#decoder.apply(flat, all));
    return causalObservation({
      ...{ network: this.#decoder, latents: flat, lead, length: sizeOf(shape), options: all },
      ...likelihood.tokens,
      observe: observed,
    });
  }

  get finished(): readonly Variable[] {
    if (!this.options.likelihood.fitting) return [];
    return this.#decoder.variables.filter(({ name }) => fittedNames.includes(name));
  }

  /** What fits samples of rows to the data. */
  async finish(runtime: Runtime, data: TrainingData, seed: number): Promise<ReadonlyMap<Variable, Float32Array>> {
    const { likelihood, latent } = this.options;
    if (!likelihood.fitting) return new Map();
    const { classCounts } = conditionedOn(data, this);
    const { labels } = this.sampler(data.shape, { ...(classCounts && { classCounts }) }).inputs;
    const model = {
      spans: likelihood.fitting,
      output: (rows: number) => this.#decoder.apply(normalLatents(rows, latent), this.conditioned(labels?.draw(rows))),
      records: (output: Tensor) => likelihood.observe([output], new Scope(this.#decoder, "likelihood", {})).sample(),
    };
    // On demand: a page without tables need not load it.
    const { fitRows } = await import("../../train/fit-rows.js");
    const fitted = await fitRows(runtime, data, model, seed);
    return new Map(this.finished.map((one) => [one, fitted[one.name.endsWith("offsets") ? "offsets" : "curves"]]));
  }

  /**
   * The terms of which objectives are made (log p(x | z), log p(z) - log q(z | x), the divergence), for records
   * [batch, ...shape] of the classes `options.labels`; `samples` latents are drawn for each.
   */
  terms(x: Tensor, samples: number, options: ApplyOptions = {}): BoundTerms {
    const [batch, ...shape] = x.shape;
    const posterior = this.posterior(x, options);
    const { latents, logRatio } = posterior.draw(samples);
    const values = sizeOf(shape);
    const { kl } = posterior;
    if (samples === 1) {
      const logLikelihood = this.observe(latents, shape, options).logProbability(reshape(x, [batch, values]));
      return { logLikelihood, logRatio, kl };
    }
    // Record by record: random numbers in the decoder, too, are then those of the records of a part of the batch.
    const { labels } = options;
    const each = { ...options, ...(labels && { labels: reshape(labels, [batch, 1]) }) };
    const observed = this.observe(transpose(latents, [1, 0, 2]), shape, each);
    const logLikelihood = transpose(observed.logProbability(reshape(x, [batch, 1, values])), [1, 0]);
    return { logLikelihood, logRatio, kl };
  }
}
