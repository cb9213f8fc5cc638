/** Trained VAEs: sampling, encoding, decoding, latent traversals and log-likelihoods. */
import { checkValues } from "../../data/range.js";
import { type LatentUse, latentUse } from "./latent.js";
import { importanceLikelihood, type LikelihoodEstimate } from "./likelihood.js";
import type { SamplerOptions } from "../../train/sampler.js";
import type { Autoencoder, Scores } from "./autoencoder.js";
import { add } from "../../ops/elementwise.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import type { Runtime } from "../../host/runtime.js";
import { type Shape, sizeOf } from "../../graph/shape.js";
import { Values } from "../../graph/values.js";
import type { DataDescription } from "../../train/data-description.js";
import { labelsAsked, type LabelsOption, labelsOfRecords } from "../../train/labels.js";
import {
  isDataset,
  type Records,
  RowProgram,
  type RowProgramOptions,
  type RowRun,
  valuesOf,
} from "../../train/records.js";
import { sampleOptions } from "../../train/sample-options.js";
import { type Drawing, TrainedModel, type UntrainedOption } from "../../train/trained.js";
import { givenValues } from "./token-values.js";
import { checkedScoring, negativeLogLikelihood, type VaeScoreOptions } from "./score.js";
import { traversalOf } from "./traversal.js";
import type {
  DecodeOptions,
  Encoding,
  LogLikelihoodOptions,
  TraverseOptions,
  VaeGenerateOptions,
  VaeSampleOptions,
} from "./vae-options.js";
import { evaluationStreams } from "../../numbers/streams.js";

/** Options of `score` and `fieldScores`. */
type VaeScoring = VaeScoreOptions & UntrainedOption & LabelsOption & { readonly seed?: number };

/** A trained VAE: samples, latents, reconstructions and log-likelihoods. */
export class TrainedVae extends TrainedModel {
  readonly #encoder: RowProgram;
  readonly #decoder: RowProgram;
  readonly #drawer: RowProgram;
  readonly #reconstructor: RowProgram;

