/**
 * Sequence models: the probability of a record is the product of those of its tokens, each given the tokens before it (Bengio et
 * al. 2003, section 2). One causal network computes all of them; sampling draws token after token in a loop inside one program.
 */
import type { TrainingData } from "../../data/training-data.js";
import type { Runtime } from "../../host/runtime.js";
import { type Shape, shapeText } from "../../graph/shape.js";
import { Input, type Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { checkRole } from "../../kinds/roles.js";
import { checkCausal } from "../../layers/causal.js";
import type { ApplyOptions, Layer, LayerSummary, Updates } from "../../layers/layer.js";
import { countedMask } from "../../objectives/ends.js";
import { ranks } from "../../graph/ranks.js";
import { meanOfRanks } from "../../ops/all-reduce.js";
import { crossEntropy } from "../../ops/categorical.js";
import { logProbability } from "../../ops/categorical/log-probability.js";
import { cast } from "../../ops/indexing.js";
import { div, mul } from "../../ops/elementwise.js";
import { sum } from "../../ops/reduction.js";
import { adam } from "../../optimizers/adam.js";
import { gradientsOf, mergeUpdates } from "../../optimizers/gradients.js";
import type { Optimizer, OptimizerState } from "../../optimizers/index.js";
import { checkNumber, checkOptions } from "../../options.js";
import { givenLabels, labelled } from "../../train/class-draw.js";
import { type DataDescription, describedData } from "../../train/data-description.js";
import type { BatchSource, Family, StepGraph } from "../../train/family.js";
import type { FamilyConfig } from "../../train/family-config.js";
import type { RowFunction, Sampler } from "../../train/sampler.js";
import type { StartingValues } from "../../train/train-options.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { checkClasses } from "../classes.js";
import { exporter } from "../exporter.js";
import { refuseDescription } from "../refuse-description.js";
import { sequenceSampler } from "./sampler.js";
import type { SequenceSamplerOptions, TokenFamily } from "./token-family.js";
import { TokenNetwork } from "./token-network.js";
import { TrainedSequence } from "./trained-sequence.js";

export interface SequenceOptions {
  /** Number of tokens, as in the data's description, 2 or more. */
  readonly vocabulary: number;
  /** Tokens of a record, with its end if the data have ends. */
  readonly length: number;
  /** A causal layer from [batch, positions, width] to [batch, positions, features], such as `networks.gru()`. */
  readonly network: Layer;
  /** Numbers of the vector that stands for a token; default 64. */
  readonly width?: number;
  /** Whether records differ in length: token 0 is their end, after which nothing counts. Default false. */
  readonly ended?: boolean;
  /** Label smoothing of the training loss, in [0, 1); default 0. */
  readonly smoothing?: number;
  /** Default `adam(1e-3)`. */
  readonly optimizer?: Optimizer;
  /**
   * Number of classes of the data's labels, 2 to 1,000: a conditional model, of p(record | class). The tokens' vectors are then
   * scaled and shifted by class.
   */
  readonly classes?: number;
}

const names = ["vocabulary", "length", "network", "width", "ended", "smoothing", "optimizer", "classes"];

/** A sequence model: see `sequence`. */
export class Sequence implements Family<TrainedSequence>, TokenFamily {
  readonly kind = "sequence";
  readonly exporter = exporter;
  readonly abilities = ["score", "fieldScores", "tokens"] as const;
  readonly draws = 1;
  readonly config: FamilyConfig;
  readonly classes: number | undefined;
  readonly options: Required<Omit<SequenceOptions, "classes">>;
  readonly network: TokenNetwork;
  #optimizer: OptimizerState | undefined;

  constructor(options: SequenceOptions) {
    checkOptions("sequence", options, names);
    const { vocabulary, length, network, width = 64, ended = false, smoothing = 0 } = options;
    const { optimizer = adam(1e-3), classes } = options;
    checkNumber("sequence", "vocabulary", vocabulary, { whole: true, atLeast: 2, atMost: 65_536 });
    checkNumber("sequence", "length", length, { whole: true, atLeast: 1 });
    checkNumber("sequence", "width", width, { whole: true, atLeast: 1 });
    checkNumber("sequence", "smoothing", smoothing, { atLeast: 0, below: 1 });
    if (typeof ended !== "boolean") throw new TypeError(`sequence: ended must be true or false, found ${ended}`);
    checkRole("sequence", "network", "layer", network);
    checkCausal("sequence", network);
    checkRole("sequence", "optimizer", "optimizer", optimizer);
    checkClasses("sequence", { classes });
    this.classes = classes;
    this.options = { vocabulary, length, network, width, ended, smoothing, optimizer };
    this.config = {
      kind: "sequence",
      ...this.options,
      network: network.config,
      optimizer: optimizer.config,
      ...(classes !== undefined && { classes }),
    };
    this.network = new TokenNetwork({ vocabulary, width, network, classes });
  }

  get variables(): readonly Variable[] {
    return this.network.variables;
  }

  init(shape: Shape): void {
    this.#checkShape(shape);
    this.network.init(this.options.length, this.#one);
  }

  /** The class of a single row, for graphs that only create the variables. */
  get #one(): ApplyOptions {
    return this.classes === undefined ? {} : this.conditioned(new Input("labels", [1], "i32"));
  }

  /** Options of the network for records of these classes, if the model is conditional. */
  conditioned(labels: Tensor | undefined): ApplyOptions {
    return labelled(labels, this.classes);
  }

  accept(data: TrainingData): TrainingData {
    const { tokens, shape, name } = data;
    const { vocabulary, ended } = this.options;
    if (tokens === undefined)
      throw new RangeError(
        `sequence: the records of ${name} must be tokens, as datasets.tokens, datasets.windows or a text file give them, found values of ${shapeText(shape)}`,
      );
    if (tokens.vocabulary !== vocabulary)
      throw new RangeError(
        `sequence: vocabulary must be ${tokens.vocabulary}, as that of ${name}, found ${vocabulary}`,
      );
    if (tokens.ended !== ended)
      throw new RangeError(`sequence: ended must be ${tokens.ended}, as in ${name}, found ${ended}`);
    this.#checkShape(shape);
    return data;
  }

  #checkShape(shape: Shape): void {
    const { length } = this.options;
    if (shape.length !== 1 || shape[0] !== length)
      throw new RangeError(`sequence: records must have shape ${shapeText([length])}, found ${shapeText(shape)}`);
  }

  step(batches: BatchSource): StepGraph {
    const { smoothing, optimizer } = this.options;
    const updates: Updates = new Map();
    const batch = batches.next();
    const tokens = cast(batch.values, "i32");
    const conditions = this.classes === undefined ? {} : this.conditioned(batch.labels);
    const logits = this.network.logits(tokens, { training: true, updates, ...conditions });
    const mask = this.mask(tokens);
    const loss = ofWholeBatch(crossEntropy(logits, tokens, { mask, smoothing }), mask);
    const { parameters } = this.network;
    this.#optimizer ??= optimizer.init(parameters);
    mergeUpdates(updates, optimizer.apply(gradientsOf(loss, parameters), this.#optimizer));
    return { losses: { loss }, updates };
  }

  /** 1 for every token up to the first end, [batch, length]; undefined if all tokens count. */
  mask(tokens: Tensor): Tensor | undefined {
    return this.options.ended ? countedMask(tokens) : undefined;
  }

  /** log p of every token in nats, given those before it, [batch, length]; 0 after the end. */
  logProbabilities(tokens: Tensor, conditions: ApplyOptions = {}): Tensor {
    const logs = logProbability("logLikelihood", this.network.logits(tokens, conditions), tokens);
    const mask = this.mask(tokens);
    return mask ? mul(logs, mask) : logs;
  }

  /** Draws records token by token: see `sequenceSampler`. */
  sampler(shape: Shape, options: SequenceSamplerOptions = {}): Sampler {
    this.init(shape);
    return sequenceSampler(this, options);
  }

  /** The negative log-likelihood of records in nats, [count]. */
  scorer(shape: Shape): RowFunction {
    this.init(shape);
    return {
      inputs: { records: { shape }, ...(this.classes !== undefined && { labels: givenLabels }) },
      graph: ({ records, labels }) =>
        mul(sum(this.logProbabilities(cast(records, "i32"), this.conditioned(labels)), { axes: 1 }), -1),
      variables: this.variables,
    };
  }

  layers(shape: Shape): LayerSummary[] {
    this.init(shape);
    return this.network.layers(this.options.length);
  }

  trained(runtime: Runtime, data: Shape | DataDescription): TrainedSequence {
    this.init(describedData(data).shape);
    return new TrainedSequence(this, runtime, data);
  }

  /**
   * Trains on a data set of tokens; see `TrainOptions`. The loss is the cross-entropy in nats per token.
   * @returns the training, which starts when it is iterated or its `done` is awaited
   * @throws RangeError if an option is outside of its range, or the data are not tokens of this vocabulary and length
   * @example Object.keys((await tinySequence.train(runtime, tinyTokens, { steps: 3 }).done).losses) // ["loss"]
   */
  train(
    runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
    from: StartingValues = { values: "initial" },
  ): Training<TrainedSequence> {
    return new Training<TrainedSequence>(this, runtime, data, options, from);
  }
}

/**
 * A mean over the tokens that count of a rank's records, scaled so that the mean over all ranks is the mean over the tokens of
 * the whole batch.
 */
function ofWholeBatch(loss: Tensor, mask: Tensor | undefined): Tensor {
  if (!mask || ranks().size === 1) return loss;
  const own = sum(mask);
  return mul(loss, div(own, meanOfRanks(own, "the number of tokens")));
}

/**
 * Makes a sequence model; `train` trains it. `familyFrom` makes an equal model from its `config`, also after conversion to JSON.
 *
 * @throws TypeError if an option is unknown or has the wrong type, or a layer of the network looks at later positions
 * @throws RangeError if an option is outside of its range
 * @example sequence({ vocabulary: 5, length: 8, network: networks.gru({ width: 16 }) }).sampler([8]).inputs.quantiles.shape // [8]
 * @example sequence({ vocabulary: 5, length: 8, network: layers.batchNorm() }) // throws sequence: every layer of the network must be causal, found batchNorm
 */
export function sequence(options: SequenceOptions): Sequence {
  refuseDescription("sequence", options);
  return new Sequence(options);
}
