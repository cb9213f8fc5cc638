/**
 * Tensors and operations, the two halves of a graph: each type names the other, so both are defined here.
 *
 * A tensor is an immutable node: it knows the operation that makes it, its inputs, attributes, shape and element type; it
 * has no memory of its own. An operation's record (`Op`) holds its shape and dtype rules, gradient, f64 evaluation, traits,
 * and how its commands are emitted. `ops/` has the records; nothing elsewhere looks an operation up by its name.
 */
import type { Micro } from "../../assembly/opcode.js";
import { textOf } from "../options.js";
import { checkDType, type DType } from "./dtype.js";
import type { Rows } from "./draws.js";
import type { Emission } from "./emission.js";
import { checkShape, type Shape } from "./shape.js";
import type { Storage } from "./storage.js";
import type { TypedArray } from "./values.js";

/** Attributes of an operation: plain data, compared by value. */
export type Attributes = Readonly<Record<string, unknown>>;

/** What an evaluation of the reference gets in addition to the inputs' values. */
export interface EvaluationContext {
  readonly seed: number;
  readonly step: number;
  /** The stream of random numbers of a random node. */
  streamOf(node: Tensor): number;
  /**
   * Number of the current iteration (`index`) among all iterations (`of`) of the loops around it; 0 of 1 outside loops.
   */
  readonly iteration: { readonly index: number; readonly of: number };
  /** The rows, from row `first` of a block on, that the graph computes; absent if it is not a part of a block. */
  readonly rows?: (Rows & { readonly first: number }) | undefined;
  /** Evaluates a body's results from the values of its inputs, in iteration `iteration` of `length`. */
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
 * - `leaf`: its storage exists before the program runs (input, variable, constant). `data` gives the values of leaves
 *   that the program itself holds: one value for all elements, or one per element;
 * - `view`: the same elements in the same order, in another shape;
 * - `map`: elementwise, one micro-operation (inputs broadcast against each other);
 * - `part`: one result of its input, a node with several results;
 * - `kernel`: its own commands, made by `emit`. With `epilogue`, the command can apply a map to its results before it
 *   stores them (`Emission.epilogue`); with `front`, it can compute its input by a map (`Emission.front`).
 */
export type Lowering<A> =
  | { readonly kind: "leaf"; data?(node: Tensor): TypedArray }
  | { readonly kind: "view" }
  | { readonly kind: "map"; micro(attributes: A): MicroCode; readonly cost: number }
  | { readonly kind: "part" }
  | {
      readonly kind: "kernel";
      emit(emission: Emission<Tensor>): void;
      /** Storages of the results of a node that has several. */
      parts?(node: Tensor): readonly Storage[];
      readonly epilogue?: true;
      readonly front?: true;
    };

/** The op record: everything that the rest of genloom knows about an operation. */
export interface Op<A extends Attributes = Attributes> {
  readonly name: string;
  /** Shape of the result. Throws RangeError if the inputs do not fit. */
  shape(inputs: readonly Tensor[], attributes: A): Shape;
  /** Element types accepted for each input; the last entry applies to all further inputs. If not given, every input must be f32. */
  readonly takes?: readonly (readonly DType[])[];
  /** Element type of the result; f32 if not given. */
  readonly dtype?: DType | ((inputs: readonly Tensor[], attributes: A) => DType);
  /**
   * Gradients with respect to the inputs, computed from the gradient of the result by differentiable operations; null
   * for an input without a gradient. They may have the (broadcast) shape of the result: `gradient()` sums them back.
   * The op record has null here if differentiation stops at this operation.
   */
  readonly gradient: ((upstream: Tensor, node: Tensor) => readonly (Tensor | null)[]) | null;
  /**
   * The same for a node with several results. `upstreams` holds the gradients of the results that have one, by index;
   * `leads` tells which inputs need a gradient.
   */
  partsGradient?(
    upstreams: ReadonlyMap<number, Tensor>,
    node: Tensor,
    leads: (input: Tensor) => boolean,
  ): readonly (Tensor | null)[];
  /**
   * For a node with several results: its inputs and attributes without everything that is needed only for unused
   * results, and the new index of each remaining result.
   */
  narrow?(
    node: Tensor,
    used: ReadonlySet<number>,
  ): { inputs: readonly Tensor[]; attributes: Attributes; indices: ReadonlyMap<number, number> };
  /** f64 evaluation, the definition of the operation. Inputs and result are row-major. */
  evaluate(inputs: readonly Float64Array[], node: Tensor, context: EvaluationContext): Float64Array;
  readonly lowering: Lowering<A>;
  /** Its values come from a stream of random numbers, one stream per node. Such nodes are never merged. */
  readonly random?: true;
  /** Two nodes with the same inputs and attributes have different values, so they are never merged. */
  readonly distinct?: true;
  /**
   * Evaluating f32 operands in f64 and rounding to f32 gives exactly the bits that the kernel computes (for sums,
   * products, quotients and roots see Figueroa 1995: f64 has more than twice f32's digits). The compiler may therefore
   * compute constants in advance.
   */
  readonly exact?: true;
  /**
   * The index in the first input at which the result begins, if the result is a contiguous, row-major range of that
   * input's memory; otherwise undefined, and a command copies it.
   */
  alias?(node: Tensor): number | undefined;
  /**
   * Passes its input on in some steps and gives zeros in the others. `gradient` differentiates the nodes that feed only
   * the gate first and applies the gate to the finished gradient, so in the other steps none of it is computed.
   */
  readonly gate?: true;
  /**
   * Replaces nodes of this operation by nodes that compute several of them together. The compiler calls it once per
   * program, with all nodes of the operation. `roots` are nodes whose values are needed.
   */
  gather?(nodes: readonly Tensor[], order: readonly Tensor[], roots: ReadonlySet<Tensor>): ReadonlyMap<Tensor, Tensor>;
  /** Sums two or more nodes of this operation that have the same shape; if not given, they are added one by one. */
  sumOf?(nodes: readonly Tensor[]): Tensor;
  /** A cheaper equivalent of a node, used also in programs that are not fused; undefined if there is none. */
  simplify?(node: Tensor): Tensor | undefined;
}

/**
 * Attaches to a function the op record of the nodes that it makes. Like everything that makes op records, it is free of
 * side effects, so a bundler drops the operations that nobody imports.
 */
/* @__NO_SIDE_EFFECTS__ */
// biome-ignore lint/suspicious/noExplicitAny: the attributes may have any type
export function operation<Call extends object>(call: Call, op: Op<any>): Call & { readonly op: Op } {
  return Object.assign(call, { op });
}

/** Whether a node itself draws random numbers. False for a loop, even if nodes of its body draw. */
export const isRandom = ({ op }: Tensor): boolean => op.random ?? false;

const onlyFloat: readonly (readonly DType[])[] = [["f32"]];

/** Throws TypeError if an input is not a tensor, or has an element type that the operation does not take. */
function checkInputs({ name, takes = onlyFloat }: Op<never>, inputs: readonly unknown[]): void {
  inputs.forEach((input, i) => {
    if (!(input instanceof Tensor)) throw noTensor(name, input);
    const types = takes[Math.min(i, takes.length - 1)];
    if (types.includes(input.dtype)) return;
    const which = inputs.length > 1 ? `input ${i + 1}` : "the input";
    throw new TypeError(
      `${name}: ${which} must be ${types.join(" or ")}, found ${input.dtype}; cast(x, "${types[0]}") converts it`,
    );
  });
}

/** The error for an operand that is not a tensor. */
export function noTensor(what: string, found: unknown): TypeError {
  const hint = typeof found === "object" && found !== null ? "; literal(values, shape) makes a tensor of numbers" : "";
  return new TypeError(`${what}: an operand must be a tensor or a number, found ${textOf(found)}${hint}`);
}

let created = 0;

/** Number of tensors created so far: tensors made from now on have this id or a greater one. */
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

/** The record of an operation that makes tensors whose values are given. */
export const leaf = (name: string): Op<{ shape: Shape; dtype: DType }> => ({
  name,
  distinct: true,
  shape: (_inputs, { shape }) => shape,
  dtype: (_inputs, { dtype }) => dtype,
  gradient: null,
  evaluate() {
    throw new Error(`${name}: a leaf is not evaluated, its values are fed`);
  },
  lowering: { kind: "leaf" },
});

const inputOp = leaf("input");

/** A tensor whose values the caller passes to every run. */
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
