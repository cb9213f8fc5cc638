/**
 * Fused elementwise maps: a list of micro-operations over tiles that stay in the L1 cache.
 *
 * Loop shape: for each tile, for each micro-operation, one tight loop over the tile. A `Map` command deals whole tiles
 * to the lanes; an element's bits depend on its operands alone, not on its position in a tile or the number of lanes.
 * The descriptor's addresses need no alignment; `Contiguous` memory is never touched outside the range.
 */
import { beat } from "../barrier";
import { firstBlock, lastBlock } from "../lane";
import { MapCommand, MapWord, MicroWord, SlotWord } from "../opcode";
import { micro } from "./map/micro";
import { openOperands, placeOperands } from "./map/operands";

/** Tiles between two heartbeats. */
const PART: i32 = 256;

export function map(c: usize): void {
  const descriptor = c + (MapCommand.Descriptor << 2);
  const count = load<i32>(descriptor, MapWord.Count << 2);
  const tile = load<i32>(descriptor, MapWord.Tile << 2);
  const tiles = <i32>((<u32>count + tile - 1) / tile);
  const first = firstBlock(tiles);
  const last = lastBlock(tiles);
  if (first == last) return;
  mapOpen(descriptor);
  // In parts, because a long list over many elements takes seconds.
  for (let part = first; part < last; part += PART) {
    beat();
    mapRange(descriptor, part * tile, min(min(part + PART, last) * tile, count));
  }
}

/** Fills the buffers of a descriptor's scalars and constants; call it once before `mapRange` or `mapTile`. */
export function mapOpen(descriptor: usize): void {
  openOperands(descriptor);
}

/** Runs a descriptor over elements [from, to) of its iteration space, on this lane. */
export function mapRange(descriptor: usize, from: i32, to: i32): void {
  const tile = load<i32>(descriptor, MapWord.Tile << 2);
  for (; from < to; from += tile) mapTile(descriptor, from, min(tile, to - from));
}

/**
 * Like `mapRange` over [from, from + n), n at most one tile; afterwards `operand(slot)` is the address of a slot's
 * values.
 */
export function mapTile(descriptor: usize, from: i32, n: i32): void {
  placeOperands(descriptor, from, n);
  let m = descriptor + (MapWord.Size << 2) + <usize>load<i32>(descriptor, MapWord.Slots << 2) * (SlotWord.Size << 2);
  const end = m + <usize>load<i32>(descriptor, MapWord.Micros << 2) * (MicroWord.Size << 2);
  for (; m != end; m += MicroWord.Size << 2) micro(m, from, n);
}
