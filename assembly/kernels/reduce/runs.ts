/**
 * Reduction of [outer, length] to [outer, blocks]: each cell reduces contiguous elements.
 *
 * Order: the elements of a cell are split into pieces of one tile. In a piece, element i of each full group of 16 goes
 * to running value i mod 16; the last full vectors and the tail go to the first four; then the 16 are combined as a
 * tree. The pieces' values are added in f64, in order. So the rounding error of a sum of n elements is at most that of
 * some 70 f32 additions, however large n is.
 *
 * Lanes split groups of whole rows that fit a tile together, or else groups of whole blocks of one row.
 */
import { beat } from "../../barrier";
import { firstBlock, lastBlock } from "../../lane";
import { MapWord, ReduceWord } from "../../opcode";
import { valuesAt } from "./combine";

export function reduceRuns<F>(c: usize, descriptor: usize, memory: usize): void {
  const outer = load<i32>(c, ReduceWord.Outer << 2);
  const length = load<i32>(c, ReduceWord.Length << 2);
  const block = load<i32>(c, ReduceWord.Block << 2);
  const slot = load<i32>(c, ReduceWord.Result << 2);
  const scale = load<f32>(c, ReduceWord.Scale << 2);
  const tile = load<i32>(descriptor, MapWord.Tile << 2);
  const blocks = (length + block - 1) / block;
  let out = load<usize>(c, ReduceWord.Out << 2);
  if (length <= tile) {
    const rows = max(1, tile / max(1, length));
    const units = (outer + rows - 1) / rows;
    for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
      if (!(unit & 255)) beat();
      const row = unit * rows;
      const count = min(rows, outer - row);
      const at = valuesAt(descriptor, slot, memory, row * length, count * length);
      reduceRows<F>(out + (<usize>(row * blocks) << 2), at, count, length, block, scale);
    }
  } else if (block <= tile) {
    const group = tile / block;
    const groups = (blocks + group - 1) / group;
    const units = outer * groups;
    for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
      if (!(unit & 255)) beat();
      const row = unit / groups;
      const first = (unit - row * groups) * group;
      const start = first * block;
      const count = min(group * block, length - start);
      const at = valuesAt(descriptor, slot, memory, row * length + start, count);
      reduceRows<F>(out + (<usize>(row * blocks + first) << 2), at, 1, count, block, scale);
    }
  } else {
    const units = outer * blocks;
    for (let unit = firstBlock(units), last = lastBlock(units); unit < last; unit++) {
      if (!(unit & 15)) beat();
      const row = unit / blocks;
      const start = (unit - row * blocks) * block;
      const count = min(block, length - start);
      let value: f64 = changetype<F>(0).identity();
      for (let done = 0; done < count; done += tile) {
        const n = min(tile, count - done);
        value = changetype<F>(0).scalar(value, reducePiece<F>(valuesAt(descriptor, slot, memory, row * length + start + done, n), n));
      }
      store<f32>(out + (<usize>unit << 2), <f32>value * scale);
    }
  }
}

/** Adjacent rows of `length`, each split into blocks no longer than a piece. */
function reduceRows<F>(out: usize, at: usize, rows: i32, length: i32, block: i32, scale: f32): void {
  for (; rows > 0; rows--) {
    for (let rest = length; rest > 0; rest -= block, out += 4) {
      const n = min(block, rest);
      store<f32>(out, reducePiece<F>(at, n) * scale);
      at += <usize>n << 2;
    }
  }
}

/** The n values at `at`, combined in the order described above. */
function reducePiece<F>(at: usize, n: i32): f32 {
  const f = changetype<F>(0);
  const identity = f32x4.splat(f.identity());
  let s0 = identity;
  if (n >= 16) {
    let s1 = identity;
    let s2 = identity;
    let s3 = identity;
    const turns = at + (<usize>(n & ~15) << 2);
    for (; at != turns; at += 64) {
      s0 = f.vec(s0, v128.load(at));
      s1 = f.vec(s1, v128.load(at, 16));
      s2 = f.vec(s2, v128.load(at, 32));
      s3 = f.vec(s3, v128.load(at, 48));
    }
    s0 = f.vec(f.vec(s0, s1), f.vec(s2, s3));
  }
  const vectors = at + (<usize>(n & 12) << 2);
  for (; at != vectors; at += 16) s0 = f.vec(s0, v128.load(at));
  if (n & 3) {
    let part = v128.load_lane<f32>(at, identity, 0);
    if ((n & 3) > 1) part = v128.load_lane<f32>(at, part, 1, 4);
    if ((n & 3) > 2) part = v128.load_lane<f32>(at, part, 2, 8);
    s0 = f.vec(s0, part);
  }
  s0 = f.vec(s0, v128.shuffle<f32>(s0, s0, 2, 3, 0, 1));
  s0 = f.vec(s0, v128.shuffle<f32>(s0, s0, 1, 0, 3, 2));
  return f32x4.extract_lane(s0, 0);
}
