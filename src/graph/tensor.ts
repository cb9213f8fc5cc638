/**
 * Tensors: immutable nodes of a graph. A tensor knows the operation that makes it, its inputs, attributes, shape and
 * element type; it has no memory of its own. The op records are in `ops/`.
 */
import type { Op } from "./op.js";
import { checkOptions, textOf } from "../options.js";
import { checkShape, type Shape } from "./shape.js";
import { numbersAs, type TypedArray } from "./values.js";

export type DType = "f32" | "i32" | "u8";

export const anyType: readonly DType[] = ["f32", "i32", "u8"];

/** Returns the dtype. Throws TypeError if it is not one. */
export function checkDType(what: string, dtype: unknown): DType {
  if (anyType.includes(dtype as DType)) return dtype as DType;
  throw new TypeError(`${what}: dtype must be "f32", "i32" or "u8", found ${textOf(dtype)}`);
}

/** Bytes of one element. */
export const elementBytes: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1 };

/** Attributes of an operation: plain data, compared by value. */
export type Attributes = Readonly<Record<string, unknown>>;

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

/** Makes the initial values of a variable, as a graph of the given shape. */
export type Initializer = (shape: Shape) => Tensor;

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

const leaf = (name: string): Op<{ shape: Shape; dtype: DType }> => ({
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
const variableOp = leaf("variable");

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

export interface VariableOptions {
  /** Unique within a model: checkpoints and weight hashes use it. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype?: DType;
  /** Initial values, drawn by the runtime; zeros if not given. */
  readonly initializer?: Initializer;
  /**
   * Initial values given instead of drawn, one per element. If the dtype is i32 or u8, they must be integers
   * within its range.
   */
  readonly data?: ArrayLike<number>;
  /**
   * Name of a variable whose initial random numbers are drawn again for this one, so that a moving average starts equal
   * to its variable.
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
  /** The name that determines the random numbers of the initial values. */
  readonly drawName: string;

  constructor(options: VariableOptions) {
    checkOptions("variable", options, ["name", "shape", "dtype", "initializer", "data", "sameDrawAs"]);
    const { name, shape, dtype = "f32", initializer, data, sameDrawAs } = options;
    if (typeof name !== "string" || name === "")
      throw new TypeError(`variable: name must be a non-empty string, found ${textOf(name)}`);
    const what = `variable ${name}`;
    super(variableOp, [], { shape: checkShape(shape, what), dtype: checkDType(what, dtype) });
    if (initializer !== undefined && typeof initializer !== "function")
      throw new TypeError(`${what}: initializer must be a function of the shape, found ${textOf(initializer)}`);
    const values = data === undefined ? undefined : numbersAs(what, data, dtype);
    if (values && values.length !== this.size) {
      throw new RangeError(`${what}: values must have length ${this.size}, found ${values.length}`);
    }
    this.name = name;
    this.label = name;
    this.initializer = initializer;
    this.data = values;
    this.drawName = sameDrawAs ?? name;
  }
}

/**
 * A variable: a tensor whose storage is kept between runs. See `VariableOptions`.
 * @throws TypeError for an unknown option or dtype, RangeError if `data` does not fit the shape or the dtype
 * @example variable({ name: "weight", shape: [2, 3] }).size // 6
 * @example variable({ name: "weight", shape: [2], data: [1] }) // throws variable weight: values must have length 2, found 1
 */
export function variable(options: VariableOptions): Variable {
  return new Variable(options);
}
