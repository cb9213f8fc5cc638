/**
 * The workloads of sequences, see `workloads.ts`: models that predict the next of 64 tokens at 128 positions. Sizes are
 * those of ../shared/peers/WORKLOADS.md; `bench/peers/torch_sequences.py` has the same models, with parameters of the
 * same names in the same order.
 */
import { randomSource } from "../data/random-source.js";
import { dataStreams } from "../numbers/streams.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { type Initializer, normal, ones, uniform, zeros } from "../layers/initializers.js";
import { attention } from "../ops/attention.js";
import { gelu } from "../ops/composite.js";
import { add, mul, sigmoid, sub, tanh } from "../ops/elementwise.js";
import { cast, gather, oneHot } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { matmul } from "../ops/matmul.js";
import { reshape, slice, transpose } from "../ops/movement.js";
import { layerNorm } from "../ops/normalization.js";
import { randomPermutation } from "../ops/random.js";
import { logSoftmax, mean, sum } from "../ops/reduction.js";
import { scan } from "../ops/scan.js";
import { adam } from "../optimizers/index.js";
import type { Tensor } from "../graph/tensor.js";
import { type Variable, variable } from "../graph/variable.js";
import type { Workload } from "./workload.js";

const positions = 128;
const vocabulary = 64;
/** Sequences in the random data set. */
const records = 1024;

export interface SequenceModel {
  /** In order of creation; weights are [in, out]. */
  readonly parameters: readonly Variable[];
  /** Mean cross-entropy of the next tokens. @param tokens i32 [batch, positions + 1] */
  loss(tokens: Tensor): Tensor;
}

/** Collects parameters as a model's function creates them. */
function parameterList() {
  const parameters: Variable[] = [];
  const parameter = (name: string, shape: readonly number[], initializer: Initializer) => {
    const made = variable({ name, shape, initializer });
    parameters.push(made);
    return made;
  };
  const affine = (name: string, from: number, to: number, initializer: Initializer) => {
    const weight = parameter(`${name}.weight`, [from, to], initializer);
    const bias = parameter(`${name}.bias`, [to], zeros);
    return (x: Tensor) => add(matmul(x, weight), bias);
  };
  const norm = (name: string, features: number) => {
    const scale = parameter(`${name}.weight`, [features], ones);
    const shift = parameter(`${name}.bias`, [features], zeros);
    return (x: Tensor) => add(mul(layerNorm(x), scale), shift);
  };
  return { parameters, parameter, affine, norm };
}

/** Mean of -log p of each target. @param logits [..., vocabulary] @param targets i32 [...] */
function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const picked = sum(mul(logSoftmax(logits), oneHot(targets, vocabulary)), -1);
  return mul(mean(picked), -1);
}

/**
 * A causal transformer with normalisation before each part (Radford et al. 2019, section 2.3): 4 layers of width 128, 4
 * heads, a hidden layer of 512 gelu units, learned positions.
 */
export function transformerModel(): SequenceModel {
  const [width, heads, hidden, layers] = [128, 4, 512, 4];
  const depth = width / heads;
  const { parameters, parameter, affine, norm } = parameterList();
  const small = normal(0.02);
  const tokenTable = parameter("tokens", [vocabulary, width], small);
  const positionTable = parameter("positions", [positions, width], small);
  const blocks = Array.from({ length: layers }, (_, i) => ({
    first: norm(`${i}.first`, width),
    project: affine(`${i}.project`, width, 3 * width, small),
    merge: affine(`${i}.merge`, width, width, small),
    second: norm(`${i}.second`, width),
    widen: affine(`${i}.widen`, width, hidden, small),
    narrow: affine(`${i}.narrow`, hidden, width, small),
  }));
  const last = norm("last", width);
  const head = affine("head", width, vocabulary, small);
  const attend = (x: Tensor, { project, merge }: (typeof blocks)[number]) => {
    const [batch] = x.shape;
    // [batch, positions, 3, heads, depth] to [3, batch, heads, positions, depth]
    const parts = transpose(reshape(project(x), [batch, positions, 3, heads, depth]), [2, 0, 3, 1, 4]);
    const [queries, keys, values] = [0, 1, 2].map((i) =>
      reshape(slice(parts, [i, 0, 0, 0, 0], [1, batch, heads, positions, depth]), [batch, heads, positions, depth]),
    );
    const seen = transpose(attention({ queries, keys, values }, { causal: true }), [0, 2, 1, 3]);
    return merge(reshape(seen, [batch, positions, width]));
  };
  return {
    parameters,
    loss(tokens) {
      const [batch] = tokens.shape;
      let x = add(gather(tokenTable, slice(tokens, [0, 0], [batch, positions])), positionTable);
      for (const block of blocks) {
        x = add(x, attend(block.first(x), block));
        x = add(x, block.narrow(gelu(block.widen(block.second(x)))));
      }
      return crossEntropy(head(last(x)), slice(tokens, [0, 1], [batch, positions]));
    },
  };
}

