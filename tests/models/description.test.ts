/** Options and saved descriptions of models, and errors for invalid parts. */
import { afterAll, expect, describe, test } from "vitest";
import {
  adam,
  binarisation,
  createRuntime,
  datasets,
  familyFrom,
  gan,
  initializers,
  layers as L,
  likelihoods,
  losses,
  objectives,
  penalties,
  rbm,
  schedules,
  sgd,
  sum,
  square,
  units,
  vae,
  variable,
} from "#binding";
import type { FamilyConfig } from "#src/train/family";

const runtime = await createRuntime({ threads: 1 });
afterAll(() => runtime.close());

// biome-ignore lint/suspicious/noExplicitAny: intentionally wrong values have no type
type Wrong = any;

const optimizer = adam(schedules.cosine(1e-3, { steps: 9 }));
const parts = { latent: 2, generator: L.sequential(L.dense(8), L.relu(), L.dense(2)), discriminator: L.dense(1) };
const coders = { latent: 2, encoder: L.dense(4), decoder: L.dense(2) };

const models = {
  gan: gan({
    ...parts,
    loss: losses.hinge(),
    penalties: [penalties.r1(2)],
    optimizers: { generator: optimizer, discriminator: sgd(0.1, { momentum: 0.5 }) },
    ema: 0.9,
    discriminatorSteps: 2,
  }),
  vae: vae({
    ...coders,
    likelihood: likelihoods.gaussian({ variance: "shared" }),
    objective: objectives.iwae(3),
    binarisation: binarisation.none(),
    optimizer,
  }),
  rbm: rbm({ hidden: 3, sweeps: 2, centring: false, optimizer: sgd(0.1), binarisation: binarisation.dynamic() }),
};
const makers: Readonly<Record<string, (options: Wrong) => { readonly config: FamilyConfig }>> = { gan, vae, rbm };
const viaJson = (value: object): FamilyConfig => JSON.parse(JSON.stringify(value));

describe.each(Object.entries(models))("%s", (kind, model) => {
  const make = makers[kind];

  test("an equal model is made from its description", () => {
    expect(familyFrom(model.config).config).toEqual(model.config);
    expect(familyFrom(viaJson(model.config)).config).toEqual(viaJson(model.config));
  });

  test("a description instead of options is rejected; the error names familyFrom", () => {
    expect(() => make(model.config)).toThrow(
      new TypeError(`${kind}: the options are a model's description; use familyFrom(config) for these`),
    );
  });

  test("a description may omit options that have defaults", () => {
    const needed = {
      gan: ["kind", "latent", "generator", "discriminator"],
      vae: ["kind", "latent", "encoder", "decoder"],
      rbm: ["kind", "hidden"],
    }[kind] as string[];
    const least = Object.fromEntries(Object.entries(viaJson(model.config)).filter(([name]) => needed.includes(name)));
    const usual = { gan: () => gan(parts), vae: () => vae(coders), rbm: () => rbm({ hidden: 3 }) }[kind] as () => {
      config: FamilyConfig;
    };
    expect(familyFrom(least as unknown as FamilyConfig).config).toEqual(usual().config);
  });

  test("without options", () => {
    expect(() => make(undefined)).toThrow(new TypeError(`${kind}: options must be an object, found undefined`));
    expect(() => make(model)).toThrow(TypeError);
  });
});

test("a model made from a description trains to the same bits", async () => {
  const data = datasets.ring({ count: 50 });
  const options = { steps: 5, batchSize: 4, seed: 2 };
  const [one, other] = [gan(parts), familyFrom(viaJson(gan(parts).config))];
  expect((await one.train(runtime, data, options).done).weightHash).toBe(
    (await other.train(runtime, data, options).done).weightHash,
  );
});

