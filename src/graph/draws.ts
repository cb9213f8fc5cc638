/** Random numbers within loops: T iterations that draw n elements each draw what one draw of T n elements would. */
import type { Loop, Motion } from "./storage.js";

/** A loop around a command, and the order in which its iterations count. */
export interface LoopLevel {
  readonly loop: Loop;
  /** Iteration t works on row length - 1 - t. */
  readonly reverse: boolean;
}

/** Elements of a draw: the first one's number, and how many all iterations of all loops draw together. */
export interface Draws {
  readonly start: number;
  readonly motions: readonly Motion[];
  readonly of: number;
}

/** A draw outside of loops. */
export const wholeDraw = (count: number): Draws => ({ start: 0, motions: [], of: count });

/** Elements of an iteration's draw of `count`, by the loops around it, outermost first. Throws RangeError beyond 2^31 elements. */
export function drawsWithin(around: readonly LoopLevel[], count: number): Draws {
  const motions: Motion[] = [];
  let start = 0;
  let of = count;
  for (const { loop, reverse } of [...around].reverse()) {
    if (reverse) start += (loop.length - 1) * of;
    motions.push({ loop, stride: reverse ? -of : of });
    of *= loop.length;
  }
  if (of > 0x7fffffff)
    throw new RangeError(
      `scan: all iterations of a loop draw at most 2^31 - 1 random numbers of one node, found ${of}`,
    );
  return { start, motions, of };
}