/**
 * A layer of gated recurrent units (Cho et al. 2014) in PyTorch's form: its reset gate acts after the product. Each gate
 * has weights of its own: with the gates' columns side by side in one product, copies of [batch, width] take them apart
 * and put their gradients together, which costs 9% of the step.
 */
export function gruModel(): SequenceModel {
  const width = 256;
  const { parameters, parameter, affine } = parameterList();
  const small = uniform(-1 / Math.sqrt(width), 1 / Math.sqrt(width));
  const table = parameter("tokens", [vocabulary, width], normal(1));
  const gates = ["reset", "update", "fresh"];
  const fromInput = gates.map((gate) => affine(`input.${gate}`, width, width, small));
  const fromState = gates.map((gate) => affine(`state.${gate}`, width, width, small));
  const head = affine("head", width, vocabulary, small);
  return {
    parameters,
    loss(tokens) {
      const [batch] = tokens.shape;
      const byPosition = transpose(tokens, [1, 0]);
      const embedded = gather(table, slice(byPosition, [0, 0], [positions, batch]));
      const [resetIn, updateIn, freshIn] = fromInput.map((project) => project(embedded));
      const start = literal(new Float32Array(batch * width), [batch, width]);
      const { states } = scan(
        { carries: { state: start }, sequences: { resetIn, updateIn, freshIn } },
        ({ state }, row) => {
          const [resetOwn, updateOwn, freshOwn] = fromState.map((project) => project(state));
          const reset = sigmoid(add(row.resetIn, resetOwn));
          const update = sigmoid(add(row.updateIn, updateOwn));
          const fresh = tanh(add(row.freshIn, mul(reset, freshOwn)));
          const next = add(fresh, mul(update, sub(state, fresh)));
          return { carries: { state: next }, outputs: { states: next } };
        },
      ).outputs;
      return crossEntropy(head(states), slice(byPosition, [1, 0], [positions, batch]));
    },
  };
}

/** Random tokens [records, positions + 1]. */
function tokenRecords(): Uint8Array {
  const random = randomSource(1, dataStreams.benchmark);
  return Uint8Array.from({ length: records * (positions + 1) }, () => random.integer(vocabulary));
}

/** A training step of a model on the next batch of the random data set. */
function trainingStep(runtime: Runtime, model: SequenceModel, batch: number): Program {
  const shape = [records, positions + 1];
  const held = variable({ name: "data", shape, dtype: "u8", data: tokenRecords() });
  return runtime.compile(() => {
    const loss = model.loss(cast(gather(held, randomPermutation(batch, records)), "i32"));
    return { outputs: { loss }, updates: adam(1e-3).minimize(loss, model.parameters) };
  });
}

export const transformer: Workload = {
  name: "transformer",
  summary: "batch 16; causal, 128 positions, 64 tokens, 4 layers of width 128, 4 heads, hidden 512 gelu",
  compile: (runtime) => trainingStep(runtime, transformerModel(), 16),
};

export const gru: Workload = {
  name: "gru",
  summary: "batch 32; 128 positions, embedding 64-256, one GRU layer of 256, dense 64",
  compile: (runtime) => trainingStep(runtime, gruModel(), 32),
};
