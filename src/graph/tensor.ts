/**
 * Tensors: immutable nodes of a graph. A tensor knows its operation, its inputs, attributes, shape and element type; it
 * has no memory of its own. The operations are defined in `ops/`.
 */
import type { Micro } from "../../assembly/opcode.js";
import type { Emission } from "./emission.js";
import type { Storage } from "./storage.js";
import { checkOptions, textOf } from "../options.js";
import { checkShape, type Shape } from "./shape.js";
import { numbersAs, type TypedArray } from "./values.js";

export type DType = "f32" | "i32" | "u8";

export const anyType: readonly DType[] = ["f32", "i32", "u8"];

/** Returns the dtype; throws TypeError if it is not one. */
export function checkDType(what: string, dtype: unknown): DType {
  if (anyType.includes(dtype as DType)) return dtype as DType;
  throw new TypeError(`${what}: dtype is "f32", "i32" or "u8", found ${textOf(dtype)}`);
}

/** Bytes of one element. */
export const elementBytes: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1 };

/** Attributes of an operation: plain data, compared by value. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Additional information for an evaluation by the reference. */
export interface EvaluationContext {
  readonly seed: number;
  readonly step: number;
  /** Stream of a random operation's node. */
  streamOf(node: Tensor): number;
  /** The current iteration among all iterations of the enclosing loops: `index` of `of`, 0 of 1 outside of loops. */
  readonly iteration: { readonly index: number; readonly of: number };
  /** Values of a body's results for given inputs, in iteration `iteration` of `length`. */
  run(body: Body, inputs: readonly Float64Array[], iteration: number, length: number): Float64Array[];
}

/** A separate graph that a loop repeats: see graph/body.ts. */
export interface Body {
  readonly inputs: readonly Input[];
  readonly results: readonly Tensor[];
}

/** One micro-operation with its immediates; operands come from the node's inputs. */
export interface MicroCode {
  readonly op: Micro;
  readonly p?: number;
  readonly q?: number;
}

/**
 * How the compiler implements an operation:
 * - `leaf`: it has storage before the program runs (input, variable, constant); `data` returns the values of those that
 * a program holds itself, one for all elements or one each;
 * - `view`: the same elements in the same order with another shape;
 * - `map`: elementwise, one micro-operation (inputs broadcast against each other);
 * - `part`: one of the values of its input, a node with several values;
 * - `kernel`: commands of its own, created by `emit`. With `epilogue`, the command can apply a map to its results
 * (`Emission.epilogue`), with `front` a map to its input (`Emission.front`).
 */
export type Lowering<A> =
  | { readonly kind: "leaf"; data?(node: Tensor): TypedArray }
  | { readonly kind: "view" }
  | { readonly kind: "map"; micro(attributes: A): MicroCode; readonly cost: number }
  | { readonly kind: "part" }
  | {
      readonly kind: "kernel";
      emit(emission: Emission): void;
      /** Storages of the values of a node that has several. */
      parts?(node: Tensor): readonly Storage[];
      readonly epilogue?: true;
      readonly front?: true;
    };

