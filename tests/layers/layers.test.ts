/** Layers: values, variables and their names, training mode, descriptions, and what a wrong use is told. */
import { describe, expect, test } from "vitest";
import { fromConfig } from "#src/models/from-config";
import * as L from "#src/layers/index";
import { mul } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { evaluate } from "#src/graph/reference";
import type { Shape } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import { CaseRandom } from "../case-random.js";
import { layerPlans } from "../cases/layers.js";

const points = [-30, -2, -0.5, 0, 0.5, 2, 30];

const of = (shape: Shape, values: readonly number[]) => literal(Float32Array.from(values), shape);

/** Variables get 0.1, 0.2, 0.3 and so on, in their order of creation. */
function run(layer: L.Layer, x: Tensor, options: L.ApplyOptions = {}, seed = 0): { shape: Shape; values: number[] } {
  const network = new L.Network("net", layer);
  const y = network.apply(x, options);
  let next = 1;
  const feeds = new Map<Variable, number[]>(
    network.variables.map((variable) => [variable, Array.from({ length: variable.size }, () => next++ / 10)]),
  );
  return { shape: y.shape, values: [...evaluate([y], { feeds, seed })[0]] };
}

function expectClose(found: readonly number[], wanted: readonly number[], digits = 10): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits);
}

// By PyTorch 1.13.0 in float64.
describe.each<[L.Layer, number[]]>([
  [L.relu(), [0, 0, 0, 0, 0.5, 2, 30]],
  [L.leakyRelu(), [-6, -0.4, -0.1, 0, 0.5, 2, 30]],
  [L.elu(), [-1, -0.864664716763, -0.393469340287, 0, 0.5, 2, 30]],
  [L.selu(), [-1.75809934085, -1.5201664686, -0.691758187803, 0, 0.525350493678, 2.10140197471, 31.5210296207]],
  [L.gelu(), [0, -0.0455002638964, -0.154268769363, 0, 0.345731230637, 1.9544997361, 30]],
  [L.silu(), [-2.80728689065e-12, -0.238405844044, -0.188770334399, 0, 0.311229665601, 1.76159415596, 30]],
  [L.tanh(), [-1, -0.964027580076, -0.46211715726, 0, 0.46211715726, 0.964027580076, 1]],
  [L.sigmoid(), [9.35762296884e-14, 0.119202922022, 0.377540668798, 0.5, 0.622459331202, 0.880797077978, 1]],
  [L.softplus(), [9.35762296884e-14, 0.126928011043, 0.47407698418, Math.LN2, 0.97407698418, 2.12692801104, 30]],
])("%o", (layer, wanted) => {
  test("gives PyTorch's values", () => {
    expectClose(run(layer, of([1, 7], points)).values, wanted);
  });
});

describe("values", () => {
  test("softmax over the last axis, without overflow", () => {
    const { values } = run(L.softmax(), of([2, 3], [1, 2, 4, 0, 0, 1000]));
    expectClose(values, [0.04201006613406605, 0.11419519938459449, 0.8437947344813395, 0, 0, 1]);
  });

  test("dense: x W + b, also over more than one leading axis", () => {
    // W = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]], b = [0.7, 0.8]
    const rows = [1, 2, 3, -1, 0, 1];
    const wanted = [0.1 + 0.6 + 1.5 + 0.7, 0.2 + 0.8 + 1.8 + 0.8, 0.4 + 0.7, 0.4 + 0.8];
    expectClose(run(L.dense(2), of([2, 3], rows)).values, wanted);
    const { shape, values } = run(L.dense(2), of([2, 1, 3], rows));
    expect(shape).toEqual([2, 1, 2]);
    expectClose(values, wanted);
    expectClose(run(L.dense(2, { bias: false }), of([1, 3], [1, 0, 0])).values, [0.1, 0.2]);
  });

  test("layerNorm, as PyTorch's", () => {
    const x = of([2, 3], [1, 2, 4, -3, 0, 6]);
    const normal = [
      -1.069041531450298, -0.2672603828625746, 1.3363019143128718, -1.069044585848128, -0.267261146462032,
      1.33630573231016,
    ];
    expectClose(run(L.layerNorm({ affine: false }), x).values, normal);
    const affine = normal.map((value, i) => (value * ((i % 3) + 1)) / 10 + ((i % 3) + 4) / 10);
    expectClose(run(L.layerNorm(), x).values, affine);
  });

  test("embedding: rows by index", () => {
    const index = new Input("index", [2, 2], "i32");
    const network = new L.Network("net", L.embedding(3, 2));
    const y = network.apply(index);
    const feeds = new Map<Tensor, number[]>([
      [index, [2, 0, 1, 2]],
      [network.variables[0], [1, 2, 3, 4, 5, 6]],
    ]);
    expect(y.shape).toEqual([2, 2, 2]);
    expect([...evaluate([y], { feeds })[0]]).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
  });

  test("flatten and reshape keep the batch, also of 0", () => {
    expect(run(L.flatten(), of([2, 3, 1], [1, 2, 3, 4, 5, 6])).shape).toEqual([2, 3]);
    expect(run(L.flatten(), of([2], [1, 2])).shape).toEqual([2, 1]);
    expect(run(L.reshape(3, 1, -1), of([2, 6], Array(12).fill(0))).shape).toEqual([2, 3, 1, 2]);
    expect(run(L.reshape(-1, 2), of([0, 3, 4], [])).shape).toEqual([0, 6, 2]);
    expect(run(L.reshape(), of([4, 1], [1, 2, 3, 4])).shape).toEqual([4]);
  });

  test("residual adds, sequential without parts is the identity", () => {
    expectClose(run(L.residual(L.tanh()), of([1, 2], [0.5, 2])).values, [0.96211715726, 2.964027580076]);
    expect(run(L.sequential(), of([1, 2], [3, 4])).values).toEqual([3, 4]);
  });
});

