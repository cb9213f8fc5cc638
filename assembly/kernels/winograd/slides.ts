/**
 * How the filter of a Winograd command slides: `WinogradSlide` descriptors. The taps of a phase are split into sets
 * whose taps are Step pixels apart; each set is a filter of its own with stride 1 on every Step-th pixel, and the
 * channels of all sets form one long k. Module globals, so every lane has its own.
 */
import { ConvolveWord, WinogradSlide } from "../../opcode";
import { columnPhases, groupIn, groupOut, outHeight, outWidth, rowPhases } from "../convolution/geometry";
import { cut, parts } from "../convolution/block";
import { Form } from "./transforms";

let rowSlide: usize = 0, columnSlide: usize = 0;
let columnSets: i32 = 1;
/**
 * Taps of a set along an axis, r; results of a tile, m; inputs of a tile, n = m + r - 1; transformed positions, n^2.
 */
export let setTaps: i32 = 2, tile: i32 = 2, side: i32 = 3, positions: i32 = 9;
/** The choice of transforms, a `Form`. */
export let form: i32 = 0;
/** Sets of a phase, and k: sets x channels of a group. */
export let sets: i32 = 1, depth: i32 = 0;
/** Maximum values of a k block, and of features. */
export const mostDepth: i32 = 128;
/** Blocks of whole sets, and blocks of one set's channels; one of the two counts is 1. */
export let setBlocks: i32 = 1, channelBlocks: i32 = 1;
/** Panels of eight features, of a group. */
export let panels: i32 = 0;
/** Tiles of m x m results per phase and image. */
export let tileRows: i32 = 0, tileColumns: i32 = 0;

// @ts-ignore: decorator
@inline
function word(c: usize, index: i32): i32 {
  return load<i32>(c + (<usize>index << 2));
}

/** Reads the command's slides; call `openGeometry` first. */
export function openSlides(c: usize): void {
  rowSlide = c + (<usize>word(c, ConvolveWord.Rows) << 2);
  columnSlide = c + (<usize>word(c, ConvolveWord.Columns) << 2);
  setTaps = word(rowSlide, WinogradSlide.Taps);
  tile = word(rowSlide, WinogradSlide.Tile);
  side = tile + setTaps - 1;
  positions = side * side;
  form = (tile == 2 ? Form.F22 : Form.F42) + (setTaps - 2);
  columnSets = word(columnSlide, WinogradSlide.Sets);
  sets = word(rowSlide, WinogradSlide.Sets) * columnSets;
  depth = sets * groupIn;
  setBlocks = parts(sets, max(1, min(sets, mostDepth / groupIn)));
  channelBlocks = parts(groupIn, mostDepth);
  panels = parts(groupOut, 8);
  // Phase 0 has the most results.
  tileRows = parts(parts(outHeight, rowPhases), tile);
  tileColumns = parts(parts(outWidth, columnPhases), tile);
}

/** First set of block `block`. */
// @ts-ignore: decorator
@inline
export function setAt(block: i32): i32 {
  return cut(sets, block, setBlocks);
}

/** First channel of block `block` within its group, a multiple of four. */
// @ts-ignore: decorator
@inline
export function channelAt(block: i32): i32 {
  return cut(groupIn >> 2, block, channelBlocks) << 2;
}

// Descriptor of a phase: its count, then per set the offset of the first tap and the numbers of all taps.
function phaseOf(slide: usize, phase: i32): usize {
  const words = 1 + word(slide, WinogradSlide.Sets) * (1 + setTaps);
  return slide + (<usize>(WinogradSlide.Size + phase * words) << 2);
}

/** Result rows of a phase per image. */
export function rowsOf(phase: i32): i32 {
  return load<i32>(phaseOf(rowSlide, phase));
}

export function columnsOf(phase: i32): i32 {
  return load<i32>(phaseOf(columnSlide, phase));
}

// Word `index` of a set of taps: 0 is the offset from a tile's origin to the first tap, 1 + tap the tap's number.
function setWord(slide: usize, phase: i32, set: i32, index: i32): i32 {
  return word(phaseOf(slide, phase), 1 + set * (1 + setTaps) + index);
}

/** Row offset from a tile's origin to the first tap of a set. */
export function rowOffsetOf(phase: i32, set: i32): i32 {
  return rowNumberOf(phase, set, -1);
}

export function columnOffsetOf(phase: i32, set: i32): i32 {
  return columnNumberOf(phase, set, -1);
}

/** Number of tap `tap` of a set, along the axis. */
export function rowNumberOf(phase: i32, set: i32, tap: i32): i32 {
  return setWord(rowSlide, phase, set / columnSets, 1 + tap);
}

export function columnNumberOf(phase: i32, set: i32, tap: i32): i32 {
  return setWord(columnSlide, phase, set % columnSets, 1 + tap);
}
