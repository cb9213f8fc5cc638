/**
 * Layers are plain values: a serialisable description and a function from tensor to tensor. A network owns the
 * variables that its layer requests by name, so that all its applications share them.
 */
import type { Initializer } from "./initializers.js";
import { UsageError } from "../errors.js";
import { checkOptions } from "../options.js";
import type { DType } from "../graph/dtype.js";
import { sameShape, shapeText, type Shape } from "../graph/shape.js";
import { Input, type Tensor } from "../graph/tensor.js";
import { Variable } from "../graph/variable.js";
import type { Stepping } from "./stepping.js";

/**
 * A layer's description as JSON: kind and options. Run folders store it; `fromConfig("layer", config)` reads it back.
 */
export type LayerConfig = { readonly kind: string; readonly [option: string]: unknown };

export interface Layer {
  readonly config: LayerConfig;
  /** Builds the layer's graph for x [batch, ...]. The scope has its variables, training mode and updates. */
  apply(x: Tensor, scope: Scope): Tensor;
  /**
   * Whether the layer suits a sequence [batch, positions, ...] that is generated from left to right: a position's result depends
   * on no later position, and with `scope.stepping` the layer computes one position from its states. Default: no.
   */
  readonly causal?: boolean;
  /**
   * Whether the layer is the decoder of records of tokens and reads the tokens before each position from its scope. Its result is
   * then [batch, positions, vocabulary], and it also computes one position with `scope.stepping`. Default: no.
   */
  readonly readsTokens?: boolean;
}

/** Next values of variables, which a program assigns when it ends. */
export type Updates = Map<Variable, Tensor>;

export interface ApplyOptions {
  /**
   * Whether the network is being trained: dropout is active, and batch norm uses the batch's statistics and updates the
   * running ones; false by default.
   */
  readonly training?: boolean;
  /** Values to use instead of the stored ones: updates made earlier in the same step, or averages. */
  readonly values?: ReadonlyMap<Variable, Tensor>;
  /** Receives the next values of variables that layers update themselves, such as running statistics. */
  readonly updates?: Updates;
  /** Classes of the records, i32 [batch], or weights of all classes, f32 [batch, classes], which conditional layers read. */
  readonly labels?: Tensor | undefined;
  /** Number of classes that the labels come from; every conditional layer must then have as many. */
  readonly classes?: number | undefined;
  /** Whether x is one position of a sequence, [batch, 1, ...], and what causal layers keep of the positions before it. */
  readonly stepping?: Stepping | undefined;
  /**
   * Tokens before each position, i32 [batch, positions], for layers that read them; the first stands before the record, see
   * `tokensBefore`.
   */
  readonly tokens?: Tensor | undefined;
  /** Receives the kind and the result of every layer that `makeKind` made, after its parts. */
  readonly watch?: (path: string, kind: string, result: Tensor) => void;
}

/** One layer of a network. */
export interface LayerSummary {
  /** The path of its variables. */
  readonly name: string;
  readonly kind: string;
  /** Shape of its result for one record. */
  readonly shape: Shape;
  /** Number of values of its variables, without those of its parts. */
  readonly parameters: number;
}

export interface ScopeVariable {
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** False for variables that optimizers do not train, such as running statistics. */
  readonly trainable?: boolean;
}

/** Converts a value that the wrapped layer reads. `scope` is the wrapped layer's scope, without wrappers. */
export type Reading = (value: Tensor, name: string, scope: Scope) => Tensor;

/**
 * Gives a layer access to its variables, by a path of names, during one application of one network.
 * @example new layers.Network("net", { config: { kind: "named" }, apply: (x, scope) => x.named(scope.child("part").path) }).apply(t([1])).label // "net/part"
 */
export class Scope {
  constructor(
    private readonly network: Network,
    readonly path: string,
    private readonly options: ApplyOptions,
    private readonly readings: readonly Reading[] = [],
  ) {}

  get training(): boolean {
    return this.options.training ?? false;
  }

  /** Classes of the records, i32 [batch], or their weights, f32 [batch, classes], if the network was applied with any. */
  get labels(): Tensor | undefined {
    return this.options.labels;
  }

  /** States of causal layers, if the network is applied to one position after the other. */
  get stepping(): Stepping | undefined {
    return this.options.stepping;
  }

