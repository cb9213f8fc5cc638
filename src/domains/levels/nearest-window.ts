/** How near levels are to pieces of the levels that a model was trained on: copies, and the share of tiles that agree. */
import { checkedRows } from "../../data/codecs/level.js";

/** Means over levels. */
export interface Nearness {
  /** Share of the levels that equal a window of the training levels. */
  readonly copies: number;
  /** Mean share of tiles that are equal in the training window with the most equal tiles. */
  readonly nearestWindow: number;
}

/** A level column by column, so that the windows of a level are its pieces. */
interface Columns {
  readonly rows: number;
  readonly tiles: Uint16Array;
}

/**
 * Compares levels with every window of their width in training levels (at all columns).
 * @param levels texts, as high as the training levels and no wider than the widest of them
 * @throws RangeError if there are no levels, or if no training level has a window of a level's size
 * @example Object.values(nearness(["-X", "XX"], ["---X"])) // [0.5, 0.75]
 */
export function nearness(levels: readonly string[], training: readonly string[]): Nearness {
  if (levels.length === 0) throw new RangeError("nearness: there must be at least one level, found none");
  // Windows that overlap repeat one another; equal texts are compared once.
  const others = [...new Set(training)].map(byColumns);
  let [copies, equal] = [0, 0];
  for (const text of levels) {
    const level = byColumns(text);
    const differing = leastDiffering(level, others);
    if (differing === Infinity)
      throw new RangeError(`nearness: a training level must have a window of ${sizeText(level)}, found none`);
    if (differing === 0) copies++;
    equal += 1 - differing / level.tiles.length;
  }
  return { copies: copies / levels.length, nearestWindow: equal / levels.length };
}

/** The smallest number of tiles in which a level differs from a window of others. */
function leastDiffering({ rows, tiles }: Columns, others: readonly Columns[]): number {
  let least = Infinity;
  for (const other of others) {
    if (other.rows !== rows) continue;
    for (let from = 0; from + tiles.length <= other.tiles.length; from += rows) {
      let differing = 0;
      for (let i = 0; i < tiles.length && differing < least; i++) if (tiles[i] !== other.tiles[from + i]) differing++;
      least = Math.min(least, differing);
    }
  }
  return least;
}

const sizeText = ({ rows, tiles }: Columns): string => `${rows} rows and ${tiles.length / rows} columns`;

function byColumns(text: string): Columns {
  const lines = checkedRows(text);
  const tiles = new Uint16Array(lines.length * lines[0].length);
  lines.forEach((line, row) => {
    for (let column = 0; column < line.length; column++) tiles[column * lines.length + row] = line.charCodeAt(column);
  });
  return { rows: lines.length, tiles };
}
