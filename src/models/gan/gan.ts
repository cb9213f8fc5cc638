/**
 * Generative adversarial networks (Goodfellow et al. 2014): a generator turns latents into samples, a discriminator
 * distinguishes them from data, and one program trains both.
 */
import type { TrainingData } from "../../data/training-data.js";
import { UsageError } from "../../errors.js";
import { exporter } from "../exporter.js";
import { type LayerSummary, Network, type Updates } from "../../layers/layer.js";
import { wholeBatch } from "../../ops/all-reduce.js";
import { add, neg } from "../../ops/elementwise.js";
import { randomNormal } from "../../ops/random.js";
import { reshape } from "../../ops/movement.js";
import { stopGradient } from "../../ops/stop.js";
import { gradientsOf, mergeUpdates } from "../../optimizers/gradients.js";
import type { OptimizerState } from "../../optimizers/index.js";
import { conditionedOn } from "../../train/conditioned-data.js";
import { stepCount } from "../../optimizers/step-count.js";
import type { Augmentation } from "../../objectives/augmentation.js";
import { checkOptions } from "../../options.js";
import type { Runtime } from "../../host/runtime.js";
import { sameShape, shapeText, type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { type DataDescription, describedData } from "../../train/data-description.js";
import { TrainedModel } from "../../train/trained.js";
import type { StartingValues } from "../../train/train-options.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { ganAlarms, ganSignals } from "./signals.js";
import { refuseDescription } from "../refuse-description.js";
import { furtherInput, givenLabels, labelInput, labelled, withFurther } from "../../train/class-draw.js";
import { type Auxiliary, classifierIn } from "./auxiliary.js";
import { type MovingAverage, movingAverage } from "./average.js";
import { clipWeights } from "./clip-weights.js";
import { discriminatorLoss } from "./discriminator-loss.js";
import { checkGenerated, type Images, valueImages } from "./token-images.js";
import { type CheckedOptions, checkedOptions, configOf, type GanOptions } from "./options.js";
import type { Batch, BatchSource, Family, FamilyConfig, StepGraph } from "../../train/family.js";
import {
  normalLatents,
  type RowFunction,
  type Sampler,
  type SamplerOptions,
  samplesOf,
  temperatureOf,
} from "../../train/sampler.js";

export type { GanOptions };

/** A GAN: see `gan`. */
export class Gan implements Family {
  readonly kind = "gan";
  readonly exporter = exporter;
  readonly abilities: readonly ("score" | "decode")[];
  readonly alarms = ganAlarms;
  readonly config: FamilyConfig;
  readonly draws: number;
  readonly classes: number | undefined;
  readonly #images: Images;
  readonly #auxiliary: Auxiliary | undefined;
  readonly #options: CheckedOptions;
  readonly #generator: Network;
  readonly #discriminator: Network;
  readonly #states = new Map<string, OptimizerState>();
  readonly #average: MovingAverage | undefined;
  readonly #steps = stepCount("optimizer/step");
  readonly #augmented: ReturnType<Augmentation["training"]> | undefined;
  /** What fits samples of rows to the data when a training ends. */
  readonly #fit: { readonly offsets: Variable; readonly curves: Variable } | undefined;

  constructor(options: GanOptions) {
    const checked = checkedOptions(options);
    this.#options = checked;
    this.config = configOf(checked);
    this.draws = checked.discriminatorSteps;
    this.#average = movingAverage(checked.ema);
    this.#augmented = checked.augment?.training(checked.loss);
    this.#generator = new Network("generator", checked.generator);
    this.#discriminator = new Network("discriminator", checked.discriminator);
    this.#images = checked.tokens ?? checked.table ?? valueImages;
    const { classes, auxiliary } = checked;
    this.classes = classes;
    this.#fit = this.#images.fitting?.variables();
    this.abilities = this.#scores ? ["score", "decode"] : ["decode"];
    this.#auxiliary = auxiliary === undefined ? undefined : { classes: classes as number, weight: auxiliary };
  }

  /** Whether the discriminator judges single records: not packs, nor rows together with the values that they were asked for. */
  get #scores(): boolean {
    return this.#pac === 1 && !(this.#options.table && this.classes !== undefined);
  }

  /** Number of classes that the discriminator sees; none if it has to tell them itself, or sees them in packs of records. */
  get #shown(): number | undefined {
    return this.#auxiliary || this.#pac > 1 ? undefined : this.classes;
  }

  /** Images that the discriminator judges together. */
  get #pac(): number {
    return this.#images.pac ?? 1;
  }

  /** What the discriminator judges of images and their classes: packs of them. */
  #packed(images: Tensor, labels: Tensor | undefined): Tensor {
    return this.#images.packed?.(images, labels, this.classes) ?? images;
  }

  /** Shape of what the discriminator judges, for records of a shape. */
  #judged(shape: Shape): Shape {
    const image = this.#images.shape(shape);
    return this.#pac === 1 ? image : [this.#pac * (image[0] + (this.classes ?? 0))];
  }

  /** The classes that the generator is asked for in training: those of the records. */
  #askedOf({ values, labels }: Batch): Tensor | undefined {
    return labels && (this.#images.several?.(labels, values) ?? labels);
  }

  get variables(): readonly Variable[] {
    const averages = this.#average?.variables ?? [];
    return [...this.#generator.variables, ...averages, ...this.finished, ...this.#discriminator.variables];
  }

  accept(data: TrainingData): TrainingData {
    this.#images.check(data);
    return data;
  }

  init(shape: Shape): void {
    this.sampler(shape);
    checkLogits([1, ...this.#discriminator.init(this.#judged(shape), this.#shown)], 1, this.#auxiliary);
  }

  step(batches: BatchSource): StepGraph {
    const { loss, discriminatorSteps, clipWeights: limit } = this.#options;
    const updates: Updates = new Map();
    const classifier = classifierIn(this.#auxiliary);
    let labels: Tensor | undefined;
    const judge = (x: Tensor, updating = true) => {
      const how = { training: true, values: updates, ...(updating && { updates }), ...labelled(labels, this.#shown) };
      const output = this.#discriminator.apply(x, how);
      checkLogits(output.shape, batches.size / this.#pac, this.#auxiliary);
      return classifier.logits(output);
    };
    const step = () => this.#steps(updates);
    const augmented = this.#augmented?.({ batchSize: batches.size, updates, discriminate: judge, step });
    const discriminate = augmented?.discriminate ?? judge;
    let lossOfDiscriminator: Tensor | undefined;
    let real: Tensor | undefined;
    let fake: Tensor | undefined;
    let output: Tensor | undefined;
    for (let round = 0; round < discriminatorSteps; round++) {
      const batch = batches.next();
      // Samples of a step have the classes of its records, so every penalty between the two compares like with like.
      if (this.classes !== undefined) labels = this.#askedOf(batch);
      real = this.#packed(this.#images.of(batch.values), labels);
      output = this.#generate(batches.size, updates, labels);
      fake = this.#packed(this.#generated(output, batches), labels);
      const judged = { real, fake: stopGradient(fake), discriminate, step };
      const adversarial = discriminatorLoss(this.#options, judged);
      lossOfDiscriminator = classifier.added(adversarial, labels, 2);
      augmented?.observe(real);
      this.#update("discriminator", lossOfDiscriminator, updates);
      if (limit !== undefined) clipWeights(this.#discriminator.parameters, limit, updates);
    }
    const adversarial = loss.generator(discriminate(fake as Tensor), () => discriminate(real as Tensor));
    const asked = labels && this.#images.asked?.(output as Tensor, labels);
    const generatorLoss = classifier.added(asked ? add(adversarial, asked) : adversarial, labels, 1);
    this.#update("generator", generatorLoss, updates);
    this.#average?.update(this.#generator.variables, updates, wholeBatch(batches.size));
    const losses = { discriminator: lossOfDiscriminator as Tensor, generator: generatorLoss };
    return { losses: { ...losses, ...augmented?.reported() }, updates };
  }

  /** What a training watches: see `ganSignals`. */
  signals(batches: BatchSource): Readonly<Record<string, Tensor>> {
    const batch = batches.next();
    const { values } = batch;
    const labels = this.classes === undefined ? undefined : this.#askedOf(batch);
    const [real, fake] = [
      this.#images.of(values),
      this.#generated(this.#generate(batches.size, new Map(), labels), batches),
    ];
    const how = { training: true, ...labelled(labels, this.#shown) };
    const { logits } = classifierIn(this.#auxiliary);
    const [realLogits, fakeLogits] = [real, fake].map((x) =>
      logits(this.#discriminator.apply(this.#packed(x, labels), how)),
    );
    return ganSignals({ loss: this.#options.loss, real, fake, realLogits, fakeLogits });
  }

  /**
   * The generator, with averaged parameters if the model keeps them, without the discriminator. Input: `latents`
   * [latent], and `labels` [] of a conditional model; of one that is asked for several classes at once also `also` [classes], 1 for
   * each further class.
   */
  sampler(shape: Shape, options: SamplerOptions = {}): Sampler {
    checkOptions("sampler", options, ["temperature", "classCounts", "outputs"]);
    const temperature = temperatureOf(options.temperature);
    const { classes } = this;
    const { latent } = this.#options;
    const average = this.#average;
    checkGenerated([1, ...this.#generator.init([latent], classes)], [1, ...this.#images.shape(shape)]);
    const { variables } = this.#generator;
    const values = new Map(average ? variables.map((one) => [one, average.of(one)]) : []);
    return {
      inputs: {
        latents: { shape: [latent], draw: (count) => normalLatents(count, latent, temperature) },
        ...(classes !== undefined && { labels: labelInput(classes, options.classCounts) }),
        ...(classes !== undefined && this.#images.several && { also: furtherInput(classes) }),
      },
      graph: ({ latents, labels, also }) => {
        const asked = labels && also ? withFurther(labels, also) : labels;
        const output = this.#generator.apply(latents, { values, ...labelled(asked, classes) });
        if (options.outputs) return output;
        return this.#recordsOf(output, shape, this.#fit);
      },
      variables: [...variables.map((one) => values.get(one) ?? one), ...this.finished],
    };
  }

  /** Records of what the generator returns, fitted to the data if the model does that. */
  #recordsOf(output: Tensor, shape: Shape, fit: Partial<Record<"offsets" | "curves", Tensor>> = {}): Tensor {
    const shifted = fit.offsets ? add(output, fit.offsets) : output;
    const records = this.#images.records(this.#generated(shifted, { size: output.shape[0], shape }));
    return (fit.curves && this.#images.fitting?.curved(records, fit.curves)) ?? records;
  }

  get finished(): readonly Variable[] {
    return this.#fit ? [this.#fit.offsets, this.#fit.curves] : [];
  }

  /** What fits samples of rows to the data. */
  async finish(runtime: Runtime, data: TrainingData, seed: number): Promise<ReadonlyMap<Variable, Float32Array>> {
    const { fitting } = this.#images;
    if (!fitting || !this.#fit) return new Map();
    const { shape } = data;
    const { classCounts } = conditionedOn(data, this);
    const sampler = this.sampler(shape, { outputs: true, ...(classCounts && { classCounts }) });
    const model = {
      spans: fitting.spans,
      output: (rows: number) => samplesOf(sampler, rows),
      records: (output: Tensor) => this.#recordsOf(output, shape),
    };
    // On demand: a page without tables need not load it.
    const { fitRows } = await import("../../train/fit-rows.js");
    const { offsets, curves } = await fitRows(runtime, data, model, seed);
    return new Map([
      [this.#fit.offsets, offsets],
      [this.#fit.curves, curves],
    ]);
  }

  /** Samples of latents: the sampler, whose only random numbers are the latents. */
  decoder(shape: Shape): RowFunction {
    return this.sampler(shape);
  }

  /** Minus the discriminator's logit of records, [count]. A discriminator that compares records sees one at a time. */
  scorer(shape: Shape): RowFunction {
    if (!this.#scores)
      throw new UsageError(
        `score: this discriminator judges ${this.#pac > 1 ? "packs of records" : "rows together with the values that they were asked for"}, and has no score of a single one`,
        { hint: "train a VAE on the data for scores" },
      );
    const shown = this.#shown;
    const image = this.#images.shape(shape);
    checkLogits([1, ...this.#discriminator.init(image, shown)], 1, this.#auxiliary);
    return {
      inputs: { records: { shape }, ...(shown !== undefined && { labels: givenLabels }) },
      graph: ({ records, labels }) => {
        const output = this.#discriminator.apply(this.#images.of(records), labelled(labels, shown));
        return neg(reshape(classifierIn(this.#auxiliary).logits(output), [records.shape[0]]));
      },
      variables: this.#discriminator.variables,
      ...(this.#discriminator.layers(image, shown).some(({ kind }) => kind === "minibatchStd") && { rows: 1 }),
    };
  }

  /** The layers of the generator, then those of the discriminator. */
  layers(shape: Shape): LayerSummary[] {
    const generator = this.#generator.layers([this.#options.latent], this.classes);
    return [...generator, ...this.#discriminator.layers(this.#judged(shape), this.#shown)];
  }

  trained(runtime: Runtime, data: Shape | DataDescription): TrainedModel {
    // Traces the generator once to create its variables, so that the weights of a file can be written to them.
    this.sampler(describedData(data).shape);
    return new TrainedModel(this, runtime, data);
  }

  /**
   * Trains on a data set; see `TrainOptions`.
   * @returns the training, which starts when it is iterated or its `done` is awaited
   * @throws RangeError if an option is outside of its range
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 3 }).done).step // 3
   */
  train(
    runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
    from: StartingValues = { values: "initial" },
  ): Training {
    return new Training(this, runtime, data, options, from);
  }

  /** Adds the updates of one network's parameters, which reduce its loss, to `updates`. */
  #update(player: "generator" | "discriminator", loss: Tensor, updates: Updates): void {
    const optimizer = this.#options.optimizers[player];
    const { parameters } = player === "generator" ? this.#generator : this.#discriminator;
    const state = this.#states.get(player) ?? optimizer.init(parameters, `optimizer/${player}`);
    this.#states.set(player, state);
    const values = { values: updates };
    mergeUpdates(updates, optimizer.apply(gradientsOf(loss, parameters, values), state, values));
  }

  /** What the generator returns for new latents. */
  #generate(count: number, updates: Updates, labels: Tensor | undefined): Tensor {
    const latents = randomNormal([count, this.#options.latent]).named("latents");
    const how = { training: true, values: updates, updates, ...labelled(labels, this.classes) };
    return this.#generator.apply(latents, how);
  }

  /** Images of what the generator returned, for `size` records of a shape. */
  #generated(output: Tensor, { size, shape }: Pick<BatchSource, "size" | "shape">): Tensor {
    checkGenerated(output.shape, [size, ...this.#images.shape(shape)]);
    return this.#images.generated?.(output) ?? output;
  }
}

function checkLogits(found: Shape, count: number, auxiliary: Auxiliary | undefined): void {
  if (auxiliary ? sameShape(found, [count, 1 + auxiliary.classes]) : sizeOf(found) === count) return;
  throw new RangeError(
    auxiliary
      ? `gan: the discriminator must return ${1 + auxiliary.classes} logits per record, one and ${auxiliary.classes} of the auxiliary classifier, found ${shapeText(found)} for ${count} records`
      : `gan: the discriminator must return one logit per record, found ${shapeText(found)} for ${count} records`,
  );
}

/**
 * Makes a generative adversarial network (Goodfellow et al. 2014) from the layers of both networks; `train` trains it.
 *
 * The discriminator is updated first, then the generator against the updated discriminator, with the same generated
 * samples. `familyFrom` makes an equal model from its `config`, also after conversion to JSON.
 * @throws TypeError if an option is unknown or has the wrong type
 * @throws RangeError if an option is outside of its range; shapes are checked when training starts
 * @example gan({ latent: 8, generator: layers.dense(2), discriminator: layers.dense(1) }).sampler([2]).inputs.latents.shape // [8]
 * @example gan({ latent: 8, generator: layers.dense(2), discriminator: layers.dense(1), optimizers: { generator: adam(1e-4, { beta1: 0 }), discriminator: adam(4e-4, { beta1: 0 }) } }).config.optimizers.discriminator.learningRate // 0.0004
 * @example gan({ latent: 8, generator: layers.dense(2), discriminator: layers.dense(1), ema: { halfLife: 20_000 } }).config.ema.rampUp // 0.05
 */
export function gan(options: GanOptions): Gan {
  refuseDescription("gan", options);
  return new Gan(options);
}
