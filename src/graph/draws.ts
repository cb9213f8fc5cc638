/**
 * Random numbers in loops: T iterations that draw n elements each get the same numbers as one draw of T n elements.
 * Random numbers of rows: a program of some rows of a block gets the numbers that a program of the whole block has there.
 */
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
  /** Elements that a row takes if the program computes rows of a block, otherwise 0. */
  readonly rowStride: number;
}

/** A draw outside any loop. */
export const wholeDraw = (count: number): Draws => ({ start: 0, motions: [], of: count, rowStride: 0 });

/** The rows of a program that computes a part of a block: each of its draws has as many rows. */
export interface Rows {
  /** Rows that the program computes. */
  readonly count: number;
  /** Rows of the block. */
  readonly of: number;
  /**
   * Whether every program of the block has as many rows: kernels may then choose forms by their number, and by the values of
   * all of them. Default false: a row has the same bits in programs of other numbers of rows.
   */
  readonly fixed?: boolean | undefined;
}

/** Elements of one row in a draw of `count` elements. Throws RangeError if the rows do not have equal parts. */
export function elementsPerRow(count: number, rows: Rows): number {
  if (count % rows.count === 0) return count / rows.count;
  throw new RangeError(
    `compile: rows: every draw must have equal parts for each of ${rows.count} rows, found a draw of ${count} elements`,
  );
}

/**
 * The elements that one iteration's draw of `count` numbers takes. `around` lists the loops around it, outermost first;
 * `rows` are those of the program, if it computes a part of a block.
 * Throws RangeError if all iterations together draw more than 2^31 - 1 elements.
 */
export function drawsWithin(around: readonly LoopLevel[], count: number, rows?: Rows): Draws {
  const motions: Motion[] = [];
  const rowStride = rows ? elementsPerRow(count, rows) : 0;
  let start = 0;
  let of = rows ? rowStride * rows.of : count;
  for (const { loop, reverse } of [...around].reverse()) {
    if (reverse) start += (loop.length - 1) * of;
    motions.push({ loop, stride: reverse ? -of : of });
    of *= loop.length;
  }
  if (of > 0x7fffffff)
    throw new RangeError(
      `scan: all iterations of a loop together must draw at most 2^31 - 1 random numbers per node, found ${of}`,
    );
  return { start, motions, of, rowStride };
}