/** The definition of an operation: everything that the rest of genloom knows about it. */
export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  /** Shape of the result; throws RangeError if the inputs do not fit. */
  shape(inputs: readonly Tensor[], attributes: A): Shape;
  /** Element types that each input may have; the last entry applies to all further inputs. Default: f32 only. */
  readonly takes?: readonly (readonly DType[])[];
  /** Element type of the result; default f32. */
  readonly dtype?: DType | ((inputs: readonly Tensor[], attributes: A) => DType);
  /**
   * Gradients with respect to the inputs, from the gradient of the result, written in differentiable operations; an
   * entry is null if there is no gradient. They may have the result's (broadcast) shape: `gradient()` sums them back.
   * Null for an operation that stops differentiation.
   */
  readonly gradient: ((upstream: Tensor, node: Tensor) => readonly (Tensor | null)[]) | null;
  /**
   * Like `gradient`, for a node with several parts: from the gradients of the parts that have one, by index; `leads`
   * marks the inputs whose gradients are needed.
   */
  partsGradient?(
    upstreams: ReadonlyMap<number, Tensor>,
    node: Tensor,
    leads: (input: Tensor) => boolean,
  ): readonly (Tensor | null)[];
  /**
   * For a node with several parts: removes what only serves parts that nobody reads. Returns its inputs and attributes,
   * and the new index of each part.
   */
  narrow?(
    node: Tensor,
    used: ReadonlySet<number>,
  ): { inputs: readonly Tensor[]; attributes: Attributes; indices: ReadonlyMap<number, number> };
  /** f64 evaluation, the definition of the operation. Inputs and result are row-major. */
  evaluate(inputs: readonly Float64Array[], node: Tensor, context: EvaluationContext): Float64Array;
  readonly lowering: Lowering<A>;
  /** Its values come from a stream of random numbers, one stream per node. Such nodes are distinct. */
  readonly random?: true;
  /** Two nodes with the same inputs and attributes do not have the same value, so they are never merged. */
  readonly distinct?: true;
  /**
   * The f64 value for f32 operands, rounded to f32, equals the kernel's result bit for bit (for sums, products,
   * quotients and roots see Figueroa 1995: f64 has more than twice the digits of f32), so it may be precomputed.
   */
  readonly exact?: true;
  /**
   * The offset (elements) of the result within its first input's memory, if it is a contiguous row-major part of it;
   * else undefined, and a command copies it.
   */
  alias?(node: Tensor): number | undefined;
  /**
   * Passes its input in some steps and gives zeros in the others. The gradient is computed for everything that serves
   * only this gate, and gated at the end, so that none of it is computed in the other steps.
   */
  readonly gate?: true;
  /**
   * Replaces all nodes of this operation in a program by others that are computed together; the compiler calls it once
   * per program. `roots` are nodes whose values are needed.
   */
  gather?(nodes: readonly Tensor[], order: readonly Tensor[], roots: ReadonlySet<Tensor>): ReadonlyMap<Tensor, Tensor>;
  /** The sum of two or more nodes of this operation with the same shape; default: added one by one. */
  sumOf?(nodes: readonly Tensor[]): Tensor;
  /** A cheaper equivalent of a node, used also in programs that are not fused; undefined if there is none. */
  simplify?(node: Tensor): Tensor | undefined;
}

/** Whether a node itself draws random numbers: a loop does not, but nodes of its body may. */
export const isRandom = ({ op }: Tensor): boolean => op.random ?? false;

const onlyFloat: readonly (readonly DType[])[] = [["f32"]];

/** Throws TypeError if an input is not a tensor, or has an element type that the operation does not accept. */
function checkInputs({ name, takes = onlyFloat }: Op<never>, inputs: readonly unknown[]): void {
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor)) throw noTensor(name, input);
    const types = takes[Math.min(i, takes.length - 1)];
    if (types.includes(input.dtype)) return;
    const which = inputs.length > 1 ? `input ${i + 1}` : "the input";
    throw new TypeError(
      `${name}: ${which} is ${types.join(" or ")}, found ${input.dtype}; cast(x, "${types[0]}") converts it`,
    );
  });
}

/** The error for an operand that is not a tensor or number. */
export function noTensor(what: string, found: unknown): TypeError {
  const hint = typeof found === "object" && found !== null ? "; literal(values, shape) makes a tensor of numbers" : "";
  return new TypeError(`${what}: an operand is a tensor or a number, found ${textOf(found)}${hint}`);
}

/** First values of a variable, as a graph of its shape. */
export type Initializer = (shape: Shape) => Tensor;

let created = 0;

/** Number of tensors created so far: later ones have this id or a greater one. */
export const createdNodes = (): number => created;

/**
 * An immutable node of a graph: operation, inputs, attributes, shape, dtype.
 * @example randomNormal([64, 100]).dtype // "f32"
 */
export class Tensor {
  /** Order of creation: a topological order of every graph. */
  readonly id = created++;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Name for listings and errors. */
  label: string | undefined;

