/** Recurrent layers: their state after a position depends on the position's input and on the state before it. */
import { type Initializer, uniform } from "./initializers.js";
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { makeKind } from "../kinds/kind.js";
import { add, mul, sigmoid, sub, tanh } from "../ops/elementwise.js";
import { literal } from "../ops/literal.js";
import { matmul } from "../ops/matmul.js";
import { broadcastTo, reshape, transpose } from "../ops/movement.js";
import { scan } from "../ops/scan.js";
import { requireInput } from "./input-rule.js";
import type { Layer, Scope } from "./layer.js";

type Parts = Readonly<Record<string, Tensor>>;

/** A recurrent cell: products of the input for its gates, and a step from these and the states to the next states. */
interface Cell {
  readonly kind: string;
  readonly gates: readonly string[];
  /** Names of its states, each [batch, units]; the first one is the result. */
  readonly states: readonly string[];
  /** @param fromInput products by gate @param fromState products of the first state by gate */
  next(fromInput: Parts, fromState: Parts, states: Parts): Parts;
}

/** Weight and bias of a gate. Each gate has its own: side by side in one product, their columns would have to be copied apart. */
interface GateWeights {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

function gateWeights(side: string, from: number, units: number, cell: Cell, scope: Scope) {
  // As in PyTorch: uniform within 1 / sqrt(units).
  const initializer: Initializer = uniform(-1 / Math.sqrt(units), 1 / Math.sqrt(units));
  const read = (name: string, shape: Shape) => scope.read(`${side}/${name}`, { shape, initializer });
  return cell.gates.map((gate): [string, GateWeights] => [
    gate,
    { weight: read(`${gate}/weight`, [from, units]), bias: read(`${gate}/bias`, [units]) },
  ]);
}

const products = (x: Tensor, weights: readonly [string, GateWeights][]): Parts =>
  Object.fromEntries(weights.map(([gate, { weight, bias }]) => [gate, add(matmul(x, weight), bias)]));

/** A recurrent layer over [batch, positions, features] to [batch, positions, units]. */
function applied(cell: Cell, units: number, x: Tensor, scope: Scope): Tensor {
  requireInput(x.rank === 3, cell.kind, "have shape [batch, positions, features]", x, scope);
  const [batch, positions, features] = x.shape;
  const input = gateWeights("input", features, units, cell, scope);
  const state = gateWeights("state", units, units, cell, scope);
  const [result] = cell.states;
  const { stepping } = scope;
  if (stepping) {
    const before = Object.fromEntries(
      cell.states.map((name) => [name, stepping.state(`${scope.path}/${name}`, [batch, units])]),
    );
    const row = products(reshape(x, [batch, features]), input);
    const after = cell.next(row, products(before[result], state), before);
    for (const name of cell.states) stepping.leave(`${scope.path}/${name}`, after[name]);
    return reshape(after[result], [batch, 1, units]);
  }
  const start = broadcastTo(literal(Float32Array.of(0), [1, 1]), [batch, units]);
  const { outputs } = scan(
    {
      carries: Object.fromEntries(cell.states.map((name) => [name, start])),
      sequences: products(transpose(x, [1, 0, 2]), input),
    },
    (before, row) => {
      const after = cell.next(row, products(before[result], state), before);
      return { carries: after, outputs: { result: after[result] } };
    },
  );
  return transpose(reshape(outputs.result, [positions, batch, units]), [1, 0, 2]);
}

/** The kind of layer that a cell makes. */
const recurrent = (cell: Cell): ((units: number) => Layer) =>
  makeKind("layer", {
    kind: cell.kind,
    options: { units: { atLeast: 1, whole: true } },
    positional: ["units"],
    make: ({ units }: { units: number }) => ({
      causal: true,
      apply: (x: Tensor, scope: Scope) => applied(cell, units, x, scope),
    }),
  });

/**
 * Gated recurrent units (Cho et al. 2014) in PyTorch's form, whose reset gate acts after the product:
 * [batch, positions, features] to [batch, positions, units]. The state is zero before the first position.
 * Variables: weight and bias of the gates `reset`, `update` and `fresh`, of the `input` and of the `state`.
 * @param units number of units, 1 or more
 * @throws RangeError if units is not an integer of 1 or more
 * @example shape(layers.gru(8), 5, 10, 3) // [5, 10, 8]
 */
export const gru: (units: number) => Layer = /* @__PURE__ */ recurrent({
  kind: "gru",
  gates: ["reset", "update", "fresh"],
  states: ["hidden"],
  next(fromInput, fromState, { hidden }) {
    const reset = sigmoid(add(fromInput.reset, fromState.reset));
    const update = sigmoid(add(fromInput.update, fromState.update));
    const fresh = tanh(add(fromInput.fresh, mul(reset, fromState.fresh)));
    return { hidden: add(fresh, mul(update, sub(hidden, fresh))) };
  },
});

/**
 * Long short-term memory (Hochreiter, Schmidhuber 1997) with forget gates (Gers et al. 2000), in PyTorch's form:
 * [batch, positions, features] to [batch, positions, units]. The states are zero before the first position.
 * Variables: weight and bias of the gates `input`, `forget`, `fresh` and `output`, of the `input` and of the `state`.
 * @param units number of units, 1 or more
 * @throws RangeError if units is not an integer of 1 or more
 * @example shape(layers.lstm(8), 5, 10, 3) // [5, 10, 8]
 */
export const lstm: (units: number) => Layer = /* @__PURE__ */ recurrent({
  kind: "lstm",
  gates: ["input", "forget", "fresh", "output"],
  states: ["hidden", "memory"],
  next(fromInput, fromState, { memory }) {
    const gate = (name: string) => sigmoid(add(fromInput[name], fromState[name]));
    const fresh = tanh(add(fromInput.fresh, fromState.fresh));
    const kept = add(mul(gate("forget"), memory), mul(gate("input"), fresh));
    return { hidden: mul(gate("output"), tanh(kept)), memory: kept };
  },
});
