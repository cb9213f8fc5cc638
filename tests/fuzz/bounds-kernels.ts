/** Error rules of operations that move, choose or sum elements, and of leaves. */
import { sizeOf, type Shape } from "#src/graph/shape";
import type { EvaluationContext, Tensor } from "#src/graph/tensor";
import type { PoolAttributes } from "#src/ops/pooling";
import type { Known, Rule } from "./known.js";
import { farthest, rounded } from "./bounds-elementwise.js";

const half = 2 ** -24;
const largest = 3.4028234663852886e38;

const absolute = (x: Float64Array) => x.map(Math.abs);
const filled = (count: number, value: number) => new Float64Array(count).fill(value);

/** The distance of a number from the f32 that a program holds. */
const storing = (value: number) =>
  Number.isFinite(value) && Math.abs(value) <= largest
    ? Math.abs(Math.fround(value) - value)
    : Number.isFinite(value)
      ? Infinity
      : 0;

/** The node with other attributes, to evaluate it once more. */
const varied = (node: Tensor, attributes: Readonly<Record<string, unknown>>): Tensor =>
  ({
    op: node.op,
    shape: node.shape,
    size: node.size,
    dtype: node.dtype,
    inputs: node.inputs,
    attributes: { ...node.attributes, ...attributes },
  }) as unknown as Tensor;

/** Elements move, their errors with them. */
const moves: Rule = (node, inputs, context) => ({
  value: node.op.evaluate(
    inputs.map(({ value }) => value),
    node,
    context,
  ),
  error: node.op.evaluate(
    inputs.map(({ error }) => error),
    node,
    context,
  ),
});

const padded: Rule = (node, inputs, context) => {
  const value = node.attributes.value as number;
  return {
    value: node.op.evaluate([inputs[0].value], node, context),
    error: node.op.evaluate([inputs[0].error], varied(node, { value: storing(value) }), context),
  };
};

const leaf: Rule = (node, _inputs, context) => {
  const value = node.op.evaluate([], node, context);
  return { value, error: value.map(storing) };
};

/**
 * Normal numbers by Box and Muller: the radius, 6.8 at most, times the cosine of an angle that is known to a few units of
 * 2^-24 of a turn.
 */
const normals: Rule = (node, _inputs, context) => {
  const value = node.op.evaluate([], node, context);
  return { value, error: value.map((one) => 6.8 * 16 * half + Math.abs(one) * 8 * half) };
};

/** A sum of `terms` numbers in any order: (terms - 1) half ulps of the sum of their magnitudes (Higham 2002, 4.4). */
function summed(value: number, magnitude: number, open: number, terms: number): number {
  if (!(open < Infinity)) return Infinity;
  if (!Number.isFinite(value)) return 0;
  if (!(magnitude < largest)) return Infinity;
  // Sums of f32 numbers that are whole multiples of one unit are exact, and zero of zeros is.
  if (magnitude === 0) return 0;
  if (terms === 1) return rounded(value, open, 1);
  const bound = open + terms * half * (1 + 2 ** -10) * magnitude + 2 ** -149 * terms;
  return Math.abs(value) + bound > largest ? Infinity : bound;
}

const finite = (x: Float64Array) => x.map((one) => (Number.isFinite(one) ? Math.abs(one) : 0));

const sums: Rule = (node, [x], context) => {
  const value = node.op.evaluate([x.value], node, context);
  const open = node.op.evaluate([x.error], node, context);
  const magnitude = node.op.evaluate([finite(x.value).map((one, i) => one + x.error[i])], node, context);
  const terms = node.inputs[0].size / Math.max(1, node.size);
  return {
    value,
    error: value.map((one, i) => (magnitude[i] > largest ? Infinity : summed(one, magnitude[i], open[i], terms))),
  };
};

const maxima: Rule = (node, [x], context) => {
  const value = node.op.evaluate([x.value], node, context);
  // The greatest error of those that go into each result: a maximum too.
  return { value, error: node.op.evaluate([x.error], node, context).map((one) => Math.max(one, 0)) };
};

/** Sums of products: matrix products and convolutions. `terms` of each result, `spread` where a form mixes neighbours. */
function products(terms: (node: Tensor) => number, spread: (node: Tensor) => number = () => 0): Rule {
  return (node, inputs, context) => {
    const run = (a: Float64Array, b: Float64Array) => node.op.evaluate([a, b], node, context);
    const [a, b] = inputs;
    const value = run(a.value, b.value);
    const count = terms(node);
    const [top, under] = [run(...sides(inputs, true)), run(...sides(inputs, false))];
    const mixed = spread(node);
    const most = mixed > 0 ? mixed * half * count * peak(a) * peak(b) : 0;
    const open = inputs.every(({ error, value }) => error.every((e) => e < Infinity) && value.every(Number.isFinite));
    if (!open) return special(value, inputs, top, run, mixed > 0 || node.op.name !== "matmul");
    return {
      value,
      error: value.map((one, i) => {
        const given = Math.max(0, top[i] - under[i]) + 2 ** -50 * count * top[i];
        return summed(one, top[i], (given > 2 ** -49 * count * top[i] ? given : 0) + most, count);
      }),
    };
  };
}

