/** Alarms: what training provokes which, that healthy ones raise none, that they change no bit, and are told once. */
import { describe, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  gan,
  type GanOptions,
  layers as L,
  likelihoods,
  literal,
  losses,
  penalties,
  standardise,
  vae,
} from "#binding";
import { ganAlarms, ganSignals } from "#src/models/gan/signals";
import type { AdversarialLoss } from "#src/objectives/adversarial";
import { type Alarm, type AlarmRule, measureEvery, Watch } from "#src/train/alarms";
import type { TrainEvent, TrainOptions } from "#src/train/training";
import { evaluate } from "#src/graph/reference";

const ring = () => datasets.ring({ count: 1000, seed: 1 });

const model = (options: Partial<GanOptions> = {}) =>
  gan({
    latent: 2,
    generator: L.sequential(L.dense(64), L.relu(), L.dense(64), L.relu(), L.dense(2)),
    discriminator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(64), L.leakyRelu(), L.dense(1)),
    optimizers: { generator: adam(1e-3, { beta1: 0.5 }), discriminator: adam(1e-3, { beta1: 0.5 }) },
    ...options,
  });

/** Trains on the ring and returns the result and all events. */
async function train(family: ReturnType<typeof gan>, options: Partial<TrainOptions> = {}, threads = 1) {
  const runtime = await createRuntime({ threads });
  const events: TrainEvent[] = [];
  const onEvent = (event: TrainEvent) => void events.push(event);
  const result = await family.train(runtime, ring(), { steps: 500, reportEvery: 10, onEvent, ...options }).done;
  await runtime.close();
  return { ...result, events, told: events.flatMap(({ alarms = [] }) => alarms) };
}

/** Signals of a training in which nothing is wrong. */
const healthy = { separation: 0.8, gap: 0.5, remainingLoss: 0.9, diversity: 0.9, distance: 0.05 };

const names = (alarms: readonly Alarm[]) => alarms.map(({ name }) => name);

