/** Optimizers compared with PyTorch, and as plain values: descriptions, names, reuse, several updates in one step. */
import { describe, expect, test } from "vitest";
import { fromConfig, kindNames } from "#src/models/from-config";
import type { Updates } from "#src/layers/layer";
import { mul } from "#src/ops/elementwise";
import { sum } from "#src/ops/reduction";
import {
  accumulate,
  adam,
  adamw,
  clip,
  gradientsOf,
  type Minimizer,
  minimize,
  type Optimizer,
  rmsprop,
  sgd,
} from "#src/optimizers/index";
import { evaluate } from "#src/graph/reference";
import { cosine, warmUp } from "#src/optimizers/schedules";
import { withUpdateScale } from "#src/optimizers/update-scale";
import type { Tensor } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import { lossOf, start, trajectories } from "./trajectories.js";

const parameters = () => [new Variable({ name: "p", shape: [3] }), new Variable({ name: "q", shape: [1] })];

/** Runs updates like a program: all read the old values, then all are assigned. */
class Run {
  readonly values = new Map<Variable, Float64Array>();

  constructor(readonly trained: readonly Variable[]) {
    trained.forEach((parameter, i) => {
      this.values.set(parameter, Float64Array.from(start[i]));
    });
  }

  step(updates: Updates): void {
    for (const variable of updates.keys()) {
      if (!this.values.has(variable)) this.values.set(variable, new Float64Array(variable.size));
    }
    const next = evaluate([...updates.values()], { feeds: this.values });
    [...updates.keys()].forEach((variable, i) => {
      this.values.set(variable, next[i]);
    });
  }

  get flat(): number[] {
    return this.trained.flatMap((parameter) => [...(this.values.get(parameter) as Float64Array)]);
  }
}

function expectClose(found: readonly number[], wanted: readonly number[], digits: number): void {
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, digits);
}

function trajectory(optimizer: Minimizer, steps: readonly number[]): Record<number, number[]> {
  const trained = parameters();
  const updates = optimizer.minimize(lossOf(trained[0], trained[1]), trained);
  const run = new Run(trained);
  const out: Record<number, number[]> = {};
  for (let step = 1; step <= Math.max(...steps); step++) {
    run.step(updates);
    if (steps.includes(step)) out[step] = run.flat;
  }
  return out;
}

describe.each(trajectories)("$name", ({ optimizer, after }) => {
  test("gives PyTorch's values", () => {
    const steps = Object.keys(after).map(Number);
    const found = trajectory(optimizer, steps);
    for (const step of steps) expectClose(found[step], after[step], 10);
  });

  test("comes back from its description", () => {
    const again = fromConfig("optimizer", JSON.parse(JSON.stringify(optimizer.config)));
    expect(again.config).toEqual(optimizer.config);
    expect(trajectory(again, [3])).toEqual(trajectory(optimizer, [3]));
  });
});

test("every kind has a trajectory", () => {
  expect(new Set(trajectories.map(({ optimizer }) => optimizer.config.kind))).toEqual(new Set(kindNames("optimizer")));
});

describe("variables", () => {
  test("are named by the given name and the parameter, and are initially 0", () => {
    const [p, q] = parameters();
    const updates = adam(0.1).minimize(lossOf(p, q), [p, q], { name: "discriminator/adam" });
    const names = [...updates.keys()].map(({ name }) => name).sort();
    expect(names).toEqual([
      "discriminator/adam/p/m",
      "discriminator/adam/p/v",
      "discriminator/adam/q/m",
      "discriminator/adam/q/v",
      "discriminator/adam/step",
      "p",
      "q",
    ]);
    for (const variable of updates.keys()) {
      if (variable === p || variable === q) continue;
      expect(evaluate([variable.initializer?.(variable.shape) as Tensor])[0].every((value) => value === 0)).toBe(true);
    }
  });

  test("belong to the state, which is plain data that the caller keeps", () => {
    const optimizer = adam(0.1);
    const [p, q] = parameters();
    const state = optimizer.init([p, q], "mine");
    expect(state.variables.map(({ name }) => name)).toEqual([
      ...["mine/step", "mine/p/m", "mine/p/v", "mine/q/m", "mine/q/v"],
    ]);
    expect(state.variables).toEqual([state.step, ...[p, q].flatMap((one) => Object.values(state.kept.get(one) ?? {}))]);
    const keys = (updates: Updates) => [...updates.keys()].sort((a, b) => a.id - b.id);
    const wanted = [p, q, ...state.variables].sort((a, b) => a.id - b.id);
    // Any optimizer of the same kind can continue with the state, and none has state of its own.
    for (const one of [optimizer, optimizer, adam(0.5)])
      expect(keys(one.apply(gradientsOf(lossOf(p, q), [p, q]), state))).toEqual(wanted);
    expect(keys(minimize(optimizer, lossOf(p, q), [p, q], { state }))).toEqual(wanted);
    expect(optimizer.init([p, q], "mine").variables.filter((one) => state.variables.includes(one))).toEqual([]);
  });

  test("are created only if needed", () => {
    const names = (optimizer: Minimizer) => {
      const [p, q] = parameters();
      return [...optimizer.minimize(lossOf(p, q), [p]).keys()].map(({ name }) => name).sort();
    };
    expect(names(sgd(0.1))).toEqual(["p"]);
    expect(names(sgd(warmUp(2, 0.1)))).toEqual(["optimizer/step", "p"]);
    expect(names(adam(0.1, { beta1: 0 }))).toEqual(["optimizer/p/v", "optimizer/step", "p"]);
    expect(names(adam(0.1, { beta1: 0, beta2: 0 }))).toEqual(["p"]);
  });
});