  /**
   * The classes of the records of x, for a layer of kind `kind` that has `classes` of them, i32 [batch], or their weights, f32
   * [batch, classes].
   * @throws UsageError if the network was applied without labels
   * @throws RangeError if the labels come from another number of classes
   * @example new layers.Network("net", layers.film(3)).apply(t([[1, 2]])) // throws film at net: this network is applied without the labels
   */
  labelsFor(kind: string, classes: number): Tensor {
    const { labels, classes: own = classes } = this.options;
    if (!labels)
      throw new UsageError(`${kind} at ${this.path}: this network is applied without the labels that the layer needs`, {
        hint: "give the model its number of classes: gan({ classes: 10, … }); a discriminator with `auxiliary` sees no labels",
      });
    if (own !== classes)
      throw new RangeError(`${kind} at ${this.path}: classes must be ${own} like the model's, found ${classes}`);
    return labels;
  }

  /**
   * The tokens before each position, for a layer of kind `kind`, i32 [batch, positions].
   * @throws UsageError if the network was applied without tokens
   * @example new layers.Network("net", layers.causalDecoder({ network: layers.gru(4), vocabulary: 3 })).apply(t([[1, 2]])) // throws causalDecoder at net: this network is applied without the tokens
   */
  tokensFor(kind: string): Tensor {
    const { tokens } = this.options;
    if (tokens) return tokens;
    throw new UsageError(`${kind} at ${this.path}: this network is applied without the tokens that the layer reads`, {
      hint: "use the layer in the decoder of a vae with likelihoods.categorical",
    });
  }

  /** The scope of a part. */
  child(name: string | number): Scope {
    return new Scope(this.network, `${this.path}/${name}`, this.options, this.readings);
  }

  /** The same scope, except that `reading` converts every value that is read. */
  through(reading: Reading): Scope {
    return new Scope(this.network, this.path, this.options, [...this.readings, reading]);
  }

  /** The variable of this name, created on first use. Use `read` for its current value. */
  variable(name: string, spec: ScopeVariable): Variable {
    return this.network.variable(`${this.path}/${name}`, spec);
  }

  /** The current value of a variable: the update made earlier in this step, if there is one. */
  read(name: string, spec: ScopeVariable): Tensor {
    const found = this.variable(name, spec);
    const value = this.options.updates?.get(found) ?? this.options.values?.get(found) ?? found;
    const bare = new Scope(this.network, this.path, this.options);
    return this.readings.reduceRight((read, reading) => reading(read, name, bare), value);
  }

  /** Tells a summary of the network what a layer made here. */
  report(kind: string, result: Tensor): void {
    this.options.watch?.(this.path, kind, result);
  }

  /** Sets the next value of a variable such as running statistics; ignored without `updates` in the options. */
  update(variable: Variable, value: Tensor): void {
    this.options.updates?.set(variable, value);
  }
}

/** Throws RangeError unless there is a class for each of the records, or weights of all classes. */
function checkLabels(name: string, batch: number, { dtype, shape }: Tensor, classes: number | undefined): void {
  const single = dtype === "i32" && sameShape(shape, [batch]);
  const weights = dtype === "f32" && shape.length === 2 && shape[0] === batch && (classes ?? shape[1]) === shape[1];
  if (single || weights) return;
  throw new RangeError(
    `${name}: labels must be i32 [${batch}], one per record, or weights f32 [${batch}, ${classes ?? "classes"}], found ${dtype} ${shapeText(shape)}`,
  );
}

/**
 * A layer with its variables, which all applications share.
 * @example ((net) => { net.apply(t([[1, 2, 3]])); return net.parameters.map((one) => one.name); })(new layers.Network("net", layers.dense(8))) // ["net/weight", "net/bias"]
 */
export class Network {
  readonly #variables = new Map<string, Variable>();
  readonly #trainable = new Set<Variable>();

  constructor(
    readonly name: string,
    readonly layer: Layer,
  ) {}

