/** Conditional layers by hand; what of a model gets the classes: layers of one's own, penalties, the auxiliary classifier. */
import { describe, expect, test } from "vitest";
import { gan, losses, sgd } from "#binding";
import { evaluate } from "#src/graph/reference";
import type { Shape } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import * as L from "#src/layers/index";
import { zeros } from "#src/layers/initializers";
import { classifierIn } from "#src/models/gan/auxiliary";
import type { Penalty } from "#src/objectives/penalties";
import { cast } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { add, mul } from "#src/ops/elementwise";
import { reshape } from "#src/ops/movement";
import { sum } from "#src/ops/reduction";

const of = (shape: Shape, values: readonly number[]) => literal(Float32Array.from(values), shape);
const classesOf = (...labels: number[]) => cast(of([labels.length], labels), "i32");

/** Variables get 1, 2, 3 and so on, in their order of creation and of their elements. */
function run(layer: L.Layer, x: Tensor, labels: Tensor, options: L.ApplyOptions = {}): number[] {
  const network = new L.Network("net", layer);
  const y = network.apply(x, { labels, ...options });
  let next = 1;
  const feeds = new Map<Variable, number[]>(
    network.variables.map((variable) => [variable, Array.from({ length: variable.size }, () => next++)]),
  );
  return [...evaluate([y], { feeds })[0]];
}

describe("by hand", () => {
  test("film: (1 + scale) x + shift of the class", () => {
    // scale [[1, 2], [3, 4]], shift [[5, 6], [7, 8]]
    expect(run(L.film(2), of([2, 2], [10, 20, 1, 2]), classesOf(1, 0))).toEqual([
      ...[4 * 10 + 7, 5 * 20 + 8],
      ...[2 * 1 + 5, 3 * 2 + 6],
    ]);
  });

  test("joinLabel: the vector of the class after the features, in every position of an image", () => {
    // table [[1, 2], [3, 4], [5, 6]]
    expect(run(L.joinLabel(3, 2), of([2, 1], [10, 20]), classesOf(2, 0))).toEqual([10, 5, 6, 20, 1, 2]);
    const image = run(L.joinLabel(3, 2), of([1, 1, 2, 1], [10, 20]), classesOf(1));
    expect(image).toEqual([10, 3, 4, 20, 3, 4]);
  });

  test("projection: x w + b + <row of the class, x>", () => {
    // weight [1, 2], bias 3, table [[4, 5], [6, 7]]
    expect(run(L.projection(2), of([2, 2], [10, 20, 1, 0]), classesOf(1, 0))).toEqual([
      10 * 1 + 20 * 2 + 3 + 6 * 10 + 7 * 20,
      1 + 3 + 4,
    ]);
  });

  test("records of several classes get the weighted sum of their rows", () => {
    // table [[1, 2], [3, 4], [5, 6]]
    const weights = of([2, 3], [1, 0, 1, 0, 0.5, 0]);
    expect(run(L.joinLabel(3, 2), of([2, 1], [10, 20]), weights)).toEqual([10, 1 + 5, 2 + 6, 20, 1.5, 2]);
    // weight [1, 2], bias 3, table [[4, 5], [6, 7]]
    expect(run(L.projection(2), of([1, 2], [10, 20]), of([1, 2], [1, 1]))).toEqual([10 + 40 + 3 + 10 * 10 + 20 * 12]);
  });

  test("conditionalBatchNorm: the batch's statistics of all classes, scale and shift of each", () => {
    // Statistics come first: mean 1, variance 2; then scale [[3], [4]], shift [[5], [6]].
    const layer = L.conditionalBatchNorm(2, { epsilon: 1e-12 });
    const found = run(layer, of([2, 1], [-1, 3]), classesOf(0, 1), { training: true });
    // The batch has mean 1 and deviation 2.
    expect(found[0]).toBeCloseTo(-1 * 3 + 5, 9);
    expect(found[1]).toBeCloseTo(1 * 4 + 6, 9);
    const [outside] = run(layer, of([1, 1], [5]), classesOf(1));
    expect(outside).toBeCloseTo(((5 - 1) / Math.sqrt(2)) * 4 + 6, 6);
  });

  test("equal tables give the layer without classes", () => {
    const x = of([3, 2], [1, 2, 3, 5, 8, 13]);
    const [plain, own] = [new L.Network("a", L.batchNorm()), new L.Network("b", L.conditionalBatchNorm(4))];
    const labels = classesOf(3, 0, 1);
    const results = [plain.apply(x, { training: true }), own.apply(x, { training: true, labels, classes: 4 })];
    const start = (name: string) => (name.endsWith("/scale") || name.endsWith("/variance") ? 1 : 0);
    const feeds = new Map(
      [...plain.variables, ...own.variables].map((one) => [one, new Array<number>(one.size).fill(start(one.name))]),
    );
    const [a, b] = evaluate(results, { feeds });
    expect([...b]).toEqual([...a]);
  });
});

