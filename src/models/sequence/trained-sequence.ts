/** Trained sequence models: sampling with prompts, likelihoods of records and tokens, and the most likely continuations. */
import type { Runtime } from "../../host/runtime.js";
import type { Shape } from "../../graph/shape.js";
import { Values } from "../../graph/values.js";
import { checkCategorical } from "../../ops/categorical/draw.js";
import { cast } from "../../ops/indexing.js";
import { checkNumber, checkOptions } from "../../options.js";
import type { DataDescription } from "../../train/data-description.js";
import { type LabelsOption, labelsAsked, labelsOfRecords } from "../../train/labels.js";
import { type Records, RowProgram, valuesOf } from "../../train/records.js";
import { type SampleOptions, sampleOptions } from "../../train/sample-options.js";
import type { SamplerOptions } from "../../train/sampler.js";
import { type Drawing, TrainedModel, type UntrainedOption } from "../../train/trained.js";
import { type Beam, BeamSearch, type BeamSearchOptions } from "./beam-search.js";
import { promptOf, type PromptOption } from "./prompt.js";
import type { TokenFamily } from "./token-family.js";

/** Options of `sample` of a sequence model. */
export interface SequenceSampleOptions extends SampleOptions, PromptOption {
  /** 0 takes the most likely token at every position. */
  readonly temperature?: number;
  /** Draws among the most likely tokens only: see `randomCategorical`. */
  readonly topK?: number;
  /** Draws among the smallest set of tokens of this probability: see `randomCategorical`. */
  readonly topP?: number;
  /** Tokens of a sample, the prompt included; default: those of a record. */
  readonly length?: number;
}

/** Log-likelihoods in nats. */
export interface SequenceLikelihood {
  /** Mean over records. */
  readonly mean: number;
  /** Mean over tokens that count: those up to the first end. */
  readonly perToken: number;
  readonly perRecord: Float32Array;
  /** log p of every token, given those before it, [records, length]; 0 after the end. */
  readonly tokens: Values;
}

/** Records of one run of the program of likelihoods. */
const likelihoodRows = 32;

/** A trained sequence model. */
export class TrainedSequence extends TrainedModel {
  readonly #likelihoods: RowProgram;
  #beams: BeamSearch | undefined;