  /** All variables, in order of creation; complete after the first `apply` or `init`. */
  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  /** The variables that an optimizer trains. */
  get parameters(): readonly Variable[] {
    return [...this.#trainable];
  }

  /**
   * Creates the variables for inputs [batch, ...shape] without running a step. Variables that no optimizer trains, such
   * as running statistics, are created too. The graph is built for a batch of 1, but the variables suit any batch.
   * @param shape shape of one record
   * @param classes number of classes, if the network is applied with labels
   * @returns the shape of the output for one record
   * @throws RangeError if a layer does not accept such records, or the variables exist with other shapes
   * @example ((net) => [net.init([3]), net.variables.map((one) => one.shape)])(new layers.Network("net", layers.dense(8))) // [[8], [[3, 8], [8]]]
   */
  init(shape: Shape, classes?: number): Shape {
    return this.apply(new Input(this.name, [1, ...shape]), labelsOf(classes)).shape.slice(1);
  }

  /**
   * The layers for inputs [batch, ...shape], in the order of their results; of layers made of layers, the parts.
   * @param classes number of classes, if the network is applied with labels
   * @param input its dtype, default f32; and if the network reads them, the tokens before the positions of one record, i32
   *   [1, positions]
   * @example new layers.Network("net", layers.sequential(layers.dense(8), layers.relu())).layers([3]).map((one) => `${one.name} ${one.kind} ${one.shape} ${one.parameters}`) // ["net/0 dense 8 32", "net/1 relu 8 0"]
   */
  layers(
    shape: Shape,
    classes?: number,
    input: { readonly dtype?: DType; readonly tokens?: Tensor } = {},
  ): LayerSummary[] {
    checkOptions("layers", input, ["dtype", "tokens"]);
    const { dtype = "f32", tokens } = input;
    const found = new Map<string, { kind: string; shape: Shape }>();
    this.apply(new Input(this.name, [1, ...shape], dtype), {
      ...labelsOf(classes),
      ...(tokens && { tokens }),
      watch: (path, kind, result) => void found.set(path, { kind, shape: result.shape.slice(1) }),
    });
    const sizes = new Map<string, number>();
    const rest: LayerSummary[] = [];
    for (const { name, shape: own, size } of this.variables) {
      const owner = [...found.keys()]
        .filter((path) => name.startsWith(`${path}/`))
        .reduce((longest, path) => (path.length > longest.length ? path : longest), "");
      if (owner) sizes.set(owner, (sizes.get(owner) ?? 0) + size);
      else rest.push({ name, kind: "variable", shape: own, parameters: size });
    }
    const isWhole = (path: string) => [...found.keys()].some((other) => other.startsWith(`${path}/`));
    const layers = [...found].map(([name, one]) => ({ name, ...one, parameters: sizes.get(name) ?? 0 }));
    return [...layers.filter(({ name, parameters }) => parameters > 0 || !isWhole(name)), ...rest];
  }

  /** The network's output for x [batch, ...]. Throws RangeError if there is not one label, or a row of weights, per record. */
  apply(x: Tensor, options: ApplyOptions = {}): Tensor {
    const known = ["training", "values", "updates", "labels", "classes", "stepping", "tokens", "watch"];
    checkOptions("apply", options, known);
    const { labels, classes, tokens } = options;
    if (labels) checkLabels(this.name, x.shape[0], labels, classes);
    if (tokens && (tokens.dtype !== "i32" || tokens.rank !== 2 || tokens.shape[0] !== x.shape[0]))
      throw new RangeError(
        `${this.name}: tokens must be i32 [${x.shape[0]}, positions], found ${tokens.dtype} ${shapeText(tokens.shape)}`,
      );
    return this.layer.apply(x, new Scope(this, this.name, options));
  }

  variable(name: string, options: ScopeVariable): Variable {
    checkOptions(name, options, ["shape", "initializer", "trainable"]);
    const { shape, initializer, trainable = true } = options;
    const known = this.#variables.get(name);
    if (known) {
      if (!sameShape(known.shape, shape)) {
        throw new RangeError(
          `${name}: the variable must have the shape that it was created with, ${shapeText(known.shape)}, found ${shapeText(shape)}`,
        );
      }
      return known;
    }
    const made = new Variable({ name, shape, initializer });
    this.#variables.set(name, made);
    if (trainable) this.#trainable.add(made);
    return made;
  }
}

/** The options for a batch of one, in order to create the variables of a network that is applied with labels. */
const labelsOf = (classes: number | undefined): ApplyOptions =>
  classes === undefined ? {} : { labels: new Input("labels", [1], "i32"), classes };