const peak = ({ value, error }: Known) => value.reduce((most, one, i) => Math.max(most, Math.abs(one) + error[i]), 0);

const sides = ([a, b]: readonly Known[], errors: boolean): [Float64Array, Float64Array] =>
  errors
    ? [absolute(a.value).map((one, i) => one + a.error[i]), absolute(b.value).map((one, i) => one + b.error[i])]
    : [absolute(a.value), absolute(b.value)];

/** Products with operands that are unknown or not finite: known where no such operand, or nothing but exact ones, go in. */
function special(
  value: Float64Array,
  inputs: readonly Known[],
  top: Float64Array,
  run: (a: Float64Array, b: Float64Array) => Float64Array,
  mixing: boolean,
): Known {
  if (mixing) return { value, error: filled(value.length, Infinity) };
  const inexact = inputs.map(({ error }) => error.map((e) => (e > 0 ? 1 : 0)));
  const [a, b] = inputs;
  const [ones, more] = [filled(a.value.length, 1), filled(b.value.length, 1)];
  const left = run(inexact[0], more);
  const right = run(ones, inexact[1]);
  const sum = run(finite(a.value), finite(b.value));
  const terms = run(ones, more);
  return {
    value,
    error: value.map((one, i) => {
      if (left[i] + right[i] > 0) return Infinity;
      if (!Number.isFinite(one)) return sum[i] < largest ? 0 : Infinity;
      return summed(one, top[i], 0, terms[i]);
    }),
  };
}

type Windowed = { readonly groups: number };

/** Of one group. */
const convolved = (node: Tensor): [channels: number, features: number] => {
  const [x, w] = node.inputs;
  const { groups } = node.attributes as Windowed;
  return [node.op.name === "conv2dWeightGradient" ? x.shape[3] / groups : w.shape[2], w.shape[3] / groups];
};

/**
 * Winograd's form mixes the values of a tile: errors go with the greatest of them, times the norms of the transforms of
 * F(4, 3) (Lavin, Gray 2016; rows of B^T have an absolute sum of 10, of G 1, of A^T 19), along both axes.
 */
const winograd = (node: Tensor) => {
  return convolved(node).every((count) => count % 4 === 0) ? (10 * 19) ** 2 : 0;
};

const gathered: Rule = (node, [table, index], context) => {
  const value = node.op.evaluate([table.value, index.value], node, context);
  const { scale, shift } = node.attributes as { scale: number; shift: number };
  const plain = varied(node, { scale: 1, shift: 0 });
  const from = node.op.evaluate([table.value, index.value], plain, context);
  const error = node.op.evaluate([table.error, index.value], plain, context);
  const row = index.value.length === 0 ? 1 : value.length / index.value.length;
  const [stored, moved] = [storing(scale), storing(shift)];
  return {
    value,
    error: error.map((e, i) => {
      if (index.error[Math.floor(i / row)] > 0) return Infinity;
      if (scale === 1 && shift === 0) return rounded(value[i], e, 1);
      const open =
        Math.abs(from[i]) * stored + e * (Math.abs(scale) + stored) + moved + half * Math.abs(from[i] * scale);
      return rounded(value[i], open, 1);
    }),
  };
};

const scattered: Rule = (node, [index, values], context) => {
  const value = node.op.evaluate([index.value, values.value], node, context);
  if (index.error.some((e) => e > 0)) return { value, error: filled(value.length, Infinity) };
  const run = (x: Float64Array) => node.op.evaluate([index.value, x], node, context);
  const open = run(values.error);
  const magnitude = run(finite(values.value).map((one, i) => one + values.error[i]));
  const terms = run(filled(values.value.length, 1));
  return {
    value,
    error: value.map((one, i) => (magnitude[i] > largest ? Infinity : summed(one, magnitude[i], open[i], terms[i]))),
  };
};

const positions: Rule = (node, [x], context) => {
  const value = node.op.evaluate([x.value], node, context);
  const length = node.inputs[0].shape[node.inputs[0].rank - 1];
  return {
    value,
    error: value.map((best, row) => {
      const top = row * length + best;
      for (let i = row * length; i < (row + 1) * length; i++) {
        if (i !== top && !outranked(x, i, top)) return Infinity;
      }
      return 0;
    }),
  };
};

/** Whether element i loses against `top` whatever the errors are. Equal exact ones keep their order. */
function outranked({ value, error }: Known, i: number, top: number): boolean {
  if (error[i] === 0 && error[top] === 0) return true;
  return value[i] + error[i] < value[top] - error[top];
}

