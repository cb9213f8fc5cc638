/** Reductions over axes: sum, max, mean, arg-max, and operations composed of them. */
import { Opcode, Reduction } from "../../assembly/opcode.js";
import type { Emission } from "../graph/emission.js";
import { operation, type Op, Tensor } from "../graph/tensor.js";
import { type AxesArgument, type AxesOptions, axesOf, axisOf } from "../graph/axes.js";
import { shapeText, sizeOf, stridesOf, type Shape } from "../graph/shape.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, div, equal, exp, gap, log, mul, sub } from "./elementwise.js";
import { broadcastTo, reshape, transpose } from "./movement.js";
import { beats } from "./special.js";
import { emitReduction } from "./reduction/emission.js";
import { stopGradient } from "./stop.js";

export type { AxesArgument, AxesOptions } from "../graph/axes.js";

export type ReductionAttributes = { readonly axes: readonly number[] };

/* @__NO_SIDE_EFFECTS__ */
function reduction(
  name: string,
  kind: Reduction,
  start: number,
  combine: (a: number, b: number) => number,
  gradient: Op["gradient"],
): Op<ReductionAttributes> {
  return {
    name,
    shape: ([x], { axes }) => withoutAxes(x.shape, axes),
    gradient,
    evaluate([data], node) {
      const { shape } = node.inputs[0];
      const axes = node.attributes.axes as readonly number[];
      const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      const strides = stridesOf(shape);
      const outStrides = stridesOf(node.shape);
      const out = new Float64Array(sizeOf(node.shape)).fill(start);
      for (let i = 0; i < data.length; i++) {
        let at = 0;
        kept.forEach((axis, k) => {
          at += (Math.floor(i / strides[axis]) % shape[axis]) * outStrides[k];
        });
        out[at] = combine(out[at], data[i]);
      }
      return out;
    },
    lowering: { kind: "kernel", emit: (emission) => emitReduction(emission, kind), front: true },
  };
}

const withoutAxes = (shape: Shape, axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));

/** The shape with reduced axes kept as length 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

export const sumOp = reduction(
  "sum",
  Reduction.Sum,
  0,
  (a, b) => a + b,
  (g, y) => [spread(g, y)],
);

/** Broadcasts the gradient of a reduction to the shape of its input. */
function spread(g: Tensor, y: Tensor): Tensor {
  const [x] = y.inputs;
  return broadcastTo(reshape(g, keptShape(x.shape, y.attributes.axes as readonly number[])), x.shape);
}

export const maxOp = reduction("max", Reduction.Max, Number.NEGATIVE_INFINITY, Math.max, (g, y) => {
  const [x] = y.inputs;
  const axes = y.attributes.axes as readonly number[];
  const kept = keptShape(x.shape, axes);
  // Equal maxima share the gradient.
  const hits = equal(x, reshape(y, kept));
  return [div(mul(spread(g, y), hits), reshape(new Tensor(sumOp, [hits], { axes }), kept))];
});

const known = ["axes", "axis", "keepAxes"];

function reduce(op: Op<ReductionAttributes>, input: Tensor, axes: readonly number[], keepAxes: boolean): Tensor {
  const list = [...axes].sort((a, b) => a - b);
  const out = list.length === 0 ? input : new Tensor(op, [input], { axes: list });
  return keepAxes ? reshape(out, keptShape(input.shape, list)) : out;
}

/**
 * Sum over axes (all of them by default). An empty axis sums to 0.
 * @example show(sum(t([[1, 2], [3, 4]]), { axes: 1 })) // [3, 7]
 * @example show(sum(t([[1, 2], [3, 4]]), -1)) // [3, 7]
 */
export function sum(x: TensorLike, options?: AxesArgument): Tensor {
  const input = tensor(x, "sum");
  const { axes, keepAxes } = axesOf("sum", options, input.rank, { known });
  return reduce(sumOp, input, axes, keepAxes);
}

/** Maximum over axes (all of them by default); NaN if any element is NaN. Equal maxima share the gradient. Throws RangeError for an empty axis. @example show(max(t([[1, 2], [3, 4]]), { axes: 0 })) // [3, 4] */
export function max(x: TensorLike, options?: AxesArgument): Tensor {
  const input = tensor(x, "max");
  const { axes, keepAxes } = axesOf("max", options, input.rank, { known });
  if (axes.some((axis) => input.shape[axis] === 0)) {
    throw new RangeError(`max: no maximum over an empty axis of ${shapeText(input.shape)}`);
  }
  return reduce(maxOp, input, axes, keepAxes);
}

function meanOver(input: Tensor, axes: readonly number[], keepAxes: boolean, what: string): Tensor {
  const count = axes.reduce((product, axis) => product * input.shape[axis], 1);
  if (count === 0) throw new RangeError(`${what}: no mean over an empty axis of ${shapeText(input.shape)}`);
  return mul(reduce(sumOp, input, axes, keepAxes), 1 / count);
}