  constructor(
    private readonly vae: Autoencoder,
    runtime: Runtime,
    data: Shape | DataDescription,
  ) {
    super(vae, runtime, data);
    const { shape } = this;
    const { latent } = vae.options;
    const labelled = vae.classes !== undefined;
    const program = (options: RowProgramOptions) => this.own(new RowProgram(runtime, { ...options, labelled }));
    this.#encoder = program({
      name: "vae encode",
      shape,
      build: (x, labels) => {
        const { mean, deviation, kl } = vae.posterior(x, vae.conditioned(labels));
        return { mean, deviation, kl };
      },
    });
    this.#decoder = program({
      name: "vae decode",
      shape: [latent],
      build: (z, labels) => ({ records: vae.observe(z, shape, vae.conditioned(labels)).mean }),
    });
    this.#drawer = program({
      name: "vae draw",
      shape: [latent],
      build: (z, labels) => ({ records: vae.observe(z, shape, vae.conditioned(labels)).sample() }),
      streams: evaluationStreams,
    });
    this.#reconstructor = program({
      name: "vae reconstruct",
      shape,
      build: (x, labels) => {
        const conditions = vae.conditioned(labels);
        return { records: vae.observe(vae.posterior(x, conditions).mean, shape, conditions).mean };
      },
    });
  }

  /**
   * Draws `count` samples [count, ...shape] in the data's normalised range.
   * @throws RangeError if count is not an integer of 1 or more
   * @example (await tinyVae.trained(runtime, [2]).sample(4, { means: true, untrained: true })).shape // [4, 2]
   */
  override async sample(count: number, options: VaeSampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, [...sampleOptions, "means"]);
    const { means, ...others } = options;
    return this.drawn(count, others, { what: "sample", ...this.#drawing("sample", means) });
  }

  /**
   * Records [count, ...shape] from given latents [count, latent]; `sample` draws the latents. See also `decode`.
   * @throws RangeError (as a rejection) if the latents are not complete rows, or not finite
   * @example (await tinyVae.trained(runtime, [2]).generate([0, 0, 0, 1, 1, 1], { means: true, untrained: true })).shape // [2, 2]
   */
  override async generate(latents: Values | ArrayLike<number>, options: VaeGenerateOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed", "labels", "means", "untrained"]);
    const { means, ...others } = options;
    return this.generated(latents, others, this.#drawing("generate", means));
  }

  /** The sampler of means or of draws, and the name of its programs. */
  #drawing(name: string, means = this.vae.meansOf(this.shape)): Pick<Drawing, "name" | "sampler"> {
    const sampler = (options: SamplerOptions) => this.vae.sampler(this.shape, { ...options, means });
    return { name: means ? name : `drawn ${name}`, sampler };
  }

  /**
   * Negative log-likelihood of each record in nats, [count]: higher is stranger. If the model binarises, a data set is first
   * converted to bits, drawn with `seed`. Every record is judged by the same latents' noise, so its score does not depend on
   * the others.
   * @throws RangeError (as a rejection) if k is not an integer of 1 or more, or the records do not have the model's shape
   * @example (await tinyVae.trained(runtime, [2]).score([1, 0, 0, 1], { k: 10, untrained: true })).shape // [2]
   */
  override async score(records: Records, options: VaeScoring = {}): Promise<Values> {
    return this.#scores("score", records, options, negativeLogLikelihood);
  }

  /**
   * How strange each value of each record is, in nats, [count, ...shape]. With "importance": -log p(value | all other values). With
   * "elbo": minus its log-probability given the encoder's latents, averaged; the sum of the values and the divergence is the
   * `score`.
   * @throws UsageError (as a rejection) for a likelihood of one's own without `logProbabilities`; otherwise as `score`
   * @example (await tinyVae.trained(runtime, [2]).fieldScores([1, 0, 0, 1], { k: 10, untrained: true })).shape // [2, 2]
   */
  async fieldScores(records: Records, options: VaeScoring = {}): Promise<Values> {
    // On demand: a page that only trains need not load it.
    const { valueScores } = await import("./field-scores.js");
    return this.#shaped((await this.#scores("fieldScores", records, options, valueScores)).data);
  }

  /** Results of a scorer of the family. */
  #scores(what: string, records: Records, options: VaeScoring, scores: Scores): Promise<Values> {
    checkOptions(what, options, ["estimate", "k", "seed", "labels", "untrained"]);
    const { seed = 0, untrained = false, labels: asked, ...others } = options;
    const { estimate, k } = checkedScoring(others);
    const values = this.#evaluated(what, records, seed);
    const labels = this.#labels(what, records, values, asked);
    const make = () => this.vae.scoring(this.shape, scores, { estimate, k });
    return this.computed(`${what} by ${estimate} of ${k}`, values, make, { what, seed, untrained, labels });
  }

  /**
   * Posteriors of records: means and standard deviations [records, latent].
   * @throws RangeError (as a rejection) if they do not have the model's shape
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await tinyVae.trained(runtime, [2]).encode([1, 2, 3, 4], { untrained: true })).mean.shape // [2, 3]
   */
  async encode(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Encoding> {
    checkOptions("encode", options, ["labels", "untrained"]);
    const values = this.#given("encode", records);
    const labels = this.#labels("encode", records, values, options.labels);
    await this.insistUsable("encode", this.vae.encoder(this.shape).variables, options);
    const { mean, deviation } = await this.#run(this.#encoder, values, { labels });
    return { mean: this.#latents(mean), deviation: this.#latents(deviation) };
  }

  /**
   * Records [count, ...shape] from latents [count, latent]: the likelihood's means, or draws if a seed is given.
   * @throws RangeError (as a rejection) if the latents are not complete rows
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await tinyVae.trained(runtime, [2]).decode([0, 0, 0, 1, 1, 1], { untrained: true })).shape // [2, 2]
   */
  async decode(latents: Values | ArrayLike<number>, options: DecodeOptions = {}): Promise<Values> {
    checkOptions("decode", options, ["seed", "labels", "untrained"]);
    const { seed } = options;
    checkSeed("decode", seed ?? 0);
    const rows = valuesOf("decode", latents, [this.#latent]);
    const labels = labelsAsked("decode", { count: rows.length / this.#latent, labels: options.labels }, this);
    await this.insistUsable("decode", this.vae.decoder(this.shape).variables, options);
    const { records } = await this.#run(seed === undefined ? this.#decoder : this.#drawer, rows, { seed, labels });
    return this.#shaped(records);
  }

  /**
   * Reconstructions: the likelihood's means for the mean of each record's posterior.
   * @throws RangeError (as a rejection) if they do not have the model's shape
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await tinyVae.trained(runtime, [2]).reconstruct([1, 2, 3, 4], { untrained: true })).shape // [2, 2]
   */
  async reconstruct(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Values> {
    checkOptions("reconstruct", options, ["labels", "untrained"]);
    const values = this.#given("reconstruct", records);
    const labels = this.#labels("reconstruct", records, values, options.labels);
    await this.insistUsable("reconstruct", this.vae.scorer(this.shape).variables, options);
    const out = await this.#run(this.#reconstructor, values, { labels });
    return this.#shaped(out.records);
  }

  /** The likelihood's means for the latents of a path. */
  protected override along(latents: readonly number[], how: UntrainedOption & LabelsOption): Promise<Values> {
    return this.decode(latents, how);
  }

  /**
   * Records [dimensions, steps, ...shape]: in each row one latent dimension varies while the others are fixed.
   * @throws RangeError (as a rejection) if an option is outside of its range
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await tinyVae.trained(runtime, [2]).traverse({ steps: 5, untrained: true })).shape // [3, 5, 2]
   */
  async traverse(options: TraverseOptions = {}): Promise<Values> {
    checkOptions("traverse", options, ["from", "dimensions", "range", "steps", "labels", "untrained"]);
    const { latents, dimensions, steps } = traversalOf(options, this.#latent);
    const labels = labelsAsked("traverse", { count: latents.length, labels: options.labels }, this);
    await this.insistUsable("traverse", this.vae.decoder(this.shape).variables, options);
    const { data } = await this.decode(latents.flat(), { untrained: true, ...(labels && { labels }) });
    return new Values(data, [dimensions, steps, ...this.shape]);
  }

  /**
   * Mean log-likelihood of records in nats, by importance sampling from their posteriors (Burda, Grosse, Salakhutdinov
   * 2016, eq. 8). If the model binarises, records are first converted to bits, drawn with `seed`. Memory does not grow
   * with k.
   * @throws RangeError (as a rejection) if k is not an integer of 1 or more
   * @example (await tinyVae.trained(runtime, [2]).logLikelihood([1, 2, 3, 4], { k: 10 })).perRecord.length // 2
   */
  async logLikelihood(records: Records, options: LogLikelihoodOptions = {}): Promise<LikelihoodEstimate> {
    checkOptions("logLikelihood", options, ["k", "seed", "labels"]);
    const { k = 5000, seed = 0 } = options;
    checkNumber("logLikelihood", "k", k, { atLeast: 1, whole: true });
    const values = this.#evaluated("logLikelihood", records, seed);
    const labels = this.#labels("logLikelihood", records, values, options.labels);
    return this.inTurn(() =>
      importanceLikelihood({
        runtime: this.runtime,
        name: "vae log-likelihood",
        records: values,
        labels,
        shape: this.shape,
        outputs: this.vae.decodedNumbers(this.shape),
        samples: k,
        seed,
        streams: evaluationStreams,
        logWeights: (x, samples, classes) => {
          const { logLikelihood, logRatio } = this.vae.terms(x, samples, this.vae.conditioned(classes));
          return add(logLikelihood, logRatio);
        },
      }),
    );
  }

  /**
   * Divergence in nats and activity of each latent dimension over records, and the number of active dimensions.
   * @throws RangeError (as a rejection) if the records do not have the model's shape
   * @example (await tinyVae.trained(runtime, [2]).latentUse([1, 2, 3, 4])).kl.length // 3
   */
  async latentUse(records: Records, options: LabelsOption & { readonly seed?: number } = {}): Promise<LatentUse> {
    checkOptions("latentUse", options, ["seed", "labels"]);
    const { seed = 0 } = options;
    const values = this.#evaluated("latentUse", records, seed);
    const labels = this.#labels("latentUse", records, values, options.labels);
    const { mean, kl } = await this.#run(this.#encoder, values, { labels });
    return latentUse(mean, kl, this.#latent);
  }

  #run(program: RowProgram, rows: Float32Array, how: RowRun): Promise<Record<string, Float32Array>> {
    return this.inTurn(() => program.run(rows, how));
  }

  /** The classes of records, of a conditional model. */
  #labels(
    what: string,
    records: Records,
    values: Float32Array,
    labels: LabelsOption["labels"],
  ): Int32Array | undefined {
    return labelsOfRecords(what, { records, count: values.length / sizeOf(this.shape), labels }, this);
  }

  get #latent(): number {
    return this.vae.options.latent;
  }

  #given(what: string, records: Records): Float32Array {
    return givenValues(what, records, this.shape, this.vae.options.likelihood);
  }

  /** Normalised values of records. Throws RangeError if one is outside of the likelihood's range. */
  #evaluated(what: string, records: Records, seed: number): Float32Array {
    const { binarisation, likelihood } = this.vae.options;
    checkSeed(what, seed);
    const values = this.#given(what, isDataset(records) ? binarisation.evaluated(records, seed) : records);
    checkValues(`${what}: values for the ${likelihood.config.kind} likelihood`, values, likelihood.range);
    return values;
  }

  #latents(values: Float32Array): Values {
    return new Values(values, [values.length / this.#latent, this.#latent]);
  }

  #shaped(values: Float32Array): Values {
    return new Values(values, [values.length / sizeOf(this.shape), ...this.shape]);
  }
}
