/** The public functions that a recipe calls by name. */
import { gradient } from "#src/ops/differentiate";
import { attention } from "#src/ops/attention";
import * as composite from "#src/ops/composite";
import { crossEntropy, randomCategorical } from "#src/ops/categorical";
import { constant } from "#src/ops/constant";
import * as convolution from "#src/ops/convolution";
import * as elementwise from "#src/ops/elementwise";
import { every } from "#src/ops/every-nth-step";
import { gumbel, gumbelSoftmax } from "#src/ops/gumbel";
import * as indexing from "#src/ops/indexing";
import { matmul } from "#src/ops/matmul";
import { minibatchStd } from "#src/ops/minibatch";
import * as movement from "#src/ops/movement";
import * as normalization from "#src/ops/normalization";
import * as pooling from "#src/ops/pooling";
import * as random from "#src/ops/random";
import * as reduction from "#src/ops/reduction";
import * as resampling from "#src/ops/resampling";
import { spectralNorm } from "#src/ops/spectral";
import { stopGradient } from "#src/ops/stop";
import type { Tensor } from "#src/graph/tensor";

// biome-ignore lint/suspicious/noExplicitAny: arguments come from data
type Callable = (...args: any[]) => Tensor;

const { moments, standardize, ...norms } = normalization;

/** Functions that a recipe may call, by name. Those that take or give records have a wrapper here, and one in print.ts. */
export const functions: Readonly<Record<string, Callable>> = {
  ...(elementwise as unknown as Record<string, Callable>),
  ...(composite as unknown as Record<string, Callable>),
  ...(norms as unknown as Record<string, Callable>),
  ...(resampling as unknown as Record<string, Callable>),
  attention: (queries, keys, values) => attention({ queries, keys, values }),
  argMax: reduction.argMax,
  averagePool2d: pooling.averagePool2d,
  broadcastTo: movement.broadcastTo,
  cast: indexing.cast,
  concat: movement.concat,
  constant,
  conv1d: convolution.conv1d,
  conv2d: convolution.conv2d,
  convTranspose2d: convolution.convTranspose2d,
  crossEntropy: (logits, targets, options) => crossEntropy(logits, targets, options),
  every,
  flip: movement.flip,
  gather: indexing.gather,
  globalAveragePool: pooling.globalAveragePool,
  globalMaxPool: pooling.globalMaxPool,
  gradient: (y: Tensor, x: Tensor) => gradient(y, [x])[0],
  gumbel,
  gumbelSoftmax,
  logSoftmax: reduction.logSoftmax,
  logSumExp: reduction.logSumExp,
  matmul,
  max: reduction.max,
  maxPool2d: pooling.maxPool2d,
  mean: reduction.mean,
  minibatchStd,
  moments: (x, axes) => moments(x, axes).variance,
  oneHot: indexing.oneHot,
  pad: movement.pad,
  randomBernoulli: random.randomBernoulli,
  randomCategorical,
  randomInteger: random.randomInteger,
  randomNormal: random.randomNormal,
  randomPermutation: random.randomPermutation,
  randomUniform: random.randomUniform,
  reshape: movement.reshape,
  scatterAdd: indexing.scatterAdd,
  slice: movement.slice,
  softmax: reduction.softmax,
  spectralNorm: (weight, direction) => spectralNorm(weight, direction).weight,
  standardize: (x, mean, variance) => standardize(x, { mean, variance }),
  stopGradient,
  sum: reduction.sum,
  transpose: movement.transpose,
  variance: reduction.variance,
};
