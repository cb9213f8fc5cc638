/**
 * Short trainings on `ring`, one with every loss and every penalty, with and without their options: each stays finite and
 * ends nearer to the data than it began. The distance is the sliced Wasserstein distance (Rabin et al. 2012) along fixed
 * directions, of samples with a fixed seed.
 */
import { afterAll, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  fromConfig,
  type GanOptions,
  gan,
  kindNames,
  layers as L,
  losses,
  penalties,
  rmsprop,
  schedules,
} from "#binding";

const runtime = await createRuntime({ threads: 1, deterministic: true });
afterAll(() => runtime.close());

const steps = 2000;
const count = 512;
const ring = datasets.ring({ count });
const directions = Array.from({ length: 16 }, (_, i) => (i * Math.PI) / 16);

const sorted = (points: ArrayLike<number>, angle: number) =>
  Float64Array.from(
    { length: count },
    (_, i) => points[2 * i] * Math.cos(angle) + points[2 * i + 1] * Math.sin(angle),
  ).sort();

/** Root of the mean squared distance between sorted projections of both sets. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const squares = directions.map((angle) => {
    const [of, other] = [sorted(a, angle), sorted(b, angle)];
    return of.reduce((total, value, i) => total + (value - other[i]) ** 2, 0) / count;
  });
  return Math.sqrt(squares.reduce((total, one) => total + one, 0) / directions.length);
}

const data = ring.records as Float32Array;
const hidden = () => [L.dense(32, { initializer: "heNormal" }), L.leakyRelu()];
const optimizer = () => adam(schedules.cosine(2e-3, { steps }), { beta1: 0.5, beta2: 0.99 });

/** Distances of samples before and after a training. */
async function trained(options: Partial<GanOptions>): Promise<[before: number, after: number]> {
  const model = gan({
    latent: 2,
    generator: L.sequential(...hidden(), ...hidden(), L.dense(2)),
    discriminator: L.sequential(...hidden(), ...hidden(), L.dense(1)),
    optimizers: { generator: optimizer(), discriminator: optimizer() },
    ema: 0.99,
    ...options,
  });
  const sampled = async () => {
    const { data: samples } = await training.model.sample(count, { seed: 5, untrained: true });
    return distance(samples, data);
  };
  let before = Number.NaN;
  const training = model.train(runtime, ring, {
    ...{ steps, batchSize: 64, seed: 3 },
    checkpointFirst: true,
    onCheckpoint: async ({ step }) => {
      if (step === 0) before = await sampled();
    },
  });
  const { losses: last } = await training.done;
  expect(Object.values(last).every(Number.isFinite)).toBe(true);
  return [before, await sampled()];
}

const smoothable = ["minimax", "nonSaturating", "leastSquares"];
const fading = (from: number) => schedules.cosine(from, { to: from / 10, steps });

const rows: [name: string, options: Partial<GanOptions>][] = [
  ...kindNames("loss").map((kind): [string, Partial<GanOptions>] => [
    `losses.${kind}`,
    {
      loss: fromConfig("loss", { kind }),
      penalties: [kind === "wasserstein" ? penalties.gradientPenalty(1) : penalties.r1(0.1)],
    },
  ]),
  ...smoothable.map((kind): [string, Partial<GanOptions>] => [
    `losses.${kind}, smoothing`,
    { loss: fromConfig("loss", { kind, smoothing: 0.1 }), penalties: [penalties.r1(0.1)] },
  ]),
  ...kindNames("penalty").flatMap((kind): [string, Partial<GanOptions>][] => {
    const weight = kind === "r1" || kind === "r2" ? 0.1 : 1;
    const of = (options: object) => ({ penalties: [fromConfig("penalty", { kind, weight, ...options })] });
    return [
      [`penalties.${kind}`, of({})],
      [`penalties.${kind} of every 4th step`, of({ every: 4 })],
      [`penalties.${kind} with a scheduled weight`, of({ weight: fading(weight).config })],
    ];
  }),
  [
    "weight clipping (Arjovsky et al. 2017)",
    {
      loss: losses.wasserstein(),
      clipWeights: 0.1,
      discriminatorSteps: 5,
      optimizers: { generator: rmsprop(1e-3), discriminator: rmsprop(1e-3) },
    },
  ],
  [
    "two time scales, half-life of the average",
    {
      penalties: [penalties.r1(0.1)],
      optimizers: { generator: adam(1e-3, { beta1: 0 }), discriminator: adam(4e-3, { beta1: 0 }) },
      ema: { halfLife: 2000 },
    },
  ],
  [
    "the recipe of R3GAN (Huang et al. 2024)",
    {
      loss: losses.relativistic(),
      penalties: [penalties.r1(fading(0.1)), penalties.r2(fading(0.1))],
      optimizers: { generator: scheduled(), discriminator: scheduled() },
      ema: { halfLife: schedules.cosine(0, { to: 2000, steps }) },
    },
  ],
];

function scheduled() {
  return adam(schedules.cosine(2e-3, { to: 5e-4, steps }), {
    beta1: 0,
    beta2: schedules.cosine(0.9, { to: 0.99, steps }),
  });
}

test.each(rows)("%s", async (_name, options) => {
  const [before, after] = await trained(options);
  expect(after).toBeLessThan(before / 2);
});

test("the distance is 0 for the same points in another order, and sees a shift", () => {
  const pairs = Array.from({ length: count }, (_, i) => [data[2 * i], data[2 * i + 1]]);
  expect(distance(pairs.reverse().flat(), data)).toBeCloseTo(0, 12);
  expect(
    distance(
      Array.from(data, (x, i) => (i % 2 === 0 ? x + 1 : x)),
      data,
    ),
  ).toBeCloseTo(Math.SQRT1_2, 9);
});
