/**
 * `scan`: a loop inside a program. Its body is traced once; carries go from iteration to iteration, sequences give each iteration one of
 * their rows, outputs collect one row of each iteration.
 */
import { checkNumber, checkOptions, textOf } from "../options.js";
import { sameShape, shapeText } from "../graph/shape.js";
import { createdNodes, Input, Tensor } from "../graph/tensor.js";
import { type TensorLike, tensor } from "./constant.js";
import { makeScan, partOf } from "./scan/record.js";

type Named = Readonly<Record<string, Tensor>>;
type NamedLike = Readonly<Record<string, TensorLike>>;

export interface ScanOptions {
  /** Number of iterations; may be left out where there are sequences. */
  readonly length?: number;
  /** First values of what goes from iteration to iteration. */
  readonly carries?: NamedLike;
  /** Tensors [length, …], of which each iteration gets one row […]. */
  readonly sequences?: NamedLike;
  /** Goes through the rows from the last to the first (false). */
  readonly reverse?: boolean;
}

/** What one iteration gives: the next value of every carry, of its shape and dtype, and one row of each output. */
export interface ScanIteration {
  readonly carries?: NamedLike;
  readonly outputs?: NamedLike;
}

export interface ScanResult {
  /** Carries after the last iteration. */
  readonly carries: Named;
  /** Outputs of all iterations, [length, …]: row i is that of the sequences' row i. */
  readonly outputs: Named;
}

function named(what: string, values: NamedLike | undefined): [string, Tensor][] {
  if (values === undefined) return [];
  if (typeof values !== "object" || values === null || values instanceof Tensor || Array.isArray(values))
    throw new TypeError(`scan: ${what} are named tensors { name: tensor }, found ${textOf(values)}`);
  return Object.entries(values).map(([name, value]) => [name, tensor(value, `scan: ${name}`)]);
}

/** Throws RangeError where next carries are not those that the loop began with. */
function checkCarries(before: readonly [string, Tensor][], next: readonly [string, Tensor][]): void {
  for (const [name] of next)
    if (!before.some(([known]) => known === name))
      throw new RangeError(`scan: the body gives a carry ${name}, which has no first value`);
  for (const [name, first] of before) {
    const value = next.find(([known]) => known === name)?.[1];
    if (!value) throw new RangeError(`scan: the body gives no next value of the carry ${name}`);
    if (!sameShape(value.shape, first.shape) || value.dtype !== first.dtype) {
      throw new RangeError(
        `scan: the carry ${name} is ${first.dtype} ${shapeText(first.shape)}, its next value ${value.dtype} ${shapeText(value.shape)}`,
      );
    }
  }
}

/**
 * A loop of `length` iterations inside a program. The body is called once, with tensors that stand for the carries and for one
 * row of each sequence; it may use any other tensor too. Differentiable to any order, nests. Iteration i of a random node of
 * n elements draws elements i n, i n + 1, … of its stream, so all iterations draw what one node [length, …] would.
 * @throws TypeError for options of another kind, RangeError where lengths, shapes or carries do not fit
 * @example show(scan({ length: 3, carries: { x: 1 } }, ({ x }) => ({ carries: { x: mul(x, 2) } })).carries.x) // 8
 * @example show(scan({ carries: { sum: 0 }, sequences: { x: t([1, 2, 3]) } }, ({ sum }, { x }) => ({ carries: { sum: add(sum, x) }, outputs: { sums: add(sum, x) } })).outputs.sums) // [1, 3, 6]
 */
export function scan(options: ScanOptions, body: (carries: Named, elements: Named) => ScanIteration): ScanResult {
  checkOptions("scan", options, ["length", "carries", "sequences", "reverse"]);
  if (typeof body !== "function") throw new TypeError(`scan: the body is a function, found ${textOf(body)}`);
  const { reverse = false } = options;
  if (typeof reverse !== "boolean") throw new TypeError(`scan: reverse is true or false, found ${textOf(reverse)}`);
  const first = named("carries", options.carries);
  const sequences = named("sequences", options.sequences);
  for (const [name, { shape }] of sequences)
    if (shape.length === 0) throw new RangeError(`scan: the sequence ${name} has no first axis, found a scalar`);
  const length = checkNumber("scan", "length", options.length ?? sequences[0]?.[1].shape[0], {
    whole: true,
    atLeast: 0,
    below: 2 ** 31,
  });
  for (const [name, { shape }] of sequences)
    if (shape[0] !== length)
      throw new RangeError(`scan: length is ${length}, found ${shape[0]} rows in the sequence ${name}`);

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