test("labels must be one per record, and i32", () => {
  const network = new L.Network("net", L.film(2));
  const x = new Input("x", [3, 2]);
  expect(() => network.apply(x, { labels: classesOf(0, 1) })).toThrow(
    "net: labels must be i32 [3], one per record, or weights f32 [3, classes], found i32 [2]",
  );
  expect(() => network.apply(x, { labels: new Input("y", [3]) })).toThrow("found f32 [3]");
});

describe("a GAN's step", () => {
  const labels = classesOf(2, 0, 1, 2);
  const real = of([4, 1], [1, 2, 3, 4]);
  const batches = { size: 4, shape: [1], next: () => ({ values: real, labels }) };
  /** A layer of no kind of ours: f(x, class) plus a variable, because both networks must have something to train. */
  const own = (f: (x: Tensor, label: Tensor) => Tensor): L.Layer => ({
    config: { kind: "own" },
    apply(x, scope) {
      const label = reshape(cast(scope.labels as Tensor, "f32"), [x.shape[0], 1]);
      return add(f(x, label), scope.read("offset", { shape: [], initializer: zeros }));
    },
  });
  const discriminator = own((x, label) => add(x, mul(label, 10)));
  const generator = own((_, label) => label);
  const slow = { generator: sgd(1e-12), discriminator: sgd(1e-12) };

  test("penalties, layers of one's own, both networks: all see the classes of the batch", () => {
    const judged: Penalty = {
      config: { kind: "judged" },
      apply: ({ discriminate, real, fake }) => add(mul(sum(discriminate(real)), 1000), sum(discriminate(fake))),
    };
    const model = gan({
      latent: 1,
      classes: 3,
      generator,
      discriminator,
      loss: losses.wasserstein(),
      optimizers: slow,
      penalties: [judged],
    });
    const step = model.step(batches);
    const feeds = new Map([...step.updates.keys()].map((one) => [one, new Array<number>(one.size).fill(0)]));
    const found = evaluate(Object.values(step.losses), { feeds, seed: 0 }).map(([one]) => one);
    // Of real records 1 to 4 and classes 2, 0, 1, 2; generated records are their classes.
    const ofReal = 21 + 2 + 13 + 24;
    const ofFake = 22 + 0 + 11 + 22;
    expect(found[0]).toBeCloseTo((ofFake - ofReal) / 4 + 1000 * ofReal + ofFake, 6);
    expect(found[1]).toBeCloseTo(-ofFake / 4, 6);
  });
});

test("an auxiliary classifier adds the weighted cross-entropy of what the loss has judged", () => {
  const outputs = [
    [5, 1, 2, 0],
    [-3, 0, 0, 4],
  ];
  const classifier = classifierIn({ classes: 3, weight: 0.5 });
  const [first, second] = outputs.map((one) => classifier.logits(of([1, 4], one)));
  // A third batch, of a penalty, is not counted.
  classifier.logits(of([1, 4], [9, 9, 9, 9]));
  const total = classifier.added(of([], [10]), classesOf(1), 2);
  const [a, b, found] = evaluate([first, second, total], {}).map(([one]) => one);
  expect([a, b]).toEqual([5, -3]);
  const entropy = ([, ...logits]: readonly number[]) =>
    Math.log(logits.reduce((sum, one) => sum + Math.exp(one), 0)) - logits[1];
  expect(found).toBeCloseTo(10 + 0.5 * (entropy(outputs[0]) + entropy(outputs[1])), 6);
  // The next loss begins anew.
  classifier.logits(of([1, 4], outputs[1]));
  const [next] = evaluate([classifier.added(of([], [0]), classesOf(2), 1)], {})[0];
  expect(next).toBeCloseTo(0.5 * (Math.log(2 + Math.exp(4)) - 4), 6);
});
