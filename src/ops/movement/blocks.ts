/** Operations on blocks of tensors: slice, pad, concat. */
import { type AxesArgument, type AxesOptions, axisOf } from "../../graph/axes.js";
import { copyCommand, type Emission, fillCommand, whole } from "../../graph/emission.js";
import { textOf } from "../../options.js";
import { sameShape, shapeText, sizeOf, stridesOf } from "../../graph/shape.js";
import type { Op } from "../../graph/op.js";
import { anyType, Tensor } from "../../graph/tensor.js";
import { numbersAs } from "../../graph/values.js";
import { type TensorLike, tensor } from "../constant.js";
import { add } from "../elementwise.js";
import { dtypeOfFirst, listOf, startOf, walkStrides } from "./walk.js";
import { type Box, type Tiling, tilingsOf } from "./tiling.js";
import { broadcastTo } from "./views.js";

function emitSlice(emission: Emission): void {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(x.shape);
  copyCommand(emission, {
    label: "slice",
    sizes: node.shape,
    out: whole(out, node.shape),
    input: { place: place(x), start: startOf(node.attributes.starts as number[], strides), strides },
  });
}

export const sliceOp: Op<{ readonly starts: readonly number[]; readonly sizes: readonly number[] }> = {
  name: "slice",
  takes: [anyType],
  shape: (_inputs, { sizes }) => sizes,
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const [x] = y.inputs;
    const { starts, sizes } = y.attributes as { starts: number[]; sizes: number[] };
    return [
      pad(
        g,
        starts.map((start, axis) => [start, x.shape[axis] - start - sizes[axis]] as const),
      ),
    ];
  },
  evaluate: ([x], node) => {
    const strides = stridesOf(node.inputs[0].shape);
    const starts = node.attributes.starts as readonly number[];
    const out = new Float64Array(sizeOf(node.shape));
    walkStrides(
      node.shape,
      strides,
      starts.reduce((sum, start, axis) => sum + start * strides[axis], 0),
      (at, i) => {
        out[i] = x[at];
      },
    );
    return out;
  },
  alias: (node) => {
    const [{ shape }] = node.inputs;
    const { starts, sizes } = node.attributes as { starts: number[]; sizes: number[] };
    const first = sizes.findIndex((size) => size !== 1);
    const contiguous = sizes.every((size, axis) => axis <= first || size === shape[axis]) || first < 0;
    return contiguous ? startOf(starts, stridesOf(shape)) : undefined;
  },
  lowering: { kind: "kernel", emit: emitSlice },
};

/** The block of `sizes` elements that begins at `starts`, with one integer per axis. @example show(slice(t([1, 2, 3, 4]), [1], [2])) // [2, 3] */
export function slice(x: TensorLike, starts: readonly number[], sizes: readonly number[]): Tensor {
  const input = tensor(x, "slice");
  const [from, lengths] = [starts, sizes].map((list) => listOf(list, "starts and sizes", "lists of numbers", "slice"));
  if (![...from, ...lengths].every(Number.isInteger)) {
    throw new RangeError(
      `slice: starts and sizes must be integers, found [${from.join(", ")}] and [${lengths.join(", ")}]`,
    );
  }
  const fits =
    from.length === input.rank &&
    lengths.length === input.rank &&
    from.every((start, axis) => start >= 0 && lengths[axis] >= 0 && start + lengths[axis] <= input.shape[axis]);
  if (!fits) {
    throw new RangeError(
      `slice: starts [${from.join(", ")}] and sizes [${lengths.join(", ")}] exceed the shape ${shapeText(input.shape)}`,
    );
  }
  return sameShape(lengths, input.shape) ? input : new Tensor(sliceOp, [input], { starts: from, sizes: lengths });
}

function emitPad(emission: Emission): void {
  const { node, out, place } = emission;
  const [x] = node.inputs;
  const strides = stridesOf(node.shape);
  const padding = node.attributes.padding as readonly (readonly [number, number])[];
  const starts = padding.map(([before]) => before);
  const value = node.attributes.value as number;
  const filled = fillCommand(emission, { out, count: node.size, dtype: node.dtype, value });
  const copied = copyCommand(emission, {
    label: "pad",
    sizes: x.shape,
    out: { place: out, start: startOf(starts, strides), strides },
    input: whole(place(x), x.shape),
  });
  copied.after.push(filled);
}

/** Elements added before and after each axis. */
export type Padding = readonly (readonly [before: number, after: number])[];

/** Position of a pad's input in its result. */
const boxOf = ({ inputs: [x], attributes }: Tensor): Box => {
  const starts = (attributes.padding as Padding).map(([before]) => before);
  return { starts, ends: starts.map((start, axis) => start + x.shape[axis]) };
};

function joined(tiling: Tiling, pads: readonly Tensor[]): Tensor {
  if (tiling.kind === "row")
    return concat(
      tiling.parts.map((part) => joined(part, pads)),
      tiling.axis,
    );
  const { starts, ends } = tiling.region;
  if (tiling.kind === "zeros")
    return broadcastTo(
      0,
      ends.map((end, axis) => end - starts[axis]),
    );
  const one = pads[tiling.index];
  const box = boxOf(one);
  return pad(
    one.inputs[0],
    starts.map((start, axis) => [box.starts[axis] - start, ends[axis] - box.ends[axis]] as const),
  );
}

/**
 * The sum of `pad` nodes, which is the gradient to a tensor that was sliced. Inputs of pads that do not overlap are
 * concatenated instead of added. At every element at most one of them differs from 0, and x + 0 is x for every x except
 * -0 (including infinities and NaN); the sum turns -0 into 0, the concatenation keeps it. This is therefore decided when
 * the gradient is made, not by the compiler: the reference and unfused programs get the same graph.
 */