  constructor(
    private readonly sequence: TokenFamily,
    runtime: Runtime,
    data: Shape | DataDescription,
  ) {
    super(sequence, runtime, data);
    this.#likelihoods = this.own(
      new RowProgram(runtime, {
        name: "sequence log-likelihood",
        shape: this.shape,
        labelled: sequence.classes !== undefined,
        block: likelihoodRows,
        build: (records, labels) => ({
          logs: sequence.logProbabilities(cast(records, "i32"), sequence.conditioned(labels)),
        }),
      }),
    );
  }

  /**
   * Draws `count` records of tokens [count, length].
   * @throws RangeError (as a rejection) if an option is outside of its range, or the prompt has a token that the vocabulary lacks
   * @example (await tinySequence.trained(runtime, [6]).sample(4, { temperature: 0.8, topK: 2, untrained: true })).shape // [4, 6]
   * @example Array.from((await tinySequence.trained(runtime, [6]).sample(1, { prompt: [2, 1], untrained: true })).data.slice(0, 2)) // [2, 1]
   */
  override async sample(count: number, options: SequenceSampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, [...sampleOptions, "topK", "topP", "length", "prompt"]);
    const { topK, topP, length = this.sequence.options.length, prompt, ...others } = options;
    checkCategorical("sample", { ...options });
    checkNumber("sample", "length", length, { whole: true, atLeast: 1 });
    const given = await promptOf("sample", prompt, { ...this.sequence.options, length }, this.data);
    const greedy = others.temperature === 0;
    const how = greedy ? { ...others, temperature: 1 } : others;
    return this.drawn(count, how, {
      what: "sample",
      ...this.#drawing({ topK, topP, length, prompted: given !== undefined, greedy }),
      ...(given && { fixed: { prompt: given } }),
    });
  }

  #drawing(how: {
    topK: number | undefined;
    topP: number | undefined;
    length: number;
    prompted: boolean;
    greedy: boolean;
  }): Pick<Drawing, "name" | "sampler" | "shape"> {
    const { greedy, ...rest } = how;
    const sampler = (options: SamplerOptions) =>
      this.sequence.sampler(this.shape, { ...options, ...rest, ...(greedy && { temperature: 0 }) });
    return { name: `sample ${JSON.stringify(how)}`, shape: [how.length], sampler };
  }

  /**
   * Log-likelihoods of records, and of each of their tokens, in nats.
   * @param records a data set of tokens, or tokens [records, length]
   * @throws RangeError (as a rejection) if the records do not have the model's shape
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await tinySequence.trained(runtime, [6]).logLikelihood([1, 2, 3, 1, 2, 0], { untrained: true })).tokens.shape // [1, 6]
   */
  async logLikelihood(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<SequenceLikelihood> {
    checkOptions("logLikelihood", options, ["labels", "untrained"]);
    const values = valuesOf("logLikelihood", records, this.shape);
    const [length] = this.shape;
    const count = values.length / length;
    const labels = labelsOfRecords("logLikelihood", { records, count, labels: options.labels }, this);
    await this.insistUsable("logLikelihood", this.sequence.variables, options);
    const { logs } = await this.inTurn(() => this.#likelihoods.run(values, { labels }));
    return likelihoodOf(values, logs, length, this.sequence.options.ended);
  }

  /**
   * How strange each token of each record is, in nats, [count, length]: -log p of it given those before it; 0 after the end.
   * @throws as `logLikelihood`
   * @example (await tinySequence.trained(runtime, [6]).fieldScores([1, 2, 2, 1, 2, 0], { untrained: true })).shape // [1, 6]
   */
  async fieldScores(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Values> {
    checkOptions("fieldScores", options, ["labels", "untrained"]);
    const { tokens } = await this.logLikelihood(records, options);
    return new Values(
      tokens.data.map((log) => 0 - log),
      tokens.shape,
    );
  }

  /**
   * The most likely records that a beam search finds, best first (Graves 2012, section 2.5, without the merging of prefixes):
   * after every token, the `width` most likely beginnings go on.
   * @returns records of tokens [length], and their log-likelihoods in nats
   * @throws RangeError (as a rejection) if an option is outside of its range
   * @example (await tinySequence.trained(runtime, [6]).beamSearch({ width: 3, untrained: true })).length // 3
   */
  async beamSearch(
    options: BeamSearchOptions & PromptOption & UntrainedOption & LabelsOption = {},
  ): Promise<readonly Beam[]> {
    checkOptions("beamSearch", options, ["width", "length", "prompt", "labels", "untrained"]);
    const { width = 8, length = this.sequence.options.length } = options;
    checkNumber("beamSearch", "width", width, { whole: true, atLeast: 1, atMost: 4096 });
    checkNumber("beamSearch", "length", length, { whole: true, atLeast: 1 });
    const prompt = await promptOf("beamSearch", options.prompt, { ...this.sequence.options, length }, this.data);
    const labels = labelsAsked("beamSearch", { count: 1, labels: options.labels }, this);
    await this.insistUsable("beamSearch", this.sequence.variables, options);
    return this.inTurn(async () => {
      if (!this.#beams?.suits(width, length)) {
        this.#beams?.release();
        this.#beams = this.own(new BeamSearch(this.runtime, this.sequence, width, length));
      }
      return this.#beams.run(prompt, labels?.[0]);
    });
  }
}

/** Sums and means of the log-probabilities of tokens. */
function likelihoodOf(values: Float32Array, logs: Float32Array, length: number, ended: boolean): SequenceLikelihood {
  const count = values.length / length;
  const perRecord = new Float32Array(count);
  let [total, counted] = [0, 0];
  for (let record = 0; record < count; record++) {
    const from = record * length;
    const end = ended ? values.subarray(from, from + length).indexOf(0) : -1;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += logs[from + i];
    perRecord[record] = sum;
    total += sum;
    counted += end < 0 ? length : end + 1;
  }
  return { mean: total / count, perToken: total / counted, perRecord, tokens: new Values(logs, [count, length]) };
}
