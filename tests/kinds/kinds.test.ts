/** Kinds: every role's own are read back, and a user's are checked, described and read back as they are. */
import { afterAll, describe, expect, test } from "vitest";
import {
  adam,
  add,
  binarisation,
  constant,
  createRuntime,
  datasets,
  defineKind,
  familyFrom,
  fromConfig,
  gan,
  initializers,
  kindNames,
  layers as L,
  likelihoods,
  losses,
  mean,
  mul,
  objectives,
  penalties,
  type Role,
  rbm,
  schedules,
  sgd,
  sub,
  type Tensor,
  units,
  vae,
} from "#binding";
import { initializerNames } from "#src/layers/initializer-config";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

// biome-ignore lint/suspicious/noExplicitAny: what is wrong on purpose has no type
type Wrong = any;

const viaJson = (value: object) => JSON.parse(JSON.stringify(value));
const identity = { apply: (x: Tensor) => x };

/** What each kind of ours cannot be without. */
const needed: Readonly<Record<string, object>> = {
  dense: { units: 2 },
  conv1d: { features: 2, kernelSize: 3 },
  conv2d: { features: 2, kernelSize: 3 },
  convTranspose2d: { features: 2, kernelSize: [3, 2] },
  dropout: { rate: 0.5 },
  appended: { layer: { kind: "dense", units: 2 } },
  "likelihood tabular": { spans: [1, 3] },
  embedding: { count: 3, size: 2 },
  tokens: { vocabulary: 3, size: 2 },
  causalDecoder: { vocabulary: 3, network: { kind: "gru", units: 2 } },
  "likelihood categorical": { vocabulary: 3 },
  positions: { length: 3 },
  causalAttention: { heads: 2 },
  gru: { units: 2 },
  lstm: { units: 2 },
  conditionalBatchNorm: { classes: 3 },
  film: { classes: 3 },
  joinLabel: { classes: 3, size: 2 },
  projection: { classes: 3 },
  groupNorm: { groups: 2 },
  averagePool2d: { size: 2 },
  maxPool2d: { size: [2, 1] },
  upsample2d: { factor: 2 },
  downsample2d: { factor: 2 },
  pixelShuffle: { factor: 2 },
  pixelUnshuffle: { factor: 2 },
  reshape: { shape: [2, -1] },
  resnetBlock: { features: 2 },
  sequential: { layers: [{ kind: "relu" }, { kind: "sequential", layers: [{ kind: "leakyRelu", slope: 0.1 }] }] },
  residual: { layer: { kind: "relu" } },
  spectralNorm: { layer: { kind: "dense", units: 2 } },
  "units categorical": { categories: 3 },
  constant: { value: 1 },
  linear: { from: 1, steps: 3 },
  cosine: { from: 1, steps: 3 },
  exponential: { from: 1, decay: 0.5 },
  inverseTime: { from: 1, steps: 2 },
  warmUp: { steps: 3, next: { kind: "warmUp", steps: 2, next: 1 } },
  iwae: { k: 2, klWeight: { kind: "linear", from: 0, to: 1, steps: 3 } },
  adaptive: { augmentation: { kind: "pipeline", quarterTurns: false } },
  accumulate: { optimizer: { kind: "sgd", learningRate: { kind: "constant", value: 1 } }, steps: 2 },
  // Of users, defined below.
  ...Object.fromEntries(
    [
      "Layer",
      "Loss",
      "Penalty",
      "Augmentation",
      "Likelihood",
      "Objective",
      "Optimizer",
      "Schedule",
      "Units",
      "Binarisation",
    ].map((role) => [`my${role}`, { by: 2 }]),
  ),
  ...Object.fromEntries(["sgd", "adam", "adamw", "rmsprop"].map((kind) => [kind, { learningRate: 1e-3 }])),
};

const roles = [
  ...["layer", "loss", "penalty", "augmentation", "likelihood", "objective", "optimizer", "schedule", "units"],
  "binarisation",
] as Exclude<Role, "initializer">[];

