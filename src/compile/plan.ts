/**
 * Memory plan: every scratch storage gets an offset in one arena such that storages alive in the same wave do not
 * overlap. A result takes over the memory of an input that is read for the last time by the same command, if the
 * command allows it.
 */
import type { Wave } from "./encode.js";
import { rootOf, type Storage } from "../graph/storage.js";

/** Every storage starts at a multiple of this many bytes, a cache line. */
export const alignment = 64;

/** Bytes that a storage occupies. */
export const aligned = (bytes: number) => Math.ceil(bytes / alignment) * alignment;

export interface Plan {
  /** Offset of each scratch storage in the arena. */
  readonly offsets: ReadonlyMap<Storage, number>;
  /** Bytes of the arena. */
  readonly bytes: number;
  /** Largest total size, in bytes, of storages alive in the same wave: a lower bound for every plan. */
  readonly peak: number;
}

/** A range of memory for one storage, or for several one after the other. `first` and `last` are waves. */
interface Block {
  bytes: number;
  first: number;
  last: number;
  offset: number;
}

/**
 * @param waves the schedule
 * @param kept storages that are read after the program has ended
 * @param foreign storages that the program around a loop plans, not this plan
 */
export function plan(
  waves: readonly Wave[],
  kept: ReadonlySet<Storage>,
  foreign: ReadonlySet<Storage> = new Set(),
): Plan {
  const blocks = new Map<Storage, Block>();
  const touch = (part: Storage, wave: number) => {
    const storage = rootOf(part);
    if (storage.home !== "scratch" || foreign.has(storage)) return;
    const block = blocks.get(storage);
    if (block) block.last = wave;
    else
      blocks.set(storage, {
        bytes: aligned(storage.bytes),
        first: wave,
        last: wave,
        offset: 0,
      });
  };
  waves.forEach((wave, at) => {
    for (const command of wave) for (const storage of [...command.writes, ...command.reads]) touch(storage, at);
  });
  for (const storage of kept) {
    const block = blocks.get(rootOf(storage));
    if (block) block.last = waves.length;
  }
  takeOver(waves, blocks);

  const placed: Block[] = [];
  const distinct = [...new Set(blocks.values())].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  let bytes = 0;
  for (const block of distinct) {
    const neighbours = placed
      .filter((other) => other.first <= block.last && block.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (other.offset - offset >= block.bytes) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    block.offset = offset;
    placed.push(block);
    bytes = Math.max(bytes, offset + block.bytes);
  }
  const peak = waves.reduce(
    (most, _, at) =>
      Math.max(
        most,
        distinct.reduce((sum, block) => sum + (block.first <= at && at <= block.last ? block.bytes : 0), 0),
      ),
    0,
  );
  return { offsets: new Map([...blocks].map(([storage, block]) => [storage, block.offset])), bytes, peak };
}

/** The plan of a program that is not fused: every storage has its own memory. */
export function planApart(waves: readonly Wave[], foreign: ReadonlySet<Storage> = new Set()): Plan {
  const offsets = new Map<Storage, number>();
  let bytes = 0;
  for (const wave of waves) {
    for (const command of wave) {
      for (const part of [...command.writes, ...command.reads]) {
        const storage = rootOf(part);
        if (storage.home !== "scratch" || foreign.has(storage) || offsets.has(storage)) continue;
        offsets.set(storage, bytes);
        bytes += aligned(storage.bytes);
      }
    }
  }
  return { offsets, bytes, peak: bytes };
}

/**
 * Merges the block of a result with the block of an input that is read for the last time, if both have the same size.
 */
function takeOver(waves: readonly Wave[], blocks: Map<Storage, Block>): void {
  waves.forEach((wave, at) => {
    const readers = new Map<Storage, number>();
    for (const command of wave)
      for (const storage of new Set(command.reads)) readers.set(storage, (readers.get(storage) ?? 0) + 1);
    const given = new Set<Block>();
    for (const command of wave) {
      const taken = new Set<Storage>();
      for (const [out, input] of command.shares) {
        const from = blocks.get(input);
        const to = blocks.get(out);
        if (!from || !to || from === to || taken.has(out) || given.has(from)) continue;
        if (from.last !== at || to.first !== at || from.bytes !== to.bytes || (readers.get(input) ?? 0) > 1) continue;
        from.last = to.last;
        for (const [storage, block] of blocks) if (block === to) blocks.set(storage, from);
        taken.add(out);
        given.add(from);
      }
    }
  });
}
