/** Rows of layers. Their variables are inputs of the row like any other, so they are differentiated too. */
import * as L from "#src/layers/index";
import type { DType } from "#src/graph/dtype";
import type { Shape } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import { type CaseRandom, type Domain, domains } from "../case-random.js";
import type { Built, Case, CaseInput } from "./case.js";
import { conditionalPlans } from "./conditional-layers.js";
import { imagePlans } from "./image-layers.js";
import type { Application, LayerPlan } from "./layer-plan.js";
import { sequencePlans } from "./sequence-layers.js";
import { tokenPlans } from "./token-layers.js";

const { real, wide, awayFromZero } = domains;

/** Weights of a size that keeps a layer's results of order 1. */
const weight: Domain = (count, random) => real(count, random).map((value) => Math.fround(value * 0.4));

/** What a network reads besides x, by the names of its options: classes or their weights, and the tokens before each position. */
function readBeside({ shape: [batch], classes, several, tokens }: Application): (CaseInput & { dtype: DType })[] {
  const dtype = "i32";
  return [
    ...(classes === undefined
      ? []
      : several
        ? [{ name: "labels", shape: [batch, classes], dtype: "f32", domain: domains.probability } as const]
        : [{ name: "labels", shape: [batch], dtype, domain: domains.inside(classes) } as const]),
    ...(tokens === undefined
      ? []
      : [
          {
            name: "tokens",
            shape: [batch, tokens.positions],
            dtype,
            domain: domains.inside(tokens.vocabulary),
          } as const,
        ]),
  ];
}

function built(application: Application): Built {
  const { layer, shape, domain = real, dtype = "f32", training = false, values = {}, classes } = application;
  const beside = readBeside(application);
  const options = (given: readonly Tensor[]) => ({
    training,
    ...Object.fromEntries(beside.map(({ name }, i) => [name, given[i]])),
    ...(classes !== undefined && { classes }),
  });
  // Applied once to learn which variables it has; then again for every check, on the values given.
  const network = new L.Network("net", layer);
  network.apply(new Input("x", shape, dtype), options(beside.map((one) => new Input(one.name, one.shape, one.dtype))));
  const variables = network.variables;
  return {
    inputs: [
      { name: "x", shape, dtype, domain },
      ...beside,
      ...variables.map(({ name, shape: own }) => {
        const last = name.slice(name.lastIndexOf("/") + 1);
        return { name, shape: own, domain: values[last] ?? weight };
      }),
    ],
    apply([x, ...others]) {
      const given = others.slice(beside.length);
      const values = new Map<Variable, Tensor>(variables.map((variable, i) => [variable, given[i]]));
      return network.apply(x, { ...options(others), values });
    },
  };
}

const layer = (name: string, plan: LayerPlan["plan"], tolerance = 1e-5): LayerPlan => ({ name, tolerance, plan });

const activation = (name: string, make: () => L.Layer, domain: Domain): LayerPlan =>
  layer(name, (random) => ({ layer: make(), shape: random.shape({ minRank: 1, full: name === "softmax" }), domain }));

/** A batch, perhaps of none, of records. */
const batch = (random: CaseRandom) => (random.index === 0 ? 0 : random.length());

const records = (random: CaseRandom, rank: number): Shape => [
  batch(random),
  ...Array.from({ length: rank }, () => random.integer(1, 4)),
];

const initializers: readonly L.InitializerOption[] = ["heNormal", "zeros", { name: "orthogonal", gain: 2 }];

export const layerPlans: readonly LayerPlan[] = [
  layer("dense", (random) => {
    const options = { bias: random.chance(0.7), initializer: random.pick(initializers) };
    const lead = random.chance(0.3) ? [batch(random), random.integer(1, 3)] : [batch(random)];
    return { layer: L.dense(random.length(), options), shape: [...lead, random.length()] };
  }),
  activation("relu", L.relu, awayFromZero),
  activation("leakyRelu", () => L.leakyRelu(0.1), awayFromZero),
  activation("elu", () => L.elu(0.7), awayFromZero),
  activation("selu", L.selu, awayFromZero),
  activation("gelu", L.gelu, wide),
  activation("silu", L.silu, wide),
  activation("tanh", L.tanh, wide),
  activation("sigmoid", L.sigmoid, wide),
  activation("softplus", L.softplus, wide),
  activation("softmax", L.softmax, wide),
  layer("flatten", (random) => ({ layer: L.flatten(), shape: records(random, random.integer(0, 3)) }), 0),
  layer(
    "reshape",
    (random) => {
      const shape = records(random, random.integer(1, 3));
      return { layer: random.chance(0.5) ? L.reshape(...shape.slice(1).reverse()) : L.reshape(1, -1), shape };
    },
    0,
  ),
  layer("dropout", (random) => ({ layer: L.dropout(0.4), shape: random.shape({ minRank: 1 }), training: true })),
  layer("dropout outside of training", (random) => ({ layer: L.dropout(0.4), shape: random.shape({ minRank: 1 }) }), 0),
  layer("gumbelSoftmax", (random) => ({
    layer: L.gumbelSoftmax({ temperature: 0.7 }),
    shape: random.shape({ minRank: 1, full: true }),
    training: true,
  })),
  layer("layerNorm", (random) => ({
    layer: L.layerNorm({ affine: random.chance(0.7), epsilon: 0.01 }),
    shape: records(random, random.integer(1, 2)),
  })),
  layer("embedding", (random) => {
    const count = random.length();
    const shape = random.chance(0.3) ? [batch(random), 2] : [batch(random)];
    return { layer: L.embedding(count, random.length()), shape, dtype: "i32", domain: domains.inside(count) };
  }),
  ...imagePlans,
  ...conditionalPlans,
  ...sequencePlans,
  ...tokenPlans,
  layer("sequential", (random) => {
    const layers = [
      L.flatten(),
      L.dense(random.length()),
      L.tanh(),
      L.dense(random.length()),
      L.silu(),
      L.dense(6),
      L.reshape(2, 3),
    ];
    return {
      layer: L.sequential(...layers.slice(0, random.integer(0, layers.length))),
      shape: records(random, random.integer(1, 2)),
    };
  }),
  layer("residual", (random) => {
    const features = random.length();
    const inner = L.sequential(L.layerNorm({ epsilon: 0.01 }), L.dense(random.length()), L.gelu(), L.dense(features));
    return { layer: L.residual(inner), shape: [batch(random), features] };
  }),
  layer("appended", (random) => {
    const inner = L.sequential(L.dense(random.length()), L.gelu());
    return { layer: L.appended(inner), shape: [batch(random), random.length()] };
  }),
];

export const layerCases: readonly Case[] = layerPlans.map(({ name, tolerance, plan }) => ({
  name,
  order: 2,
  tolerance,
  build: (random) => built(plan(random)),
}));
