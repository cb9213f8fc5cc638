/** How each operation is drawn: which earlier tensors it takes, which leaves it needs beside them, which options. */
import * as elementwise from "#src/ops/elementwise";
import { sizeOf } from "#src/graph/shape";
import type { Argument } from "./recipe.js";
import { type Draft, ref } from "./draft.js";

/** Adds one step or a few; gives the number of the last, or undefined where nothing fits. */
export type Draw = (draft: Draft) => number | undefined;

export interface DrawRow {
  readonly name: string;
  readonly weight: number;
  readonly draw: Draw;
}

const row = (name: string, weight: number, draw: Draw): DrawRow => ({ name, weight, draw });

const unary = (name: string, weight = 1): DrawRow => row(name, weight, (d) => d.add(name, ref(d.some())));

/** Another tensor to compute with: of the same shape, of one that broadcasts, or a number. */
function other(d: Draft, t: number): Argument {
  const shape = d.shape(t);
  if (d.random.chance(0.25)) return d.number();
  const broadcasts = (own: readonly number[]) =>
    own.every((length, i) => {
      const against = shape[shape.length - own.length + i] ?? 1;
      return length === against || length === 1 || against === 1;
    });
  const found = d.pick({ fits: (tensor) => broadcasts(tensor.shape) });
  return found === undefined || d.random.chance(0.1) ? ref(d.leaf(shape)) : ref(found);
}

const binary = (name: string, weight = 1): DrawRow =>
  row(name, weight, (d) => {
    const a = d.some();
    const b = other(d, a);
    return d.random.chance(0.5) ? d.add(name, ref(a), b) : d.add(name, b, ref(a));
  });

/** x + f(x) and its like, where f(x) has x's shape. */
export function residual(d: Draft, x: number, y: number | undefined): number | undefined {
  if (y === undefined || !d.random.chance(0.45)) return y;
  const [a, b] = d.random.shuffled([x, y]);
  return d.add(d.random.pick(["add", "add", "sub", "mul", "maximum"]), ref(a), ref(b)) ?? y;
}

/** An intermediate of x's: a user seldom multiplies bare inputs. */
function between(d: Draft, x: number): number {
  if (d.computed(x) || d.random.chance(0.4)) return x;
  return d.add(d.random.pick(["add", "mul", "mul"]), ref(x), d.random.pick([1.5, -0.5, 2])) ?? x;
}

const axisOf = (d: Draft, rank: number) => d.random.integer(-rank, rank - 1);

const reduced = (name: string, weight = 1): DrawRow =>
  row(name, weight, (d) => {
    const x = d.some();
    const { random } = d;
    const shape = d.shape(x);
    const options = {
      ...(random.chance(0.35) ? {} : { axes: random.axes(shape) }),
      ...(random.chance(0.4) ? { keepAxes: true } : {}),
    };
    const y = d.add(name, ref(x), options);
    return y !== undefined && random.chance(0.5) && d.shape(y).length === shape.length ? residual(d, x, y) : y;
  });

const alongAxis = (name: string): DrawRow =>
  row(name, 1, (d) => {
    const x = d.some({ minRank: 1 });
    const rank = d.shape(x).length;
    if (rank === 0) return undefined;
    return residual(d, x, d.random.chance(0.5) ? d.add(name, ref(x)) : d.add(name, ref(x), { axis: axisOf(d, rank) }));
  });

/** A factorisation of a size into a shape. */
function regrouped(d: Draft, shape: readonly number[]): number[] {
  const { random } = d;
  const size = sizeOf(shape);
  const out = random.shuffled(shape);
  while (out.length > 1 && random.chance(0.5)) out.splice(0, 2, out[0] * out[1]);
  for (let at = 0; at < out.length; at++) {
    const factor = [2, 3, 4, 5].find((one) => out[at] > one && out[at] % one === 0);
    if (factor && random.chance(0.3)) out.splice(at++, 1, out[at - 1] / factor, factor);
  }
  if (random.chance(0.25) || (out.length === 0 && size === 1)) out.splice(random.integer(0, out.length), 0, 1);
  return out;
}

