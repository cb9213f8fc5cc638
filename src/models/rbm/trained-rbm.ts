/** Trained restricted Boltzmann machines: samples by Gibbs chains, reconstructions, in-painting, features. */
import { checkValues } from "../../data/range.js";
import { freeEnergy, hiddenLogits, visibleLogits } from "./machine.js";
import { classLogits, drawClass, joint, marginalFreeEnergy } from "./labels.js";
import type { Binarisation } from "../../data/binarisation.js";
import type { CentredMachine } from "./centred-machine.js";
import { type PlainParameters, RunningMachine } from "./running-machine.js";
import { checkNumber, checkOptions, checkSeed } from "../../options.js";
import type { Runtime } from "../../host/runtime.js";
import { type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { softmax } from "../../ops/reduction.js";
import type { Variable } from "../../graph/variable.js";
import { Values } from "../../graph/values.js";
import type { DataDescription } from "../../train/data-description.js";
import { isDataset, type Records, type RowRun, valuesOf } from "../../train/records.js";
import { furtherClasses, type Labels, type LabelsOption, labelsOf, labelsOfRecords } from "../../train/labels.js";
import { checkedSampling, roomFor, sampleOptions } from "../../train/sample-options.js";
import type { Sampler, SamplerOptions } from "../../train/sampler.js";
import {
  type Drawing,
  type SampledFamily,
  type SampleOptions,
  TrainedModel,
  type UntrainedOption,
} from "../../train/trained.js";
import { UsageError } from "../../errors.js";
import { unitsOfValue, valuesOfStates } from "./record-units.js";
import { type RbmSamplerOptions, usualBurnIn } from "./sampler.js";
import type { Units } from "./units.js";
import type {
  ChainOptions,
  InpaintOptions,
  RbmGenerateOptions,
  RbmSampleOptions,
  SweepOptions,
} from "./sweep-options.js";

/** Maximum number of parallel chains, unless `chains` is given. */
const mostChains = 100;

/** A trained machine: samples, features, reconstructions, completed records and free energies. */
export class TrainedRbm extends TrainedModel {
  readonly #running: RunningMachine;
  readonly #kept = new Map<string, unknown>();

  constructor(
    family: SampledFamily,
    private readonly parts: {
      readonly centred: CentredMachine;
      readonly binarisation: Binarisation;
      sampler(shape: Shape, options: RbmSamplerOptions): Sampler;
    },
    override readonly runtime: Runtime,
    data: Shape | DataDescription,
  ) {
    super(family, runtime, data);
    this.#running = new RunningMachine(parts.centred, sizeOf(this.shape), runtime, (one) => this.own(one));
  }

  /** The machine with plain parameters as variables of the runtime; `settle` updates them. */
  get machine(): RunningMachine["machine"] {
    return this.#running.machine;
  }

  /** Means of the visible units over the data, [V]; with label units, the shares of the classes follow. */
  get means(): Variable {
    return this.#running.means;
  }

  /** Objects that metrics cache for this model, by name; released with the model. */
  kept<T extends { release(): void }>(name: string, make: () => T): T {
    const known = this.#kept.get(name) ?? this.own(make());
    this.#kept.set(name, known);
    return known as T;
  }

  /** Number of visible units, without label units. */
  get visible(): number {
    return this.#size * unitsOfValue(this.units);
  }

  /** The visible units that stand for the values of records. */
  get units(): Units {
    return this.parts.centred.values;
  }

  /** Number of values of a record. */
  get #size(): number {
    return sizeOf(this.shape);
  }

  /** Number of hidden units. */
  get hidden(): number {
    return this.machine.hiddenBias.size;
  }

  /** Computes the plain biases from the current parameters. All methods here and the metrics call it first. */
  async settle(): Promise<void> {
    await this.#running.settle();
  }

  /** Current values of W [V, H], a [V] and b [H]; those of the label units are U [classes, H] and d [classes]. */
  parameters(): Promise<PlainParameters> {
    return this.inTurn(() => this.#running.parameters());
  }

  /**
   * Draws `count` samples [count, ...shape], each from a Gibbs chain of its own, or several from each of some `chains`.
   * Consecutive samples then come from different chains; those of one chain are `thinning` sweeps apart. With label units,
   * every chain is held at one class, drawn by the classes' shares if none is asked for.
   * @throws RangeError (as a rejection) if a number is outside of its range, UsageError if the model was neither trained nor
   *   loaded in this runtime, or if `first` is given with chains
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.sample(4, { burnIn: 10, untrained: true })).shape // [4, 2, 2, 1]
   */
  override async sample(count: number, options: RbmSampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, [...sampleOptions, "burnIn", "means", "chains", "thinning", "start"]);
    const { burnIn = usualBurnIn(this.family.classes), means = false, chains, thinning, start, ...others } = options;
    checkNumber("sample", "burnIn", burnIn, { whole: true, atLeast: 1 });
    if ([chains, thinning, start].every((one) => one === undefined))
      return this.drawn(count, others, { what: "sample", ...this.#drawing("sample", { burnIn, means }) });
    const { first, ...from } = checkedSampling("sample", others);
    const { labels, also } = options;
    if (also !== undefined) furtherClasses("sample", also, { inputs: {} }, this);
    if (first > 0)
      throw new UsageError(`sample: first must be 0 for chains that give several samples each, found ${first}`, {
        hint: "leave out chains, thinning and start: every sample then has a chain of its own",
      });
    return this.#chained(count, { ...from, burnIn, means, labels }, { chains, thinning, start });
  }

  /** Samples of chains that give several each. */
  async #chained(
    count: number,
    {
      burnIn,
      means,
      seed,
      temperature,
      untrained,
      labels: asked,
    }: Required<Omit<SampleOptions, "first" | "labels" | "also"> & SweepOptions> & {
      readonly labels: Labels | undefined;
    },
    {
      chains = Math.min(count, mostChains),
      thinning = 100,
      start,
    }: { [K in keyof ChainOptions]: ChainOptions[K] | undefined },
  ): Promise<Values> {
    const data = roomFor(count, this.#size);
    checkNumber("sample", "chains", chains, { whole: true, atLeast: 1 });
    checkNumber("sample", "thinning", thinning, { whole: true, atLeast: 1 });
    const states = start && this.#values("sample: start", start);
    if (states && states.length !== chains * this.#size) {
      throw new RangeError(
        `sample: start must have one record for each of ${chains} chains, found ${states.length / this.#size}`,
      );
    }
    const drawn = asked === undefined && this.#running.labels ? this.drawnLabels(chains, { seed }) : undefined;
    // One class for all chains, or one for each.
    const labels = asked === undefined ? drawn : labelsOf("sample: chains", asked, chains, this);
    return this.inTurn(async () => {
      if (!untrained) this.insistTrained("sample", this.family.sampler(this.shape).variables);
      await this.settle();
      const running = this.#running.chains(chains, temperature === 1 ? "" : "tempered");
      await running.start(states ? { states } : { seed, step: 0 });
      await running.collect(data, { burnIn, thinning, means, seed, temperature, labels });
      return new Values(data, [count, ...this.shape]);
    });
  }

  /**
   * Samples [n, ...shape], one from each of n chains that start at given states, which `sample` draws.
   * @param states [n, V], for example records
   * @throws RangeError (as a rejection) if the states do not fit or lie outside of the visible units' range
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.generate([0, 0, 1, 1], { burnIn: 10, untrained: true })).shape // [1, 2, 2, 1]
   */
  override async generate(states: Values | ArrayLike<number>, options: RbmGenerateOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed", "burnIn", "means", "temperature", "labels", "untrained"]);
    const { burnIn = usualBurnIn(this.family.classes), means = false, ...others } = options;
    checkNumber("generate", "burnIn", burnIn, { whole: true, atLeast: 1 });
    return this.generated(this.#values("generate", states), others, this.#drawing("generate", { burnIn, means }));
  }

  /** The sampler of states or means after some sweeps, and the name of its programs. */
  #drawing(name: string, how: Required<SweepOptions>): Pick<Drawing, "name" | "sampler"> {
    const sampler = (options: SamplerOptions) => this.parts.sampler(this.shape, { ...options, ...how });
    return { name: `${name} after ${how.burnIn}${how.means ? " of means" : ""}`, sampler };
  }

  /**
   * Free energy of each record, [count]: higher is stranger. If the model binarises, a data set is first converted to bits,
   * drawn with `seed`. With label units: that of the record of any class, -log of the sum over classes of e^-F(v, y), or
   * F(v, y) of the classes that `labels` gives.
   * @throws RangeError (as a rejection) if the records do not fit or lie outside of the visible units' range
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.score(datasets.bars({ size: 2 }), { untrained: true })).shape // [6]
   */
  override async score(
    records: Records,
    options: UntrainedOption & LabelsOption & { readonly seed?: number } = {},
  ): Promise<Values> {
    checkOptions("score", options, ["seed", "labels", "untrained"]);
    const { seed, labels: asked, ...others } = options;
    const bits = this.evaluated(records, seed);
    const values = this.#values("score", bits);
    if (asked === undefined) return super.score(new Values(values, []), others);
    const labels = this.#labels("score", records, values, asked);
    await this.insistUsable("score", this.family.sampler(this.shape).variables, others);
    const { labels: group } = this.parts.centred;
    const energy = (v: Tensor, y?: Tensor) =>
      group && y ? freeEnergy(this.machine, joint(v, y, group)) : freeEnergy(this.machine, v);
    const data = await this.map("score of classes", new Values(values, []), energy, { labels });
    return new Values(data, [data.length]);
  }

  /**
   * How strange each value of each record is, in nats, [count, ...shape]: -log p(value | all other values), exactly, without
   * log Z. Bits of a data set, and classes, are those of `score`.
   * @throws UsageError (as a rejection) for visible units that are neither bernoulli nor categorical; otherwise as `score`
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.fieldScores([0, 1, 1, 0], { untrained: true })).shape // [1, 2, 2, 1]
   */
  async fieldScores(
    records: Records,
    options: UntrainedOption & LabelsOption & { readonly seed?: number } = {},
  ): Promise<Values> {
    checkOptions("fieldScores", options, ["seed", "labels", "untrained"]);
    const { seed, labels: asked, ...others } = options;
    const values = this.#values("fieldScores", this.evaluated(records, seed));
    const labels = asked === undefined ? undefined : this.#labels("fieldScores", records, values, asked);
    await this.insistUsable("fieldScores", this.family.sampler(this.shape).variables, others);
    // On demand: a page that only trains need not load it.
    const { valueScores } = await import("./field-scores.js");
    const { machine } = this;
    const { labels: group } = this.parts.centred;
    const scores = (v: Tensor, y?: Tensor) =>
      valueScores(y ? { machine: this.#running.given(y), group: undefined } : { machine, group }, v);
    const name = labels ? "field scores of classes" : "field scores";
    return this.#shaped(await this.map(name, new Values(values, []), scores, { labels }));
  }

  /**
   * Probabilities of the classes of records, p(y | v), exactly, [n, classes] (Larochelle, Bengio 2008, eq. 2).
   * @throws UsageError (as a rejection) if the machine has no label units, or was neither trained nor loaded in this runtime
   * @example await (async ({ model, done }) => { await done; return (await model.classify(datasets.bars({ size: 2 }))).shape; })(rbm({ hidden: 3, classes: 2 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 })) // [6, 2]
   */
  async classify(records: Records, options: UntrainedOption = {}): Promise<Values> {
    checkOptions("classify", options, ["untrained"]);
    const { labels: group } = this.parts.centred;
    if (!group)
      throw new UsageError("classify: this machine has no label units", { hint: "train it with the option classes" });
    await this.#insistUsable("classify", records, options);
    const data = await this.map("classify", records, (v) => softmax(classLogits(this.machine, v, group)));
    return new Values(data, [data.length / group.classes, group.classes]);
  }

  /**
   * Means of the visible units [n, ...shape] given the hidden units' means for the records, and for their classes.
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.reconstruct(datasets.bars({ size: 2 }), { untrained: true })).shape // [6, 2, 2, 1]
   */
  async reconstruct(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Values> {
    const labels = await this.#insistUsable("reconstruct", records, options);
    const means = (v: Tensor, y?: Tensor) => {
      const machine = this.#running.given(y);
      const found = machine.visible.mean(visibleLogits(machine, machine.hidden.mean(hiddenLogits(machine, v))));
      return valuesOfStates(this.units, found);
    };
    return this.#shaped(await this.map("reconstruct", records, means, { labels }));
  }

  /**
   * Features of records, and of their classes: the hidden units' means, [n, H].
   * @throws UsageError (as a rejection) if the model was neither trained nor loaded in this runtime
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.transform(datasets.bars({ size: 2 }), { untrained: true })).shape // [6, 3]
   */
  async transform(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Values> {
    const labels = await this.#insistUsable("transform", records, options);
    const features = (v: Tensor, y?: Tensor) => {
      const machine = this.#running.given(y);
      return machine.hidden.mean(hiddenLogits(machine, v));
    };
    const data = await this.map("transform", records, features, { labels });
    return new Values(data, [data.length / this.hidden, this.hidden]);
  }

  /**
   * The classes of records, if the machine has label units. Rejects if the records do not fit, or the model is untrained and
   * the options do not allow that.
   */
  async #insistUsable(
    what: string,
    records: Records,
    options: UntrainedOption & LabelsOption,
  ): Promise<Int32Array | undefined> {
    const classified = what === "classify";
    checkOptions(what, options, classified ? ["untrained"] : ["labels", "untrained"]);
    const values = this.#values(what, records);
    const labels = classified ? undefined : this.#labels(what, records, values, options.labels);
    await this.insistUsable(what, this.family.sampler(this.shape).variables, options);
    return labels;
  }

  /** The classes of records, if the machine has label units. */
  #labels(what: string, records: Records, values: Float32Array, labels: Labels | undefined): Int32Array | undefined {
    return labelsOfRecords(what, { records, count: values.length / this.#size, labels }, this);
  }

  /** Records for evaluation: bits of a data set, drawn with `seed`, if the model binarises; else the records. */
  evaluated(records: Records, seed = 0): Records {
    checkSeed("evaluated", seed);
    return isDataset(records) ? this.parts.binarisation.evaluated(records, seed) : records;
  }

  /**
   * The free energy F(v) of records, [n]: log p(v) = -F(v) - log Z. With label units, p(v) is the sum over classes of p(v, y).
   * @example (await rbm({ hidden: 3 }).train(runtime, datasets.bars({ size: 2 }), { steps: 1 }).model.freeEnergy(datasets.bars({ size: 2 }))).length // 6
   */
  freeEnergy(records: Records): Promise<Float32Array> {
    return this.map("freeEnergy", records, (v) => this.energy(v));
  }

  /** The free energy F(v) in a graph, [n], of records [n, V]. */
  energy(v: Tensor): Tensor {
    return marginalFreeEnergy(this.machine, v, this.#running.labels);
  }

  /** Records with a class for each, drawn from p(y | v), as states of all visible units; the records without label units. */
  async jointStates(records: Values, seed: number): Promise<Float32Array> {
    const { labels: group } = this.parts.centred;
    if (!group && !this.units.categories) return records.data;
    const drawn = (v: Tensor) => (group ? joint(v, drawClass(classLogits(this.machine, v, group)), group) : v);
    return this.map("joint states", records, drawn, { seed });
  }

  /**
   * Fills in unknown values by Gibbs sweeps with the units of the known values clamped: a record goes on from its beginning, or
   * gets its missing parts. Returns the means of the unknown units in the last sweep, or the most likely categories, and the
   * known values unchanged, [n, ...shape].
   * @param records [n, values]; unknown values are ignored
   * @param known [values] for all records, or [n, values]: nonzero if the value is known
   */
  async inpaint(records: Records, known: ArrayLike<number>, options: InpaintOptions = {}): Promise<Values> {
    checkOptions("inpaint", options, ["seed", "sweeps", "labels", "untrained"]);
    const { seed = 0, sweeps = 200 } = options;
    checkSeed("inpaint", seed);
    checkNumber("inpaint", "sweeps", sweeps, { whole: true, atLeast: 1 });
    const values = valuesOf("inpaint", records, this.shape);
    const size = this.#size;
    if (known.length !== size && known.length !== values.length) {
      throw new RangeError(
        `inpaint: known must have ${size} values for one record or ${values.length} for all, found ${known.length}`,
      );
    }
    const mask = values.map((_, i) => (known[i % known.length] ? 1 : 0));
    const held = this.#values(
      "inpaint",
      values.map((value, i) => (mask[i] ? value : 0)),
    );
    const labels = this.#labels("inpaint", records, values, options.labels);
    await this.insistUsable("inpaint", this.family.sampler(this.shape).variables, options);
    return this.inTurn(async () => {
      await this.settle();
      const chains = this.#running.chains(Math.min(values.length / size, mostChains), "clamped");
      const out = await chains.complete(held, mask, { sweeps, seed, labels });
      return this.#shaped(out);
    });
  }

  /**
   * Evaluates a function of the visible states [n, V] of records, and of their classes [n] if these are given: a row per record.
   * `seed` is the seed of its random numbers, if it draws any. Throws RangeError if the records do not fit or lie outside of the visible units' range.
   */
  async map(
    name: string,
    records: Records,
    f: (v: Tensor, labels?: Tensor) => Tensor,
    how?: RowRun,
  ): Promise<Float32Array> {
    const values = this.#values(name, records);
    return this.inTurn(() => this.#running.map(name, values, f, how));
  }

  /** Normalised values of records, [n, values]. */
  #values(what: string, records: Records): Float32Array {
    const values = valuesOf(what, records, this.shape);
    checkValues(`${what}: values for the units`, values, this.machine.visible.range);
    const broken = this.units.categories === undefined ? -1 : values.findIndex((value) => !Number.isInteger(value));
    if (broken >= 0)
      throw new RangeError(
        `${what}: values for categorical units must be integers, found ${values[broken]} at index ${broken}`,
      );
    return values;
  }

  #shaped(values: Float32Array): Values {
    return new Values(values, [values.length / this.#size, ...this.shape]);
  }
}
