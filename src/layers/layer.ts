/**
 * Layers are plain values: a serialisable description and a function from tensor to tensor. A network owns the
 * variables that its layer asks for, by name, so applying it twice shares them.
 */
import type { Initializer } from "./initializers.js";
import { checkOptions } from "../options.js";
import { sameShape, shapeText, type Shape } from "../graph/shape.js";
import { Input, type Tensor, Variable } from "../graph/tensor.js";

/** What a layer is, as JSON: its kind and options. A run folder keeps it, and `fromConfig("layer", config)` reads it back. */
export type LayerConfig = { readonly kind: string; readonly [option: string]: unknown };

export interface Layer {
  readonly config: LayerConfig;
  /** The layer's graph. x is [batch, ...]; variables, training mode and updates come from the scope. */
  apply(x: Tensor, scope: Scope): Tensor;
}

/** Next values of variables: what a program assigns when it ends. */
export type Updates = Map<Variable, Tensor>;

export interface ApplyOptions {
  /** Dropout drops, batch norm uses the batch's statistics and updates its running ones. */
  readonly training?: boolean;
  /** Values to use in place of variables' stored ones: their updates of earlier in the same step, or an average. */
  readonly values?: ReadonlyMap<Variable, Tensor>;
  /** Receives next values of what the layer itself keeps up to date (running statistics). */
  readonly updates?: Updates;
}

export interface ScopeVariable {
  readonly shape: Shape;
  readonly initializer: Initializer;
  /** False for what no optimizer touches (running statistics). */
  readonly trainable?: boolean;
}

/** What a wrapper makes of each value that its part reads; `scope` is the part's own, without wrappers. */
export type Reading = (value: Tensor, name: string, scope: Scope) => Tensor;

/**
 * Where a layer gets its variables: a path of names within one network and one application.
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

  /** The scope of a part. */
  child(name: string | number): Scope {
    return new Scope(this.network, `${this.path}/${name}`, this.options, this.readings);
  }

  /** The same scope, in which every value that is read passes through `reading`. */
  through(reading: Reading): Scope {
    return new Scope(this.network, this.path, this.options, [...this.readings, reading]);
  }

  /** The variable of this name, made on first use. Use `read` for its present value. */
  variable(name: string, spec: ScopeVariable): Variable {
    return this.network.variable(`${this.path}/${name}`, spec);
  }

  /** The present value of a variable: its update of earlier in the step where there is one. */
  read(name: string, spec: ScopeVariable): Tensor {
    const found = this.variable(name, spec);
    const value = this.options.updates?.get(found) ?? this.options.values?.get(found) ?? found;
    const bare = new Scope(this.network, this.path, this.options);
    return this.readings.reduceRight((read, reading) => reading(read, name, bare), value);
  }

  /** Gives a variable its next value (running statistics); without `updates` in the options nothing is kept. */
  update(variable: Variable, value: Tensor): void {
    this.options.updates?.set(variable, value);
  }
}

/**
 * A layer together with its variables, which every application shares.
 * @example ((net) => { net.apply(t([[1, 2, 3]])); return net.parameters.map((one) => one.name); })(new layers.Network("net", layers.dense(8))) // ["net/weight", "net/bias"]
 */
export class Network {
  readonly #variables = new Map<string, Variable>();
  readonly #trainable = new Set<Variable>();

  constructor(
    readonly name: string,
    readonly layer: Layer,
  ) {}

  /** All variables, in order of creation; complete once the network was applied, or `init` made them. */
  get variables(): readonly Variable[] {
    return [...this.#variables.values()];
  }

  /** The variables that an optimizer trains. */
  get parameters(): readonly Variable[] {
    return [...this.#trainable];
  }

  /**
   * Makes the variables for inputs [batch, ...shape], without a step. What a layer keeps for training alone (running
   * statistics) is made too; a batch of 1 stands for all.
   * @param shape shape of one record
   * @returns the shape that a record becomes
   * @throws RangeError where a layer does not take such records, or the variables exist for others
   * @example ((net) => [net.init([3]), net.variables.map((one) => one.shape)])(new layers.Network("net", layers.dense(8))) // [[8], [[3, 8], [8]]]
   */
  init(shape: Shape): Shape {
    return this.apply(new Input(this.name, [1, ...shape])).shape.slice(1);
  }

  /** The network's output for x [batch, ...]. */
  apply(x: Tensor, options: ApplyOptions = {}): Tensor {
    checkOptions("apply", options, ["training", "values", "updates"]);
    return this.layer.apply(x, new Scope(this, this.name, options));
  }

  variable(name: string, options: ScopeVariable): Variable {
    checkOptions(name, options, ["shape", "initializer", "trainable"]);
    const { shape, initializer, trainable = true } = options;
    const known = this.#variables.get(name);
    if (known) {
      if (!sameShape(known.shape, shape)) {
        throw new RangeError(`${name}: built as ${shapeText(known.shape)}, now asked for as ${shapeText(shape)}`);
      }
      return known;
    }
    const made = new Variable({ name, shape, initializer });
    this.#variables.set(name, made);
    if (trainable) this.#trainable.add(made);
    return made;
  }
}
