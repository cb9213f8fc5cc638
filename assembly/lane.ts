/** State of a lane: its number, the number of lanes, and its own scratch memory. */
import { Layout } from "./opcode";

/** Number of this lane, and the number of lanes in the current job. Module globals, so every instance has its own. */
export let lane: i32 = 0;
export let lanes: i32 = 1;

export function enter(index: i32, count: i32): void {
  lane = index;
  lanes = count;
}

/** First byte of this lane's scratch: tile buffers, then packing space. Its size is `Layout.LaneBytes`. */
// @ts-ignore: decorator
@inline
export function scratch(): usize {
  return <usize>Layout.Lanes + <usize>lane * <usize>Layout.LaneBytes;
}

/** First of this lane's blocks if `blocks` equal blocks of data are dealt out in consecutive ranges. */
// @ts-ignore: decorator
@inline
export function firstBlock(blocks: i32): i32 {
  return <i32>((<i64>blocks * lane) / lanes);
}

/** One past this lane's last block. */
// @ts-ignore: decorator
@inline
export function lastBlock(blocks: i32): i32 {
  return <i32>((<i64>blocks * (lane + 1)) / lanes);
}