  constructor(
    // biome-ignore lint/suspicious/noExplicitAny: a node does not know its operation's attribute type; the record does
    readonly op: Op<any>,
    readonly inputs: readonly Tensor[],
    readonly attributes: Attributes = {},
  ) {
    checkInputs(op, inputs);
    this.shape = checkShape(op.shape(inputs, attributes), op.name);
    this.dtype = typeof op.dtype === "function" ? op.dtype(inputs, attributes) : (op.dtype ?? "f32");
  }

  /** Number of axes. @example randomNormal([64, 100]).rank // 2 */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. @example randomNormal([64, 100]).size // 6400 */
  get size(): number {
    return this.shape.reduce((size, length) => size * length, 1);
  }

  /** Gives this node a name for listings and errors. @example randomNormal([2]).named("noise").label // "noise" */
  named(label: string): this {
    this.label = label;
    return this;
  }
}

const leaf = (name: string): Op<{ shape: Shape; dtype: DType }> => ({
  name,
  distinct: true,
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype }) => dtype,
  gradient: null,
  evaluate() {
    throw new Error(`${name}: a leaf has no evaluation, it is fed`);
  },
  lowering: { kind: "leaf" },
});

const inputOp = leaf("input");
const variableOp = leaf("variable");

/** A tensor whose values are given at every run. */
export class Input extends Tensor {
  constructor(
    readonly name: string,
    shape: Shape,
    dtype: DType = "f32",
  ) {
    super(inputOp, [], { shape, dtype: checkDType(`input ${name}`, dtype) });
    this.label = name;
  }
}

export interface VariableOptions {
  /** Unique within a model: checkpoints and weight hashes use it as key. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Initial values, drawn by the runtime; default zeros. */
  readonly initializer?: Initializer;
  /** Initial values given instead of drawn, `size` of them; whole numbers within range if the dtype is i32 or u8. */
  readonly data?: ArrayLike<number>;
  /**
   * Name of a variable whose initial random numbers are drawn again: a moving average starts at the same values as its
   * variable.
   */
  readonly sameDrawAs?: string;
}

/**
 * A tensor with persistent storage; a program's updates set its next value. See `variable`.
 * @example new Variable({ name: "weight", shape: [2, 3] }).name // "weight"
 */
export class Variable extends Tensor {
  readonly name: string;
  readonly initializer: Initializer | undefined;
  readonly data: TypedArray | undefined;
  /** The name that determines the initial random numbers. */
  readonly drawName: string;

  constructor(options: VariableOptions) {
    checkOptions("variable", options, ["name", "shape", "dtype", "initializer", "data", "sameDrawAs"]);
    const { name, shape, dtype = "f32", initializer, data, sameDrawAs } = options;
    if (typeof name !== "string" || name === "") throw new TypeError(`variable: name is a text, found ${textOf(name)}`);
    const what = `variable ${name}`;
    super(variableOp, [], { shape: checkShape(shape, what), dtype: checkDType(what, dtype) });
    if (initializer !== undefined && typeof initializer !== "function")
      throw new TypeError(`${what}: initializer is a function of the shape, found ${textOf(initializer)}`);
    const values = data === undefined ? undefined : numbersAs(what, data, dtype);
    if (values && values.length !== this.size) {
      throw new RangeError(`${what}: ${this.size} values needed for its shape, found ${values.length}`);
    }
    this.name = name;
    this.label = name;
    this.initializer = initializer;
    this.data = values;
    this.drawName = sameDrawAs ?? name;
  }
}

/**
 * A variable: storage that persists between runs. See `VariableOptions`.
 * @throws TypeError for an unknown option or dtype, RangeError if `data` does not fit the shape or the dtype
 * @example variable({ name: "weight", shape: [2, 3] }).size // 6
 * @example variable({ name: "weight", shape: [2], data: [1] }) // throws variable weight: 2 values needed for its shape, found 1
 */
export function variable(options: VariableOptions): Variable {
  return new Variable(options);
}
