/**
 * Weights made ready for `winograd`: transformed, and packed in panels of eight features,
 * [phase][position][panel][k = sets x channels][8]. Features that there are not are zeros.
 *
 *     for phases x panels, dealt out to lanes
 *       for sets, for at most 64 channels        taps packed [tap][channel][8]
 *         for channels                           transformed aside [position][channel][8]
 *         for positions                          copied to the panels, which lie powers of two apart
 */
import { beat } from "../../barrier";
import { firstBlock, lastBlock, scratch } from "../../lane";
import { ConvolveWord, Layout } from "../../opcode";
import { columnPhases, inChannels, openGeometry, out, outChannels, rowPhases, transposed, weights } from "../convolution/geometry";
import { packColumns, packRows } from "../matmul/pack";
import { columnNumberOf, depth, openSlides, panels, positions, rowNumberOf, sets, setTaps } from "./slides";
import { weights2, weights3 } from "./transforms";

/** Most channels at a time: their taps and positions stay in the first-level cache. */
const RUN: i32 = 64;
/** Bytes of the lane's packing space: taps packed, then positions. */
const TAPS: usize = 9 * 64 * 32;
/** A line between positions, so that they do not share sets of the cache. */
const GAP: usize = 64;

/** Runs a `WinogradWeights` command. */
export function winogradWeights(command: usize): void {
  openGeometry(command);
  openSlides(command);
  const kernelWidth = load<i32>(command, ConvolveWord.KernelWidth << 2);
  const units = rowPhases * columnPhases * panels;
  const space = scratch() + Layout.Packing;
  for (let unit = firstBlock(units), end = lastBlock(units); unit < end; unit++) {
    const phase = unit / panels, panel = unit - phase * panels;
    for (let set = 0; set < sets; set++) {
      beat();
      for (let channel = 0; channel < inChannels; channel += RUN) {
        const run = min(RUN, inChannels - channel);
        pack(space, kernelWidth, phase, set, panel, channel, run);
        const first = (phase * positions * panels + panel) * depth + set * inChannels + channel;
        transform(out + (<usize>first << 5), space, run);
      }
    }
  }
}

// Panel of every tap of the set: space[tap][run][8].
function pack(space: usize, kernelWidth: i32, phase: i32, set: i32, panel: i32, channel: i32, run: i32): void {
  const rowPhase = phase / columnPhases, columnPhase = phase - rowPhase * columnPhases;
  const feature = panel << 3, columns = min(8, outChannels - feature);
  for (let row = 0; row < setTaps; row++) {
    for (let column = 0; column < setTaps; column++) {
      const number = rowNumberOf(rowPhase, set, row) * kernelWidth + columnNumberOf(columnPhase, set, column);
      if (transposed) {
        packColumns(space, weights + (<usize>((number * outChannels + feature) * inChannels + channel) << 2), <usize>inChannels << 2, run, columns);
      } else {
        packRows(space, weights + (<usize>((number * inChannels + channel) * outChannels + feature) << 2), <usize>outChannels << 2, run, columns);
      }
      space += <usize>run << 5;
    }
  }
}

function transform(to: usize, from: usize, run: i32): void {
  const tap = <usize>run << 5, step = tap + GAP, aside = from + TAPS;
  if (setTaps == 2) {
    for (let k: usize = 0; k < tap; k += 16) weights2(aside + k, step, from + k, tap);
  } else {
    for (let k: usize = 0; k < tap; k += 16) weights3(aside + k, step, from + k, tap);
  }
  const panelStep = <usize>(panels * depth) << 5;
  for (let position = 0; position < positions; position++) {
    memory.copy(to + <usize>position * panelStep, aside + <usize>position * step, tap);
  }
}