test.each([
  adam(0.1, { clipNorm: 1 }),
  sgd(cosine(0.1, { steps: 9 }), { momentum: 0.9 }),
  rmsprop(0.1),
  accumulate(adam(0.1), 2),
  accumulate(sgd(0.1), 3),
])("two updates in one step equal two steps: $config.kind", (optimizer) => {
  const trained = parameters();
  const state = optimizer.init(trained);
  const values: Updates = new Map();
  for (let i = 0; i < 2; i++) {
    const [p, q] = trained.map((parameter) => values.get(parameter) ?? parameter);
    for (const [variable, value] of optimizer.minimize(lossOf(p, q), trained, { values, state }))
      values.set(variable, value);
  }
  const run = new Run(trained);
  run.step(values);
  run.step(values);
  expectClose(run.flat, trajectory(optimizer, [4])[4], 12);
});

test("clip equals clipNorm, and limits the global norm of all gradients", () => {
  const [p, q] = parameters();
  const gradients = gradientsOf(lossOf(p, q), [p, q]);
  const run = (updates: Updates) => {
    const one = new Run([p, q]);
    one.step(updates);
    return one.flat;
  };
  const state = sgd(0.1).init([p, q]);
  const clipped = run(sgd(0.1).apply(clip(gradients, 0.5), state));
  expect(clipped).toEqual(run(sgd(0.1, { clipNorm: 0.5 }).apply(gradients, state)));
  const moved = clipped.map((value, i) => (value - start.flat()[i]) / 0.1);
  expect(Math.hypot(...moved)).toBeCloseTo(0.5, 5);
  expect(run(sgd(0.1).apply(clip(gradients, 100), state))).toEqual(run(sgd(0.1).apply(gradients, state)));
});

test("clipping a gradient of 0 does not give NaN", () => {
  const [p] = parameters();
  const run = new Run([p]);
  run.step(sgd(0.1, { clipNorm: 1 }).minimize(sum(mul(p, 0)), [p]));
  expect(run.flat).toEqual(start[0]);
});