describe.each(roles)("%s", (role) => {
  test.each(kindNames(role))("%s is read back from its description", (kind) => {
    const config = { kind, ...(needed[`${role} ${kind}`] ?? needed[kind]) };
    const made = fromConfig(role, config);
    expect(made.config).toMatchObject(config);
    expect(fromConfig(role, viaJson(made.config)).config).toEqual(made.config);
    expect(() => fromConfig(role, { ...config, unheardOf: 1 })).toThrow(`${kind}: unknown option "unheardOf"; `);
  });

  test("a kind that is not there", () => {
    const [first] = kindNames(role);
    const fault = () => fromConfig(role, { kind: `${first}s` });
    expect(fault).toThrow(TypeError);
    expect(fault).toThrow(`${role}: unknown kind "${first}s"; did you mean "${first}"? known kinds: `);
    expect(fault).toThrow(`define a kind of your own by defineKind("${role}", …) before load and resume`);
    expect(() => fromConfig(role, undefined as Wrong)).toThrow(`${role}: a description must be { kind, ...options }`);
  });

  test("a user's kind has none of our names", () => {
    const [kind] = kindNames(role);
    expect(() => defineKind(role, { kind, make: () => identity } as Wrong)).toThrow(
      new TypeError(`defineKind: the ${role} "${kind}" is one of genloom's: choose another name`),
    );
  });

  test("make gives what its role needs", () => {
    const made = defineKind(role, { kind: `half a ${role}`, make: () => ({ part: 1 }) } as Wrong) as () => unknown;
    expect(made).toThrow(TypeError);
    expect(made).toThrow(/^half a \w+: make must return \{ .* \} for a kind of \w+, found an object$/);
  });
});

/** A user's kind of each role, with an option, that does what one of ours does. */
const mine = {
  layer: defineKind("layer", { kind: "myLayer", options: { by: { above: 0 } }, make: () => identity }),
  loss: defineKind("loss", { kind: "myLoss", options: { by: { above: 0 } }, make: () => losses.hinge() }),
  penalty: defineKind("penalty", {
    kind: "myPenalty",
    options: { by: { above: 0 } },
    make: ({ by }) => ({ apply: ({ real }) => mul(mean(real), by) }),
  }),
  augmentation: defineKind("augmentation", {
    kind: "myAugmentation",
    options: { by: { above: 0 } },
    make: ({ by }) => ({ apply: (images) => mul(images, by) }),
  }),
  likelihood: defineKind("likelihood", {
    kind: "myLikelihood",
    options: { by: { above: 0 } },
    make: ({ by }) => likelihoods.gaussian({ variance: by }),
  }),
  objective: defineKind("objective", {
    kind: "myObjective",
    options: { by: { above: 0 } },
    make: ({ by }) => objectives.elbo({ klWeight: by }),
  }),
  optimizer: defineKind("optimizer", { kind: "myOptimizer", options: { by: { above: 0 } }, make: ({ by }) => sgd(by) }),
  schedule: defineKind("schedule", {
    kind: "mySchedule",
    options: { by: { above: 0 } },
    make: ({ by }) => ({ at: () => constant(by) }),
  }),
  units: defineKind("units", { kind: "myUnits", options: { by: { above: 0 } }, make: () => units.bernoulli() }),
  binarisation: defineKind("binarisation", {
    kind: "myBinarisation",
    options: { by: { above: 0 } },
    make: () => binarisation.dynamic(),
  }),
};

describe.each(roles)("a user's %s", (role) => {
  const kind = `my${role[0].toUpperCase()}${role.slice(1)}`;

  test("is checked, described and read back", () => {
    const made = mine[role]({ by: 2 });
    expect(made.config).toEqual({ kind, by: 2 });
    expect(Object.keys(fromConfig(role, viaJson(made.config))).sort()).toEqual(Object.keys(made).sort());
    expect(fromConfig(role, viaJson(made.config)).config).toEqual({ kind, by: 2 });
    expect(kindNames(role)).toContain(kind);
    expect(() => mine[role]({ by: 0 })).toThrow(new RangeError(`${kind}: by must be a finite number > 0, found 0`));
    expect(() => mine[role]({} as Wrong)).toThrow(`${kind}: by must be a finite number > 0, found undefined`);
    expect(() => mine[role]({ bye: 1 } as Wrong)).toThrow(`${kind}: unknown option "bye"; did you mean "by"?`);
    expect(() => fromConfig(role, { kind, bye: 1 })).toThrow(`${kind}: unknown option "bye"; did you mean "by"?`);
    expect(() => fromConfig(role, { kind: `${kind}s` })).toThrow(`did you mean "${kind}"?`);
  });
});

