/**
 * Chooses which convolutions use Winograd's method (assembly/kernels/winograd.ts), and describes how their windows
 * slide.
 */
import type { Shape } from "../../graph/shape.js";
import type { Slide } from "./slide.js";

/** The contents of a `WinogradSlide` descriptor. */
export interface WinogradSlide {
  readonly step: number;
  /** Number of taps in a set along this axis. */
  readonly taps: number;
  readonly phases: readonly {
    readonly count: number;
    readonly sets: readonly { readonly offset: number; readonly numbers: readonly number[] }[];
  }[];
}

/**
 * Divides the taps of every phase into sets of taps that are `step` apart; undefined unless all sets have two taps, or
 * all have three.
 */
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

/** Possible numbers of results of a tile along an axis. */
const tiles = [2, 4] as const;

/**
 * Cost of transforming one value of the inputs, the results and the weights, in products that take the same time: 0.25
 * to 0.5 ns for inputs and results, 0.7 ns for weights, at 27 products per nanosecond.
 */
const inputCost = 8;
const outputCost = 8;
const weightCost = 18;

export interface Winograd {
  readonly slides: readonly [WinogradSlide, WinogradSlide];
  /** Number of results of a tile along an axis. */
  readonly tile: (typeof tiles)[number];
  /** Number of f32 in the transformed weights. */
  readonly size: number;
}

interface Convolved {
  /** Shape of the images that the window slides over. */
  readonly windowed: Shape;
  /** Shape of the images that have one pixel per window. */
  readonly results: Shape;
  /** What is computed: the images `results`, or the weights. */
  readonly form: "images" | "weights";
  readonly groups: number;
}

/**
 * The fastest Winograd form of a convolution or of its weight gradient; undefined if direct computation is faster. All
 * groups have the same cost, so that of one decides.
 */
export function winogradOf(slides: readonly [Slide, Slide], convolved: Convolved): Winograd | undefined {
  const [rows, columns] = slides.map(setsOf);
  const { windowed, results, groups } = convolved;
  const [batch, height, width] = results;
  const [channels, features] = [windowed[3] / groups, results[3] / groups];
  if (!rows || !columns || rows.taps !== columns.taps) return undefined;
  // Several groups begin at whole panels of eight features.
  if (channels % 4 !== 0 || features % (groups === 1 ? 4 : 8) !== 0) return undefined;
  const sets = rows.phases[0].sets.length * columns.phases[0].sets.length;
  const direct = batch * height * width * rows.taps ** 2 * sets * channels * Math.ceil(features / 8) * 8;
  const forms = tiles.map((tile) => formOf(rows, columns, tile, convolved));
  const [best] = forms.sort((a, b) => a.cost - b.cost);
  return best.cost < direct * 0.95 ? { slides: [rows, columns], tile: best.tile, size: groups * best.size } : undefined;
}

/** Estimated cost of a form in products, of one group: its own products plus those that take as long as its transforms. */
function formOf(
  rows: WinogradSlide,
  columns: WinogradSlide,
  tile: Winograd["tile"],
  { windowed, results, form, groups }: Convolved,
): { tile: Winograd["tile"]; size: number; cost: number } {
  const [batch, height, width] = results;
  const [channels, features] = [windowed[3] / groups, results[3] / groups];
  const positions = (tile + rows.taps - 1) ** 2;
  const phases = rows.phases.length * columns.phases.length;
  const sets = rows.phases[0].sets.length * columns.phases[0].sets.length;
  const depth = sets * channels;
  const across = (length: number, { phases }: WinogradSlide) => Math.ceil(Math.ceil(length / phases.length) / tile);
  const count = batch * across(height, rows) * across(width, columns) * phases;
  const padded = Math.ceil(features / 8) * 8;
  const size = phases * positions * depth * padded;
  // Each block of features transforms the inputs again. In the weight gradient, each set and each block of channels
  // also transforms the results again.
  const inputs = count * positions * depth * inputCost;
  const outputs = count * positions * features * outputCost;
  // Block sizes of the weight gradient, as in assembly/kernels/winograd/gradient.ts.
  const [mostChannels, mostFeatures] = tile === 2 ? [64, rows.taps === 2 ? 128 : 64] : [32, 64];
  const transforms =
    form === "images"
      ? inputs * Math.ceil(features / 128) + outputs + size * weightCost
      : inputs * Math.ceil(features / mostFeatures) +
        outputs * sets * Math.ceil(channels / mostChannels) +
        size * outputCost;
  return { tile, size, cost: count * positions * depth * padded + transforms };
}

/** The words of a `WinogradSlide` descriptor. */
export const winogradWords = ({ step, taps, phases }: WinogradSlide, tile: number): number[] => [
  step,
  phases.length,
  phases[0].sets.length,
  taps,
  tile,
  ...phases.flatMap(({ count, sets }) => [count, ...sets.flatMap(({ offset, numbers }) => [offset, ...numbers])]),
];
