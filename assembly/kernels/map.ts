/**
 * Fused elementwise maps: a list of micro-operations over tiles that stay in the L1 cache.
 *
 * Loop shape: for each tile, for each micro-operation, one tight loop over the tile. A `Map` command deals out whole
 * tiles to the lanes; an element's bits depend on its operands alone, neither on its place in a tile nor on the lanes.
 * The record's addresses need no alignment; `Contiguous` memory is never touched outside the range.
 */
import { beat } from "../barrier";
import { firstBlock, lastBlock } from "../lane";
import { MapCommand, MapWord, MicroWord, SlotWord } from "../opcode";
import { micro } from "./map/micro";
import { openOperands, placeOperands } from "./map/operands";

/** Tiles between two beats. */
const PART: i32 = 256;

export function map(c: usize): void {
  const record = c + (MapCommand.Record << 2);
  const count = load<i32>(record, MapWord.Count << 2);
  const tile = load<i32>(record, MapWord.Tile << 2);
  const tiles = <i32>((<u32>count + tile - 1) / tile);
  const first = firstBlock(tiles);
  const last = lastBlock(tiles);
  if (first == last) return;
  mapOpen(record);
  // In parts, for a long list over much data takes seconds.
  for (let part = first; part < last; part += PART) {
    beat();
    mapRange(record, part * tile, min(min(part + PART, last) * tile, count));
  }
}

/** Prepares the buffers of a record's scalars and constants; call once before `mapRange` or `mapTile`. */
export function mapOpen(record: usize): void {
  openOperands(record);
}

/** Runs a record over elements [from, to) of its iteration space, on this lane. */
export function mapRange(record: usize, from: i32, to: i32): void {
  const tile = load<i32>(record, MapWord.Tile << 2);
  for (; from < to; from += tile) mapTile(record, from, min(tile, to - from));
}

/** The same over [from, from + n), n at most the record's tile; `operand(slot)` then says where a slot's values are. */
export function mapTile(record: usize, from: i32, n: i32): void {
  placeOperands(record, from, n);
  let m = record + (MapWord.Size << 2) + <usize>load<i32>(record, MapWord.Slots << 2) * (SlotWord.Size << 2);
  const end = m + <usize>load<i32>(record, MapWord.Micros << 2) * (MicroWord.Size << 2);
  for (; m != end; m += MicroWord.Size << 2) micro(m, from, n);
}