describe("errors name parts of the wrong kind", () => {
  const { generator, discriminator } = parts;
  test.each([
    [
      () => gan({ latent: 2, discriminator } as Wrong),
      "gan: generator must be a layer, for example layers.dense(8), found undefined",
    ],
    [
      () => gan({ latent: 2, generator } as Wrong),
      "gan: discriminator must be a layer, for example layers.dense(8), found undefined",
    ],
    [() => gan({ latent: 2, generator: L.relu, discriminator } as Wrong), "found a function; call it"],
    [
      () => gan({ latent: 2, generator: generator.config, discriminator } as Wrong),
      'gan: generator must be a layer, for example layers.dense(8), found a description; use fromConfig("layer", description)',
    ],
    [
      () => gan({ ...parts, loss: "hinge" } as Wrong),
      'gan: loss must be a loss, for example losses.hinge(), found "hinge"',
    ],
    [
      () => gan({ ...parts, loss: losses.hinge } as Wrong),
      "gan: loss must be a loss, for example losses.hinge(), found a function",
    ],
    [
      () => gan({ ...parts, penalties: penalties.r1() } as Wrong),
      "gan: penalties must be an array, for example [penalties.r1()]",
    ],
    [() => gan({ ...parts, penalties: ["r1"] } as Wrong), "gan: each of penalties must be a penalty"],
    [
      () => gan({ ...parts, optimizers: { generator: optimizer } } as Wrong),
      "gan: optimizers.discriminator must be an optimizer, for example adam(1e-3), found undefined",
    ],
    [() => gan({ ...parts, optimizers: optimizer } as Wrong), 'gan: optimizers: unknown option "init"'],
    [
      () => familyFrom({ ...gan(parts).config, optimizers: { generator: optimizer.config } } as Wrong),
      "gan: optimizers.discriminator must be a description, { kind, ...options }, found undefined",
    ],
    [
      () => familyFrom({ ...gan(parts).config, loss: "hinge" } as Wrong),
      "gan: loss must be a description, { kind, ...options }",
    ],
    [
      () => familyFrom({ ...gan(parts).config, penalties: { kind: "r1" } } as Wrong),
      "gan: penalties must be an array, found an object",
    ],
    [
      () => vae({ latent: 2, decoder: L.dense(2) } as Wrong),
      "vae: encoder must be a layer, for example layers.dense(8), found undefined",
    ],
    [() => vae({ ...coders, likelihood: "gaussian" } as Wrong), "vae: likelihood must be a likelihood, for example"],
    [() => vae({ ...coders, objective: objectives.elbo } as Wrong), "vae: objective must be an objective, for example"],
    [
      () => vae({ ...coders, optimizer: 1e-3 } as Wrong),
      "vae: optimizer must be an optimizer, for example adam(1e-3), found 0.001",
    ],
    [
      () => rbm({ hidden: 2, units: { visible: units.bernoulli() } } as Wrong),
      "rbm: units.hidden must be a kind of units",
    ],
    [
      () => rbm({ hidden: 2, optimizer: adam } as Wrong),
      "rbm: optimizer must be an optimizer, for example adam(1e-3), found a function",
    ],
    [
      () => initializers.normal({ deviation: 1 } as Wrong)([2]),
      "normal: deviation must be a finite number, found an object",
    ],
  ])("%s", (make, message) => {
    expect(make).toThrow(message);
  });
});

