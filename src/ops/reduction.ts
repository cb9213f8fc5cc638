/** Reductions over axes: sum, max, mean, arg-max, and what is composed of them. */
import { normalizeAxes, normalizeAxis, shapeText, sizeOf, stridesOf, type Shape } from "../shape.js";
import { type Op, Tensor } from "../tensor.js";
import { tensor, type TensorLike } from "./constant.js";
import { add, div, equal, exp, log, mul, sub } from "./elementwise.js";
import { broadcastTo, reshape } from "./movement.js";
import { stopGradient } from "./stop.js";

export type ReductionAttributes = { readonly axes: readonly number[] };

export interface AxesOptions {
  /** Axes to reduce, counted from the end where negative; all of them where not given. */
  readonly axes?: number | readonly number[];
  /** Leaves reduced axes as length 1. */
  readonly keepAxes?: boolean;
}

function reduction(
  name: string,
  start: number,
  combine: (a: number, b: number) => number,
  gradient: Op["gradient"],
): Op<ReductionAttributes> {
  return {
    name,
    shape: ([x], { axes }) => x.shape.filter((_, axis) => !axes.includes(axis)),
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
    lowering: { kind: "kernel" },
  };
}

/** The shape with reduced axes as length 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

export const sumOp = reduction(
  "sum",
  0,
  (a, b) => a + b,
  (g, y) => [spread(g, y)],
);

/** Gives a reduced gradient back its input's shape. */
function spread(g: Tensor, y: Tensor): Tensor {
  const [x] = y.inputs;
  return broadcastTo(reshape(g, keptShape(x.shape, y.attributes.axes as readonly number[])), x.shape);
}

export const maxOp = reduction("max", Number.NEGATIVE_INFINITY, Math.max, (g, y) => {
  const [x] = y.inputs;
  const axes = y.attributes.axes as readonly number[];
  const kept = keptShape(x.shape, axes);
  // Equal maxima share the gradient.
  const hits = equal(x, reshape(y, kept));
  return [div(mul(spread(g, y), hits), reshape(new Tensor(sumOp, [hits], { axes }), kept))];
});

function reduce(op: Op<ReductionAttributes>, x: TensorLike, { axes, keepAxes = false }: AxesOptions): Tensor {
  const input = tensor(x);
  const list = normalizeAxes(axes, input.rank, op.name);
  const out = list.length === 0 ? input : new Tensor(op, [input], { axes: list });
  return keepAxes ? reshape(out, keptShape(input.shape, list)) : out;
}

/** Sum over axes (all of them by default). An empty axis sums to 0. @example show(sum(t([[1, 2], [3, 4]]), { axes: 1 })) // [3, 7] */
export function sum(x: TensorLike, options: AxesOptions = {}): Tensor {
  return reduce(sumOp, x, options);
}

/** Maximum over axes (all of them by default); equal maxima share the gradient. Throws RangeError on an empty axis. @example show(max(t([[1, 2], [3, 4]]), { axes: 0 })) // [3, 4] */
export function max(x: TensorLike, options: AxesOptions = {}): Tensor {
  const input = tensor(x);
  if (normalizeAxes(options.axes, input.rank, "max").some((axis) => input.shape[axis] === 0)) {
    throw new RangeError(`max: no maximum over an empty axis of ${shapeText(input.shape)}`);
  }
  return reduce(maxOp, input, options);
}

/** Arithmetic mean over axes (all of them by default). @example show(mean(t([[1, 2], [3, 4]]))) // 2.5 */
export function mean(x: TensorLike, options: AxesOptions = {}): Tensor {
  const input = tensor(x);
  const list = normalizeAxes(options.axes, input.rank, "mean");
  const count = list.reduce((product, axis) => product * input.shape[axis], 1);
  if (count === 0) throw new RangeError(`mean: no mean over an empty axis of ${shapeText(input.shape)}`);
  return mul(sum(input, options), 1 / count);
}

/** Mean of squared deviations from the mean (divided by the count) over axes. @example show(variance(t([1, 2, 3, 4]))) // 1.25 */
export function variance(x: TensorLike, options: AxesOptions = {}): Tensor {
  const input = tensor(x);
  const centred = sub(input, mean(input, { ...options, keepAxes: true }));
  return mean(mul(centred, centred), options);
}

/** log of the sum of e^x over axes, without overflow. @example show(logSumExp(t([1000, 1000]))) // 1000.693147181 */
export function logSumExp(x: TensorLike, options: AxesOptions = {}): Tensor {
  const input = tensor(x);
  const top = stopGradient(max(input, { ...options, keepAxes: true }));
  const out = add(log(sum(exp(sub(input, top)), { ...options, keepAxes: true })), top);
  const list = normalizeAxes(options.axes, input.rank, "logSumExp");
  return options.keepAxes
    ? out
    : reshape(
        out,
        input.shape.filter((_, axis) => !list.includes(axis)),
      );
}

/** e^x / sum e^x over one axis (the last by default). @example show(softmax(t([0, 0]))) // [0.5, 0.5] */
export function softmax(x: TensorLike, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  const input = tensor(x);
  const scores = exp(sub(input, stopGradient(max(input, { axes: axis, keepAxes: true }))));
  return div(scores, sum(scores, { axes: axis, keepAxes: true }));
}

/** x - logSumExp(x) over one axis (the last by default). @example show(logSoftmax(t([0, 0]))) // [-0.693147181, -0.693147181] */
export function logSoftmax(x: TensorLike, { axis = -1 }: { readonly axis?: number } = {}): Tensor {
  const input = tensor(x);
  return sub(input, logSumExp(input, { axes: axis, keepAxes: true }));
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
      for (let i = 1; i < length; i++) if (data[row * length + i] > data[row * length + best]) best = i;
      return best;
    });
  },
  lowering: { kind: "kernel" },
};

/** Index of the first maximum along the last axis, as i32. Not differentiated. @example show(argMax(t([[1, 3, 2], [4, 0, 4]]))) // [1, 0] */
export const argMax = Object.assign(
  (x: Tensor) => {
    if (x.rank === 0 || x.shape[normalizeAxis(-1, x.rank, "argMax")] === 0) {
      throw new RangeError(`argMax: no maximum along the last axis of ${shapeText(x.shape)}`);
    }
    return new Tensor(argMaxOp, [x]);
  },
  { op: argMaxOp },
);
