/**
 * `scan`: a loop inside a program. Its body is traced once. Carries are passed from iteration to iteration, sequences
 * give one row to each iteration, and outputs collect one row from each iteration.
 */
import { checkNumber, checkOptions, textOf } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { createdNodes, Input, Tensor } from "../graph/tensor.js";
import { type TensorLike, tensor } from "./constant.js";
import { makeScan, partOf } from "./scan/record.js";

type Named = Readonly<Record<string, Tensor>>;
type NamedLike = Readonly<Record<string, TensorLike>>;

export interface ScanOptions {
  /** Number of iterations; optional if there are sequences. */
  readonly length?: number;
  /** Initial values of the carries, which are passed from iteration to iteration. */
  readonly carries?: NamedLike;
  /** Tensors [length, …]; each iteration gets one row […]. */
  readonly sequences?: NamedLike;
  /** Processes the rows from the last to the first; false if not given. */
  readonly reverse?: boolean;
}

/**
 * Result of one iteration: the next value of every carry, with the same shape and dtype, and one row of each output.
 */
export interface ScanIteration {
  readonly carries?: NamedLike;
  readonly outputs?: NamedLike;
}

export interface ScanResult {
  /** Carries after the last iteration. */
  readonly carries: Named;
  /** Outputs of all iterations, [length, …]: row i belongs to row i of the sequences. */
  readonly outputs: Named;
}

function named(what: string, values: NamedLike | undefined): [string, Tensor][] {
  if (values === undefined) return [];
  if (typeof values !== "object" || values === null || values instanceof Tensor || Array.isArray(values))
    throw new TypeError(`scan: ${what} must be named tensors { name: tensor }, found ${textOf(values)}`);
  return Object.entries(values).map(([name, value]) => [name, tensor(value, `scan: ${name}`)]);
}

/** Throws RangeError if the body's next carries differ from the initial ones in name, shape or dtype. */
function checkCarries(before: readonly [string, Tensor][], next: readonly [string, Tensor][]): void {
  for (const [name] of next)
    if (!before.some(([known]) => known === name))
      throw new RangeError(`scan: the body returns a carry ${name}, which has no initial value`);
  for (const [name, first] of before) {
    const value = next.find(([known]) => known === name)?.[1];
    if (!value) throw new RangeError(`scan: the body returns no next value for the carry ${name}`);
    if (!sameShape(value.shape, first.shape) || value.dtype !== first.dtype) {
      throw new RangeError(
        `scan: the next value of the carry ${name} must be ${first.dtype} ${shapeText(first.shape)}, found ${value.dtype} ${shapeText(value.shape)}`,
      );
    }
  }
}

/**
 * A loop of `length` iterations inside a program. The body is called once, with tensors that stand for the carries and
 * for one row of each sequence; it may also use any other tensor. Differentiable to any order; loops can be nested. A
 * random node of n elements draws elements i n, i n + 1, … of its stream in iteration i, so all iterations together draw
 * the same numbers as one node of shape [length, …].
 * @throws TypeError for options of another type, RangeError if lengths, shapes or carries do not fit
 * @example show(scan({ length: 3, carries: { x: 1 } }, ({ x }) => ({ carries: { x: mul(x, 2) } })).carries.x) // 8
 * @example show(scan({ carries: { sum: 0 }, sequences: { x: t([1, 2, 3]) } }, ({ sum }, { x }) => ({ carries: { sum: add(sum, x) }, outputs: { sums: add(sum, x) } })).outputs.sums) // [1, 3, 6]
 */
export function scan(options: ScanOptions, body: (carries: Named, elements: Named) => ScanIteration): ScanResult {
  checkOptions("scan", options, ["length", "carries", "sequences", "reverse"]);
  if (typeof body !== "function") throw new TypeError(`scan: the body must be a function, found ${textOf(body)}`);
  const { reverse = false } = options;
  if (typeof reverse !== "boolean")
    throw new TypeError(`scan: reverse must be true or false, found ${textOf(reverse)}`);
  const first = named("carries", options.carries);
  const sequences = named("sequences", options.sequences);
  for (const [name, { shape }] of sequences)
    if (shape.length === 0) throw new RangeError(`scan: the sequence ${name} must have a first axis, found a scalar`);
  const length = checkNumber("scan", "length", options.length ?? sequences[0]?.[1].shape[0], {
    whole: true,
    atLeast: 0,
    below: 2 ** 31,
  });
  for (const [name, { shape }] of sequences)
    if (shape[0] !== length)
      throw new RangeError(`scan: the sequence ${name} must have length ${length}, found ${shape[0]}`);

  const from = createdNodes();
  const stand = ([name, { shape, dtype }]: [string, Tensor], lead: number) => new Input(name, shape.slice(lead), dtype);
  const carried = first.map((one) => stand(one, 0));
  const elements = sequences.map((one) => stand(one, 1));
  const byName = (names: readonly [string, Tensor][], values: readonly Tensor[]): Named =>
    Object.fromEntries(names.map(([name], i) => [name, values[i]]));
  const found = body(byName(first, carried), byName(sequences, elements));
  checkOptions("scan: the body's result", found, ["carries", "outputs"]);
  const next = named("carries", found.carries);
  checkCarries(first, next);
  const outputs = named("outputs", found.outputs);
  const values = new Map(next);
  const node = makeScan(
    {
      first: first.map(([, value]) => value),
      sequences: sequences.map(([, value]) => value),
      own: [...carried, ...elements],
      results: [...first.map(([name]) => values.get(name) as Tensor), ...outputs.map(([, value]) => value)],
      length,
      reverse,
    },
    ({ id }) => id >= from,
  );
  return {
    carries: byName(
      first,
      first.map((_, i) => partOf(node, i)),
    ),
    outputs: byName(
      outputs,
      outputs.map((_, i) => partOf(node, first.length + i)),
    ),
  };
}