const someDtype = (d: Draft) =>
  d.pick({ dtype: d.random.pick(["f32", "f32", "f32", "f32", "i32", "u8"] as const) }) ?? d.some();

export const movementDraws: readonly DrawRow[] = [
  row("reshape", 2, (d) => {
    const x = someDtype(d);
    return d.add("reshape", ref(x), regrouped(d, d.shape(x)));
  }),
  row("broadcastTo", 1, (d) => {
    const x = d.some();
    const shape = d
      .shape(x)
      .map((length) => (length === 1 && d.random.chance(0.7) ? d.random.pick([2, 3, 4, 8]) : length));
    return d.add("broadcastTo", ref(x), d.random.chance(0.5) ? [d.random.integer(1, 3), ...shape] : shape);
  }),
  row("transpose", 2, (d) => {
    const x = someDtype(d);
    const axes = d.random.shuffled(d.shape(x).map((_, axis) => axis));
    return d.random.chance(0.5) ? d.add("transpose", ref(x)) : d.add("transpose", ref(x), axes);
  }),
  row("slice", 3, (d) => {
    const x = someDtype(d);
    const shape = d.shape(x);
    // Leading rows more often than not: they may be a part of the whole's memory.
    const leading = d.random.chance(0.6);
    const starts = shape.map((length, axis) =>
      leading && axis > 0 ? 0 : d.random.integer(0, Math.min(length, d.random.pick([0, 3, length]))),
    );
    const sizes = shape.map((length, axis) =>
      leading && axis > 0 ? length : d.random.integer(Math.min(1, length - starts[axis]), length - starts[axis]),
    );
    return d.add("slice", ref(x), starts, sizes);
  }),
  row("pad", 1, (d) => {
    const x = someDtype(d);
    const padding = d.shape(x).map(() => [d.random.integer(0, 3), d.random.integer(0, 2)]);
    if (d.random.chance(0.6)) return d.add("pad", ref(x), padding);
    return d.add("pad", ref(x), padding, d.tensors[x].dtype === "f32" ? d.number() : d.random.pick([1, 7, 200]));
  }),
  row("flip", 1, (d) => {
    const x = someDtype(d);
    return d.add("flip", ref(x), d.random.axes(d.shape(x)));
  }),
  row("concat", 1, (d) => {
    const x = someDtype(d);
    const shape = d.shape(x);
    if (shape.length === 0) return undefined;
    const axis = d.random.integer(0, shape.length - 1);
    const { dtype } = d.tensors[x];
    const parts = Array.from(
      { length: d.random.integer(1, 3) },
      () =>
        d.pick({
          dtype,
          rank: shape.length,
          fits: (one) => one.shape.every((length, i) => i === axis || length === shape[i]),
        }) ?? x,
    );
    return d.add("concat", d.random.shuffled([x, ...parts]).map(ref), axis);
  }),
  unary("stopGradient"),
];

const namedDraws: readonly DrawRow[] = [
  ...["add", "sub", "mul"].map((name) => binary(name, 4)),
  ...["div", "maximum", "minimum"].map((name) => binary(name, 2)),
  ...["less", "lessEqual", "greater", "equal", "pow", "gap"].map((name) => binary(name)),
  ...["square", "tanh", "neg", "abs", "relu", "sigmoid"].map((name) => unary(name, 2)),
  ...["sign", "floor", "sqrt", "rsqrt", "exp", "expm1", "log", "log1p", "softplus", "sin", "cos", "erf"].map((name) =>
    unary(name),
  ),
  ...["elu", "selu", "gelu", "silu", "logSigmoid"].map((name) => unary(name, 0.6)),
  row("where", 2, (d) => {
    const a = d.some();
    const condition = d.random.chance(0.5) ? d.add("less", ref(a), other(d, a)) : d.some();
    return d.add("where", ref(condition ?? a), ref(a), other(d, a));
  }),
  row("leakyRelu", 2, (d) => d.add("leakyRelu", ref(d.some()), ...d.random.pick([[], [0.2], [-0.5], [0.01]]))),
  row("leakySlope", 1, (d) => d.add("leakySlope", ref(d.some()), d.random.pick([0, 0.2, -1]))),
  row("clamp", 1, (d) => {
    const x = d.some();
    return d.add(
      "clamp",
      ref(x),
      d.random.chance(0.3) ? { n: "-Infinity" } : other(d, x),
      d.random.chance(0.3) ? { n: "Infinity" } : other(d, x),
    );
  }),
  row("constant", 0.5, (d) => d.add("constant", d.number())),
];

