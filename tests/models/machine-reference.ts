/** Reference implementation of small Boltzmann machines by their definition, in f64. */

export interface PlainMachine {
  /** W [V, H], row-major. */
  readonly weights: ArrayLike<number>;
  readonly visibleBias: ArrayLike<number>;
  readonly hiddenBias: ArrayLike<number>;
}

/** The bits of a number, least significant first. */
export const stateOf = (index: number, units: number): number[] =>
  Array.from({ length: units }, (_, i) => Math.floor(index / 2 ** i) % 2);

/** -v.a - sum of log(1 + e^(b + v W)) */
export function freeEnergyOf({ weights, visibleBias, hiddenBias }: PlainMachine, v: ArrayLike<number>): number {
  let energy = 0;
  for (let i = 0; i < visibleBias.length; i++) energy -= v[i] * visibleBias[i];
  for (let j = 0; j < hiddenBias.length; j++) {
    let input = hiddenBias[j];
    for (let i = 0; i < visibleBias.length; i++) input += v[i] * weights[i * hiddenBias.length + j];
    energy -= Math.max(input, 0) + Math.log1p(Math.exp(-Math.abs(input)));
  }
  return energy;
}

/** log of the sum of e^-F(v) over all visible states. */
export function logPartitionOf(machine: PlainMachine): number {
  const units = machine.visibleBias.length;
  const logs = Array.from({ length: 2 ** units }, (_, s) => -freeEnergyOf(machine, stateOf(s, units)));
  const top = logs.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  return top + Math.log(logs.reduce((sum, x) => sum + Math.exp(x - top), 0));
}