describe("signals of a GAN", () => {
  /** Signals of records and samples given as rows, and of their logits, by the f64 reference. */
  function signalsOf(
    real: number[][],
    fake: number[][],
    logits = [[0], [0]],
    loss: AdversarialLoss = losses.nonSaturating(),
  ) {
    const rows = (values: number[][]) => literal(Float32Array.from(values.flat()), [values.length, values[0].length]);
    const [realLogits, fakeLogits] = logits.map((values) => rows(values.map((one) => [one])));
    const made = ganSignals({ loss, real: rows(real), fake: rows(fake), realLogits, fakeLogits });
    const found = evaluate(Object.values(made)).map(([value]) => value);
    return Object.fromEntries(Object.keys(made).map((name, i) => [name, found[i]]));
  }
  /** `count` rows, equally often one of `places` points on a circle of radius 1. */
  const circle = (count: number, places: number) =>
    Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * (i % places)) / places;
      return [Math.cos(angle), Math.sin(angle)];
    });

  test("separation is the share of pairs that are in order, ties count half; the gap is that of the means", () => {
    const points = circle(4, 4);
    const of = (real: number[], fake: number[]) => signalsOf(points, points, [real, fake]);
    expect(of([1, 2, 3, 4], [-1, -2, -3, 0])).toMatchObject({ separation: 1, gap: 4 });
    expect(of([5, 5, 5, 5], [5, 5, 5, 5])).toMatchObject({ separation: 0.5, gap: 0 });
    // Of 16 pairs, 3 are not in order and one is a tie.
    expect(of([1, 2, 3, 4], [0, 0, 3, 0])).toMatchObject({ separation: (16 - 2.5) / 16, gap: 1.75 });
  });

  test("the remaining loss is relative to that of equal logits, and 1 for a loss without lower bound", () => {
    const of = (real: number, fake: number, loss: AdversarialLoss) =>
      signalsOf(circle(4, 4), circle(4, 4), [Array(4).fill(real), Array(4).fill(fake)], loss).remainingLoss;
    expect(of(0, 0, losses.nonSaturating())).toBeCloseTo(1, 12);
    expect(of(2, -2, losses.nonSaturating())).toBeCloseTo(Math.log(1 + Math.exp(-2)) / Math.LN2, 12);
    expect(of(0.5, -2, losses.hinge())).toBe(0.25);
    expect(of(1, 0, losses.leastSquares())).toBe(0);
    expect(of(7, -5, losses.wasserstein())).toBe(1);
    expect(of(0.5, 0.5, losses.leastSquares())).toBe(1);
  });

  test.each([0.02, 0.1])("with targets smoothed by %f the remaining loss reaches from 1 to 0, too", (smoothing) => {
    const of = (real: number, fake: number, loss: AdversarialLoss) =>
      signalsOf(circle(4, 4), circle(4, 4), [Array(4).fill(real), Array(4).fill(fake)], loss).remainingLoss;
    const loss = losses.nonSaturating({ smoothing });
    const undecided = Math.log((1 - smoothing) / (1 + smoothing));
    expect(of(undecided, undecided, loss)).toBeCloseTo(1, 12);
    expect(of(Math.log((1 - smoothing) / smoothing), -40, loss)).toBeCloseTo(0, 12);
    expect(of(1 - smoothing, 0, losses.leastSquares({ smoothing }))).toBeCloseTo(0, 12);
  });

  test("diversity is 1 for the data themselves, whatever their place and scale, and 0 for equal samples", () => {
    const moved = circle(64, 8).map((row) => row.map((x) => 1000 * x - 500));
    expect(signalsOf(circle(64, 8), circle(64, 8)).diversity).toBeCloseTo(1, 10);
    expect(signalsOf(moved, moved).diversity).toBeCloseTo(1, 4);
    expect(signalsOf(circle(64, 8), circle(64, 1)).diversity).toBeLessThan(0.01);
    expect(signalsOf(circle(64, 1), circle(64, 1)).diversity).toBeCloseTo(1, 10);
  });

  test("distance is that of distributions: 0 for equal ones, and grows as samples move away", () => {
    const moved = (by: number) => circle(64, 8).map(([x, y]) => [x + by, y]);
    const found = [0, 0.5, 1, 2, 4].map((by) => signalsOf(circle(64, 8), moved(by)).distance);
    expect(found.toSorted((a, b) => a - b)).toEqual(found);
    // Points of the same place: those of each set are compared with others only, those of both sets with all.
    const own = (circle: number[][]) =>
      circle.flatMap((a) => circle.map((b) => Math.hypot(a[0] - b[0], a[1] - b[1]))).reduce((sum, one) => sum + one, 0);
    const mean = own(circle(64, 8));
    expect(found[0]).toBeCloseTo((2 * mean) / 64 ** 2 / (mean / (64 * 63)) - 2, 10);
    expect(found[4]).toBeGreaterThan(2);
  });

  test("a batch of one record has neither diversity nor distance, and raises no alarm of them", () => {
    const { diversity, distance } = signalsOf([[1, 2]], [[3, 4]]);
    expect([diversity, distance]).toEqual([undefined, undefined]);
  });

  test("diversity falls with the number of modes that samples reach, unlike a variance", () => {
    const found = [1, 2, 4, 8].map((places) => signalsOf(circle(64, 8), circle(64, places)).diversity);
    expect(found.toSorted((a, b) => a - b)).toEqual(found);
    // Two opposite modes of eight have the whole variance along one axis.
    expect(found[1]).toBeLessThan(0.25);
    expect(found[2]).toBeLessThan(0.6);
  });
});