/** Operations of one tensor that have no row of their own. */
const otherNames = Object.entries(elementwise)
  .filter(([name, call]) => call.length === 1 && "op" in call && !namedDraws.some((one) => one.name === name))
  .map(([name]) => name);

export const elementwiseDraws: readonly DrawRow[] = [...namedDraws, ...otherNames.map((name) => unary(name))];

/** Operands of a matrix product: one that is there, and one that fits, there or new. */
const matmul: Draw = (d) => {
  const { random } = d;
  const x = between(d, d.some({ minRank: 2 }));
  const shape = d.shape(x);
  if (shape.length < 2) return undefined;
  const [rows, columns] = shape.slice(-2);
  const first = random.chance(0.6);
  const own = random.chance(0.4);
  const swapped = random.chance(0.4);
  // The length that x shares with the other operand.
  const inner = first !== own ? columns : rows;
  const fits = (length: number) => length === inner;
  const at = swapped === first ? 1 : 2;
  const found = d.pick({ minRank: 2, fits: (one) => fits(one.shape[one.rank - at]) });
  const outer = random.pick([inner, first !== own ? rows : columns, d.length()]);
  const lead = random.chance(0.5) ? [] : shape.slice(0, -2);
  const y =
    found !== undefined && random.chance(0.5)
      ? found
      : d.leaf(
          [...lead, ...(at === 2 ? [inner, outer] : [outer, inner])],
          "f32",
          random.pick(["real", "coarse"] as const),
        );
  const options = first ? { transposeA: own, transposeB: swapped } : { transposeA: swapped, transposeB: own };
  return residual(d, x, first ? d.add("matmul", ref(x), ref(y), options) : d.add("matmul", ref(y), ref(x), options));
};

/** Images: some that are there, or new ones. */
function images(d: Draft): number {
  const found = d.pick({ rank: 4 });
  if (found !== undefined) return between(d, found);
  const { random } = d;
  const side = () => random.integer(1, d.size.name === "tiny" ? 5 : 9);
  return between(d, d.leaf([random.integer(1, 2), side(), side(), random.pick([1, 2, 3, 4, 8])], "f32", "real"));
}

const windowOptions = (d: Draft, most: number): { [name: string]: Argument } => {
  const { random } = d;
  return {
    ...(random.chance(0.7) ? { padding: random.pick<Argument>(["same", "same", 1, [0, 1, 1, 0], "valid"]) } : {}),
    ...(random.chance(0.3) ? { stride: random.integer(1, most) } : {}),
    ...(random.chance(0.1) ? { dilation: 2 } : {}),
  };
};

const convolution =
  (name: "conv2d" | "convTranspose2d"): Draw =>
  (d) => {
    const { random } = d;
    const x = images(d);
    const channels = d.shape(x)[3];
    if (channels === 0) return undefined;
    const groups = random.chance(0.7) ? 1 : random.pick([channels, 1, channels % 2 === 0 ? 2 : 1]);
    const features = groups * (random.chance(0.6) ? channels / groups : random.pick([1, 2, 3, 4]));
    const kernel = random.pick([
      [1, 1],
      [3, 3],
      [3, 3],
      [2, 2],
      [2, 3],
      [4, 4],
      [5, 5],
    ]);
    const transposed = name === "convTranspose2d";
    const shape = transposed ? [...kernel, features / groups, channels] : [...kernel, channels / groups, features];
    const found = d.pick({ rank: 4, fits: (one) => one.shape.every((length, i) => length === shape[i]) });
    const w = found ?? d.leaf(shape, "f32", random.pick(["real", "coarse"] as const));
    return residual(d, x, d.add(name, ref(x), ref(w), { ...windowOptions(d, 3), ...(groups === 1 ? {} : { groups }) }));
  };

