/** Rows of layers on sequences, in their form for whole sequences, and in the one for single positions. */
import * as L from "#src/layers/index";
import { type CaseRandom, domains } from "../case-random.js";
import type { LayerPlan } from "./layer-plan.js";

const { real } = domains;

/** Small weights keep gates and softmaxes away from their limits, where f32 has few digits of a gradient. */
const small = (count: number, random: Parameters<typeof real>[1]) =>
  real(count, random).map((value) => Math.fround(value * 0.3));

const sequences = (random: CaseRandom, width: number): number[] => [
  random.integer(1, random.large ? 5 : 2),
  random.integer(1, random.large ? 9 : 4),
  width,
];

const plan = (
  name: string,
  make: (random: CaseRandom) => { layer: L.Layer; width: number },
  weights: readonly string[],
): LayerPlan => ({
  name,
  tolerance: 3e-5,
  plan(random) {
    const { layer, width } = make(random);
    return { layer, shape: sequences(random, width), values: Object.fromEntries(weights.map((one) => [one, small])) };
  },
});

const attention = ["query", "key", "value", "output"];

export const sequencePlans: readonly LayerPlan[] = [
  plan(
    "causalAttention",
    (random) => {
      const heads = random.integer(1, 2);
      return { layer: L.causalAttention(heads), width: heads * random.integer(1, random.large ? 5 : 2) };
    },
    attention,
  ),
  plan(
    "causalAttention rotary",
    (random) => {
      const heads = random.integer(1, 2);
      return {
        layer: L.causalAttention(heads, { rotary: true }),
        width: 2 * heads * random.integer(1, random.large ? 3 : 1),
      };
    },
    attention,
  ),
  plan("positions", (random) => ({ layer: L.positions(random.integer(9, 12)), width: random.length() || 1 }), []),
  plan(
    "positions cyclic",
    (random) => ({ layer: L.positions(random.integer(1, 4), { cyclic: true }), width: random.length() || 1 }),
    [],
  ),
  plan("gru", (random) => ({ layer: L.gru(random.integer(1, random.large ? 7 : 2)), width: random.integer(1, 5) }), [
    "weight",
    "bias",
  ]),
  plan("lstm", (random) => ({ layer: L.lstm(random.integer(1, random.large ? 7 : 2)), width: random.integer(1, 5) }), [
    "weight",
    "bias",
  ]),
];