function sumOfPads(pads: readonly Tensor[]): Tensor {
  const [{ shape, rank }] = pads;
  const region: Box = { starts: new Array<number>(rank).fill(0), ends: shape };
  const zero = pads.filter(({ inputs: [x], attributes }) => attributes.value === 0 && x.size > 0);
  const others = pads.filter(({ attributes }) => attributes.value !== 0);
  const sums = tilingsOf(zero.map(boxOf), region).map((tiling) => joined(tiling, zero));
  return [...sums, ...others].reduce((a, b) => add(a, b));
}

export const padOp: Op<{ readonly padding: Padding; readonly value: number }> = {
  name: "pad",
  takes: [anyType],
  shape: ([x], { padding }) => x.shape.map((length, axis) => length + padding[axis][0] + padding[axis][1]),
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const [x] = y.inputs;
    return [
      slice(
        g,
        (y.attributes.padding as Padding).map(([before]) => before),
        x.shape,
      ),
    ];
  },
  evaluate: ([x], node) => {
    const strides = stridesOf(node.shape);
    const padding = node.attributes.padding as Padding;
    const out = new Float64Array(sizeOf(node.shape)).fill(node.attributes.value as number);
    walkStrides(
      node.inputs[0].shape,
      strides,
      padding.reduce((sum, [before], axis) => sum + before * strides[axis], 0),
      (at, i) => {
        out[at] = x[i];
      },
    );
    return out;
  },
  lowering: { kind: "kernel", emit: emitPad },
  sumOf: sumOfPads,
};

/**
 * Surrounds a tensor with a constant that its dtype can hold: `padding[axis]` = [before, after], integers.
 * @example show(pad(t([1, 2]), [[1, 2]])) // [0, 1, 2, 0, 0]
 */
export function pad(x: TensorLike, padding: Padding, value = 0): Tensor {
  const input = tensor(x, "pad");
  const fits =
    Array.isArray(padding) &&
    padding.length === input.rank &&
    padding.every(
      (pair) => Array.isArray(pair) && pair.length === 2 && pair.every((n) => Number.isInteger(n) && n >= 0),
    );
  if (!fits) {
    throw new RangeError(
      `pad: padding must be one [before, after] of integers >= 0 per axis of ${shapeText(input.shape)}, found ${textOf(padding)}`,
    );
  }
  numbersAs("pad: value", [value], input.dtype);
  const pairs = padding.map(([before, after]) => [before, after] as const);
  return pairs.every(([before, after]) => before + after === 0)
    ? input
    : new Tensor(padOp, [input], { padding: pairs, value });
}

function emitConcat(emission: Emission): void {
  const { node, out, place } = emission;
  const axis = node.attributes.axis as number;
  const strides = stridesOf(node.shape);
  let start = 0;
  for (const input of node.inputs) {
    copyCommand(emission, {
      label: "concat",
      sizes: input.shape,
      out: { place: out, start: start * strides[axis], strides },
      input: whole(place(input), input.shape),
    });
    start += input.shape[axis];
  }
}

export const concatOp: Op<{ readonly axis: number }> = {
  name: "concat",
  takes: [anyType],
  shape: (inputs, { axis }) => {
    const [first] = inputs;
    for (const { shape, dtype } of inputs) {
      if (dtype !== first.dtype)
        throw new TypeError(
          `concat: inputs must have the same dtype, found ${inputs.map((input) => input.dtype).join(", ")}; cast(x, "${first.dtype}") converts`,
        );
      if (shape.length !== first.rank || shape.some((length, i) => i !== axis && length !== first.shape[i])) {
        throw new RangeError(
          `concat: shapes must be equal except along axis ${axis}, found ${inputs.map((input) => shapeText(input.shape)).join(", ")}`,
        );
      }
    }
    return first.shape.map((length, i) =>
      i === axis ? inputs.reduce((total, input) => total + input.shape[axis], 0) : length,
    );
  },
  dtype: dtypeOfFirst,
  gradient: (g, y) => {
    const axis = y.attributes.axis as number;
    let start = 0;
    return y.inputs.map((input) => {
      const starts = input.shape.map((_, i) => (i === axis ? start : 0));
      start += input.shape[axis];
      return slice(g, starts, input.shape);
    });
  },
  evaluate: (inputs, node) => {
    const axis = node.attributes.axis as number;
    const strides = stridesOf(node.shape);
    const out = new Float64Array(sizeOf(node.shape));
    let start = 0;
    inputs.forEach((data, k) => {
      const { shape } = node.inputs[k];
      walkStrides(shape, strides, start * strides[axis], (at, i) => {
        out[at] = data[i];
      });
      start += shape[axis];
    });
    return out;
  },
  lowering: { kind: "kernel", emit: emitConcat },
};

/** Joins tensors of one dtype along one axis (the first by default). @example show(concat([t([1, 2]), t([3])])) // [1, 2, 3] */
export function concat(inputs: readonly TensorLike[], axis?: AxesArgument<Omit<AxesOptions, "keepAxes">>): Tensor {
  if (!Array.isArray(inputs)) throw new TypeError(`concat: inputs must be a list of tensors, found ${textOf(inputs)}`);
  if (inputs.length === 0) throw new RangeError("concat: inputs must have at least one tensor, found none");
  const list = inputs.map((input) => tensor(input, "concat"));
  const along = axisOf("concat", axis, list[0].rank, 0);
  return list.length === 1 ? list[0] : new Tensor(concatOp, list, { axis: along });
}
