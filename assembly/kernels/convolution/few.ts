/**
 * Results of one to four features, as dot products over channels: a panel of eight features would be mostly zeros.
 *
 *     for features, for eight pixels at a time        one sum each, of four parts
 *       for taps, for eight channels at a time        eight pixels share a vector of weights
 *
 * Weights are packed [feature][tap][channel]. Every element is summed as four parts, channels c mod 4, in the order of
 * taps and channels, then (0 + 2) + (1 + 3), wherever its pixel stands among the eight. Measured at 64 channels, one
 * feature: 5.9 GFLOP/s by panels.
 */
import { mulAdd } from "../../vector/arithmetic";
import { Block, Space } from "./block";
import { groupIn, groups, inChannels, outChannels, tapNumber, taps, transposed, weights } from "./geometry";
import { pointRows } from "./rows";

enum Few {
  /** Most features. */
  Features = 4,
  /** Pointers that `Space.Table` has room for. */
  Pointers = 4096,
  Pixels = 8,
}

/** Whether the open phase is done here. Channels come by eights; a tap's zeros are as many as `Space.Zeros` has. */
export function fewFeatures(): bool {
  return groups == 1 && outChannels <= Few.Features && groupIn >= Block.FewChannels && !(groupIn & 7) &&
    groupIn <= Block.Depth && taps * groupIn * outChannels <= Space.CopiedFloats && taps << 3 <= Few.Pointers;
}

/** All features of the open rows to `c`, rows `stride` bytes apart. */
export function fewPixels(space: usize, rows: i32, c: usize, stride: usize): void {
  const packed = space + Space.Copied, table = space + Space.Table;
  for (let feature = 0; feature < outChannels; feature++) pack(packed + (<usize>(feature * taps * groupIn) << 2), feature);
  memory.fill(space + Space.Zeros, 0, <usize>groupIn << 2);
  const most = min(rows, (Few.Pointers / max(1, taps)) & ~7);
  for (let first = 0; first < rows; first += most) {
    const count = min(most, rows - first), whole = (count + 7) & ~7;
    pointRows(table, space + Space.Coordinates + (<usize>first << 4), count, whole, 0, taps, 0, space + Space.Zeros);
    for (let i = 0; i < count; i += Few.Pixels) {
      const there = min<i32>(Few.Pixels, count - i);
      for (let feature = 0; feature < outChannels; feature++) {
        const sums = space + Space.Edge;
        eight(table + (<usize>i << 2), <usize>whole << 2, taps, groupIn, packed + (<usize>(feature * taps * groupIn) << 2), sums);
        let to = c + stride * (first + i) + (<usize>feature << 2);
        for (let j = 0; j < there; j++, to += stride) f32.store(to, f32.load(sums + (<usize>j << 2)));
      }
    }
  }
}

function pack(to: usize, feature: i32): void {
  const run = <usize>groupIn << 2;
  for (let tap = 0; tap < taps; tap++, to += run) {
    const number = tapNumber(tap);
    if (transposed) {
      memory.copy(to, weights + (<usize>((number * outChannels + feature) * inChannels) << 2), run);
      continue;
    }
    let from = weights + (<usize>(number * inChannels * outChannels + feature) << 2);
    for (let c: usize = 0; c < run; c += 4, from += <usize>outChannels << 2) f32.store(to + c, f32.load(from));
  }
}

// The sums of four vectors: (0 + 2) + (1 + 3) of each.
// @ts-ignore: decorator
@inline
function across(s: v128, t: v128, u: v128, v: v128): v128 {
  const st = f32x4.add(v128.shuffle<f32>(s, t, 0, 4, 1, 5), v128.shuffle<f32>(s, t, 2, 6, 3, 7));
  const uv = f32x4.add(v128.shuffle<f32>(u, v, 0, 4, 1, 5), v128.shuffle<f32>(u, v, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f64>(st, uv, 0, 2), v128.shuffle<f64>(st, uv, 1, 3));
}

// Eight dot products: pixel i's channels under a tap at table[tap][i], weights [tap][run], run a multiple of eight.
function eight(table: usize, tapStride: usize, count: i32, run: i32, w: usize, to: usize): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  let b: v128;
  for (; count > 0; count--) {
    let p0 = load<usize>(table), p1 = load<usize>(table, 4), p2 = load<usize>(table, 8), p3 = load<usize>(table, 12);
    let p4 = load<usize>(table, 16), p5 = load<usize>(table, 20), p6 = load<usize>(table, 24), p7 = load<usize>(table, 28);
    for (let k = run; k > 0; k -= 8) {
      b = v128.load(w);
      s0 = mulAdd(v128.load(p0), b, s0); s1 = mulAdd(v128.load(p1), b, s1);
      s2 = mulAdd(v128.load(p2), b, s2); s3 = mulAdd(v128.load(p3), b, s3);
      s4 = mulAdd(v128.load(p4), b, s4); s5 = mulAdd(v128.load(p5), b, s5);
      s6 = mulAdd(v128.load(p6), b, s6); s7 = mulAdd(v128.load(p7), b, s7);
      b = v128.load(w, 16);
      s0 = mulAdd(v128.load(p0, 16), b, s0); s1 = mulAdd(v128.load(p1, 16), b, s1);
      s2 = mulAdd(v128.load(p2, 16), b, s2); s3 = mulAdd(v128.load(p3, 16), b, s3);
      s4 = mulAdd(v128.load(p4, 16), b, s4); s5 = mulAdd(v128.load(p5, 16), b, s5);
      s6 = mulAdd(v128.load(p6, 16), b, s6); s7 = mulAdd(v128.load(p7, 16), b, s7);
      w += 32;
      p0 += 32; p1 += 32; p2 += 32; p3 += 32; p4 += 32; p5 += 32; p6 += 32; p7 += 32;
    }
    table += tapStride;
  }
  v128.store(to, across(s0, s1, s2, s3));
  v128.store(to, across(s4, s5, s6, s7), 16);
}