describe("errors name what is wrong", () => {
  const [p, q] = parameters();
  const gradients = gradientsOf(lossOf(p, q), [p, q]);
  test.each([
    [() => adam(-1), RangeError, "adam: learningRate must be a finite number >= 0, found -1"],
    [() => adam(Number.NaN), RangeError, "adam: learningRate must be a finite number >= 0, found NaN"],
    [() => adam(0.1, { beta1: 1 }), RangeError, "adam: beta1 must be a finite number >= 0 and < 1, found 1"],
    [() => adamw(0.1, { weightDecay: -1 }), RangeError, "adamw: weightDecay must be a finite number >= 0, found -1"],
    [() => sgd(0.1, { clipNorm: 0 }), RangeError, "sgd: clipNorm must be a finite number > 0, found 0"],
    [() => sgd(0.1, { nesterov: true }), RangeError, "sgd: momentum must be > 0 with nesterov, found 0"],
    [
      () => rmsprop(0.1, { momentum: 1.5 }),
      RangeError,
      "rmsprop: momentum must be a finite number >= 0 and < 1, found 1.5",
    ],
    [
      () => adam(0.1, { beta: 0.5 } as object),
      TypeError,
      'adam: unknown option "beta"; did you mean "beta1"? known options: beta1',
    ],
    [
      () => adam("fast" as never),
      TypeError,
      'adam: learningRate must be a number or a schedule, for example schedules.cosine(1e-3, { steps: 1000 }), found "fast"',
    ],
    [
      () => fromConfig("optimizer", { kind: "nothing", learningRate: 1 }),
      TypeError,
      'unknown kind "nothing"; known kinds: accumulate, adam',
    ],
    [() => adam(0.1).minimize(p, [p]), RangeError, "adam: the loss must be a scalar, found [3]"],
    [() => adam(0.1).minimize(lossOf(p, q), []), RangeError, "adam: no parameters to train"],
    [() => adam(0.1).minimize(lossOf(p, q), [p, p]), RangeError, "adam: names must be unique, found p, p"],
    [() => adam(0.1).init([]), RangeError, "adam: no parameters to train"],
    [() => sgd(0.1).init([3 as never]), TypeError, "sgd: parameters must be an array of variables, found [3]"],
    [() => gradientsOf(p, [p]), RangeError, "gradientsOf: the loss must be a scalar, found [3]"],
    [() => clip(gradients, 0), RangeError, "clip: norm must be a finite number > 0, found 0"],
    [() => accumulate(adam(0.1), 0), RangeError, "accumulate: steps must be an integer >= 1 and <= 16777216, found 0"],
    [
      () => accumulate({} as Optimizer, 2),
      TypeError,
      "accumulate: optimizer must be an optimizer, for example adam(1e-3), found an object",
    ],
    [
      () => adam(0.1).apply(gradients, adamw(0.1).init([p, q])),
      RangeError,
      'adam: the state "optimizer" was created by adamw, or with other options',
    ],
    [
      () => adam(0.1).apply(gradients, adam(0.1, { beta1: 0 }).init([p, q])),
      RangeError,
      'adam: the state "optimizer" was created by adam, or with other options',
    ],
    [
      () => sgd(warmUp(2, 0.1)).apply(gradients, sgd(0.1).init([p, q])),
      RangeError,
      'sgd: the state "optimizer" was created by sgd, or with other options',
    ],
    [
      () =>
        accumulate(sgd(0.1), 2).apply(gradients, {
          ...accumulate(sgd(0.1), 2).init([p, q]),
          inner: undefined as never,
        }),
      RangeError,
      'accumulate: the state "optimizer" was created by accumulate, or with other options',
    ],
    [
      () => sgd(0.1).apply(gradients, sgd(0.1).init([p])),
      RangeError,
      'sgd: the parameters of the state "optimizer" must be p, found p, q',
    ],
    [
      () => sgd(0.1).apply(gradientsOf(lossOf(p, q), [p]), sgd(0.1).init([p, q])),
      RangeError,
      "sgd: the gradient of q must have shape [1], found none",
    ],
    [
      () => sgd(0.1).apply(new Map([[p, q]]), sgd(0.1).init([p])),
      RangeError,
      "sgd: the gradient of p must have shape [3], found [1]",
    ],
    [
      () => sgd(0.1).minimize(lossOf(p, q), [p], { state: sgd(0.1).init([q]) }),
      RangeError,
      'sgd: the parameters of the state "optimizer" must be q, found p',
    ],
  ] as const)("%s", (build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});

describe("with the changes of parameters scaled by a half", () => {
  const options = { beta1: 0.8, clipNorm: 5 };
  test.each<[string, (rate: number) => Minimizer]>([
    ["sgd", (rate) => sgd(rate, { momentum: 0.9 })],
    ["adam", (rate) => adam(rate, options)],
    ["adamw", (rate) => adamw(rate, { ...options, weightDecay: 0.1 })],
    ["rmsprop", (rate) => rmsprop(rate)],
    ["adam with a schedule", (rate) => adam(cosine(rate, { steps: 6, to: rate / 4 }))],
    ["accumulate, whose inner optimizer is not scaled again", (rate) => accumulate(adamw(rate), 2)],
  ])("%s has the steps of half its learning rate", (_, make) => {
    const run = (optimizer: Minimizer, scale: number) => {
      const trained = parameters();
      const updates = withUpdateScale(scale, () => optimizer.minimize(lossOf(trained[0], trained[1]), trained));
      const run = new Run(trained);
      for (let step = 0; step < 6; step++) run.step(updates);
      return run.flat;
    };
    expectClose(run(make(0.1), 0.5), run(make(0.05), 1), 12);
    expect(run(make(0.1), 1)).not.toEqual(run(make(0.05), 1));
  });

  test("a value that was changed earlier in the step is the one to change", () => {
    const [p] = parameters();
    const next = mul(p, 3);
    const values = new Map([[p, next]]);
    const optimizer = sgd(0.1);
    const state = optimizer.init([p]);
    const loss = sum(mul(next, 4));
    const apply = () => optimizer.apply(gradientsOf(loss, [p], { values }), state, { values });
    const [found] = evaluate([withUpdateScale(0.5, apply).get(p) as Tensor], { feeds: new Map([[p, [1, 2, 3]]]) });
    expectClose([...found], [3 - 0.2, 6 - 0.2, 9 - 0.2], 12);
  });
});