describe("models of a user's kinds are read back and train to the same bits", () => {
  const usual = { optimizer: mine.optimizer({ by: 0.1 }) };
  const models = {
    gan: gan({
      latent: 2,
      generator: L.sequential(L.dense(4), mine.layer({ by: 1 }), L.dense(2)),
      discriminator: L.sequential(L.residual(mine.layer({ by: 2 })), L.dense(1)),
      loss: mine.loss({ by: 1 }),
      penalties: [mine.penalty({ by: 0.5 }), penalties.r1()],
      optimizers: { generator: usual.optimizer, discriminator: adam(mine.schedule({ by: 1e-3 })) },
    }),
    vae: vae({
      latent: 2,
      encoder: L.dense(4),
      decoder: L.dense(2),
      likelihood: mine.likelihood({ by: 0.5 }),
      objective: mine.objective({ by: 0.5 }),
      ...usual,
    }),
    rbm: rbm({
      hidden: 3,
      units: { visible: mine.units({ by: 1 }), hidden: units.bernoulli() },
      binarisation: mine.binarisation({ by: 1 }),
      ...usual,
    }),
  };

  test.each(Object.entries(models))("%s", async (kind, model) => {
    const again = familyFrom(viaJson(model.config));
    expect(again.config).toEqual(model.config);
    const data = kind === "rbm" ? datasets.bars({ size: 2 }) : datasets.ring({ count: 50 });
    const options = { steps: 5, batchSize: 4, seed: 2 };
    const hashes = [];
    for (const one of [model, again]) hashes.push((await one.train(runtime, data, options).done).weightHash);
    expect(hashes[0]).toBe(hashes[1]);
  });

  test("a user's optimizer minimises by itself", () => {
    expect(typeof mine.optimizer({ by: 1 }).minimize).toBe("function");
  });
});

describe("options of a user's kind", () => {
  const all = defineKind("layer", {
    kind: "all",
    options: {
      size: { default: 2, whole: true, atLeast: 1 },
      bias: { default: true },
      name: { default: "x" },
      mode: { default: "a", oneOf: ["a", "b", 3] },
      inner: { part: "layer" },
      layers: { part: "layer", list: true, default: [] },
      rate: { part: "schedule", orNumber: true, default: 1, atLeast: 0 },
      first: { part: "initializer", default: "zeros" },
      sizes: { list: true, whole: true, optional: true },
      free: { optional: true },
      even: {
        default: 2,
        check(value: number) {
          if (value % 2 !== 0) throw new RangeError(`all: even must be even, found ${value}`);
        },
      },
    },
    check({ size, sizes = [] }, what) {
      if (sizes.length > size) throw new RangeError(`${what}: at most ${size} sizes, found ${sizes.length}`);
    },
    make: ({ inner, layers, first }) => ({
      apply: (x, scope) =>
        add(
          [inner, ...layers].reduce((value, layer, index) => layer.apply(value, scope.child(index)), x),
          scope.read("w", { shape: [1], initializer: first as initializers.Initializer }),
        ),
    }),
  });
  const inner = L.leakyRelu(0.5);

  test("have their defaults, and are described with them", () => {
    expect(all({ inner }).config).toEqual({
      ...{ kind: "all", size: 2, bias: true, name: "x", mode: "a", inner: inner.config },
      ...{ layers: [], rate: 1, first: "zeros", even: 2 },
    });
  });

  test("of every sort are read back", () => {
    const made = all({
      ...{ size: 3, bias: false, name: "y", mode: 3, inner, layers: [L.dense(2), all({ inner })] },
      rate: schedules.linear(1, { steps: 3 }),
      first: initializers.ones,
      sizes: [1, 2],
      free: { any: ["thing", null] },
      even: 4,
    } as Wrong);
    expect(fromConfig("layer", viaJson(made.config)).config).toEqual(made.config);
    expect(made.config.layers).toHaveLength(2);
  });

  test.each([
    [{ inner, size: 1.5 }, "all: size must be an integer >= 1, found 1.5"],
    [{ inner, bias: 1 }, "all: bias must be true or false, found 1"],
    [{ inner, name: 1 }, "all: name must be a string, found 1"],
    [{ inner, mode: "c" }, 'all: mode must be "a", "b" or 3, found "c"'],
    [{}, "all: inner must be a layer, for example layers.dense(8), found undefined"],
    [{ inner: L.relu }, "all: inner must be a layer, for example layers.dense(8), found a function; call it"],
    [{ inner: inner.config }, 'found a description; use fromConfig("layer", description)'],
    [{ inner, layers: inner }, "all: layers must be a list, found an object"],
    [{ inner, layers: [inner, 3] }, "all: layers[1] must be a layer, for example layers.dense(8), found 3"],
    [{ inner, rate: -1 }, "all: rate must be a finite number >= 0, found -1"],
    [{ inner, rate: "fast" }, "all: rate must be a number or a schedule, for example schedules.cosine("],
    [{ inner, first: "zeroes" }, "all: initializer must be one of zeros, ones"],
    [{ inner, sizes: [1, "2"] }, 'all: sizes[1] must be an integer, found "2"'],
    [{ inner, sizes: [1, 2, 3] }, "all: at most 2 sizes, found 3"],
    [{ inner, free: () => 1 }, "all: free must be a value that survives conversion to JSON, found a function"],
    [{ inner, free: [new Date()] }, "all: free must be a value that survives conversion to JSON, found [a Date]"],
    [{ inner, free: { x: Number.NaN } }, "all: free must be a value that survives conversion to JSON, found an object"],
    [{ inner, even: 3 }, "all: even must be even, found 3"],
    [3, "all: options must be an object, found 3"],
  ])("%j", (options, message) => {
    expect(() => all(options as Wrong)).toThrow(message);
  });

  test("a part that is not there is named where it is", () => {
    const { config } = all({ inner });
    expect(() => fromConfig("layer", { ...config, layers: [{ kind: "swsh" }] })).toThrow('layer: unknown kind "swsh"');
    expect(() => fromConfig("layer", { ...config, rate: { kind: "swsh" } })).toThrow('schedule: unknown kind "swsh"');
    expect(() => fromConfig("layer", { ...config, inner: 3 })).toThrow(
      "all: inner must be a layer, for example layers.dense(8)",
    );
  });
});