export const productDraws: readonly DrawRow[] = [
  row("matmul", 7, matmul),
  row("conv2d", 4, convolution("conv2d")),
  row("convTranspose2d", 2, convolution("convTranspose2d")),
  row("conv1d", 1, (d) => {
    const x = d.some({ rank: 3 });
    const shape = d.shape(x);
    if (shape.length !== 3 || shape[2] === 0) return undefined;
    const w = d.leaf([d.random.integer(1, 3), shape[2], d.random.pick([shape[2], 2])], "f32", "real");
    const padding = d.random.pick(["same", "causal", "valid", 1] as const);
    return residual(d, x, d.add("conv1d", ref(x), ref(w), { padding }));
  }),
  row("attention", 1, (d) => {
    const x = d.some({ rank: 3 });
    if (d.shape(x).length !== 3) return undefined;
    const fits = (one: { shape: readonly number[] }) => one.shape.every((length, i) => length === d.shape(x)[i]);
    const [keys, values] = [d.pick({ rank: 3, fits }) ?? x, d.pick({ rank: 3, fits }) ?? x];
    return residual(d, x, d.add("attention", ref(x), ref(keys), ref(values)));
  }),
  row("spectralNorm", 0.7, (d) => {
    const x = d.some({ minRank: 2 });
    const features = d.shape(x).at(-1);
    return features === undefined
      ? undefined
      : d.add("spectralNorm", ref(x), ref(d.leaf([features], "f32", "positive")));
  }),
];

const pooled = (name: string): DrawRow =>
  row(name, 1, (d) =>
    d.add(
      name,
      ref(images(d)),
      d.random.pick<Argument>([1, 2, 3, [2, 1]]),
      d.random.chance(0.5) ? {} : windowOptions(d, 2),
    ),
  );

export const imageDraws: readonly DrawRow[] = [
  pooled("maxPool2d"),
  pooled("averagePool2d"),
  ...["globalAveragePool", "globalMaxPool"].map((name) => row(name, 0.5, (d) => d.add(name, ref(images(d))))),
  ...["upsample2d", "downsample2d"].map((name) =>
    row(name, 0.8, (d) =>
      d.add(name, ref(images(d)), d.random.integer(1, 2), d.random.chance(0.5) ? {} : { mode: "bilinear" }),
    ),
  ),
  row("blur2d", 0.5, (d) => d.add("blur2d", ref(images(d)), d.random.chance(0.5) ? {} : { stride: 2 })),
  ...["pixelShuffle", "pixelUnshuffle"].map((name) =>
    row(name, 0.5, (d) => d.add(name, ref(images(d)), d.random.integer(1, 2))),
  ),
  row("minibatchStd", 0.5, (d) => d.add("minibatchStd", ref(d.some({ minRank: 2 })))),
];

const indexOf = (d: Draft): number => d.pick({ dtype: "i32" }) ?? d.leaf([d.random.integer(0, 9)], "i32", "index");

export const indexDraws: readonly DrawRow[] = [
  row("gather", 2, (d) => {
    const table = someDtype(d);
    const options = d.random.chance(0.3) ? { scale: 0.5, shift: -1 } : {};
    return d.add("gather", ref(table), ref(indexOf(d)), options);
  }),
  row("scatterAdd", 1, (d) => {
    const values = d.some({ minRank: 1 });
    const [count] = d.shape(values);
    if (count === undefined) return undefined;
    const index =
      d.pick({ dtype: "i32", rank: 1, fits: (one) => one.shape[0] === count }) ?? d.leaf([count], "i32", "index");
    return d.add("scatterAdd", ref(index), ref(values), d.random.integer(1, 9));
  }),
  row("oneHot", 1, (d) => d.add("oneHot", ref(indexOf(d)), d.random.integer(1, 9))),
  row("argMax", 1, (d) => d.add("argMax", ref(d.some({ minRank: 1 })))),
  row("cast", 2, (d) => d.add("cast", ref(someDtype(d)), d.random.pick(["f32", "f32", "i32", "u8"]))),
  row("bytes", 0.5, (d) => d.leaf(d.random.pick(d.palette), d.random.pick(["u8", "i32"] as const))),
];

