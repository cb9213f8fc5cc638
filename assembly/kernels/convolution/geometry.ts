/**
 * Sizes of the current convolution, read once per command, and positions of the taps of a phase. Module globals, so
 * every lane has its own. Sizes in pixels or channels, addresses and strides in bytes.
 */
import { ConvolveWord, PhaseWord, SlideWord } from "../../opcode";

export let batch: i32 = 0;
export let input: usize = 0, weights: usize = 0, out: usize = 0;
export let inHeight: i32 = 0, inWidth: i32 = 0, inChannels: i32 = 0;
export let outHeight: i32 = 0, outWidth: i32 = 0, outChannels: i32 = 0;
export let groups: i32 = 1;
/** Channels of in and of out per group. */
export let groupIn: i32 = 0, groupOut: i32 = 0;
export let transposed: bool = false;
/** The epilogue's descriptor; 0 = none. */
export let epilogue: usize = 0;
export let rowStep: i32 = 1, rowPhases: i32 = 1;
export let columnStep: i32 = 1, columnPhases: i32 = 1;

/** Width of the whole filter in taps, over all phases. */
export let kernelWidth: i32 = 0;

let rowSlide: usize = 0, columnSlide: usize = 0;

// Of the current phase.
/** Result rows and columns. */
export let phaseRows: i32 = 0, phaseColumns: i32 = 0;
/** Number of taps vertically, horizontally, and in total. */
export let tapRows: i32 = 0, tapColumns: i32 = 0, taps: i32 = 0;
/** The taps of a row are adjacent pixels, so their channels are contiguous in memory. */
export let sideBySide: bool = false;

let rowTaps: usize = 0, columnTaps: usize = 0;

// @ts-ignore: decorator
@inline
function word(c: usize, index: i32): i32 {
  return load<i32>(c + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function at(c: usize, index: i32): usize {
  return <usize>word(c, index);
}

export function openGeometry(c: usize): void {
  batch = word(c, ConvolveWord.Batch);
  input = at(c, ConvolveWord.In);
  weights = at(c, ConvolveWord.Weights);
  out = at(c, ConvolveWord.Out);
  inHeight = word(c, ConvolveWord.InHeight);
  inWidth = word(c, ConvolveWord.InWidth);
  inChannels = word(c, ConvolveWord.InChannels);
  outHeight = word(c, ConvolveWord.OutHeight);
  outWidth = word(c, ConvolveWord.OutWidth);
  outChannels = word(c, ConvolveWord.OutChannels);
  groups = word(c, ConvolveWord.Groups);
  groupIn = <i32>(<u32>inChannels / <u32>groups);
  groupOut = <i32>(<u32>outChannels / <u32>groups);
  transposed = word(c, ConvolveWord.TransposeWeights) != 0;
  kernelWidth = word(c, ConvolveWord.KernelWidth);
  const descriptor = at(c, ConvolveWord.Epilogue);
  epilogue = descriptor ? c + (descriptor << 2) : 0;
  rowSlide = c + (at(c, ConvolveWord.Rows) << 2);
  columnSlide = c + (at(c, ConvolveWord.Columns) << 2);
  rowStep = word(rowSlide, SlideWord.Step);
  rowPhases = word(rowSlide, SlideWord.Phases);
  columnStep = word(columnSlide, SlideWord.Step);
  columnPhases = word(columnSlide, SlideWord.Phases);
}

// The descriptor of phase number `phase`. Skips the phases before it; there are as many as the stride.
function phaseOf(slide: usize, phase: i32): usize {
  let p = slide + (SlideWord.Size << 2);
  for (; phase > 0; phase--) p += (PhaseWord.Size << 2) + (at(p, PhaseWord.Taps) << 3);
  return p;
}

export function openPhase(rowPhase: i32, columnPhase: i32): void {
  const rows = phaseOf(rowSlide, rowPhase), columns = phaseOf(columnSlide, columnPhase);
  phaseRows = word(rows, PhaseWord.Count);
  phaseColumns = word(columns, PhaseWord.Count);
  tapRows = word(rows, PhaseWord.Taps);
  tapColumns = word(columns, PhaseWord.Taps);
  taps = tapRows * tapColumns;
  rowTaps = rows + (PhaseWord.Size << 2);
  columnTaps = columns + (PhaseWord.Size << 2);
  sideBySide = true;
  for (let i = 1; i < tapColumns; i++) sideBySide = sideBySide && columnOffset(i) == columnOffset(i - 1) + 1;
}

/** Row offset from q rowStep to the input row of a tap. */
// @ts-ignore: decorator
@inline
export function rowOffset(tap: i32): i32 {
  return load<i32>(rowTaps + (<usize>tap << 3));
}

// @ts-ignore: decorator
@inline
export function columnOffset(tap: i32): i32 {
  return load<i32>(columnTaps + (<usize>tap << 3));
}

/** Row of the weights that belongs to row `tap` of the taps. */
// @ts-ignore: decorator
@inline
export function rowNumber(tap: i32): i32 {
  return load<i32>(rowTaps + (<usize>tap << 3), 4);
}

// @ts-ignore: decorator
@inline
export function columnNumber(tap: i32): i32 {
  return load<i32>(columnTaps + (<usize>tap << 3), 4);
}

/** Number of a tap in the weights. */
// @ts-ignore: decorator
@inline
export function tapNumber(tap: i32): i32 {
  const row = <i32>(<u32>tap / <u32>tapColumns);
  return rowNumber(row) * kernelWidth + columnNumber(tap - row * tapColumns);
}

/** Rows of the phase, counted over all images, above result row `row`, counted over all images. */
export function phaseRowsAbove(row: i32, rowPhase: i32): i32 {
  const image = <i32>(<u32>row / <u32>outHeight);
  const rest = row - image * outHeight - rowPhase + rowPhases - 1;
  return image * phaseRows + min(max(rest, 0) / rowPhases, phaseRows);
}