describe("what make gives", () => {
  test("may be of a class", () => {
    class Times {
      readonly #factor: number;
      constructor(factor: number) {
        this.#factor = factor;
      }
      apply(x: Tensor): Tensor {
        return mul(x, this.#factor);
      }
    }
    const times = defineKind("layer", {
      kind: "times",
      options: { by: { above: 0 } },
      make: ({ by }) => new Times(by),
    });
    const network = new L.Network("net", L.sequential(times({ by: 3 }), times({ by: 2 })));
    expect(network.init([2])).toEqual([2]);
    expect(times({ by: 3 }).config).toEqual({ kind: "times", by: 3 });
  });

  test("has the data of its role, too", () => {
    const { samples: _, ...half } = objectives.elbo();
    expect(defineKind("objective", { kind: "halfElbo", make: () => half as Wrong })).toThrow(
      "halfElbo: make must return { samples, scheduled, loss } for a kind of objective, found an object",
    );
  });
});

describe("definitions", () => {
  const define = (by: number, more: object = {}) =>
    defineKind("layer", { kind: "again", options: { by: { default: by } }, make: () => identity, ...more });

  test("may be given again where they say the same, or replace the one before", () => {
    define(1);
    define(1);
    expect(() => define(2)).toThrow(
      new TypeError(
        'defineKind: the layer "again" is already defined differently: choose another name, or set replace: true',
      ),
    );
    expect(fromConfig("layer", { kind: "again" }).config.by).toBe(1);
    define(2, { replace: true });
    expect(fromConfig("layer", { kind: "again" }).config.by).toBe(2);
    define(2);
    expect(() => define(2, { make: (_: unknown) => ({ apply: (x: Tensor) => sub(x, 1) }) })).toThrow(
      "already defined differently",
    );
    expect(kindNames("layer").filter((name) => name === "again")).toHaveLength(1);
  });

  test("the same name has another meaning in another role", () => {
    defineKind("schedule", { kind: "again", make: () => ({ at: () => constant(1) }) });
    expect(fromConfig("schedule", { kind: "again" }).config).toEqual({ kind: "again" });
  });

  test.each([
    [() => defineKind("layr" as Wrong, {} as Wrong), 'defineKind: unknown role "layr"; did you mean "layer"? roles: '],
    [() => defineKind(undefined as Wrong, {} as Wrong), "defineKind: unknown role undefined; roles: layer, loss"],
    [() => defineKind("layer", undefined as Wrong), "defineKind: options must be an object, found undefined"],
    [
      () => defineKind("layer", { make: () => identity } as Wrong),
      "defineKind: kind must be the name of the layer, found",
    ],
    [
      () => defineKind("layer", { kind: "x" } as Wrong),
      'defineKind: make must be a function of the options of "x", found',
    ],
    [() => defineKind("layer", { kind: "x", mak: 1 } as Wrong), 'unknown option "mak"; did you mean "make"?'],
    [
      () => defineKind("layer", { kind: "x", options: { kind: { default: 1 } }, make: () => identity }),
      'defineKind: an option of "x" has the name of the kind itself',
    ],
    [
      () => defineKind("layer", { kind: "x", options: { a: { abov: 1 } as Wrong }, make: () => identity }),
      'defineKind: option "a" of "x": unknown option "abov"; did you mean "above"?',
    ],
    [
      () => defineKind("layer", { kind: "x", options: { a: { part: "layr" } as Wrong }, make: () => identity }),
      'defineKind: option "a" of "x": unknown role "layr"; did you mean "layer"?',
    ],
    [() => kindNames("layr" as Wrong), 'kindNames: unknown role "layr"'],
    [() => fromConfig("layr" as Wrong, { kind: "x" }), 'fromConfig: unknown role "layr"'],
  ])("%s", (define, message) => {
    expect(define).toThrow(TypeError);
    expect(define).toThrow(message);
  });
});

describe("initializers", () => {
  test("of ours are taken as values, and described", () => {
    for (const [initializer, config] of [
      [initializers.orthogonal(2), { name: "orthogonal", gain: 2 }],
      [initializers.heNormal, { name: "heNormal" }],
      [initializers.truncatedNormal(1), { name: "truncatedNormal", deviation: 1, mean: 0 }],
    ] as const) {
      const layer = L.dense(2, { initializer });
      expect(layer.config.initializer).toEqual(config);
      expect(fromConfig("layer", viaJson(layer.config)).config).toEqual(layer.config);
    }
  });
});

describe("initializers of one's own", () => {
  const flat = defineKind("initializer", {
    kind: "flat",
    options: { value: { default: 3 } },
    make: ({ value }) => initializers.filled(value),
  });
  const weights = async (layer: L.Layer) => {
    const network = new L.Network("net", layer);
    network.init([2]);
    await runtime.initialize(network.variables, { seed: 1 });
    return [...(await runtime.read(network.parameters[0])).data];
  };

  test("by value, by name and by description", async () => {
    for (const initializer of [flat(), "flat", { name: "flat", value: 3 }] as const) {
      const layer = L.dense(1, { initializer: initializer as L.InitializerOption });
      expect(await weights(layer)).toEqual([3, 3]);
      expect(await weights(fromConfig("layer", viaJson(layer.config)))).toEqual([3, 3]);
    }
    expect(L.dense(1, { initializer: flat({ value: 4 }) }).config.initializer).toEqual({ name: "flat", value: 4 });
    expect(() => L.dense(1, { initializer: { name: "flat", valu: 4 } })).toThrow(
      'dense: initializer flat: unknown option "valu"; did you mean "value"?',
    );
    expect(kindNames("initializer")).toEqual([...initializerNames, "flat"]);
  });

  test("that are one of ours leave it as it is", () => {
    const nothing = defineKind("initializer", { kind: "nothing", make: () => initializers.zeros });
    expect(nothing().config).toEqual({ name: "nothing" });
    expect(initializers.zeros.config).toEqual({ name: "zeros" });
  });

  test("have none of our names", () => {
    expect(() => defineKind("initializer", { kind: "normal", make: () => initializers.zeros })).toThrow(
      'defineKind: the initializer "normal" is one of genloom\'s',
    );
    expect(() => defineKind("initializer", { kind: "none", make: () => 3 as Wrong })()).toThrow(
      "none: make must return a function of a shape for a kind of initializer, found 3",
    );
  });
});
