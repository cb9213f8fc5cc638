/** Variables: tensors whose storage is kept between runs. */
import { checkOptions, textOf } from "../options.js";
import { checkDType, type DType } from "./dtype.js";
import { checkShape, type Shape } from "./shape.js";
import { leaf, Tensor } from "./tensor.js";
import { numbersAs, type TypedArray } from "./values.js";

/** Makes the initial values of a variable, as a graph of the given shape. */
export type Initializer = (shape: Shape) => Tensor;

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

const variableOp = leaf("variable");

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
