/** Likelihoods of values that are numbers of something: tokens, and levels of grey. They are probabilities, not densities. */
import { makeKind } from "../kinds/kind.js";
import { randomCategorical } from "../ops/categorical.js";
import { logProbability } from "../ops/categorical/log-probability.js";
import { constant } from "../ops/constant.js";
import { add, clamp, exp, floor, less, log, log1p, mul, neg, softplus, sub, tanh } from "../ops/elementwise.js";
import { cast } from "../ops/indexing.js";
import { broadcastTo, reshape } from "../ops/movement.js";
import { randomUniform } from "../ops/random.js";
import { argMax, sum } from "../ops/reduction.js";
import { sizeOf } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { textOf } from "../options.js";
import { countedMask } from "./ends.js";
import type { Likelihood } from "./likelihood.js";

export interface CategoricalLikelihoodOptions {
  /** Number of tokens, as in the data's description, 2 to 65,536. */
  readonly vocabulary: number;
  /** Whether records differ in length: token 0 is their end, after which nothing counts. Default false. */
  readonly ended?: boolean;
}

/** 1 up to the first end of every record of tokens f32 [..., values], else 0. */
function counted(tokens: Tensor): Tensor {
  const [values] = tokens.shape.slice(-1);
  const rows = reshape(tokens, [sizeOf(tokens.shape.slice(0, -1)), values]);
  return reshape(countedMask(cast(rows, "i32")), tokens.shape);
}

/**
 * Tokens whose logits the decoder returns, `vocabulary` numbers for each value of a record: log p is the sum of the logarithms of
 * their softmax at the record's tokens, in nats. The `mean` is the most likely token of each value. Tokens are independent given
 * the latents, unless the decoder is a `causalDecoder`, which reads the tokens before.
 * @throws TypeError for an unknown option, RangeError if the vocabulary is not an integer from 2 to 65,536
 * @example show(likelihoods.categorical({ vocabulary: 2 }).observe([t([[[0, 0], [0, 99]]])]).logProbability(t([[1, 1]]))) // [-0.693147181]
 * @example show(likelihoods.categorical({ vocabulary: 3 }).observe([t([[[0, 2, 1], [5, 2, 1]]])]).mean) // [[1, 0]]
 */
export const categorical: (options: CategoricalLikelihoodOptions) => Likelihood = /* @__PURE__ */ makeKind(
  "likelihood",
  {
    kind: "categorical",
    options: { vocabulary: { atLeast: 2, atMost: 65_536, whole: true }, ended: { default: false } },
    make: ({ vocabulary, ended }: Required<CategoricalLikelihoodOptions>) => ({
      parameters: vocabulary,
      range: [0, vocabulary - 1],
      tokens: { vocabulary, ended },
      observe([logits]) {
        const shape = logits.shape.slice(0, -1);
        const whole = (drawn: Tensor) => {
          const tokens = cast(drawn, "f32");
          return ended ? mul(tokens, counted(tokens)) : tokens;
        };
        const logProbabilities = (x: Tensor) => {
          const logs = logProbability("categorical likelihood", logits, broadcastTo(cast(x, "i32"), shape));
          return ended ? mul(logs, counted(x)) : logs;
        };
        return {
          logProbability: (x) => sum(logProbabilities(x), { axes: -1 }),
          logProbabilities,
          get mean() {
            return whole(argMax(logits));
          },
          sample: () => whole(randomCategorical(logits)),
        };
      },
    }),
  },
);

export interface DiscretisedLogisticOptions {
  /** Number of levels, 2 or more; 256 by default, those of a byte. */
  readonly levels?: number;
  /** Values of the lowest and the highest level; [0, 1] by default. */
  readonly range?: readonly [low: number, high: number];
}

/** Limits of the logarithm of the scale in half ranges; the lower one is that of PixelCNN++'s code. */
const mostLogScale = 7;

function checkRange(range: unknown, what: string): void {
  const rising = Array.isArray(range) && range.length === 2 && range.every(Number.isFinite) && range[0] < range[1];
  if (!rising) throw new RangeError(`${what}: range must be two rising numbers, found ${textOf(range)}`);
}

/**
 * Independent values on equal levels, such as grey values: the probability of a level is that of its bin under a logistic
 * distribution, and the bins of the lowest and highest level reach to infinity (Salimans et al. 2017, eq. 2, with one component
 * of the mixture). The decoder returns each value's mean and the logarithm of its scale in half ranges, in the two halves of its
 * last axis. log p is in nats, `mean` is the logistic's, within the range.
 * @throws TypeError for an unknown option, RangeError for an option outside of its range
 * @example show(likelihoods.discretisedLogistic({ levels: 2 }).observe([t([[0.5]]), t([[0]])]).logProbability(t([[1]]))) // [-0.693147181]
 */
export const discretisedLogistic: (options?: DiscretisedLogisticOptions) => Likelihood = /* @__PURE__ */ makeKind(
  "likelihood",
  {
    kind: "discretisedLogistic",
    options: { levels: { default: 256, atLeast: 2, whole: true }, range: { default: [0, 1], check: checkRange } },
    make({ levels, range }: Required<DiscretisedLogisticOptions>) {
      const [low, high] = range;
      const bin = (high - low) / (levels - 1);
      return {
        parameters: 2,
        range,
        observe([mean, raw]) {
          const logScale = clamp(raw, -mostLogScale, mostLogScale);
          const scaled = (x: Tensor) => mul(x, mul(exp(neg(logScale)), 2 / (high - low)));
          const logProbabilities = (x: Tensor) => binProbability(x, mean, scaled, { low, high, bin });
          return {
            logProbability: (x) => sum(logProbabilities(x), { axes: -1 }),
            logProbabilities,
            mean: clamp(mean, low, high),
            sample() {
              const quantile = randomUniform(mean.shape);
              const deviate = mul(sub(log(quantile), log1p(neg(quantile))), mul(exp(logScale), (high - low) / 2));
              const level = floor(add(mul(sub(add(mean, deviate), low), 1 / bin), 0.5));
              return clamp(add(mul(level, bin), low), low, high);
            },
          };
        },
      };
    },
  },
);

/**
 * log of sigmoid(a) - sigmoid(b), for the ends a > b of x's bin in scales from the mean. As sigmoid(a) - sigmoid(b) =
 * sigmoid(a) sigmoid(-b) (1 - e^(b - a)), it is a sum of three logarithms that are exact for any ends; an outermost bin
 * lacks the factors of its infinite end.
 */
function binProbability(
  x: Tensor,
  mean: Tensor,
  scaled: (x: Tensor) => Tensor,
  { low, high, bin }: { readonly low: number; readonly high: number; readonly bin: number },
): Tensor {
  const [above, below] = [sub(1, less(high - bin / 2, x)), sub(1, less(x, low + bin / 2))];
  const deviation = sub(x, mean);
  const [a, b] = [scaled(add(deviation, bin / 2)), scaled(sub(deviation, bin / 2))];
  const half = scaled(constant(bin / 2));
  // 1 - e^-d = tanh(d / 2) (1 + e^-d), which keeps its digits for a small d.
  const width = add(log(tanh(half)), softplus(mul(half, -2)));
  return sub(mul(mul(above, below), width), add(mul(above, softplus(neg(a))), mul(below, softplus(b))));
}