describe("dropout", () => {
  const ones = of([1, 4000], Array(4000).fill(1));

  test("drops the share that it says, and keeps the expectation", () => {
    const { values } = run(L.dropout(0.25), ones, { training: true });
    const kept = values.filter((value) => value !== 0);
    for (const value of kept) expect(value).toBeCloseTo(4 / 3, 12);
    // Binomial(4000, 0.75) has deviation 27.4; five of them.
    expect(Math.abs(kept.length - 3000)).toBeLessThan(137);
  });

  test("drops others with another seed, nothing outside of training or at rate 0", () => {
    const first = run(L.dropout(0.5), ones, { training: true });
    expect(run(L.dropout(0.5), ones, { training: true }).values).toEqual(first.values);
    expect(run(L.dropout(0.5), ones, { training: true }, 1).values).not.toEqual(first.values);
    const x = new Input("x", [2, 2]);
    expect(new L.Network("net", L.dropout(0.5)).apply(x)).toBe(x);
    expect(new L.Network("net", L.dropout(0)).apply(x, { training: true })).toBe(x);
  });
});

describe("variables", () => {
  const layer = L.sequential(
    L.dense(3),
    L.leakyRelu(),
    L.residual(L.sequential(L.layerNorm(), L.dense(3, { bias: false }))),
  );

  test("are named by their path, made once, and shared by every application", () => {
    const network = new L.Network("generator", layer);
    network.apply(new Input("x", [4, 2]));
    const before = network.variables;
    expect(before.map(({ name, shape }) => [name, shape])).toEqual([
      ["generator/0/weight", [2, 3]],
      ["generator/0/bias", [3]],
      ["generator/2/inner/0/scale", [3]],
      ["generator/2/inner/0/shift", [3]],
      ["generator/2/inner/1/weight", [3, 3]],
    ]);
    network.apply(new Input("x", [9, 2]));
    expect(network.variables).toEqual(before);
    expect(network.parameters).toEqual(before);
  });

  test("are read from the values given in their place", () => {
    const network = new L.Network("net", L.dense(1));
    const x = of([1, 2], [1, 1]);
    network.apply(x);
    const values = new Map<Variable, Tensor>(
      network.variables.map((variable) => [variable, mul(of(variable.shape, Array(variable.size).fill(1)), 2)]),
    );
    expect([...evaluate([network.apply(x, { values })])[0]]).toEqual([6]);
  });

  test("first values: the default of dense is Glorot's, others by name", () => {
    const firstValues = (initializer?: L.InitializerOption) => {
      const network = new L.Network("net", L.dense(200, initializer ? { initializer } : {}));
      network.apply(new Input("x", [1, 100]));
      return network.variables.map((variable) => [...evaluate([variable.initializer?.(variable.shape) as Tensor])[0]]);
    };
    const [weight, bias] = firstValues();
    const limit = Math.sqrt(6 / 300);
    expect(Math.max(...weight)).toBeLessThanOrEqual(limit);
    expect(Math.max(...weight)).toBeGreaterThan(limit * 0.99);
    expect(Math.min(...weight)).toBeLessThan(-limit * 0.99);
    expect(new Set(bias)).toEqual(new Set([0]));
    expect(new Set(firstValues({ name: "filled", value: 0.5 })[0])).toEqual(new Set([0.5]));
  });
});

describe("descriptions", () => {
  // Layers with all the options that the rows of the table give them.
  const layers = layerPlans.flatMap(({ name, plan }) =>
    Array.from({ length: 6 }, (_, index) => plan(new CaseRandom(name, index, false)).layer),
  );

  test.each(layers.map(({ config }) => ({ text: JSON.stringify(config), config })))(
    "$text is read back",
    ({ text, config }) => {
      const again = fromConfig("layer", JSON.parse(text));
      expect(again.config).toEqual(config);
      expect(JSON.stringify(again.config)).toBe(text);
    },
  );

  test("give the same layer", () => {
    const layer = L.sequential(L.dense(4, { initializer: "ones" }), L.elu(0.5), L.reshape(2, -1));
    const x = of([1, 2], [1, -2]);
    expect(run(fromConfig("layer", JSON.parse(JSON.stringify(layer.config))), x)).toEqual(run(layer, x));
  });
});

