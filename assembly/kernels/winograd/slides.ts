/**
 * How a Winograd command's windows slide: `WinogradSlide` records. A phase's taps are cut into sets whose taps lie Step
 * pixels apart; each set is a filter of its own with stride 1 on every Step-th pixel, and the sets' channels add up to
 * one long k. Module globals, so every lane has its own.
 */
import { ConvolveWord, WinogradSlide } from "../../opcode";
import { columnPhases, inChannels, outChannels, outHeight, outWidth, rowPhases } from "../convolution/geometry";
import { parts } from "../convolution/block";

let rowSlide: usize = 0, columnSlide: usize = 0;
let columnSets: i32 = 1;
/** Taps of a set along an axis, r; positions of the transforms, (r + 1)^2. */
export let setTaps: i32 = 2, positions: i32 = 9;
/** Sets of a phase, and k: sets x channels. */
export let sets: i32 = 1, depth: i32 = 0;
/** Panels of eight features. */
export let panels: i32 = 0;
/** Tiles of 2 x 2 results per phase: of an image. */
export let tileRows: i32 = 0, tileColumns: i32 = 0;

// @ts-ignore: decorator
@inline
function word(c: usize, index: i32): i32 {
  return load<i32>(c + (<usize>index << 2));
}

/** After `openGeometry`. */
export function openSlides(c: usize): void {
  rowSlide = c + (<usize>word(c, ConvolveWord.Rows) << 2);
  columnSlide = c + (<usize>word(c, ConvolveWord.Columns) << 2);
  setTaps = word(rowSlide, WinogradSlide.Taps);
  positions = (setTaps + 1) * (setTaps + 1);
  columnSets = word(columnSlide, WinogradSlide.Sets);
  sets = word(rowSlide, WinogradSlide.Sets) * columnSets;
  depth = sets * inChannels;
  panels = parts(outChannels, 8);
  // Phase 0 has most results.
  tileRows = parts(parts(outHeight, rowPhases), 2);
  tileColumns = parts(parts(outWidth, columnPhases), 2);
}

// Record of a phase: its count, then per set the offset of the first tap and the numbers of all.
function phaseOf(slide: usize, phase: i32): usize {
  const words = 1 + word(slide, WinogradSlide.Sets) * (1 + setTaps);
  return slide + (<usize>(WinogradSlide.Size + phase * words) << 2);
}

/** Result rows of a phase in an image. */
export function rowsOf(phase: i32): i32 {
  return load<i32>(phaseOf(rowSlide, phase));
}

export function columnsOf(phase: i32): i32 {
  return load<i32>(phaseOf(columnSlide, phase));
}

/** Rows from a tile's origin to the first tap of a set. */
export function rowOffsetOf(phase: i32, set: i32): i32 {
  return word(phaseOf(rowSlide, phase), 1 + (set / columnSets) * (1 + setTaps));
}

export function columnOffsetOf(phase: i32, set: i32): i32 {
  return word(phaseOf(columnSlide, phase), 1 + (set % columnSets) * (1 + setTaps));
}

/** Numbers, along the axis, of tap `tap` of a set. */
export function rowNumberOf(phase: i32, set: i32, tap: i32): i32 {
  return word(phaseOf(rowSlide, phase), 2 + (set / columnSets) * (1 + setTaps) + tap);
}

export function columnNumberOf(phase: i32, set: i32, tap: i32): i32 {
  return word(phaseOf(columnSlide, phase), 2 + (set % columnSets) * (1 + setTaps) + tap);
}