describe("a watch", () => {
  const rule: AlarmRule = {
    name: "low",
    hint: "raise it",
    window: 3,
    find: (recent) => (recent.every(({ signals }) => signals.x < 1) ? `x is ${recent[2].signals.x}` : undefined),
  };
  const feed = (watch: Watch, values: readonly number[], from = 0) =>
    values.map((x, i) => {
      const step = from + (i + 1) * measureEvery;
      watch.add({ step, losses: {}, signals: { x } });
      return [names(watch.take()).join(), watch.names(step).join()];
    });

  test("tells an alarm once until it has been over for a window, and then again", () => {
    const found = feed(new Watch([rule]), [0, 0, 0, 0, 5, 0, 0, 0, 5, 5, 5, 5, 5, 5, 0, 0, 0]);
    const at = (from: number, end: number) => found.map((_, i) => (i >= from && i < end ? "low" : ""));
    expect(found.map(([, now]) => now)).toEqual(at(2, 13).map((one, i) => (i === 16 ? "low" : one)));
    expect(found.map(([told]) => told)).toEqual(at(2, 3).map((one, i) => (i === 16 ? "low" : one)));
  });

  test("continues from its state, and forgets what came after a step to which the training returns", () => {
    const watch = new Watch([rule]);
    feed(watch, [0, 0]);
    expect(feed(new Watch([rule], structuredClone(watch.state)), [0], 2 * measureEvery)[0]).toEqual(["low", "low"]);
    feed(watch, [0], 2 * measureEvery);
    watch.returnTo(2 * measureEvery);
    expect(watch.state?.alarms).toEqual([]);
    expect(feed(watch, [0], 2 * measureEvery)[0]).toEqual(["low", "low"]);
  });

  test("leaves measurements out that are not finite", () => {
    expect(feed(new Watch([rule]), [0, 0, Number.NaN, 0]).map(([told]) => told)).toEqual(["", "", "", "low"]);
  });
});

