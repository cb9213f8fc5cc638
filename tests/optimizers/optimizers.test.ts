/** Optimizers against PyTorch, and what makes them values: descriptions, names, reuse, several updates in one step. */
import { describe, expect, test } from "vitest";
import type { Updates } from "#src/layers/layer";
import { add, mul, sin, square } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { sum } from "#src/ops/reduction";
import { slice } from "#src/ops/movement";
import { adam, adamw, type Optimizer, optimizerFrom, optimizerKinds, rmsprop, sgd } from "#src/optimizers/index";
import { evaluate } from "#src/reference";
import { cosine, exponential, linear, warmUp } from "#src/schedules";
import { type Tensor, Variable } from "#src/tensor";

/** sum a p^2 / 2 + sin(p0 q) + q^2 sum p, for p [3] and q [1]. */
function lossOf(p: Tensor, q: Tensor): Tensor {
  const a = literal(Float32Array.of(1, 3, 0.5), [3]);
  const quadratic = mul(sum(mul(a, square(p))), 0.5);
  return add(add(quadratic, sum(sin(mul(slice(p, [0], [1]), q)))), sum(mul(square(q), p)));
}

const parameters = () => [new Variable({ name: "p", shape: [3] }), new Variable({ name: "q", shape: [1] })];

const start = [[1, -2, 0.5], [0.3]];

/** Runs updates as a program does: all read the values from before, then all are assigned. */
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

