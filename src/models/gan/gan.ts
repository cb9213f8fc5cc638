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
import { ganAlarms, ganSignals } from "./signals.js";
import { refuseDescription } from "../refuse-description.js";
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
}

const names = [
  ...["latent", "generator", "discriminator", "loss", "penalties", "optimizers", "ema", "discriminatorSteps"],
];

/** A GAN: see `gan`. */
export class Gan implements Family {
  readonly kind = "gan";
  readonly exporter = exporter;
  readonly abilities = ["score", "decode"] as const;
  readonly alarms = ganAlarms;
  readonly config: FamilyConfig;
  readonly draws: number;
  readonly #options: Required<GanOptions>;
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
    };
  }

  get variables(): readonly Variable[] {
    const averaged = this.#options.ema > 0 ? [...this.#averages.values(), this.#averaged] : [];
    return [...this.#generator.variables, ...averaged, ...this.#discriminator.variables];
  }

  init(shape: Shape): void {
    this.sampler(shape);
    checkLogits([1, ...this.#discriminator.init(shape)], 1);
  }

  step(batches: BatchSource): StepGraph {
    const { loss, penalties, discriminatorSteps } = this.#options;
    const updates: Updates = new Map();
    const training = { training: true, values: updates, updates };
    const discriminate = (x: Tensor) => {
      const logits = this.#discriminator.apply(x, training);
      checkLogits(logits.shape, batches.size);
      return logits;
    };
    let discriminatorLoss: Tensor | undefined;
    let fake: Tensor | undefined;
    for (let round = 0; round < discriminatorSteps; round++) {
      const { values: real } = batches.next();
      fake = this.#generate(batches.size, batches.shape, updates);
      const seen = stopGradient(fake);
      discriminatorLoss = loss.discriminator(discriminate(real), discriminate(seen));
      for (const penalty of penalties)
        discriminatorLoss = add(discriminatorLoss, penalty.apply({ discriminate, real, fake: seen }));
      this.#update("discriminator", discriminatorLoss, updates);
    }
    const generatorLoss = loss.generator(discriminate(fake as Tensor));
    this.#update("generator", generatorLoss, updates);
    this.#average(updates);
    return { losses: { discriminator: discriminatorLoss as Tensor, generator: generatorLoss }, updates };
  }

  /** What a training watches: see `ganSignals`. */
  signals(batches: BatchSource): Readonly<Record<string, Tensor>> {
    const training = { training: true };
    const { values: real } = batches.next();
    const fake = this.#generate(batches.size, batches.shape, new Map());
    const [realLogits, fakeLogits] = [real, fake].map((x) => this.#discriminator.apply(x, training));
    return ganSignals({ loss: this.#options.loss, real, fake, realLogits, fakeLogits });
  }

  /**
   * The generator, with averaged parameters if the model keeps them, without the discriminator. Input: `latents`
   * [latent].
   */
  sampler(shape: Shape, options: SamplerOptions = {}): Sampler {
    checkOptions("sampler", options, ["temperature"]);
    const temperature = temperatureOf(options.temperature);
    const { latent, ema } = this.#options;
    checkRecords([1, ...this.#generator.init([latent])], [1, ...shape]);
    const { variables } = this.#generator;
    const values = new Map(ema > 0 ? variables.map((one) => [one, this.#averageOf(one)]) : []);
    return {
      inputs: { latents: { shape: [latent], draw: (count) => normalLatents(count, latent, temperature) } },
      graph: ({ latents }) => this.#shaped(this.#generator.apply(latents, { values }), latents.shape[0], shape),
      variables: variables.map((one) => values.get(one) ?? one),
    };
  }

  /** Samples of latents: the sampler, whose only random numbers are the latents. */
  decoder(shape: Shape): RowFunction {
    return this.sampler(shape);
  }

  /** Minus the discriminator's logit of records, [count]. A discriminator that compares records sees one at a time. */
  scorer(shape: Shape): RowFunction {
    checkLogits([1, ...this.#discriminator.init(shape)], 1);
    return {
      inputs: { records: { shape } },
      graph: ({ records }) => neg(reshape(this.#discriminator.apply(records), [records.shape[0]])),
      variables: this.#discriminator.variables,
      ...(this.#discriminator.layers(shape).some(({ kind }) => kind === "minibatchStd") && { rows: 1 }),
    };
  }

  /** The layers of the generator, then those of the discriminator. */
  layers(shape: Shape): LayerSummary[] {
    return [...this.#generator.layers([this.#options.latent]), ...this.#discriminator.layers(shape)];
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

  #generate(count: number, shape: Shape, updates: Updates): Tensor {
    const latents = randomNormal([count, this.#options.latent]).named("latents");
    return this.#shaped(this.#generator.apply(latents, { training: true, values: updates, updates }), count, shape);
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

function checkLogits(found: Shape, count: number): void {
  if (sizeOf(found) === count) return;
  throw new RangeError(
    `gan: the discriminator must return one logit per record, found ${shapeText(found)} for ${count} records`,
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
