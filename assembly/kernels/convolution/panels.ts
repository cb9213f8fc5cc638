/** Packing of weights: for the taps and channels of one k block, eight features become a panel [k][8]. */
import { packColumns, packRows } from "../matmul/pack";
import { groupIn, groupOut, inChannels, outChannels, tapNumber, transposed, weights } from "./geometry";

/**
 * Panel of features [column, column + columns) of a group, channels [channel, channel + run) of taps [from, from +
 * taps).
 */
export function packTaps(panel: usize, group: i32, column: i32, columns: i32, from: i32, taps: i32, channel: i32, run: i32): void {
  for (let tap = from; tap < from + taps; tap++) {
    const number = tapNumber(tap);
    if (transposed) {
      const first = (number * groupOut + column) * inChannels + group * groupIn + channel;
      packColumns(panel, weights + (<usize>first << 2), <usize>inChannels << 2, run, columns);
    } else {
      const first = (number * groupIn + channel) * outChannels + group * groupOut + column;
      packRows(panel, weights + (<usize>first << 2), <usize>outChannels << 2, run, columns);
    }
    panel += <usize>run << 5;
  }
}