describe("a training", () => {
  test("has the same weights with and without measurements, for any lanes and chunks, with dropout and batch norm", async () => {
    const made = () =>
      model({
        generator: L.sequential(L.dense(32), L.batchNorm(), L.relu(), L.dense(2)),
        discriminator: L.sequential(L.dense(32), L.leakyRelu(), L.dropout(0.2), L.dense(1)),
        penalties: [penalties.r1(0.1)],
        ema: 0.99,
      });
    const bare = Object.defineProperties(made(), { signals: { value: undefined }, alarms: { value: [] } });
    const options = { steps: 160, batchSize: 32 };
    const without = await train(bare, options);
    expect(without.events.at(-1)).not.toHaveProperty("signals");
    const seen = await train(made(), options);
    expect(seen.weightHash).toBe(without.weightHash);
    const silent = await train(Object.defineProperties(made(), { alarms: { value: undefined } }), options);
    expect(silent.events.at(-1)?.signals).toEqual(seen.events.at(-1)?.signals);
    expect((await train(made(), { ...options, reportEvery: 7 }, 2)).weightHash).toBe(without.weightHash);
    const { signals = {} } = seen.events.at(-1) as TrainEvent;
    expect(Object.keys(signals)).toEqual(["separation", "gap", "remainingLoss", "diversity", "distance"]);
    // Of 150 steps, however chunks are cut.
    const other = await train(made(), { ...options, reportEvery: 7 }, 3);
    expect(other.events.at(-1)?.signals).toEqual(signals);
    expect(other.history.find(({ step }) => step === 49)).not.toHaveProperty("signals");
    expect(other.history.at(-1)?.signals).toEqual(signals);
  });

  test.each(Object.entries({ ...losses }))("says that the discriminator has won: %s", async (name, loss) => {
    const penalty = name === "wasserstein" ? [penalties.gradientPenalty(10)] : [];
    const optimizers = { generator: adam(1e-6), discriminator: adam(1e-2) };
    const { told } = await train(
      model({ loss: (loss as () => GanOptions["loss"] & object)(), penalties: penalty, optimizers }),
    );
    const won = told.filter((one) => one.name === "discriminatorWon");
    expect(won).toHaveLength(1);
    expect(won[0].step).toBeLessThanOrEqual(500);
    expect(won[0].message).toMatch(/the discriminator has told .* apart/);
    expect(won[0].hint).toMatch(/lower the discriminator's learning rate/);
  });
});

describe("samples have collapsed", () => {
  const rates = (generator: number, discriminator: number) => ({
    generator: adam(generator, { beta1: 0.5 }),
    discriminator: adam(discriminator, { beta1: 0.5 }),
  });

  test("a generator that is too fast for its discriminator", async () => {
    const { told, alarms } = await train(model({ optimizers: rates(5e-2, 1e-4) }));
    expect(names(told)).toEqual(["samplesCollapsed"]);
    expect(told[0].message).toMatch(
      /^for 250 steps samples have been almost alike: .* at most \d\.\d % of the data's$/,
    );
    expect(told[0].hint).toMatch(/minibatchStd/);
    expect(alarms).toEqual([{ ...told[0], until: 500 }]);
  });

  test("a bottleneck through which nothing comes any more", async () => {
    const narrow = { name: "normal", deviation: 0.001 } as const;
    const generator = L.sequential(L.dense(64), L.relu(), L.dense(4, { initializer: narrow }), L.relu(), L.dense(2));
    const { told } = await train(model({ generator, optimizers: rates(4e-3, 4e-3) }));
    expect(names(told)).toContain("samplesCollapsed");
  });

  test("samples that have reached less and less of the data", () => {
    const watch = new Watch(ganAlarms);
    const told = [...Array(8).fill(0.9), ...Array(8).fill(0.2), ...Array(8).fill(0.9)].map((diversity, i) => {
      watch.add({ step: (i + 1) * measureEvery, losses: {}, signals: { ...healthy, diversity } });
      return names(watch.take()).join();
    });
    expect(told.flatMap((name, i) => (name ? [name, i] : []))).toEqual(["samplesCollapsed", 13]);
    expect(watch.state?.alarms[0].message).toMatch(/at most 20\.0 % of the data's, after 90\.0 %$/);
  });

  test("not samples that are alike while they come closer to the data, as at the beginning", () => {
    const watch = new Watch(ganAlarms);
    const add = (step: number, distance: number) =>
      watch.add({ step, losses: {}, signals: { ...healthy, diversity: 0.02, distance } });
    // Of wgan-gp on digits with a rate of 1e-4.
    [1.25, 0.72, 0.41, 0.27, 0.25, 0.24, 0.24, 0.21, 0.19].forEach(
      (distance, i) => void add((i + 1) * measureEvery, distance),
    );
    expect(watch.take()).toEqual([]);
    for (let i = 10; i < 16; i++) add(i * measureEvery, 0.19);
    expect(names(watch.take())).toEqual(["samplesCollapsed"]);
  });

  test("not samples of a generator that learns, with any loss", async () => {
    for (const loss of [losses.nonSaturating(), losses.hinge(), losses.leastSquares()]) {
      const learns = model({ loss, penalties: [penalties.r1(0.1)], optimizers: rates(1e-3, 1e-3) });
      expect((await train(learns, { steps: 700, batchSize: 64 })).alarms).toEqual([]);
    }
  });
});

describe("the posterior has collapsed", () => {
  const points = standardise(datasets.moons({ count: 1000 }));
  const alarmsOf = async (start: number) => {
    const family = vae({
      latent: 2,
      encoder: L.sequential(L.dense(64), L.relu(), L.dense(4)),
      decoder: L.sequential(L.dense(64), L.relu(), L.dense(2)),
      likelihood: likelihoods.gaussian({ variance: "shared", start }),
      optimizer: adam(2e-3),
    });
    const runtime = await createRuntime({ threads: 1 });
    const { alarms } = await family.train(runtime, points, { steps: 500, batchSize: 64, reportEvery: 50 }).done;
    await runtime.close();
    return alarms;
  };

  test("if the variance of the likelihood is far above that of the data", async () => {
    const [alarm, ...others] = await alarmsOf(25);
    expect(others).toEqual([]);
    expect(alarm).toMatchObject({ name: "posteriorCollapsed", step: 300, until: 500 });
    expect(alarm.message).toMatch(/^for 250 steps the divergence of posterior and prior has been at most .* nats/);
  });

  test("not if it begins small", async () => {
    expect(await alarmsOf(0.01)).toEqual([]);
  });
});
