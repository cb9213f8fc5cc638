/** Which convolutions take Winograd's form (assembly/kernels/winograd.ts), and how their windows slide. */
import type { Shape } from "../shape.js";
import type { Slide } from "./convolution.js";

/** A `WinogradSlide` record. */
export interface WinogradSlide {
  readonly step: number;
  /** Taps of a set along this axis. */
  readonly taps: number;
  readonly phases: readonly {
    readonly count: number;
    readonly sets: readonly { readonly offset: number; readonly numbers: readonly number[] }[];
  }[];
}

/** Cuts the taps of every phase into sets that lie `step` apart; undefined where they are not all of two or three taps. */
function setsOf({ step, phases }: Slide): WinogradSlide | undefined {
  const cut = phases.map(({ count, taps }) => {
    const sets: { offset: number; numbers: number[] }[] = [];
    for (const [offset, number] of [...taps].sort(([a], [b]) => a - b)) {
      const set = sets.find((one) => one.offset + one.numbers.length * step === offset);
      if (set) set.numbers.push(number);
      else sets.push({ offset, numbers: [number] });
    }
    return { count, sets };
  });
  const [first] = cut[0].sets;
  const taps = first?.numbers.length;
  if (taps !== 2 && taps !== 3) return undefined;
  const alike = cut.every(
    ({ sets }) => sets.length === cut[0].sets.length && sets.every(({ numbers }) => numbers.length === taps),
  );
  return alike ? { step, taps, phases: cut } : undefined;
}

/**
 * Products that take as long as one value's part in the transform of inputs, of results, of weights: 0.25 to 0.5, and
 * 0.7 ns at 27 products a nanosecond.
 */
const inputCost = 8;
const outputCost = 8;
const weightCost = 18;

export interface Winograd {
  readonly slides: readonly [WinogradSlide, WinogradSlide];
  /** Floats of the transformed weights. */
  readonly size: number;
}

/**
 * The Winograd form of a convolution of one group, or of its gradient to the weights, where it is faster.
 * @param windowed shape of the images that the window slides over
 * @param results shape of the images with a pixel per window
 * @param form whether `results` are computed, or the weights
 */
export function winogradOf(
  slides: readonly [Slide, Slide],
  {
    windowed,
    results,
    form,
  }: { readonly windowed: Shape; readonly results: Shape; readonly form: "images" | "weights" },
): Winograd | undefined {
  const [rows, columns] = slides.map(setsOf);
  const [batch, height, width, features] = results;
  const channels = windowed[3];
  if (!rows || !columns || rows.taps !== columns.taps || channels % 4 !== 0 || features % 4 !== 0) return undefined;
  const positions = (rows.taps + 1) ** 2;
  const phases = rows.phases.length * columns.phases.length;
  const sets = rows.phases[0].sets.length * columns.phases[0].sets.length;
  const depth = sets * channels;
  const tiles =
    batch * Math.ceil(height / rows.phases.length / 2) * Math.ceil(width / columns.phases.length / 2) * phases;
  const padded = Math.ceil(features / 8) * 8;
  const size = phases * positions * depth * padded;
  // In products: those of either form, then the transforms. Blocks of features transform the inputs anew, in the
  // gradient also sets and blocks of channels the results.
  const direct = batch * height * width * rows.taps ** 2 * depth * padded;
  const inputs = tiles * positions * depth * Math.ceil(features / 128) * inputCost;
  const outputs = tiles * positions * features * outputCost;
  const transforms =
    form === "images"
      ? inputs + outputs + size * weightCost
      : inputs + outputs * sets * Math.ceil(channels / 64) + size * outputCost;
  return tiles * positions * depth * padded + transforms < direct * 0.95
    ? { slides: [rows, columns], size }
    : undefined;
}

/** The words of a `WinogradSlide` record. */
export const winogradRecord = ({ step, taps, phases }: WinogradSlide): number[] => [
  step,
  phases.length,
  phases[0].sets.length,
  taps,
  ...phases.flatMap(({ count, sets }) => [count, ...sets.flatMap(({ offset, numbers }) => [offset, ...numbers])]),
];
