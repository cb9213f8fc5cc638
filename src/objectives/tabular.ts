/** The likelihood of rows of a table. */
import type { Tensor } from "../graph/tensor.js";
import { makeKind } from "../kinds/kind.js";
import { filled, zeros } from "../layers/initializers.js";
import type { Scope } from "../layers/layer.js";
import * as portable from "../numbers/portable-math.js";
import { add, clamp, exp, mul, neg, square, sub, tanh } from "../ops/elementwise.js";
import { gumbel } from "../ops/gumbel.js";
import { concat, slice } from "../ops/movement.js";
import { randomNormal } from "../ops/random.js";
import { logSoftmax, sum } from "../ops/reduction.js";
import type { Likelihood } from "./likelihood.js";
import { curved, fittedShapes } from "./fitted-rows.js";
import { checkSpans, hardened, mapSpans, spanParts, spansWidth } from "./spans.js";

export interface TabularOptions {
  /** Lengths of a record's spans: see `layoutOf` of `genloom/tables`. */
  readonly spans: readonly number[];
  /**
   * Whether the columns of samples have the distributions of the data's: when a training ends, it fits offsets of logits and curves of
   * values, which no probability has. Default false, as in the paper.
   */
  readonly fitted?: boolean;
}

/** Standard deviation of a value at first, and the least one: those of the paper's code. */
const firstDeviation = 0.1;
const leastDeviation = 0.01;

/**
 * Rows of a table (TVAE: Xu et al. 2019, arXiv 1907.00503, section 4.4): a value is normal around the hyperbolic tangent of what
 * the decoder returns, with a standard deviation that is learned for each column; a choice is drawn from the softmax of its
 * logits. log p is in nats; `mean` has the most likely choices.
 * @throws TypeError for an unknown option, RangeError if a span is not an integer of 1 or more
 * @example show(likelihoods.tabular({ spans: [2] }).observe([t([[0, 0]])]).logProbability(t([[1, 0]]))) // [-0.693147181]
 * @example show(likelihoods.tabular({ spans: [3] }).observe([t([[0, 2, 1]])]).mean) // [[0, 1, 0]]
 */
export const tabular: (options: TabularOptions) => Likelihood = /* @__PURE__ */ makeKind("likelihood", {
  kind: "tabular",
  options: { spans: { check: checkSpans }, fitted: { default: false } },
  make: ({ spans, fitted }: TabularOptions) => ({
    ...(fitted && { fitting: spans }),
    parameters: 1,
    range: [-1, 1],
    observe([output], scope) {
      const [width, found] = [spansWidth(spans), output.shape[output.rank - 1]];
      if (found !== width)
        throw new RangeError(`tabular likelihood: records must have ${width} values for its spans, found ${found}`);
      const values = spans.filter((size) => size === 1).length;
      // Read here, so that the variable exists whatever is asked of the observation.
      const logs = values > 0 ? logVariance(values, scope) : undefined;
      const fit = fitted ? fitOf(spans, scope) : undefined;
      const limited = (draw: (mean: Tensor) => Tensor) => (part: Tensor) => clamp(draw(tanh(part)), -1, 1);
      return {
        logProbability(x) {
          const [predicted, found] = [output, x].map((one) => spanParts(one, spans));
          const terms = predicted.flatMap(({ part, size }, i) =>
            size === 1 ? [] : [sum(mul(logSoftmax(part), found[i].part), { axes: -1, keepAxes: true })],
          );
          const one = (parts: typeof found) =>
            concat(
              parts.filter(({ size }) => size === 1).map(({ part }) => part),
              -1,
            );
          if (logs) terms.push(normal(one(found), tanh(one(predicted)), logs));
          return sum(concat(terms, -1), { axes: -1 });
        },
        logProbabilities(x) {
          const found = spanParts(x, spans);
          let value = 0;
          const terms = spanParts(output, spans).map(({ part, size }, i) =>
            size === 1
              ? normal(found[i].part, tanh(part), slice(logs as Tensor, [value++], [1]))
              : mul(logSoftmax(part), found[i].part),
          );
          return concat(terms, -1);
        },
        get mean() {
          return hardened(mapSpans(output, spans, { value: tanh, choice: (part) => part }), spans);
        },
        sample() {
          let value = 0;
          const deviations = logs && exp(mul(logs, 0.5));
          const drawn = mapSpans(fit ? add(output, fit.offsets) : output, spans, {
            value: limited((mean) =>
              add(mean, mul(randomNormal(mean.shape), slice(deviations as Tensor, [value++], [1]))),
            ),
            choice: (part) => add(part, gumbel(part.shape)),
          });
          const rows = hardened(drawn, spans);
          return fit ? curved(rows, spans, fit.curves) : rows;
        },
      };
    },
  }),
});

/** What fits samples to the data. */
const fitOf = (spans: readonly number[], scope: Scope) => {
  const shapes = fittedShapes(spans);
  const of = (part: "offsets" | "curves") =>
    scope.read(part, { shape: shapes[part], initializer: zeros, trainable: false });
  return { offsets: of("offsets"), curves: of("curves") };
};

/** The logarithms of the variances of the values [values], which are learned. */
const logVariance = (values: number, scope: Scope) =>
  clamp(
    scope.read("logVariance", { shape: [values], initializer: filled(2 * portable.log(firstDeviation)) }),
    2 * portable.log(leastDeviation),
    0,
  );

/** Log densities of normal values, from the logarithms of their variances. */
const normal = (x: Tensor, mean: Tensor, logs: Tensor): Tensor =>
  mul(add(mul(square(sub(x, mean)), exp(neg(logs))), add(logs, portable.log(2 * Math.PI))), -0.5);
