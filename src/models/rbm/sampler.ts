/** The sampler of a machine: every sample is the end of a Gibbs chain of its own. */
import { reshape } from "../../ops/movement.js";
import { scan } from "../../ops/scan.js";
import { checkNumber, checkOptions } from "../../options.js";
import { type Shape, sizeOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Variable } from "../../graph/variable.js";
import { drawnRows, type Sampler, type SamplerOptions, temperatureOf } from "../../train/sampler.js";
import { labelInput } from "../../train/class-draw.js";
import { conditioned, type LabelGroup } from "./labels.js";
import { gibbsSweep, type Machine } from "./machine.js";
import { drawnOfMeans, statesOf, unitsOfValue, valuesOfStates } from "./record-units.js";
import type { Units } from "./units.js";

export interface RbmSamplerOptions extends SamplerOptions {
  /** Gibbs sweeps of each chain; default 200, with label units 1,000. */
  readonly burnIn?: number | undefined;
  /** Whether samples are the visible units' means given the last hidden states, instead of drawn states; default false. */
  readonly means?: boolean | undefined;
}

/**
 * Sweeps before the first sample of a chain. On digits the free energies of samples are level after some 10. Chains of one class mix
 * slower: of the digits that a machine of 500 hidden units draws, a classifier takes 82% for their class after 200 sweeps, and 90% after
 * 1,000.
 */
export const usualBurnIn = (classes: number | undefined): number => (classes === undefined ? 200 : 1000);

/** Samples that are computed at once: products of fewer rows take longer for each, decision 0005; of more, one sample takes long. */
const rows = 32;

/** The parts of a machine that its sampler needs. */
export interface MachineParts {
  readonly machine: Machine;
  /** Means of the visible units over the data [V], from which the initial states are drawn. */
  readonly means: Tensor;
  /** The visible units without the label units. */
  readonly values: Units;
  /** The label units, if the machine has any; they are held at the samples' classes. */
  readonly labels: LabelGroup | undefined;
  readonly variables: readonly Variable[];
}

/** Sweeps of one loop: a loop may draw at most 2^31 - 1 numbers for a layer, counted over all rows of a step. */
function loopsOf(sweeps: number, { weights }: Machine): number[] {
  const most = Math.max(1, Math.floor((2 ** 31 - 1) / (drawnRows * Math.max(...weights.shape))));
  const loops = new Array<number>(Math.floor(sweeps / most)).fill(most);
  return sweeps % most > 0 ? [...loops, sweeps % most] : loops;
}

/**
 * Samples of records of a shape. Inputs: `states` [values], records as the initial states of the chains, and `labels` [] of a machine
 * with label units.
 */
export function samplerOf(
  { machine: whole, means: base, values: units, labels: group, variables }: MachineParts,
  shape: Shape,
  options: RbmSamplerOptions,
): Sampler {
  checkOptions("sampler", options, ["burnIn", "means", "temperature", "classCounts"]);
  const { burnIn = usualBurnIn(group?.classes), means = false } = options;
  checkNumber("sampler", "burnIn", burnIn, { whole: true, atLeast: 1 });
  const temperature = temperatureOf(options.temperature);
  const values = sizeOf(shape);
  const drawn = (count: number) => drawnOfMeans(units, base, [count, values * unitsOfValue(units)]);
  return {
    inputs: {
      states: { shape: [values], draw: (count) => valuesOfStates(units, drawn(count)) },
      ...(group && { labels: labelInput(group.classes, options.classCounts) }),
    },
    graph({ states, labels }) {
      const machine = group && labels ? conditioned(whole, labels, group) : whole;
      let v = statesOf(units, states);
      // The last sweep is outside of the loops, because its logits are the result of `means`.
      for (const length of loopsOf(burnIn - 1, machine))
        v = scan({ length, carries: { v } }, (last) => ({
          carries: { v: gibbsSweep(machine, last.v, temperature).v },
        })).carries.v;
      const last = gibbsSweep(machine, v, temperature);
      const found = means ? machine.visible.mean(last.logits) : last.v;
      return reshape(valuesOfStates(units, found), [states.shape[0], ...shape]);
    },
    variables,
    rows,
  };
}