describe("what is wrong is named", () => {
  const at =
    (layer: L.Layer, shape: Shape, dtype: "f32" | "i32" = "f32") =>
    () =>
      new L.Network("generator", L.sequential(L.sequential(), layer)).apply(new Input("x", shape, dtype));
  test.each([
    [
      () => L.dense(3, { units: 4 } as object),
      TypeError,
      'dense: unknown option "units"; known options: bias, initializer, biasInitializer',
    ],
    [() => L.dense(2.5), RangeError, "dense: units must be an integer >= 1, found 2.5"],
    [() => L.dense("3" as never), RangeError, 'dense: units must be an integer >= 1, found "3"'],
    [() => L.dense(3, "he" as never), TypeError, 'dense: options must be an object, found "he"'],
    [() => L.dense(3, { initializer: "xavier" as never }), TypeError, "dense: initializer must be one of zeros, ones"],
    [() => L.dense(3, { initializer: (() => 1) as never }), TypeError, "dense: initializer must be one of zeros, ones"],
    [
      () => L.dense(3, { initializer: { name: "normal", sigma: 1 } }),
      TypeError,
      'dense: initializer normal: unknown option "sigma"; known options: deviation, mean',
    ],
    [
      () => L.dense(3, { initializer: { name: "normal", deviation: "1" } }),
      RangeError,
      'dense: initializer normal: deviation must be a finite number, found "1"',
    ],
    [() => L.dropout(1), RangeError, "dropout: rate must be a finite number >= 0 and < 1, found 1"],
    [() => L.layerNorm({ epsilon: 0 }), RangeError, "layerNorm: epsilon must be a finite number > 0, found 0"],
    [
      () => L.layerNorm({ eps: 1 } as object),
      TypeError,
      'layerNorm: unknown option "eps"; known options: epsilon, affine',
    ],
    [() => L.embedding(0, 3), RangeError, "embedding: count must be an integer >= 1, found 0"],
    [
      () => L.reshape(-1, -1),
      RangeError,
      "reshape: lengths must be integers >= 1, at most one of them -1, found [-1, -1]",
    ],
    [() => L.leakyRelu(Number.NaN), RangeError, "leakyRelu: slope must be a finite number, found NaN"],
    [
      () => L.sequential(L.relu(), L.relu as never),
      TypeError,
      "sequential: layers[1] must be a layer, for example layers.dense(8), found a function; call it",
    ],
    [
      () => L.residual({} as never),
      TypeError,
      "residual: layer must be a layer, for example layers.dense(8), found an object",
    ],
    [
      at(L.dense(3), [5]),
      RangeError,
      "dense at generator/1: the input must have shape [batch, ..., features], found [5]",
    ],
    [at(L.flatten(), []), RangeError, "flatten at generator/1: the input must have shape [batch, ...], found []"],
    [
      at(L.reshape(2, 3), [4, 5]),
      RangeError,
      "reshape at generator/1: the input must have shape [batch, ...] with elements for [2, 3], found [4, 5]",
    ],
    [
      at(L.reshape(2, -1), [4, 5]),
      RangeError,
      "reshape at generator/1: the input must have shape [batch, ...] with elements for [2, -1], found [4, 5]",
    ],
    [at(L.embedding(3, 2), [4]), TypeError, "embedding at generator/1: the input must be i32 indices, found f32"],
    [
      at(L.residual(L.dense(2)), [4, 3]),
      RangeError,
      "residual at generator/1: the result of its part must have shape [4, 3], found [4, 2]",
    ],
    [
      at(L.layerNorm(), [4]),
      RangeError,
      "layerNorm at generator/1: the input must have shape [batch, ..., features], features >= 1, found [4]",
    ],
    [
      () => fromConfig("layer", { kind: "conv" }),
      TypeError,
      'layer: unknown kind "conv"; known kinds: appended, augment, averagePool2d',
    ],
    [() => fromConfig("layer", { kind: "toString" }), TypeError, 'layer: unknown kind "toString"'],
    [
      () => fromConfig("layer", { kind: "relu", slope: 1 }),
      TypeError,
      'relu: unknown option "slope"; it takes no options',
    ],
    [() => fromConfig("layer", { kind: "dense" }), RangeError, "dense: units must be an integer >= 1, found undefined"],
    [
      () => fromConfig("layer", { kind: "sequential", layers: 3 }),
      TypeError,
      "sequential: layers must be a list, found 3",
    ],
    [
      () => fromConfig("layer", { kind: "residual" }),
      TypeError,
      "residual: layer must be a layer, for example layers.dense(8), found undefined",
    ],
  ] as const)("%s", (build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });

  test("a network used with another number of features", () => {
    const network = new L.Network("net", L.dense(3));
    network.apply(new Input("x", [1, 4]));
    expect(() => network.apply(new Input("x", [1, 5]))).toThrow(
      "net/weight: the variable must have the shape that it was created with, [4, 3], found [5, 3]",
    );
  });
});
