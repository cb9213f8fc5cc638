/** Trained models: what can be done with a model whose values are in a runtime. */
import { withoutFolders } from "./data-description.js";
import type { ExportFormat, ExportOptions, ExportResults } from "./exporting.js";
import { UsageError } from "../errors.js";
import type { Ability } from "./abilities.js";
import { type Drawing, SampleProgram } from "./sample-program.js";
import {
  checkedSampling,
  checkedUntrained,
  type GenerateOptions,
  roomFor,
  type SampleOptions,
  sampleOptions,
  type UntrainedOption,
} from "./sample-options.js";
import { firstInput, type RowFunction, type Sampler, type SamplerOptions, takesLabels } from "./sampler.js";
import { drawnClasses } from "./class-draw.js";
import { furtherClasses, labelsAsked, type LabelsOption, labelsOf, labelsOfRecords } from "./labels.js";
import { checkNumber, checkOptions } from "../options.js";
import type { TrainingData } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { LayerSummary } from "../layers/layer.js";
import { type Shape, sizeOf } from "../graph/shape.js";
import { Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { readVariables } from "./checkpoint.js";
import type { FamilyConfig, FamilyKind } from "./family-config.js";
import type { StartingValues, TrainingTask, TrainOptions } from "./train-options.js";
import { ModelInRuntime } from "./model-in-runtime.js";
import { type InterpolateOptions, latentPath, latentsOf } from "./latent-path.js";
import { type CompiledFunction, compiledFunction, type Records, type RowRun, valuesOf } from "./records.js";
import { type Summary, summaryOf } from "./summary.js";
import type { OwnBytes } from "../web-types.js";

export type { Drawing, GenerateOptions, SampleOptions, UntrainedOption };

export type { FamilyKind };

/** What a trained model needs of its family: its abilities, and what it computes, as plain values. */
export interface SampledFamily {
  readonly kind: FamilyKind;
  /** What its trained models can do besides sampling. */
  readonly abilities: readonly Ability[];
  /** Number of classes of a conditional model. */
  readonly classes?: number | undefined;
  /**
   * The sampler of samples [count, ...shape], with averaged parameters if the model keeps any. Creates its variables.
   */
  sampler(shape: Shape, options?: SamplerOptions): Sampler;
  /** How strange records are, [count]; higher is stranger. Its random numbers are the same for every record. */
  scorer?(shape: Shape): RowFunction;
  /** What exports its trained models. */
  exporter?(): Promise<Exporter>;
  /** Codes [count, latent] of records. */
  encoder?(shape: Shape): RowFunction;
  /** Records [count, ...shape] of latents or codes, without random numbers. */
  decoder?(shape: Shape): RowFunction;
  /** The layers of all its networks, for records of a shape. */
  layers(shape: Shape): readonly LayerSummary[];
  /** The description from which `familyFrom` makes an equal model. */
  readonly config: FamilyConfig;
  /** Variables that samplers need and checkpoints must keep; complete after `init` or after a step was built. */
  readonly variables: readonly Variable[];
  /** Those of `variables` that a saved model leaves out, because they belong to one training: persistent chains. */
  readonly trainingOnly?: readonly Variable[];
  /**
   * Creates the model's variables for records of this shape, without those of optimizers and batches. Throws RangeError
   * if a network does not accept or produce such records.
   */
  init(shape: Shape): void;
  /** Trains from initial values, or goes on from those in the runtime. */
  train?(runtime: Runtime, data: TrainingData, options: TrainOptions, from: StartingValues): TrainingTask<TrainedModel>;
}

/** Exports models; loaded on demand, because a page that only trains does not need it. */
export interface Exporter {
  exportModel<F extends ExportFormat>(
    model: TrainedModel,
    format: F,
    options?: ExportOptions[F],
  ): Promise<ExportResults[F]>;
}

/** What every trained model can do: sample, generate from latents, interpolate, score, be saved, and be trained on. */
export class TrainedModel extends ModelInRuntime<SampledFamily> {
  readonly #programs = new Map<string, SampleProgram>();
  readonly #functions = new Map<string, CompiledFunction>();

  /**
   * Draws `count` samples [count, ...shape] in the data's normalised range.
   * @throws RangeError (as a rejection) if count is not an integer of 1 or more, UsageError if the model was neither trained
   *   nor loaded in this runtime
   * @example await (async ({ model, done }) => { await done; return (await model.sample(4, { seed: 1 })).shape; })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 })) // [4, 2]
   * @example await (async (model) => [(await model.sample(9, { untrained: true })).data[17], (await model.sample(1, { first: 8, untrained: true })).data[1]])(tinyGan.trained(runtime, [2])).then(([a, b]) => a === b) // true
   */
  async sample(count: number, options: SampleOptions = {}): Promise<Values> {
    checkOptions("sample", options, sampleOptions);
    return this.drawn(count, options, {
      what: "sample",
      name: "sample",
      sampler: (drawing) => this.family.sampler(this.shape, drawing),
    });
  }

  /**
   * The classes that `sample` and `generate` draw for samples `first` to `first + count - 1` of a seed, [count], if none are
   * asked for: by the shares of the classes in the training data.
   * @throws UsageError if the model was not trained with labels, RangeError for a number outside of its range
   * @example tinyGan.trained(runtime, [2]).drawnLabels(4) // throws drawnLabels: this model was not trained with labels
   */
  drawnLabels(count: number, options: Pick<SampleOptions, "seed" | "first"> = {}): Int32Array {
    const what = "drawnLabels";
    checkOptions(what, options, ["seed", "first"]);
    const { seed, first } = checkedSampling(what, options);
    checkNumber(what, "count", count, { whole: true, atLeast: 1 });
    checkNumber(what, "first", first, { whole: true, atMost: 2 ** 53 - count });
    const { classes } = this.family;
    if (classes === undefined) return labelsOf(what, 0, count, this);
    return drawnClasses({ seed, first, count }, classes, this.data.classCounts);
  }

  /**
   * Samples [count, ...shape] from given latents, where `sample` draws them.
   * @param latents [count, latent]
   * @param options `seed`: for other random numbers of the sampler, if there are any
   * @throws RangeError (as a rejection) if the latents are not complete rows, or not finite; UsageError if the model was
   *   neither trained nor loaded in this runtime
   * @example (await tinyGan.trained(runtime, [2]).generate([0, 0, 1, 1, 2, 2], { untrained: true })).shape // [3, 2]
   */
  async generate(latents: Values | ArrayLike<number>, options: GenerateOptions = {}): Promise<Values> {
    checkOptions("generate", options, ["seed", "labels", "also", "untrained"]);
    return this.generated(latents, options, {
      name: "generate",
      sampler: (drawing) => this.family.sampler(this.shape, drawing),
    });
  }

  /**
   * Samples [steps, ...shape] along a path between two latents. A conditional model needs `labels`: one class, or one for each
   * step.
   * @throws RangeError (as a rejection) if an end does not have as many values as a latent; UsageError if the model was
   *   neither trained nor loaded in this runtime
   * @example (await tinyGan.trained(runtime, [2]).interpolate([0, 0], [1, 1], { steps: 5, untrained: true })).shape // [5, 2]
   */
  async interpolate(
    from: ArrayLike<number>,
    to: ArrayLike<number>,
    options: InterpolateOptions & UntrainedOption & LabelsOption = {},
  ): Promise<Values> {
    checkOptions("interpolate", options, ["steps", "path", "labels", "untrained"]);
    const { untrained = false, labels: asked, ...path } = options;
    const sampler = this.family.sampler(this.shape);
    const size = sizeOf(firstInput(sampler).shape);
    const latents = latentPath(from, to, size, path);
    const labels = labelsAsked("interpolate", { count: latents.length / size, labels: asked }, this);
    await this.insistUsable("interpolate", sampler.variables, { untrained });
    return this.along(latents, { untrained: true, ...(labels && { labels }) });
  }

  /** Samples of `interpolate` for the latents of its path. */
  protected along(latents: readonly number[], how: UntrainedOption & LabelsOption): Promise<Values> {
    return this.generate(latents, how);
  }

  /** Rejects if the model is untrained and `how` does not allow that, in its turn: a first step may be under way. */
  protected async insistUsable(what: string, variables: readonly Variable[], how: UntrainedOption): Promise<void> {
    if (!checkedUntrained(what, how)) await this.inTurn(async () => this.insistTrained(what, variables));
  }

  /**
   * How strange each record is to the model, [count]; higher is stranger. Of a GAN: minus the discriminator's logit.
   * @param records a data set, or normalised values [count, ...shape]
   * @param options `labels`: of a conditional model, the classes of the records; default: those of the data set
   * @throws RangeError (as a rejection) if the records do not have the model's shape; UsageError if the family has no score,
   *   or the model was neither trained nor loaded in this runtime
   * @example (await tinyGan.trained(runtime, [2]).score([0, 0, 1, 1], { untrained: true })).shape // [2]
   */
  async score(records: Records, options: UntrainedOption & LabelsOption = {}): Promise<Values> {
    checkOptions("score", options, ["labels", "untrained"]);
    const { family, shape } = this;
    if (!family.scorer)
      throw new UsageError(`score: a model of family ${family.kind} has no score`, { hint: "use another family" });
    const values = valuesOf("score", records, shape);
    const make = () => family.scorer?.(shape) as RowFunction;
    const count = values.length / sizeOf(shape);
    // The discriminator of a conditional model may be one that sees no labels.
    const asks = options.labels !== undefined || (family.classes !== undefined && takesLabels(make()));
    const labels = asks ? labelsOfRecords("score", { records, count, ...options }, this) : undefined;
    return this.computed("score", values, make, { ...options, labels });
  }

  /**
   * The layers of the sampler with their shapes and parameters, its memory, and the operations of one sample.
   * @example tinyGan.trained(runtime, [2]).summary().parameters > 0 // true
   */
  summary(): Summary {
    return summaryOf(this.runtime, this.family, this.shape);
  }

  /**
   * The model in a format that other programs run or read:
   *
   * | format        | result                                                                                    |
   * |---------------|-------------------------------------------------------------------------------------------|
   * | `wasm`        | bytes of one WebAssembly module without imports: see the guide, "Ship a generator"         |
   * | `js`          | files by name: an ES module around it, with types                                          |
   * | `html`        | bytes of a page that opens from a disk                                                     |
   * | `safetensors` | bytes of the saved model, as `save` gives them                                             |
   * @throws UsageError (as a rejection) if the model was not trained, or a weight is not finite; RangeError for an unknown
   *   format or option value
   * @example await (async ({ model, done }) => { await done; return WebAssembly.validate(await model.export("wasm")); })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 })) // true
   */
  async export<F extends ExportFormat>(format: F, options?: ExportOptions[F]): Promise<ExportResults[F]> {
    if (!this.family.exporter) throw new UsageError(`${this.family.kind}: this model cannot be exported`);
    this.insistTrained("export", this.family.sampler(this.shape).variables, false);
    return (await this.family.exporter()).exportModel(this, format, options);
  }

  /** Samples of a sampler from given values of its first input. */
  protected async generated(
    latents: Values | ArrayLike<number>,
    how: GenerateOptions & Pick<SampleOptions, "temperature">,
    drawing: Omit<Drawing, "what" | "given">,
  ): Promise<Values> {
    const size = sizeOf(firstInput(drawing.sampler({})).shape);
    const given = latentsOf("generate", latents instanceof Values ? latents.data : latents, size);
    return this.drawn(given.length / size, how, { ...drawing, what: "generate", given });
  }

  /** Samples of a sampler. Block by block, so that memory does not grow with their number. */
  protected async drawn(count: number, how: SampleOptions, drawing: Drawing): Promise<Values> {
    const { what, given, shape = this.shape } = drawing;
    const { seed, first, temperature, untrained } = checkedSampling(what, how);
    const size = sizeOf(shape);
    const data = roomFor(count, size);
    checkNumber(what, "first", first, { whole: true, atMost: 2 ** 53 - count });
    const asked = how.labels === undefined ? undefined : labelsOf(what, how.labels, count, this);
    // The sampler's inputs are looked at only if there is something to ask for: making it traces the model.
    const also = how.also === undefined ? undefined : furtherClasses(what, how.also, drawing.sampler({}), this);
    const fixed = also ? { ...drawing.fixed, also } : drawing.fixed;
    const name = also ? `${drawing.name} of several classes` : drawing.name;
    const program = this.#drawing({ ...drawing, name, ...(fixed && { fixed }) }, temperature !== 1);
    const labels = takesLabels(program.sampler) ? (asked ?? this.drawnLabels(count, { seed, first })) : undefined;
    return this.inTurn(async () => {
      if (!untrained) this.insistTrained(what, program.sampler.variables);
      await program.run(data, { seed, first, count, temperature, given, fixed, labels });
      return new Values(data, [count, ...shape]);
    });
  }

  /**
   * The model as one safetensors file: its configuration, what it knows of its data, and the values of all its
   * networks, without the state of optimizers. `load` makes the model again, anywhere, and needs nothing else. Equal models
   * give equal bytes.
   * @throws UsageError (as a rejection) if the model has no values yet, or was released
   * @example await (async ({ model, done }) => { await done; return (await load(runtime, await model.save())).data.name; })(tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 })) // "ring"
   */
  async save(): Promise<OwnBytes> {
    // On demand: a page that only trains need not load it.
    const { writeModel } = await import("./saved-model.js");
    const { family, runtime, data } = this;
    family.init(this.shape);
    const variables = family.variables.filter((one) => !family.trainingOnly?.includes(one));
    return this.inTurn(async () => {
      const missing = variables.filter((one) => !runtime.heap.has(one));
      if (missing.length > 0)
        throw new UsageError(
          `save: ${missing.length === variables.length ? "the model has no values yet" : `${missing[0].name} has no value yet`}`,
          { hint: "await the first event of its training, or make the model by load()" },
        );
      return writeModel({
        config: family.config,
        data: withoutFolders(data),
        tensors: await readVariables(runtime, variables),
      });
    });
  }

  /**
   * Trains the model on, from its current values, with fresh optimizers and steps counted from 0.
   * @param data records of the shape and scaling of the data before: see `normalisedAs`
   * @param options those of a model's `train`, without `resume`
   * @returns the training; its `model` and this one share their values
   * @throws RangeError if records have another shape or scaling; UsageError if classes have other names than the model's, or (by
   *   `done`, as a rejection) if the model has no values yet
   * @example (await tinyGan.train(runtime, datasets.ring({ count: 100 }), { steps: 1 }).done.then(() => tinyGan.trained(runtime, [2]).train(datasets.ring({ count: 50, seed: 1 }), { steps: 2 }).done)).step // 2
   */
  train(data: TrainingData, options: TrainOptions): TrainingTask<this> {
    const { family } = this;
    if (!family.train) throw new UsageError(`${family.kind}: this model can only be sampled`);
    if (options?.resume !== undefined)
      throw new UsageError("train: a trained model goes on from its own values, not from resume", {
        hint: "leave out resume, or use the train of gan(…), vae(…) or rbm(…)",
      });
    this.insistHeld();
    return family.train(this.runtime, data, options, { values: "current", data: this.data }) as TrainingTask<this>;
  }

  /**
   * Results of a function of rows, in one list.
   * @param name of the function; functions of one name must be equal
   * @param how `what`: begins the messages of errors
   */
  protected async computed(
    name: string,
    rows: Float32Array,
    make: () => RowFunction,
    how: UntrainedOption & RowRun & { readonly what?: string },
  ): Promise<Values> {
    const what = how.what ?? "score";
    const untrained = checkedUntrained(what, how);
    const { program, variables, labelled } = this.#function(name, make);
    const { out } = await this.inTurn(async () => {
      if (!untrained) this.insistTrained(what, variables);
      return program.run(rows, labelled ? how : { seed: how.seed });
    });
    return new Values(out, [out.length]);
  }

  /** The program of a function of rows, compiled at its first use. */
  #function(name: string, make: () => RowFunction): CompiledFunction {
    const made = this.#functions.get(name) ?? compiledFunction(this.runtime, `${this.family.kind} ${name}`, make());
    if (!this.#functions.has(name)) this.own(made.program);
    this.#functions.set(name, made);
    return made;
  }

  #drawing(drawing: Drawing, tempered: boolean): SampleProgram {
    const key = `${drawing.name}${tempered ? " at a temperature" : ""}`;
    const made =
      this.#programs.get(key) ??
      this.own(new SampleProgram(this.runtime, `${this.family.kind} ${key}`, drawing, tempered));
    this.#programs.set(key, made);
    return made;
  }
}
