/**
 * Networks of sequences, one position at a time: causal layers keep in states what they need of earlier positions, and a loop
 * carries the states from one position to the next. The parameters are those of the form for whole sequences.
 */
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { literal } from "../ops/literal.js";
import { broadcastTo } from "../ops/movement.js";

/** What causal layers get while a network is applied to one position of a sequence. */
export interface Stepping {
  /** Number of the position, f32 []: 0 for the first. */
  readonly position: Tensor;
  /** Number of positions of the sequence. */
  readonly length: number;
  /**
   * What the layer left at the position before; zeros at the first position.
   * @param name the layer's path and the state's name
   */
  state(name: string, shape: Shape): Tensor;
  /** Leaves a state of the same shape for the next position. */
  leave(name: string, value: Tensor): void;
}

/** States by name. */
export type States = Readonly<Record<string, Tensor>>;

const zeros = (shape: Shape): Tensor =>
  broadcastTo(literal(Float32Array.of(0), new Array(shape.length).fill(1)), shape);

/**
 * The states before the first position, of a network that `apply` applies to one position.
 * @param length number of positions of the sequence
 */
export function firstStates(length: number, apply: (stepping: Stepping) => void): States {
  const found: Record<string, Tensor> = {};
  apply({
    position: literal(Float32Array.of(0), []),
    length,
    state(name, shape) {
      found[name] = zeros(shape);
      return found[name];
    },
    leave: () => undefined,
  });
  return found;
}

/**
 * Applies a network to one position, and returns its result and the states for the next one.
 * @throws RangeError if a layer asks for a state that `states` does not have, or leaves none
 */
export function oneStep<T>(
  { position, length, states }: { readonly position: Tensor; readonly length: number; readonly states: States },
  apply: (stepping: Stepping) => T,
): { readonly result: T; readonly states: States } {
  const next: Record<string, Tensor> = {};
  const result = apply({
    position,
    length,
    state(name) {
      if (!Object.hasOwn(states, name)) throw new RangeError(`${name}: the loop has no such state`);
      return states[name];
    },
    leave(name, value) {
      next[name] = value;
    },
  });
  const missing = Object.keys(states).find((name) => !Object.hasOwn(next, name));
  if (missing !== undefined) throw new RangeError(`${missing}: the layer left no state for the next position`);
  return { result, states: next };
}
