/**
 * Restricted Boltzmann machines (Smolensky 1986), trained by contrastive divergence (Hinton 2002) or persistent
 * contrastive divergence (Tieleman 2008). Both follow the gradient of the loss F(v) - F(stop(v_k)), where v_k is
 * the state after k Gibbs sweeps, which are part of the step's program.
 */
import { type Binarisation, none } from "../../data/binarisation.js";
import { exporter } from "../exporter.js";
import type { TrainingData } from "../../data/training-data.js";
import { checkRange } from "../../data/range.js";
import { checkRole } from "../../kinds/roles.js";
import { gatherRanks, rowsOfRank, wholeBatch } from "../../ops/all-reduce.js";
import { add, mul, square, sub } from "../../ops/elementwise.js";
import { reshape, slice } from "../../ops/movement.js";
import { mean, sum } from "../../ops/reduction.js";
import { stopGradient } from "../../ops/stop.js";
import { checkNumber, checkOptions } from "../../options.js";
import { gradientsOf, type Optimizer, type OptimizerState, sgd } from "../../optimizers/index.js";
import type { Runtime } from "../../host/runtime.js";
import { type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import type { LayerSummary } from "../../layers/layer.js";
import { TrainedRbm } from "./trained-rbm.js";
import type { DataDescription } from "../../train/data-description.js";
import type { StartingValues } from "../../train/train-options.js";
import { type TrainOptions, Training } from "../../train/training.js";
import { bernoulli, type Units } from "./units.js";
import { CentredMachine } from "./centred-machine.js";
import type { Ability } from "../../train/abilities.js";
import { givenLabels } from "../../train/class-draw.js";
import { checkClasses } from "../classes.js";
import { checkVocabulary } from "../vocabulary.js";
import { conditioned, joint, marginalFreeEnergy, splitMachine } from "./labels.js";
import { refuseDescription } from "../refuse-description.js";
import type { BatchSource, Family, FamilyConfig, StepGraph } from "../../train/family.js";
import type { RowFunction, Sampler } from "../../train/sampler.js";
import { freeEnergy, gibbs, hiddenLogits, type Machine, visibleLogits } from "./machine.js";
import { statesOf, valuesOfStates } from "./record-units.js";
import { type RbmSamplerOptions, samplerOf } from "./sampler.js";

export interface RbmOptions {
  /** Number of hidden units. */
  readonly hidden: number;
  /** Kinds of the units; default `units.bernoulli()` for both layers. */
  readonly units?: { readonly visible: Units; readonly hidden: Units };
  /** k: Gibbs sweeps per step; default 1. */
  readonly sweeps?: number;
  /** Whether chains continue from the previous step (persistent CD) instead of starting at the batch; default false. */
  readonly persistent?: boolean;
  /**
   * A number: the centred energy is trained. The visible units' centre is the data's mean; that of the hidden units
   * moves by this share towards each batch's mean. `false`: the plain energy is trained. Default 0.01.
   */
  readonly centring?: number | false;
  /** Weight decay: adds this times |W|^2 / 2 to the loss, where W are the weights without the biases; default 0. */
  readonly weightDecay?: number;
  /** Default `sgd(0.05, { momentum: 0.5 })`. */
  readonly optimizer?: Optimizer;
  /** Conversion of grey values to bits; default `binarisation.none()`: they are used as probabilities. */
  readonly binarisation?: Binarisation;
  /**
   * Number of classes of the data's labels, 2 to 1,000: the machine then has a label unit for each (Larochelle, Bengio
   * 2008), learns records and classes together, and classifies records.
   */
  readonly classes?: number;
}

type Complete = Required<Omit<RbmOptions, "classes">>;

const defaults = (): Omit<Complete, "hidden"> => ({
  units: { visible: bernoulli(), hidden: bernoulli() },
  sweeps: 1,
  persistent: false,
  centring: 0.01,
  weightDecay: 0,
  optimizer: sgd(0.05, { momentum: 0.5 }),
  binarisation: none(),
});

const abilities = ["score", "fieldScores", "reconstruct", "means", "chains", "inpaint", "features", "machine"] as const;

/** An RBM: see `rbm`. */
export class Rbm implements Family<TrainedRbm> {
  readonly kind = "rbm";
  readonly exporter = exporter;
  readonly abilities: readonly Ability[];
  readonly config: FamilyConfig;
  readonly draws = 1;
  readonly classes: number | undefined;
  readonly options: Complete;
  readonly #machine: CentredMachine;
  #optimizer: OptimizerState | undefined;

  constructor(given: RbmOptions) {
    checkOptions("rbm", given, ["hidden", ...Object.keys(defaults()), "classes"]);
    const { classes, ...others } = given;
    checkClasses("rbm", { classes });
    const options = { ...defaults(), ...others };
    checkNumber("rbm", "hidden", options.hidden, { whole: true, atLeast: 1 });
    checkNumber("rbm", "sweeps", options.sweeps, { whole: true, atLeast: 1 });
    checkNumber("rbm", "weightDecay", options.weightDecay, { atLeast: 0 });
    checkOptions("rbm: units", options.units, ["visible", "hidden"]);
    for (const layer of ["visible", "hidden"] as const)
      checkRole("rbm", `units.${layer}`, "units", options.units[layer]);
    const { hidden } = options.units;
    if (hidden.categories !== undefined)
      throw new RangeError(`rbm: units.hidden must be units of one state each, found ${hidden.config.kind}`);
    checkRole("rbm", "optimizer", "optimizer", options.optimizer);
    checkRole("rbm", "binarisation", "binarisation", options.binarisation);
    if (options.centring !== false) checkNumber("rbm", "centring", options.centring, { atLeast: 0, atMost: 1 });
    this.options = options;
    this.classes = classes;
    this.abilities = [...abilities, ...(classes === undefined ? [] : (["classify"] as const))];
    this.#machine = new CentredMachine({ ...options, classes });
    const { units, optimizer, binarisation, ...plain } = options;
    this.config = {
      kind: "rbm",
      ...plain,
      units: { visible: units.visible.config, hidden: units.hidden.config },
      optimizer: optimizer.config,
      binarisation: binarisation.config,
      ...(classes !== undefined && { classes }),
    };
  }

  get variables(): readonly Variable[] {
    return this.#machine.variables;
  }

  get trainingOnly(): readonly Variable[] {
    return this.variables.filter(({ name }) => name === "rbm/chains");
  }

  /** Means over the data of the visible units for records of `values` values, with the label units. */
  means(values: number): Variable {
    return this.#machine.means(this.#machine.visibleOf(values));
  }

  /** The machine for records of `values` values, with its label units. */
  machine(values: number): Machine {
    return this.#machine.machine(this.#machine.visibleOf(values));
  }

  accept(data: TrainingData): TrainingData {
    const { units, binarisation } = this.options;
    if (units.visible.categories !== undefined)
      checkVocabulary("rbm", "units.visible.categories", data, units.visible.categories);
    checkRange(`rbm: values for ${units.visible.config.kind} units`, data, units.visible.range);
    return binarisation.records(data);
  }

  prepare(data: TrainingData): Promise<ReadonlyMap<Variable, ArrayLike<number>>> {
    return this.#machine.firstValues(data);
  }

  step(batches: BatchSource): StepGraph {
    const { sweeps, persistent, weightDecay, optimizer, binarisation, units } = this.options;
    const { labels: group } = this.#machine;
    const values = sizeOf(batches.shape);
    const visible = this.#machine.visibleOf(values);
    const machine = this.machine(values);
    this.means(values);
    const batch = batches.next();
    const records = statesOf(units.visible, reshape(binarisation.batch(batch.values), [batches.size, values]));
    const data = group ? joint(records, batch.labels as Tensor, group) : records;
    const chains = persistent ? this.#machine.chains(wholeBatch(batches.size), visible) : undefined;
    const fantasy = stopGradient(gibbs(machine, chains ? rowsOfRank(chains) : data, sweeps));
    const contrast = sub(mean(freeEnergy(machine, data)), mean(freeEnergy(machine, fantasy)));
    const { weights, visibleBias, hiddenBias } = this.#machine.trainable(visible);
    const parameters = [weights, visibleBias, hiddenBias];
    this.#optimizer ??= optimizer.init(parameters);
    const loss = weightDecay > 0 ? add(contrast, mul(sum(square(weights)), weightDecay / 2)) : contrast;
    const updates = optimizer.apply(gradientsOf(loss, parameters), this.#optimizer);
    if (chains) updates.set(chains, gatherRanks(fantasy, "the states of the chains"));
    this.#machine.recentre(machine, data, updates);
    return { losses: { contrast }, updates };
  }

  init(shape: Shape): void {
    this.sampler(shape);
  }

  /**
   * Samples of Gibbs chains, one each. Inputs: `states` [values], records as the chains' initial states, and `labels` [] of a machine
   * with label units, which are held at the samples' classes.
   * @throws TypeError for an unknown option, RangeError if a number is outside of its range
   * @example rbm({ hidden: 3 }).sampler([2, 2], { burnIn: 10 }).inputs.states.shape // [4]
   */
  sampler(shape: Shape, options: RbmSamplerOptions = {}): Sampler {
    const { labels } = this.#machine;
    const values = sizeOf(shape);
    const machine = this.machine(values);
    const all = this.means(values);
    const means = labels ? slice(all, [0], [this.#machine.ownOf(values)]) : all;
    const { visible } = this.options.units;
    return samplerOf({ machine, means, values: visible, labels, variables: this.#stored() }, shape, options);
  }

  /** The free energy of records, [count]; with label units that of records of any class. */
  scorer(shape: Shape): RowFunction {
    const { labels } = this.#machine;
    const machine = this.machine(sizeOf(shape));
    return this.#ofRecords(shape, (v) => marginalFreeEnergy(machine, v, labels));
  }

  /** Features of records, and of their classes: the hidden units' means, [count, hidden]. */
  encoder(shape: Shape): RowFunction {
    const { labels: group } = this.#machine;
    const whole = this.machine(sizeOf(shape));
    const features = (v: Tensor, labels: Tensor | undefined) => {
      const machine = group && labels ? conditioned(whole, labels, group) : whole;
      return machine.hidden.mean(hiddenLogits(machine, v));
    };
    const made = this.#ofRecords(shape, features);
    return group ? { ...made, inputs: { ...made.inputs, labels: givenLabels } } : made;
  }

  /** Records of features: the visible units' means given the hidden units, or the most likely categories. */
  decoder(shape: Shape): RowFunction {
    const { labels } = this.#machine;
    const whole = this.machine(sizeOf(shape));
    const machine = labels ? { ...whole, ...splitMachine(whole, labels), visible: labels.values } : whole;
    return {
      inputs: { features: { shape: [this.options.hidden] } },
      graph: ({ features }) =>
        reshape(valuesOfStates(this.options.units.visible, machine.visible.mean(visibleLogits(machine, features))), [
          features.shape[0],
          ...shape,
        ]),
      variables: this.#stored(),
    };
  }

  layers(shape: Shape): LayerSummary[] {
    const { hidden, units } = this.options;
    const visible = this.#machine.visibleOf(sizeOf(shape));
    this.sampler(shape);
    const others = this.#stored().reduce((sum, { size }) => sum + size, 0) - (visible + 1) * hidden;
    return [
      {
        name: "rbm/hidden",
        kind: `${units.hidden.config.kind} units`,
        shape: [hidden],
        parameters: (visible + 1) * hidden,
      },
      { name: "rbm/visible", kind: `${units.visible.config.kind} units`, shape, parameters: others },
    ];
  }

  trained(runtime: Runtime, data: Shape | DataDescription): TrainedRbm {
    const { binarisation } = this.options;
    const sampler = (of: Shape, options: RbmSamplerOptions) => this.sampler(of, options);
    return new TrainedRbm(this, { centred: this.#machine, binarisation, sampler }, runtime, data);
  }

  #ofRecords(shape: Shape, graph: (v: Tensor, labels: Tensor | undefined) => Tensor): RowFunction {
    return {
      inputs: { records: { shape } },
      graph: ({ records, labels }) =>
        graph(statesOf(this.options.units.visible, reshape(records, [records.shape[0], sizeOf(shape)])), labels),
      variables: this.#stored(),
    };
  }

  /** The variables without the states of the training's chains. */
  #stored(): readonly Variable[] {
    return this.variables.filter((one) => !this.trainingOnly.includes(one));
  }

  /**
   * Trains on a data set; see `TrainOptions`.
   * @throws RangeError if the data are outside of the units' range
   */
  train(
    runtime: Runtime,
    data: TrainingData,
    options: TrainOptions,
    from: StartingValues = { values: "initial" },
  ): Training<TrainedRbm> {
    return new Training<TrainedRbm>(this, runtime, data, options, from);
  }
}

/**
 * Makes a restricted Boltzmann machine from its number of hidden units; `train` trains it on a data set in [0, 1].
 * `familyFrom` makes an equal model from its `config`, also after conversion to JSON.
 *
 * @throws TypeError for an unknown option, RangeError if a number is outside of its range
 * @example Object.keys((await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 3 }).done).losses).length > 0 // true
 */
export function rbm(options: RbmOptions): Rbm {
  refuseDescription("rbm", options);
  return new Rbm(options);
}