describe("errors of train name the wrong argument", () => {
  const model = gan(parts);
  const ring = datasets.ring({ count: 20 });
  test.each([
    [() => model.train(runtime, ring, undefined as Wrong), "train: options must be an object, found undefined"],
    [() => model.train(runtime, ring, {} as Wrong), "train: steps must be an integer >= 1, found undefined"],
    [() => model.train(runtime, ring, { steps: "3" } as Wrong), 'train: steps must be an integer >= 1, found "3"'],
    [() => model.train(runtime, ring, { steps: 3n } as Wrong), "train: steps must be an integer >= 1, found 3n"],
    [
      () => model.train(runtime, ring, { steps: 1, batchSize: 1e11 }),
      "train: batchSize must be an integer <= 2147483647",
    ],
    [
      () => model.train(runtime, [[1, 2]] as Wrong, { steps: 1 }),
      "train: data must be a data set, for example datasets.from({ records, shape }), found [[1, 2]]",
    ],
    [() => model.train(runtime, Promise.resolve(ring) as Wrong, { steps: 1 }), "found a Promise"],
    [
      () => model.train(ring as Wrong, { steps: 1 } as Wrong, {} as Wrong),
      "train: the first argument must be a runtime",
    ],
    [
      () => model.train(runtime, ring, { steps: 1, signal: new AbortController() as Wrong }),
      "found an AbortController",
    ],
    [
      () => model.train(runtime, ring, { steps: 1, onEvent: true as Wrong }),
      "train: onEvent must be a function, found true",
    ],
  ])("%s", (start, message) => {
    expect(start).toThrow(message);
  });

  test("the number of samples is limited by memory", async () => {
    const trained = model.trained(runtime, [2]);
    for (const count of [1e9, 99_999_999_999])
      await expect(trained.sample(count)).rejects.toThrow(
        new RangeError(`sample: count must be an integer <= 536870912, found ${count}`),
      );
    await expect(trained.sample(0)).rejects.toThrow("sample: count must be an integer >= 1, found 0");
    for (const count of ["3", undefined, 3n] as Wrong[])
      await expect(trained.sample(count)).rejects.toThrow("sample: count must be an integer >= 1, found");
    const machine = rbm({ hidden: 2 }).trained(runtime, [2, 2, 1]);
    await expect(machine.sample(1e9)).rejects.toThrow("sample: count must be an integer <= 268435456");
  });
});

test("batch norm needs two values per channel in training", async () => {
  const normed = (generator = L.sequential(L.dense(2), L.batchNorm())) =>
    gan({ latent: 2, generator, discriminator: L.dense(1) });
  const ring = datasets.ring({ count: 20 });
  const at = (batchSize: number, model = normed()) => model.train(runtime, ring, { steps: 1, batchSize }).done;
  await expect(at(1)).rejects.toThrow(
    "the input must have two or more values of each channel in training, from records or positions",
  );
  expect((await at(2)).step).toBe(1);
  // One record of several positions has several values.
  const positions = L.sequential(L.dense(4), L.reshape(2, 2, 1), L.batchNorm(), L.flatten(), L.dense(2));
  expect((await at(1, normed(positions))).step).toBe(1);
  // Sampling uses the running statistics, so one record is enough.
  expect((await normed().trained(runtime, [2]).sample(1, { untrained: true })).shape).toEqual([1, 2]);
});

describe("a traced function", () => {
  const w = variable({ name: "w", shape: [2] });
  const v = variable({ name: "v", shape: [2] });
  const loss = () => sum(square(w));

  test("that updates two variables of the same name is rejected, with a remedy", async () => {
    const twice = (name: string) => () => ({
      updates: new Map([...adam(0.1).minimize(loss(), [w]), ...adam(0.1).minimize(sum(square(v)), [v], { name })]),
    });
    expect(() => runtime.compile(twice("optimizer"), { name: "both" })).toThrow(
      new RangeError(
        'both: names of updated variables must be unique, found two of optimizer/step; give each minimize its own, as minimize(loss, parameters, { name: "second" })',
      ),
    );
    await runtime.compile(twice("second")).run();
  });

  test.each([
    [() => loss(), "program: a traced function must return { outputs, updates, checks }, found a Tensor"],
    [async () => ({}), "found a Promise"],
    [() => undefined, "found undefined"],
    [() => ({ outputs: loss() }), "program: outputs must be tensors by name"],
    [() => ({ updates: { w: loss() } }), "program: updates must be a Map from variables"],
  ])("%s is rejected", (build, message) => {
    expect(() => runtime.compile(build as Wrong)).toThrow(message);
  });

  test("a value that is not a function is rejected", () => {
    expect(() => runtime.compile(loss() as Wrong)).toThrow("compile: the argument must be a function, found a Tensor");
  });
});