/** Arithmetic mean over axes (all of them by default). Throws RangeError for an empty axis. @example show(mean(t([[1, 2], [3, 4]]))) // 2.5 */
export function mean(x: TensorLike, options?: AxesArgument): Tensor {
  const input = tensor(x, "mean");
  const { axes, keepAxes } = axesOf("mean", options, input.rank, { known });
  return meanOver(input, axes, keepAxes, "mean");
}

/** Mean of squared deviations from the mean (divided by the count) over axes. @example show(variance(t([1, 2, 3, 4]))) // 1.25 */
export function variance(x: TensorLike, options?: AxesArgument): Tensor {
  const input = tensor(x, "variance");
  const { axes, keepAxes } = axesOf("variance", options, input.rank, { known });
  const centred = sub(input, meanOver(input, axes, true, "variance"));
  return meanOver(mul(centred, centred), axes, keepAxes, "variance");
}

/** log of the sum of e^x over axes, without overflow; infinite if the maximum is infinite. @example show(logSumExp(t([1000, 1000]))) // 1000.693147181 */
export function logSumExp(x: TensorLike, options?: AxesArgument): Tensor {
  const input = tensor(x, "logSumExp");
  const { axes, keepAxes } = axesOf("logSumExp", options, input.rank, { known });
  const top = stopGradient(max(input, { axes, keepAxes: true }));
  const out = add(log(reduce(sumOp, exp(gap(input, top)), axes, true)), top);
  return keepAxes ? out : reshape(out, withoutAxes(input.shape, axes));
}

/** x minus its maximum along the argument's axes (by default the last one), and these axes. */
function belowTop(x: TensorLike, options: AxesArgument<SoftmaxOptions> | undefined, what: string) {
  const input = tensor(x, what);
  const { axes } = axesOf(what, options, input.rank, { fallback: [-1] });
  return { shifted: sub(input, stopGradient(max(input, { axes, keepAxes: true }))), axes };
}

export type SoftmaxOptions = Omit<AxesOptions, "keepAxes">;

/** e^x / sum e^x over axes (the last by default). @example show(softmax(t([0, 0]))) // [0.5, 0.5] */
export function softmax(x: TensorLike, options?: AxesArgument<SoftmaxOptions>): Tensor {
  const { shifted, axes } = belowTop(x, options, "softmax");
  const scores = exp(shifted);
  return div(scores, reduce(sumOp, scores, axes, true));
}

/** x - logSumExp(x) over axes (the last by default). @example show(logSoftmax(t([0, 0]))) // [-0.693147181, -0.693147181] */
export function logSoftmax(x: TensorLike, options?: AxesArgument<SoftmaxOptions>): Tensor {
  // The maximum is not added back: for large logits, the sum would lose the digits of the logarithm.
  const { shifted, axes } = belowTop(x, options, "logSoftmax");
  return sub(shifted, log(reduce(sumOp, exp(shifted), axes, true)));
}

function emitArgMax({ node, out, place, emit }: Emission<Tensor>): void {
  const [x] = node.inputs;
  const from = place(x);
  emit({
    opcode: Opcode.ArgMax,
    label: `argMax [${x.shape.join(", ")}]`,
    reads: [from.storage],
    writes: [out.storage],
    work: x.size,
    words(writer) {
      writer.place(out);
      writer.place(from);
      writer.integers(node.size, x.shape[x.rank - 1]);
    },
  });
}

const argMaxOp: Op = {
  name: "argMax",
  shape: ([x]) => x.shape.slice(0, -1),
  dtype: "i32",
  gradient: null,
  evaluate([data], node) {
    const length = node.inputs[0].shape[node.inputs[0].rank - 1];
    return Float64Array.from({ length: sizeOf(node.shape) }, (_, row) => {
      let best = 0;
      for (let i = 1; i < length; i++) if (beats(data[row * length + i], data[row * length + best])) best = i;
      return best;
    });
  },
  lowering: { kind: "kernel", emit: emitArgMax },
};

/**
 * Index of the first maximum along one axis (the last by default), as i32; NaN counts as the maximum.
 * Not differentiated. Throws RangeError for an empty axis.
 * @example show(argMax(t([[1, 3, 2], [4, 0, 4]]))) // [1, 0]
 */
export const argMax = operation((x: TensorLike, options?: AxesArgument<SoftmaxOptions>): Tensor => {
  const input = tensor(x, "argMax");
  const axis = axisOf("argMax", options, input.rank, -1);
  if (input.shape[axis] === 0)
    throw new RangeError(`argMax: no maximum along axis ${axis} of ${shapeText(input.shape)}`);
  const others = input.shape.map((_, other) => other).filter((other) => other !== axis);
  return new Tensor(argMaxOp, [transpose(input, [...others, axis])]);
}, argMaxOp);
