/**
 * Weights prepared for `winograd`: transformed, and packed in panels of eight features, [group][phase][position][k
 * block][panel][k][8], the order in which they are read. Missing features are zeros.
 *
 *     for groups x phases x panels, dealt out to lanes
 *       for blocks of k, sets, some channels     taps packed [tap][channel][8]
 *         for channels                           transformed in a buffer [position][channel][8]
 *         for positions                          copied to the panels, which are powers of two apart
 */
import { beat } from "../../barrier";
import { firstBlock, lastBlock, scratch } from "../../lane";
import { ConvolveWord, Layout } from "../../opcode";
import {
  columnPhases, groupIn, groupOut, groups, inChannels, openGeometry, out, outChannels, rowPhases, transposed, weights,
} from "../convolution/geometry";
import { packColumns, packRows } from "../matmul/pack";
import {
  channelAt, channelBlocks, columnNumberOf, depth, form, openSlides, panels, positions, rowNumberOf, setAt, setBlocks, setTaps,
} from "./slides";
import { spreadWeights } from "./transforms";

/** Maximum channels x positions at a time: they stay in the first-level cache. */
const TRANSFORMED: i32 = 1024;

/** Bytes from the start of the lane's packing space. */
enum Space {
  Square = 0,
  /** Addresses of a channel's taps. */
  Addresses = 1152,
  /** The packed taps, followed by the transformed positions. */
  Taps = 1216,
}

/** An extra cache line between positions, so that they do not share sets of the cache. */
const GAP: usize = 64;

/** Runs a `WinogradWeights` command. */
export function winogradWeights(command: usize): void {
  openGeometry(command);
  openSlides(command);
  const kernelWidth = load<i32>(command, ConvolveWord.KernelWidth << 2);
  const phases = rowPhases * columnPhases, units = groups * phases * panels;
  const space = scratch() + Layout.Packing;
  const most = TRANSFORMED / positions;
  for (let unit = firstBlock(units), end = lastBlock(units); unit < end; unit++) {
    const phase = unit / panels, panel = unit - phase * panels;
    for (let s = 0; s < setBlocks; s++) {
      const setFrom = setAt(s), setTo = setAt(s + 1);
      for (let b = 0; b < channelBlocks; b++) {
        beat();
        const from = channelAt(b), to = channelAt(b + 1);
        let at = (phase * positions * depth + setFrom * groupIn + from) * panels + panel * (setTo - setFrom) * (to - from);
        for (let set = setFrom; set < setTo; set++) {
          for (let channel = from; channel < to; channel += most) {
            const run = min(most, to - channel);
            pack(space + Space.Taps, kernelWidth, phase % phases, set, phase / phases, panel, channel, run);
            transform(out + (<usize>at << 5), space, run);
            at += run;
          }
        }
      }
    }
  }
}

// Panel of every tap of the set: space[tap][run][8].
function pack(space: usize, kernelWidth: i32, phase: i32, set: i32, group: i32, panel: i32, channel: i32, run: i32): void {
  const rowPhase = phase / columnPhases, columnPhase = phase - rowPhase * columnPhases;
  const feature = panel << 3, columns = min(8, groupOut - feature);
  for (let row = 0; row < setTaps; row++) {
    for (let column = 0; column < setTaps; column++) {
      const number = rowNumberOf(rowPhase, set, row) * kernelWidth + columnNumberOf(columnPhase, set, column);
      if (transposed) {
        packColumns(space, weights + (<usize>((number * groupOut + feature) * inChannels + group * groupIn + channel) << 2), <usize>inChannels << 2, run, columns);
      } else {
        packRows(space, weights + (<usize>((number * groupIn + channel) * outChannels + group * groupOut + feature) << 2), <usize>outChannels << 2, run, columns);
      }
      space += <usize>run << 5;
    }
  }
}

function transform(to: usize, space: usize, run: i32): void {
  const tap = <usize>run << 5, step = tap + GAP, taps = setTaps * setTaps;
  for (let i = 0; i < taps; i++) store<usize>(space + Space.Addresses + (<usize>i << 2), space + Space.Taps + <usize>i * tap);
  const aside = space + Space.Taps + <usize>taps * tap;
  spreadWeights(form, aside, step, space + Space.Addresses, run << 3, space + Space.Square);
  const panelStep = <usize>(panels * depth) << 5;
  for (let position = 0; position < positions; position++) {
    memory.copy(to + <usize>position * panelStep, aside + <usize>position * step, tap);
  }
}