function trajectory(optimizer: Optimizer, steps: readonly number[]): Record<number, number[]> {
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

/** Values of p and q after some steps by PyTorch 1.13.0 in float64. */
const trajectories: { name: string; optimizer: Optimizer; after: Record<number, number[]> }[] = [
  {
    name: "sgd",
    optimizer: sgd(0.1),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.747639459323, -0.991797446979, 0.437202553021, 0.153771431186],
      5: [0.523374824332, -0.341724680413, 0.372197707783, -0.0557899313284],
    },
  },
  {
    name: "sgd with momentum",
    optimizer: sgd(0.1, { momentum: 0.9 }),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.623745374116, -0.459897446979, 0.406602553021, 0.0947911471645],
      5: [-0.186171670613, 1.53408778977, 0.149763602648, -0.374537067104],
    },
  },
  {
    name: "sgd, Nesterov, weight decay",
    optimizer: sgd(0.1, { momentum: 0.9, nesterov: true, weightDecay: 0.05 }),
    after: {
      1: [0.72894582012, -0.8581, 0.43065, 0.172636067066],
      2: [0.429762368772, 0.120316339786, 0.350419464786, -0.0404843624412],
      5: [-0.162013173369, 0.657071283246, 0.0659466644762, -0.266906517485],
    },
  },
  {
    name: "rmsprop",
    optimizer: rmsprop(0.05),
    after: {
      1: [0.500000036321, -1.50000000846, 1.47058780486e-7, -0.199999923703],
      2: [0.379207681026, -1.19784868377, -0.0587107861494, -0.604513040366],
      5: [-0.0506706810565, -0.8359185568, -1.27006504296, -1.81791601758],
    },
  },
  {
    name: "rmsprop, centered, momentum, weight decay",
    optimizer: rmsprop(0.05, { decay: 0.9, epsilon: 1e-6, momentum: 0.5, centered: true, weightDecay: 0.1 }),
    after: {
      1: [0.833333709572, -1.83333342426, 0.333334757823, 0.133334143961],
      2: [0.643869884826, -1.62722140071, 0.16167218806, -0.0754980262568],
      5: [0.293078619351, -1.06745368619, -0.240730382738, -0.802106824117],
    },
  },
  {
    name: "adam",
    optimizer: adam(0.1),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.800947456536, -1.80013595535, 0.302340061172, 0.100042468993],
      5: [0.518799113851, -1.50265845732, 0.0393918261205, -0.200942026496],
    },
  },
  {
    name: "adam, beta1 0.5",
    optimizer: adam(0.1, { beta1: 0.5, beta2: 0.99 }),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.803572727115, -1.80073264795, 0.307039309133, 0.10025217827],
      5: [0.560220348348, -1.51274456972, 0.097685563807, -0.209247150163],
    },
  },
  {
    name: "adam, weight decay",
    optimizer: adam(0.1, { weightDecay: 0.1, epsilon: 1e-4 }),
    after: {
      1: [0.900006771852, -1.90000163663, 0.400025634453, 0.200014589244],
      2: [0.800918015937, -1.80014023173, 0.302219631041, 0.100116905212],
      5: [0.517881936418, -1.5026763189, 0.0377622177641, -0.200347589994],
    },
  },
  {
    name: "adam, beta1 0",
    optimizer: adam(0.1, { beta1: 0, beta2: 0.9 }),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.809499758391, -1.80207221395, 0.317716341455, 0.10072250003],
      5: [0.599612753197, -1.52282872199, 0.140853045656, -0.223406252454],
    },
  },
  {
    name: "adamw",
    optimizer: adamw(0.1),
    after: {
      1: [0.899000000726, -1.89800000017, 0.399500002941, 0.199700001526],
      2: [0.799057351084, -1.79624179666, 0.301456667205, 0.0995443858542],
      5: [0.514971916232, -1.4937466644, 0.0380979625578, -0.201414773288],
    },
  },
  {
    name: "adamw, other betas and decay",
    optimizer: adamw(0.1, { beta1: 0.8, beta2: 0.9, weightDecay: 0.3 }),
    after: {
      1: [0.870000000726, -1.84000000017, 0.385000002941, 0.191000001526],
      2: [0.745215838545, -1.68508924439, 0.276464503742, 0.0853773009546],
      5: [0.414026499939, -1.25195724904, 0.00802666847547, -0.213375542498],
    },
  },
  {
    name: "sgd, clipped",
    optimizer: sgd(0.1, { clipNorm: 1.5 }),
    after: {
      1: [0.966220891354, -1.85498009967, 0.491657061571, 0.283919317709],
      2: [0.931445008338, -1.71050806702, 0.483057786382, 0.265358221119],
      5: [0.820975643299, -1.28123671637, 0.455570117807, 0.193200123336],
    },
  },
  {
    name: "adam, clipped",
    optimizer: adam(0.1, { clipNorm: 0.5 }),
    after: {
      1: [0.900000008881, -1.90000000207, 0.400000035959, 0.200000018656],
      2: [0.80061452185, -1.79998254807, 0.301840739982, 0.0999242018139],
      5: [0.513049941503, -1.49980424713, 0.0326503772671, -0.201975561493],
    },
  },
  {
    name: "sgd on a cosine",
    optimizer: sgd(cosine(0.1, { to: 0.01, steps: 4 })),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.762757201596, -1.04678555637, 0.440998112643, 0.16440717886],
      5: [0.682747484531, -0.79065385039, 0.41988241886, 0.0945832597742],
    },
  },
  {
    name: "adam on a line",
    optimizer: adam(linear(0.1, { to: 0.025, steps: 4 })),
    after: {
      1: [0.900000000726, -1.90000000017, 0.400000002941, 0.200000001526],
      2: [0.819519808571, -1.81886046375, 0.320651300254, 0.118784506343],
      5: [0.692983992114, -1.68829689357, 0.200274852017, -0.0125991559706],
    },
  },
  {
    name: "sgd, exponential",
    optimizer: sgd(exponential(0.1, { decay: 0.8 })),
    after: {
      1: [0.862339905326, -1.409, 0.466, 0.234466351087],
      2: [0.770579548523, -1.07523795758, 0.442962042417, 0.169910415166],
      5: [0.634883498098, -0.647236936806, 0.406538294013, 0.0492126223934],
    },
  },
];

describe.each(trajectories)("$name", ({ optimizer, after }) => {
  test("takes PyTorch's steps", () => {
    const steps = Object.keys(after).map(Number);
    const found = trajectory(optimizer, steps);
    for (const step of steps) expectClose(found[step], after[step], 10);
  });

  test("comes back from its description", () => {
    const again = optimizerFrom(JSON.parse(JSON.stringify(optimizer.config)));
    expect(again.config).toEqual(optimizer.config);
    expect(trajectory(again, [3])).toEqual(trajectory(optimizer, [3]));
  });
});

test("every kind has a trajectory", () => {
  expect(new Set(trajectories.map(({ optimizer }) => optimizer.config.kind))).toEqual(new Set(optimizerKinds));
});

