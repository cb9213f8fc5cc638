/**
 * Generative adversarial networks (Goodfellow et al. 2014): a generator turns latents into samples, a discriminator
 * distinguishes them from data, and one program trains both.
 */
import type { TrainingData } from "../../data/training-data.js";
import { exporter } from "../exporter.js";
import { zeros } from "../../layers/initializers.js";
import { checkRole } from "../../kinds/roles.js";
import { type Layer, type LayerSummary, Network, type Updates } from "../../layers/layer.js";
import { type AdversarialLoss, nonSaturating } from "../../objectives/losses.js";
import { add, div, minimum, mul, neg, sub } from "../../ops/elementwise.js";
import { randomNormal } from "../../ops/random.js";
import { reshape } from "../../ops/movement.js";
import { stopGradient } from "../../ops/stop.js";
import { adam } from "../../optimizers/adam.js";
import { gradientsOf, mergeUpdates } from "../../optimizers/gradients.js";
import type { Optimizer, OptimizerState } from "../../optimizers/index.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import type { Penalty } from "../../objectives/penalties.js";
import type { Runtime } from "../../host/runtime.js";
import { sameShape, shapeText, type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";
import { type DataDescription, describedData } from "../../train/data-description.js";
import { TrainedModel } from "../../train/trained.js";
import type { StartingValues } from "../../train/train-options.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { refuseDescription } from "../refuse-description.js";
import { checkedClasses } from "../classes.js";
import { givenLabels, labelInput, labelled } from "../../train/class-draw.js";
import { type Auxiliary, auxiliaryLoss, splitLogits } from "./auxiliary.js";
import type { BatchSource, Family, FamilyConfig, StepGraph } from "../../train/family.js";
import {
  normalLatents,
  type RowFunction,
  type Sampler,
  type SamplerOptions,
  temperatureOf,
} from "../../train/sampler.js";

export interface GanOptions {
  /** Length of the latent vector, standard normal. */
  readonly latent: number;
  /** [batch, latent] to [batch, ...shape of a record]. */
  readonly generator: Layer;
  /** [batch, ...shape of a record] to logits [batch, 1]. */
  readonly discriminator: Layer;
  /** Default `losses.nonSaturating()`. */
  readonly loss?: AdversarialLoss;
  /** Terms added to the discriminator's loss, for example `penalties.r1(1)`; default none. */
  readonly penalties?: readonly Penalty[];
  /** Default for both: `adam(2e-4, { beta1: 0.5 })`. */
  readonly optimizers?: { readonly generator: Optimizer; readonly discriminator: Optimizer };
  /** Decay of the moving average of the generator's parameters, which samples use; default 0: no average. */
  readonly ema?: number;
  /** Discriminator updates per generator update, each on its own batch; default 1. */
  readonly discriminatorSteps?: number;
  /**
   * Number of classes of the data's labels, 2 to 1,000: a conditional model (Mirza, Osindero 2014). Both networks get the
   * classes of their records, which conditional layers read. Generated samples of a step have the classes of its records.
   */
  readonly classes?: number;
  /**
   * Weight of the cross-entropy of an auxiliary classifier (Odena, Olah, Shlens 2017); needs `classes`. The discriminator
   * then sees no classes, and returns [batch, 1 + classes]: the logit, then one for each class.
   */
  readonly auxiliary?: number;
}

const names = [
  ...["latent", "generator", "discriminator", "loss", "penalties", "optimizers", "ema", "discriminatorSteps"],
  ...["classes", "auxiliary"],
];

/** A GAN: see `gan`. */
export class Gan implements Family {
  readonly kind = "gan";
  readonly exporter = exporter;
  readonly abilities = ["score", "decode"] as const;
  readonly config: FamilyConfig;
  readonly draws: number;
  readonly classes: number | undefined;
  readonly #auxiliary: Auxiliary | undefined;
  readonly #options: Required<Omit<GanOptions, "classes" | "auxiliary">>;
  readonly #generator: Network;
  readonly #discriminator: Network;
  readonly #states = new Map<string, OptimizerState>();
  readonly #averages = new Map<Variable, Variable>();
  /**
   * Number of steps averaged so far. The decay is smaller in the first steps, so that initial values lose weight
   * quickly.
   */
  readonly #averaged = new Variable({ name: "optimizer/ema/step", shape: [], initializer: zeros });

  constructor(options: GanOptions) {
    checkOptions("gan", options, names);
    const { latent, generator, discriminator, ema = 0, discriminatorSteps = 1 } = options;
    checkNumber("gan", "latent", latent, { whole: true, atLeast: 1 });
    checkNumber("gan", "ema", ema, { atLeast: 0, below: 1 });
    checkNumber("gan", "discriminatorSteps", discriminatorSteps, { whole: true, atLeast: 1 });
    checkRole("gan", "generator", "layer", generator);
    checkRole("gan", "discriminator", "layer", discriminator);
    const usual = () => adam(2e-4, { beta1: 0.5 });
    const {
      loss = nonSaturating(),
      penalties = [],
      optimizers = { generator: usual(), discriminator: usual() },
    } = options;
    checkRole("gan", "loss", "loss", loss);
    if (!Array.isArray(penalties))
      throw new TypeError(`gan: penalties must be an array, for example [penalties.r1()], found ${textOf(penalties)}`);
    for (const one of penalties) checkRole("gan", "each of penalties", "penalty", one);
    checkOptions("gan: optimizers", optimizers, ["generator", "discriminator"]);
    for (const player of ["generator", "discriminator"] as const)
      checkRole("gan", `optimizers.${player}`, "optimizer", optimizers[player]);
    this.#options = { ...options, loss, penalties, optimizers, ema, discriminatorSteps };
    const { classes, auxiliary } = checkedClasses("gan", options);
    this.classes = classes;
    this.#auxiliary = auxiliary === undefined ? undefined : { classes: classes as number, weight: auxiliary };
    this.draws = discriminatorSteps;
    this.#generator = new Network("generator", options.generator);
    this.#discriminator = new Network("discriminator", options.discriminator);
    this.config = {
      kind: "gan",
      latent,
      generator: options.generator.config,
      discriminator: options.discriminator.config,
      loss: loss.config,
      penalties: penalties.map((penalty) => penalty.config),
      optimizers: { generator: optimizers.generator.config, discriminator: optimizers.discriminator.config },
      ema,
      discriminatorSteps,
      ...(classes !== undefined && { classes }),
      ...(auxiliary !== undefined && { auxiliary }),
    };
  }

  /** Number of classes that the discriminator sees; none if it has to tell them itself. */
  get #shown(): number | undefined {
    return this.#auxiliary ? undefined : this.classes;
  }

  get variables(): readonly Variable[] {
    const averaged = this.#options.ema > 0 ? [...this.#averages.values(), this.#averaged] : [];
    return [...this.#generator.variables, ...averaged, ...this.#discriminator.variables];
  }

  init(shape: Shape): void {
    this.sampler(shape);
    checkLogits([1, ...this.#discriminator.init(shape, this.#shown)], 1, this.#auxiliary);
  }

  step(batches: BatchSource): StepGraph {
    const { loss, penalties, discriminatorSteps } = this.#options;
    const updates: Updates = new Map();
    const training = { training: true, values: updates, updates };
    /** Logits of the discriminator; those of the auxiliary classifier, if there is one, are `classLogits`. */
    const judge = (x: Tensor, labels: Tensor | undefined) => {
      const output = this.#discriminator.apply(x, { ...training, ...labelled(labels, this.#shown) });
      checkLogits(output.shape, batches.size, this.#auxiliary);
      return splitLogits(output, this.#auxiliary);
    };
    let discriminatorLoss: Tensor | undefined;
    let fake: Tensor | undefined;
    let labels: Tensor | undefined;
    for (let round = 0; round < discriminatorSteps; round++) {
      const batch = batches.next();
      const { values: real } = batch;
      // Samples of a step have the classes of its records, so every penalty between the two compares like with like.
      labels = this.classes === undefined ? undefined : batch.labels;
      const discriminate = (x: Tensor) => judge(x, labels).logits;
      fake = this.#generate(batches.size, batches.shape, updates, labels);
      const seen = stopGradient(fake);
      const [ofReal, ofFake] = [judge(real, labels), judge(seen, labels)];
      discriminatorLoss = loss.discriminator(ofReal.logits, ofFake.logits);
      for (const penalty of penalties)
        discriminatorLoss = add(discriminatorLoss, penalty.apply({ discriminate, real, fake: seen }));
      discriminatorLoss = auxiliaryLoss(discriminatorLoss, [ofReal, ofFake], labels, this.#auxiliary);
      this.#update("discriminator", discriminatorLoss, updates);
    }
    const ofFake = judge(fake as Tensor, labels);
    const generatorLoss = auxiliaryLoss(loss.generator(ofFake.logits), [ofFake], labels, this.#auxiliary);
    this.#update("generator", generatorLoss, updates);
    this.#average(updates);
    return { losses: { discriminator: discriminatorLoss as Tensor, generator: generatorLoss }, updates };
  }

  /**
   * The generator, with averaged parameters if the model keeps them, without the discriminator. Input: `latents`
   * [latent], and `labels` [] of a conditional model.
   */
  sampler(shape: Shape, options: SamplerOptions = {}): Sampler {
    checkOptions("sampler", options, ["temperature", "classCounts"]);
    const temperature = temperatureOf(options.temperature);
    const { latent, ema } = this.#options;
    const { classes } = this;
    checkRecords([1, ...this.#generator.init([latent], classes)], [1, ...shape]);
    const { variables } = this.#generator;
    const values = new Map(ema > 0 ? variables.map((one) => [one, this.#averageOf(one)]) : []);
    return {
      inputs: {
        latents: { shape: [latent], draw: (count) => normalLatents(count, latent, temperature) },
        ...(classes !== undefined && { labels: labelInput(classes, options.classCounts) }),
      },
      graph: ({ latents, labels }) =>
        this.#shaped(this.#generator.apply(latents, { values, ...labelled(labels, classes) }), latents.shape[0], shape),
      variables: variables.map((one) => values.get(one) ?? one),
    };
  }

  /** Samples of latents: the sampler, whose only random numbers are the latents. */
  decoder(shape: Shape): RowFunction {
    return this.sampler(shape);
  }

  /** Minus the discriminator's logit of records, [count]. A discriminator that compares records sees one at a time. */
  scorer(shape: Shape): RowFunction {
    const shown = this.#shown;
    checkLogits([1, ...this.#discriminator.init(shape, shown)], 1, this.#auxiliary);
    return {
      inputs: { records: { shape }, ...(shown !== undefined && { labels: givenLabels }) },
      graph: ({ records, labels }) => {
        const output = this.#discriminator.apply(records, labelled(labels, shown));
        return neg(reshape(splitLogits(output, this.#auxiliary).logits, [records.shape[0]]));
      },
      variables: this.#discriminator.variables,
      ...(this.#discriminator.layers(shape, shown).some(({ kind }) => kind === "minibatchStd") && { rows: 1 }),
    };
  }

  /** The layers of the generator, then those of the discriminator. */
  layers(shape: Shape): LayerSummary[] {
    const generator = this.#generator.layers([this.#options.latent], this.classes);
    return [...generator, ...this.#discriminator.layers(shape, this.#shown)];
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

  #generate(count: number, shape: Shape, updates: Updates, labels: Tensor | undefined): Tensor {
    const latents = randomNormal([count, this.#options.latent]).named("latents");
    const how = { training: true, values: updates, updates, ...labelled(labels, this.classes) };
    return this.#shaped(this.#generator.apply(latents, how), count, shape);
  }

  #shaped(samples: Tensor, count: number, shape: Shape): Tensor {
    checkRecords(samples.shape, [count, ...shape]);
    return samples;
  }

  #average(updates: Updates): void {
    const { ema } = this.#options;
    if (ema === 0) return;
    const before = this.#averaged;
    updates.set(before, add(before, 1));
    const decay = minimum(div(add(before, 1), add(before, 10)), ema);
    for (const variable of this.#generator.variables) {
      const average = this.#averageOf(variable);
      const value = updates.get(variable) ?? variable;
      updates.set(average, add(value, mul(decay, sub(average, value))));
    }
  }

  /** The moving average of a variable, with the same initial values. */
  #averageOf(variable: Variable): Variable {
    const known = this.#averages.get(variable);
    if (known) return known;
    const { name, shape, initializer } = variable;
    // Initial values are drawn from the same stream as the variable's, so both are equal.
    const average = new Variable({
      name: `ema/${name}`,
      shape,
      ...(initializer ? { initializer } : {}),
      sameDrawAs: name,
    });
    this.#averages.set(variable, average);
    return average;
  }
}

function checkRecords(found: Shape, wanted: Shape): void {
  if (sameShape(found, wanted)) return;
  throw new RangeError(
    `gan: the generator's output per record must have shape ${shapeText(wanted.slice(1))} like the data, found ${shapeText(found.slice(1))}`,
  );
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
 */
export function gan(options: GanOptions): Gan {
  refuseDescription("gan", options);
  return new Gan(options);
}
