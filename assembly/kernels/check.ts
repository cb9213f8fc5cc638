/** Stops a program if a tensor holds a value that is not finite. Lanes take blocks of `BLOCK` elements. */
import { control } from "../barrier";
import { firstBlock, lanes, lastBlock } from "../lane";
import { CheckWord, Control, Header, Status } from "../opcode";

const BLOCK: i32 = 4096;

export function checkFinite(c: usize): void {
  const count = load<i32>(c, CheckWord.Count << 2);
  const blocks = <i32>((<u32>count + BLOCK - 1) / BLOCK);
  const from = firstBlock(blocks) * BLOCK;
  const to = min(lastBlock(blocks) * BLOCK, count);
  const base = load<usize>(c, CheckWord.In << 2);
  if (from < to && !finite(base + (<usize>from << 2), base + (<usize>to << 2))) fail(load<i32>(c, Header.Id << 2));
}

/** Whether all f32 in [at, end) are finite: x - x is 0 for finite x and NaN otherwise, and adding keeps a NaN. */
function finite(at: usize, end: usize): bool {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (; at + 64 <= end; at += 64) {
    const x0 = v128.load(at);
    const x1 = v128.load(at, 16);
    const x2 = v128.load(at, 32);
    const x3 = v128.load(at, 48);
    s0 = f32x4.add(s0, f32x4.sub(x0, x0));
    s1 = f32x4.add(s1, f32x4.sub(x1, x1));
    s2 = f32x4.add(s2, f32x4.sub(x2, x2));
    s3 = f32x4.add(s3, f32x4.sub(x3, x3));
  }
  for (; at < end; at += 4) {
    const x = v128.load32_zero(at);
    s0 = f32x4.add(s0, f32x4.sub(x, x));
  }
  const sum = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  return v128.bitmask<i32>(f32x4.eq(sum, sum)) == 15;
}

/**
 * Sets the status, and stores the smallest id of the commands that failed in this step, whichever lane failed first.
 */
function fail(id: i32): void {
  const word = control(Control.FailedId);
  if (ASC_FEATURE_THREADS && lanes > 1) {
    let seen = atomic.load<i32>(word);
    while (<u32>id < <u32>seen) {
      const before = atomic.cmpxchg<i32>(word, seen, id);
      if (before == seen) break;
      seen = before;
    }
    atomic.store<i32>(control(Control.Status), Status.NotFinite);
  } else {
    if (<u32>id < load<u32>(word)) store<i32>(word, id);
    store<i32>(control(Control.Status), Status.NotFinite);
  }
}
