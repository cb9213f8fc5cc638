/**
 * The graph of a restricted Boltzmann machine: visible units v [n, V] and hidden units h [n, H] with the energy
 * E(v, h) = -v.a - h.b - v W h (Smolensky 1986; Hinton 2012, eq. 1). Training, sampling and metrics use these functions.
 */
import { add, div, mul, neg } from "../../ops/elementwise.js";
import { matmul } from "../../ops/matmul.js";
import { sum } from "../../ops/reduction.js";
import { scan } from "../../ops/scan.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Units } from "./units.js";

export interface Machine {
  /** W [V, H]. */
  readonly weights: Tensor;
  /** Biases a of the visible units, [V]. */
  readonly visibleBias: Tensor;
  /** Biases b of the hidden units, [H]. */
  readonly hiddenBias: Tensor;
  readonly visible: Units;
  readonly hidden: Units;
}

/** Logits of the hidden units [n, H] given visible states [n, V]. */
export const hiddenLogits = ({ weights, hiddenBias }: Machine, v: Tensor): Tensor =>
  add(matmul(v, weights), hiddenBias);

/** Logits of the visible units [n, V] given hidden states [n, H]. */
export const visibleLogits = ({ weights, visibleBias }: Machine, h: Tensor): Tensor =>
  add(matmul(h, weights, { transposeB: true }), visibleBias);

/**
 * The free energy F(v) = -log of the sum of e^-E(v, h) over h, [n], so that p(v) = e^-F(v) / Z. For Bernoulli units it
 * is -v.a - sum of softplus(b + v W) (Hinton 2012, eq. 25).
 */
export function freeEnergy(machine: Machine, v: Tensor): Tensor {
  const own = sum(mul(v, machine.visibleBias), { axes: 1 });
  return neg(add(own, sum(machine.hidden.logPartition(hiddenLogits(machine, v)), { axes: 1 })));
}

/** Result of a Gibbs sweep. */
export interface Sweep {
  /** Visible states, [n, V]. */
  readonly v: Tensor;
  /** Logits from which the states were drawn, [n, V]. */
  readonly logits: Tensor;
}

/**
 * Draws all hidden units given the visible ones, then all visible ones given the hidden. The temperature divides all logits:
 * the sweeps then sample from p(v, h)^(1 / temperature), normalised.
 */
export function gibbsSweep(machine: Machine, v: Tensor, temperature?: number | Tensor): Sweep {
  const tempered = (logits: Tensor) => (temperature === undefined ? logits : div(logits, temperature));
  const h = machine.hidden.draw(tempered(hiddenLogits(machine, v)));
  const logits = tempered(visibleLogits(machine, h));
  return { v: machine.visible.draw(logits), logits };
}

/**
 * Visible states after a number of Gibbs sweeps. The first sweep is outside of the loop of the others, so that its
 * matrix products can be shared with the surrounding graph.
 */
export function gibbs(machine: Machine, start: Tensor, sweeps: number): Tensor {
  const first = gibbsSweep(machine, start).v;
  if (sweeps === 1) return first;
  const { carries } = scan({ length: sweeps - 1, carries: { v: first } }, ({ v }) => ({
    carries: { v: gibbsSweep(machine, v).v },
  }));
  return carries.v;
}