/** A tensor with a category or more along its last axis. */
const logits = (d: Draft): number | undefined =>
  d.pick({ dtype: "f32", minRank: 1, fits: ({ shape }) => (shape[shape.length - 1] ?? 0) > 0 });

export const randomDraws: readonly DrawRow[] = [
  row("randomUniform", 0.7, (d) =>
    d.add("randomUniform", [...d.random.pick(d.palette)], d.random.chance(0.5) ? {} : { low: -3, high: 0.5 }),
  ),
  row("randomNormal", 0.7, (d) =>
    d.add("randomNormal", [...d.random.pick(d.palette)], d.random.chance(0.5) ? {} : { mean: 2, deviation: 0.3 }),
  ),
  row("randomBernoulli", 0.7, (d) => {
    const x = d.some();
    const mask = d.add("randomBernoulli", 0.7, [...d.shape(x)]);
    return mask === undefined ? undefined : d.add("mul", ref(x), ref(mask));
  }),
  row("gumbel", 0.4, (d) => d.add("gumbel", [...d.random.pick(d.palette)])),
  row("gumbelSoftmax", 0.6, (d) => {
    const x = logits(d);
    const options = d.random.pick([{}, { temperature: 0.5 }, { hard: true }]);
    return x === undefined ? undefined : residual(d, x, d.add("gumbelSoftmax", ref(x), options));
  }),
  row("randomCategorical", 0.4, (d) => {
    const x = logits(d);
    const options = d.random.pick([{}, { topK: 2 }, { topP: 0.6 }, { temperature: 0.5 }, { temperature: 0 }]);
    return x === undefined ? undefined : d.add("randomCategorical", ref(x), options);
  }),
  row("crossEntropy", 0.6, (d) => {
    const x = logits(d);
    if (x === undefined) return undefined;
    const targets = d.leaf(d.shape(x).slice(0, -1), "i32", "index");
    return d.add("crossEntropy", ref(x), ref(targets), d.random.pick([{}, { smoothing: 0.2 }]));
  }),
  row("randomInteger", 0.7, (d) => d.add("randomInteger", [d.random.integer(0, 9)], d.random.pick([1, 2, 7, 60000]))),
  row("randomPermutation", 0.5, (d) =>
    d.add("randomPermutation", d.random.integer(0, 12), d.random.pick([1, 2, 5, 10, 1000])),
  ),
];

export const reductionDraws: readonly DrawRow[] = [
  reduced("sum", 4),
  ...["max", "mean"].map((name) => reduced(name, 2)),
  ...["variance", "logSumExp"].map((name) => reduced(name)),
  alongAxis("softmax"),
  alongAxis("logSoftmax"),
  row("moments", 0.6, (d) => {
    const x = d.some();
    return d.add("moments", ref(x), d.random.axes(d.shape(x)));
  }),
  row("standardize", 0.6, (d) => {
    const x = d.some();
    const channels = d.shape(x).slice(-1);
    return d.add("standardize", ref(x), ref(d.leaf(channels)), ref(d.leaf(channels, "f32", "positive")));
  }),
  ...["batchNorm", "instanceNorm", "layerNorm", "pixelNorm"].map((name) =>
    row(name, 0.6, (d) => {
      const x = d.some({ minRank: 2 });
      return residual(d, x, d.add(name, ref(x)));
    }),
  ),
  row("groupNorm", 0.6, (d) => d.add("groupNorm", ref(d.some({ minRank: 2 })), d.random.integer(1, 2))),
];