const converted: Rule = (node, [x], context) => {
  const value = node.op.evaluate([x.value], node, context);
  if (node.dtype === "f32") return { value, error: value.map((one, i) => rounded(one, x.error[i], 1)) };
  const run = (input: Float64Array) => node.op.evaluate([input], node, context);
  const [low, high] = [run(x.value.map((one, i) => one - x.error[i])), run(x.value.map((one, i) => one + x.error[i]))];
  return {
    value,
    error: value.map((one, i) =>
      x.error[i] === Infinity ? Infinity : x.error[i] === 0 ? 0 : farthest(one, [low[i], high[i]]),
    ),
  };
};

/** Visits every window: the positions in x of its pixels, and its own in the result. */
function walkWindows(
  [batch, height, width, channels]: Shape,
  [, rows, columns]: Shape,
  { kernel, stride, padding, dilation }: PoolAttributes,
  visit: (pixels: readonly number[], out: number) => void,
): void {
  for (let pixel = 0; pixel < batch * rows * columns; pixel++) {
    const top = (Math.floor(pixel / columns) % rows) * stride[0] - padding[0];
    const left = (pixel % columns) * stride[1] - padding[2];
    const image = Math.floor(pixel / (rows * columns));
    for (let c = 0; c < channels; c++) {
      const pixels: number[] = [];
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const [row, column] = [top + ky * dilation[0], left + kx * dilation[1]];
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          pixels.push(((image * height + row) * width + column) * channels + c);
        }
      }
      visit(pixels, pixel * channels + c);
    }
  }
}

/** Whether the chosen pixel of a window may be another one. */
const openChoice = (x: Known, pixels: readonly number[]) => {
  const [first] = pixels;
  const top = pixels.reduce((best, at) => (x.value[at] > x.value[best] ? at : best), first);
  return pixels.some((at) => Number.isNaN(x.value[at]) || (at !== top && !outranked(x, at, top)));
};

const picked: Rule = (node, [x, values], context) => {
  const value = node.op.evaluate([x.value, values.value], node, context);
  const error = node.op.evaluate([x.value, values.error], node, context);
  const same = node.inputs[0] === node.inputs[1];
  walkWindows(node.inputs[0].shape, node.shape, node.attributes as PoolAttributes, (pixels, out) => {
    if (!openChoice(x, pixels)) return;
    const nan = pixels.some((at) => Number.isNaN(x.value[at]));
    // A maximum of values with errors; what a window with NaN gives is a matter of its own.
    error[out] = same && !nan ? pixels.reduce((most, at) => Math.max(most, x.error[at]), 0) : Infinity;
  });
  return { value, error };
};

const put: Rule = (node, [x, values], context) => {
  const run = (given: Float64Array) => node.op.evaluate([x.value, given], node, context);
  const value = run(values.value);
  const open = run(values.error);
  const magnitude = run(finite(values.value).map((one, i) => one + values.error[i]));
  const terms = run(filled(values.value.length, 1));
  const error = value.map((one, i) =>
    magnitude[i] > largest ? Infinity : summed(one, magnitude[i], open[i], terms[i]),
  );
  walkWindows(node.shape, node.inputs[1].shape, node.attributes as PoolAttributes, (pixels) => {
    if (openChoice(x, pixels)) for (const at of pixels) error[at] = Infinity;
  });
  return { value, error };
};

const innerLength = (node: Tensor) => {
  const [a] = node.inputs;
  return a.shape[a.rank - (node.attributes.transposeA ? 2 : 1)];
};

const evaluated: Rule = (node, _inputs, context: EvaluationContext) => {
  const value = node.op.evaluate([], node, context);
  return { value, error: filled(value.length, 0) };
};

export const kernelRules: Readonly<Record<string, Rule>> = {
  constant: leaf,
  literal: leaf,
  randomUniform: evaluated,
  randomNormal: normals,
  randomInteger: evaluated,
  reshape: moves,
  stopGradient: moves,
  broadcastTo: moves,
  transpose: moves,
  slice: moves,
  flip: moves,
  concat: moves,
  pad: padded,
  sum: sums,
  max: maxima,
  matmul: products(innerLength),
  conv2d: products((node) => sizeOf(node.inputs[1].shape.slice(0, 3)), winograd),
  conv2dInputGradient: products(
    (node) => sizeOf(node.inputs[1].shape) / (node.attributes as Windowed).groups,
    winograd,
  ),
  conv2dWeightGradient: products((node) => sizeOf(node.inputs[1].shape.slice(0, 3)), winograd),
  gather: gathered,
  scatterAdd: scattered,
  argMax: positions,
  cast: converted,
  windowPick: picked,
  windowPut: put,
};