describe("variables", () => {
  test("are named by the call's name and the parameter, and start at 0", () => {
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

  test("are the same on the next call, and others for another model or name", () => {
    const optimizer = adam(0.1);
    const [p, q] = parameters();
    const keys = (updates: Updates) => new Set(updates.keys());
    const once = keys(optimizer.minimize(lossOf(p, q), [p, q]));
    expect(keys(optimizer.minimize(lossOf(p, q), [p, q]))).toEqual(once);
    const [r, s] = parameters();
    const other = keys(optimizer.minimize(lossOf(r, s), [r, s]));
    const named = keys(optimizer.minimize(lossOf(p, q), [p, q], { name: "second" }));
    expect([...other].filter((variable) => once.has(variable))).toEqual([]);
    expect([...named].filter((variable) => once.has(variable))).toEqual([p, q]);
  });

  test("are only those that are needed", () => {
    const names = (optimizer: Optimizer) => {
      const [p, q] = parameters();
      return [...optimizer.minimize(lossOf(p, q), [p]).keys()].map(({ name }) => name).sort();
    };
    expect(names(sgd(0.1))).toEqual(["p"]);
    expect(names(sgd(warmUp(2, 0.1)))).toEqual(["optimizer/step", "p"]);
    expect(names(adam(0.1, { beta1: 0 }))).toEqual(["optimizer/p/v", "optimizer/step", "p"]);
    expect(names(adam(0.1, { beta1: 0, beta2: 0 }))).toEqual(["p"]);
  });
});

test.each([adam(0.1, { clipNorm: 1 }), sgd(cosine(0.1, { steps: 9 }), { momentum: 0.9 }), rmsprop(0.1)])(
  "two updates in one step are two steps: $config.kind",
  (optimizer) => {
    const trained = parameters();
    const values: Updates = new Map();
    for (let i = 0; i < 2; i++) {
      const [p, q] = trained.map((parameter) => values.get(parameter) ?? parameter);
      for (const [variable, value] of optimizer.minimize(lossOf(p, q), trained, { values }))
        values.set(variable, value);
    }
    const run = new Run(trained);
    run.step(values);
    run.step(values);
    expectClose(run.flat, trajectory(optimizer, [4])[4], 12);
  },
);

test("a gradient of 0 is not clipped into something that is no number", () => {
  const [p] = parameters();
  const run = new Run([p]);
  run.step(sgd(0.1, { clipNorm: 1 }).minimize(sum(mul(p, 0)), [p]));
  expect(run.flat).toEqual(start[0]);
});

describe("what is wrong is named", () => {
  const [p, q] = parameters();
  test.each([
    [() => adam(-1), RangeError, "adam: learningRate is a finite number >= 0, found -1"],
    [() => adam(Number.NaN), RangeError, "adam: learningRate is a finite number >= 0, found NaN"],
    [() => adam(0.1, { beta1: 1 }), RangeError, "adam: beta1 is a finite number >= 0 and < 1, found 1"],
    [() => adamw(0.1, { weightDecay: -1 }), RangeError, "adamw: weightDecay is a finite number >= 0, found -1"],
    [() => sgd(0.1, { clipNorm: 0 }), RangeError, "sgd: clipNorm is a finite number > 0, found 0"],
    [() => sgd(0.1, { nesterov: true }), RangeError, "sgd: nesterov needs a momentum > 0, found 0"],
    [() => rmsprop(0.1, { momentum: 1.5 }), RangeError, "rmsprop: momentum is a finite number >= 0 and < 1, found 1.5"],
    [() => adam(0.1, { beta: 0.5 } as object), TypeError, 'adam: unknown option "beta"; known options: beta1, beta2'],
    [() => adam("fast" as never), TypeError, 'adam: learningRate: a number or a schedule is needed, found "fast"'],
    [
      () => optimizerFrom({ kind: "lion", learningRate: 1 }),
      TypeError,
      'unknown kind "lion"; known kinds: sgd, rmsprop',
    ],
    [() => adam(0.1).minimize(p, [p]), RangeError, "adam: the loss is a scalar, found [3]"],
    [() => adam(0.1).minimize(lossOf(p, q), []), RangeError, "adam: no parameters to train"],
  ] as const)("%s", (build, type, message) => {
    expect(build).toThrow(type);
    expect(build).toThrow(message);
  });
});
