/** Adam with a schedule for beta2: values, correction of the bias, the variables it needs, and what resumes. */
import { afterAll, describe, expect, test } from "vitest";
import {
  accumulate,
  adam,
  adamw,
  createRuntime,
  datasets,
  fromConfig,
  gan,
  layers as L,
  type Minimizer,
  mul,
  schedules,
  square,
  sum,
  variable,
} from "#binding";
import { literal } from "#src/ops/literal";
import type { Checkpoint } from "#src/train/checkpoint";

const runtime = await createRuntime({ threads: 1, deterministic: true });
afterAll(() => runtime.close());

const [from, to, over] = [0.9, 0.99, 20];
const rising = schedules.cosine(from, { to, steps: over });
const risen = (step: number) => (from + to) / 2 + ((from - to) / 2) * Math.cos(Math.PI * Math.min(step / over, 1));

const factors = [1, 3, 0.5];
const start = [1, -2, 0.5];

/** The parameters after so many updates, on the loss sum(factors p^2) / 2, by the definition in f64. */
function defined(steps: number, beta2: (step: number) => number, { rate = 0.05, beta1 = 0, decay = 0 } = {}): number[] {
  const [p, m, v] = [[...start], [0, 0, 0], [0, 0, 0]];
  let product = 1;
  for (let step = 0; step < steps; step++) {
    const beta = beta2(step);
    product *= beta;
    for (let i = 0; i < 3; i++) {
      const g = factors[i] * p[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta * v[i] + (1 - beta) * g * g;
      const root = Math.sqrt(v[i] / (1 - product)) + 1e-8;
      p[i] = p[i] * (1 - rate * decay) - (rate * m[i]) / (1 - beta1 ** (step + 1)) / root;
    }
  }
  return p;
}

async function trained(optimizer: Minimizer, steps: number): Promise<number[]> {
  const p = variable({ name: "p", shape: [3], data: start });
  const loss = mul(sum(mul(literal(factors, [3]), square(p))), 0.5);
  await runtime.compile(() => ({ updates: optimizer.minimize(loss, [p]) })).run({}, { times: steps });
  return [...(await runtime.read(p)).data];
}

const close = (found: readonly number[], wanted: readonly number[], digits = 5) =>
  wanted.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, digits);
  });

describe.each([1, 2, 5, 19, 21, 60])("after %d updates", (steps) => {
  test("adam divides by 1 minus the product of all values so far", async () =>
    close(await trained(adam(0.05, { beta1: 0, beta2: rising }), steps), defined(steps, risen)));

  test("adamw and beta1 too", async () =>
    close(
      await trained(adamw(0.05, { beta1: 0.5, beta2: rising, weightDecay: 0.1 }), steps),
      defined(steps, risen, { beta1: 0.5, decay: 0.1 }),
    ));

  test("a schedule that does not change gives what the number gives", async () =>
    close(
      await trained(adam(0.05, { beta2: schedules.constant(0.99) }), steps),
      await trained(adam(0.05, { beta2: 0.99 }), steps),
    ));

  test("accumulated, every second step is one", async () => {
    const optimizer = () => adam(0.05, { beta2: rising });
    expect(await trained(accumulate(optimizer(), 2), 2 * steps)).toEqual(await trained(optimizer(), steps));
  });
});

test("the correction matters: the last value's power is another result", () => {
  const power = (() => {
    const v = (1 - risen(0)) * risen(1) + (1 - risen(1));
    return [v / (1 - risen(1) ** 2), v / (1 - risen(0) * risen(1))];
  })();
  expect(Math.abs(power[0] - power[1])).toBeGreaterThan(1e-3);
  expect(power[1]).toBeCloseTo(1, 12);
});

test("a mean of equal squares is that square, also if beta2 is near 1", async () => {
  // Each update of a constant slope then has the size of the rate, whatever beta2 is.
  const p = variable({ name: "p", shape: [2], data: [0, 0] });
  const beta2 = schedules.linear(0.999, { to: 0.9999, steps: 500 });
  const optimizer = adam(0.001, { beta1: 0, beta2 });
  const loss = sum(mul(p, literal([0.3, -7], [2])));
  await runtime.compile(() => ({ updates: optimizer.minimize(loss, [p]) })).run({}, { times: 1000 });
  close([...(await runtime.read(p)).data], [-1, 1], 4);
});

test("variables: a scalar more than with a number", () => {
  const p = variable({ name: "p", shape: [3] });
  const names = (optimizer: Minimizer) => optimizer.init([p]).variables.map(({ name }) => name);
  expect(names(adam(0.1, { beta1: 0, beta2: rising }))).toEqual([
    ...["optimizer/step", "optimizer/vWeight", "optimizer/p/v"],
  ]);
  expect(names(adam(0.1, { beta1: 0 }))).toEqual(["optimizer/step", "optimizer/p/v"]);
  const loss = sum(p);
  expect(() => adam(0.1, { beta2: rising }).minimize(loss, [p], { state: adam(0.1).init([p]) })).toThrow(
    'adam: the state "optimizer" was created by adam, or with other options',
  );
});

test("descriptions have the number, or the schedule's description", () => {
  const { config } = adam(0.1, { beta2: rising });
  expect(config.beta2).toEqual({ kind: "cosine", from: 0.9, to: 0.99, steps: 20 });
  expect(fromConfig("optimizer", JSON.parse(JSON.stringify(config))).config).toEqual(config);
  expect(adam(0.1, { beta2: 0.9 }).config).toEqual({
    ...{ kind: "adam", learningRate: 0.1, beta1: 0.9, beta2: 0.9, epsilon: 1e-8, weightDecay: 0 },
  });
  expect(() => adam(0.1, { beta2: 1 })).toThrow("adam: beta2 must be a finite number >= 0 and < 1, found 1");
  expect(() => adam(0.1, { beta2: "slow" as never })).toThrow(
    "adam: beta2 must be a number or a schedule, for example",
  );
});

test("a training resumes with the same bits", async () => {
  const optimizer = () => adam(1e-3, { beta1: 0, beta2: rising });
  const model = () =>
    gan({
      latent: 2,
      generator: L.dense(2),
      discriminator: L.dense(1),
      optimizers: { generator: optimizer(), discriminator: accumulate(optimizer(), 2) },
    });
  const ring = datasets.ring({ count: 100 });
  const options = { batchSize: 8, seed: 2 };
  const kept: Checkpoint[] = [];
  const onCheckpoint = async (one: Checkpoint) => void kept.push(one);
  const whole = await model().train(runtime, ring, { ...options, steps: 30, onCheckpoint, checkpointEvery: 11 }).done;
  expect(kept[0].step).toBe(11);
  expect([...kept[0].tensors.keys()].filter((name) => name.endsWith("vWeight"))).toEqual([
    ...["optimizer/discriminator/inner/vWeight", "optimizer/generator/vWeight"],
  ]);
  const again = await model().train(runtime, ring, { ...options, steps: 30, resume: kept[0] }).done;
  expect(again.weightHash).toBe(whole.weightHash);
});
