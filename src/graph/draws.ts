/** Random numbers in loops: T iterations that draw n elements each get the same numbers as one draw of T n elements. */
import type { Loop, Motion } from "./storage.js";

/** A loop around a command, and the direction of its iterations. */
export interface LoopLevel {
  readonly loop: Loop;
  /** Iteration t processes row length - 1 - t. */
  readonly reverse: boolean;
}

/**
 * The part of a draw that one iteration takes: index of its first element, how the index changes with the iterations,
 * and the number of elements that all iterations of all loops draw together.
 */
export interface Draws {
  readonly start: number;
  readonly motions: readonly Motion[];
  readonly of: number;
}

/** A draw outside any loop. */
export const wholeDraw = (count: number): Draws => ({ start: 0, motions: [], of: count });

/**
 * The elements that one iteration's draw of `count` numbers takes. `around` lists the loops around it, outermost first.
 * Throws RangeError if all iterations together draw more than 2^31 - 1 elements.
 */
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
      `scan: all iterations of a loop together must draw at most 2^31 - 1 random numbers per node, found ${of}`,
    );
  return { start, motions, of };
}
