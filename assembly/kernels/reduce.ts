/**
 * Sums and maxima over the middle axis of [outer, length, inner], in blocks of the axis.
 *
 * The values come from a map record in front, run tile by tile; where the record is one `Contiguous` slot and nothing
 * else, memory is read directly. Lanes share output cells, never one cell's accumulation, and how a cell's elements
 * are combined depends on the shape alone (the record's tiles have `Layout.Tile` elements): bits depend neither on lanes
 * nor on whether values come from a front or from memory.
 *
 * `reduce/runs.ts` has inner = 1 (a cell is a run of neighbours), `reduce/columns.ts` inner > 1 (a cell is a column).
 */
import { MapWord, Reduction, ReduceWord, Slot, SlotWord } from "../opcode";
import { mapOpen } from "./map";
import { reduceColumns } from "./reduce/columns";
import { Maximum, Sum } from "./reduce/combine";
import { reduceRuns } from "./reduce/runs";

export function reduce(c: usize): void {
  const record = c + (<usize>load<i32>(c, ReduceWord.Record << 2) << 2);
  const slot = record + (MapWord.Size << 2) + <usize>load<i32>(c, ReduceWord.Result << 2) * (SlotWord.Size << 2);
  const plain = load<i32>(record, MapWord.Micros << 2) == 0 && load<i32>(slot) == Slot.Contiguous;
  const memory = plain ? load<usize>(slot, SlotWord.Address << 2) : 0;
  if (!plain) mapOpen(record);
  const isMaximum = load<i32>(c, ReduceWord.Reduction << 2) == Reduction.Max;
  if (load<i32>(c, ReduceWord.Inner << 2) == 1) {
    if (isMaximum) reduceRuns<Maximum>(c, record, memory);
    else reduceRuns<Sum>(c, record, memory);
  } else {
    if (isMaximum) reduceColumns<Maximum>(c, record, memory);
    else reduceColumns<Sum>(c, record, memory);
  }
}
