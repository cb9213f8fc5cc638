/**
 * Sums and maxima over the middle axis of [outer, length, inner], in blocks of the axis.
 *
 * The values come from a map in front, which runs tile by tile; if its descriptor is a single `Contiguous` slot, memory
 * is read directly. Lanes split output cells but never the sum of one cell, and the order in which a cell's elements
 * are combined depends on the shape alone (tiles have `Layout.Tile` elements): bits depend neither on the number of
 * lanes nor on whether values come from a map or from memory.
 *
 * `reduce/runs.ts` handles inner = 1 (a cell reduces contiguous elements), `reduce/columns.ts` inner > 1 (a cell is a
 * column).
 */
import { MapWord, Reduction, ReduceWord, Slot, SlotWord } from "../opcode";
import { mapOpen } from "./map";
import { reduceColumns } from "./reduce/columns";
import { Maximum, Sum } from "./reduce/combine";
import { reduceRuns } from "./reduce/runs";

export function reduce(c: usize): void {
  const descriptor = c + (<usize>load<i32>(c, ReduceWord.Descriptor << 2) << 2);
  const slot = descriptor + (MapWord.Size << 2) + <usize>load<i32>(c, ReduceWord.Result << 2) * (SlotWord.Size << 2);
  const plain = load<i32>(descriptor, MapWord.Micros << 2) == 0 && load<i32>(slot) == Slot.Contiguous;
  const memory = plain ? load<usize>(slot, SlotWord.Address << 2) : 0;
  if (!plain) mapOpen(descriptor);
  const isMaximum = load<i32>(c, ReduceWord.Reduction << 2) == Reduction.Max;
  if (load<i32>(c, ReduceWord.Inner << 2) == 1) {
    if (isMaximum) reduceRuns<Maximum>(c, descriptor, memory);
    else reduceRuns<Sum>(c, descriptor, memory);
  } else {
    if (isMaximum) reduceColumns<Maximum>(c, descriptor, memory);
    else reduceColumns<Sum>(c, descriptor, memory);
  }
}
