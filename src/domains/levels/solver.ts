/**
 * Whether a level can be played: whether Mario gets from its left to its right edge. The solver searches all that he can do on
 * the grid of tiles, and is meant to accept all that the game allows and little more:
 * - He is one tile tall (small Mario). Solid tiles are those tagged "solid"; he breaks none. Enemies are passed.
 * - He starts on the lowest standing place (a free tile above a solid one) of the leftmost column that has any, already running,
 *   or up to 7 tiles above it on another one, or, in the first column, flying, as a window may begin in the middle of a jump.
 *   7 is the least number with which all 2,518 windows of 28 columns of Super Mario Bros are solved (with less, one is not: it
 *   begins under a platform, beside a pipe 7 tiles tall). A roof above is so not taken for the way.
 * - On the ground he goes to the left or right, falls off edges, and jumps. A running jump needs a run-up of 3 tiles in its
 *   direction, or speed kept from the flight before; otherwise his jumps are those at walking speed.
 * - In the air he follows the game's curve (`flights`), may end a rise at any time, and may stop going forward at any time. A
 *   tile beside him stops him only as long as it is there. He does not turn round.
 * - Above the level there is air, over columns whose top tile is not solid. Below the level he dies.
 * - He has won in any tile of the last column.
 * Moving platforms and springs are not part of the corpus's levels, so the solver does without them: it solves all 15 levels of
 * Super Mario Bros, and all but 2 of the 22 of Super Mario Bros 2 (Japan): in 4-3 the next platform is 7 tiles higher, in 1-2 a
 * pipe fills the way.
 */
import { checkedRows, type LevelConfig } from "../../data/codecs/level.js";
import { tilesTagged } from "./legend.js";
import { type Flight, flights } from "./mario-flight.js";

/** What the search found. */
export interface Solution {
  readonly solved: boolean;
  /** The rightmost column that Mario reached, from 0; -1 if there is no standing place. */
  readonly column: number;
}

/**
 * Tiles of run-up that make a jump a running jump. To get from 0 to 2.5 pixels a frame by $e4 / 4096 pixels a frame²
 * (`FrictionData` of the disassembly) takes 56 pixels, 3.5 tiles, rounded down.
 */
const runUp = 3;
/** Rows above the level that a jump from its top row reaches. */
const above = 5;

/** Tiles above the lowest standing place in which Mario may start. */
const entry = 7;

/** A place, the direction that Mario faces, and how he moves there. */
interface State {
  readonly row: number;
  readonly column: number;
  readonly forward: 1 | -1;
  readonly motion: Motion;
}

/** On the ground: tiles of run-up, 0 to 3. In the air: the next step of the flight. */
type Motion =
  | { readonly kind: "ground"; readonly speed: number }
  | { readonly kind: "rise" | "fall"; readonly gait: "walking" | "running"; readonly step: number };

/**
 * Searches a way through a level.
 * @param text rows of tile characters
 * @param config the level codec's configuration, whose legend says which tiles are solid
 * @throws RangeError for a ragged text
 * @example solveLevel("-----\nXXXXX", { kind: "level", rows: 2, tiles: ["-", "X"], legend: { X: ["solid"] } }).solved // true
 * @example solveLevel("--X--\nXXXXX", { kind: "level", rows: 2, tiles: ["-", "X"], legend: { X: ["solid"] } }).column // 1
 */
export function solveLevel(text: string, config: LevelConfig): Solution {
  return new Search(checkedRows(text), tilesTagged(config, "solid")).run();
}

class Search {
  readonly #rows: number;
  readonly #columns: number;
  readonly #flights: { walking: Flight; running: Flight };
  readonly #seen = new Set<number>();
  readonly #open: State[] = [];
  readonly #longest: number;

  constructor(
    readonly lines: readonly string[],
    readonly solid: ReadonlySet<string>,
  ) {
    this.#rows = lines.length;
    this.#columns = lines[0].length;
    this.#flights = flights(this.#rows + above);
    this.#longest = Math.max(this.#flights.walking.fall.length, this.#flights.running.fall.length) + 1;
  }

  run(): Solution {
    this.#start();
    let furthest = -1;
    for (let state = this.#open.pop(); state !== undefined; state = this.#open.pop()) {
      furthest = Math.max(furthest, state.column);
      if (furthest === this.#columns - 1) return { solved: true, column: furthest };
      if (state.motion.kind === "ground") this.#onGround(state, state.motion.speed);
      else this.#inAir(state, state.motion);
    }
    return { solved: false, column: furthest };
  }

  #start(): void {
    const rows = Array.from({ length: this.#rows + 1 }, (_, i) => i - 1);
    for (let column = 0; column < this.#columns && this.#open.length === 0; column++) {
      const standing = rows.filter((row) => this.#isFree(row, column) && this.#isSolid(row + 1, column));
      const lowest = Math.max(...standing);
      for (const row of standing.filter((row) => row >= lowest - entry))
        this.#add({ row, column, forward: 1, motion: { kind: "ground", speed: runUp } });
      if (column > 0) continue;
      for (const row of rows.filter((row) => row >= lowest - entry && row < lowest && this.#isFree(row, 0)))
        this.#add({ row, column, forward: 1, motion: { kind: "fall", gait: "running", step: 0 } });
    }
  }

  #onGround({ row, column, forward }: State, speed: number): void {
    this.#add({ row, column, forward: forward === 1 ? -1 : 1, motion: { kind: "ground", speed: 0 } });
    this.#add({ row, column, forward, motion: { kind: "rise", gait: "walking", step: 0 } });
    if (speed === runUp) this.#add({ row, column, forward, motion: { kind: "rise", gait: "running", step: 0 } });
    const next = column + forward;
    if (!this.#isFree(row, next)) return;
    const gait = speed === runUp ? "running" : "walking";
    const motion: Motion = this.#isSolid(row + 1, next)
      ? { kind: "ground", speed: Math.min(runUp, speed + 1) }
      : { kind: "fall", gait, step: 0 };
    this.#add({ row, column: next, forward, motion });
  }

  #inAir(state: State, { kind, gait, step }: Exclude<Motion, { kind: "ground" }>): void {
    const { row, column, forward } = state;
    const later: State = { ...state, motion: { kind, gait, step: step + 1 } };
    const falling: State = { ...state, motion: { kind: "fall", gait, step: 0 } };
    if (kind === "rise") this.#add(falling);
    switch (this.#flights[gait][kind][step]) {
      case "up":
        if (this.#isFree(row - 1, column)) this.#add({ ...later, row: row - 1 });
        return;
      case "down":
        if (this.#isFree(row + 1, column)) this.#add({ ...later, row: row + 1 });
        else if (this.#isSolid(row + 1, column))
          this.#add({ row, column, forward, motion: { kind: "ground", speed: gait === "running" ? runUp : 0 } });
        return;
      case "forward":
        this.#add(later);
        if (this.#isFree(row, column + forward)) this.#add({ ...later, column: column + forward });
    }
  }

  /** Adds a state that has not been seen yet. */
  #add(state: State): void {
    const { row, column, forward, motion } = state;
    const place = (row + above) * this.#columns + column;
    const kinds = 1 + 2 * 2;
    const kind =
      motion.kind === "ground" ? 0 : 1 + (motion.kind === "rise" ? 0 : 2) + (motion.gait === "running" ? 1 : 0);
    const step = motion.kind === "ground" ? motion.speed : motion.step;
    const key = ((place * kinds + kind) * this.#longest + step) * 2 + (forward === 1 ? 1 : 0);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#open.push(state);
  }

  #isSolid(row: number, column: number): boolean {
    return row < this.#rows && this.#inside(column) && this.solid.has(this.lines[Math.max(0, row)][column]);
  }

  /** Whether Mario can be there: not in solid tiles, outside of the columns, below the level, or too far above it. */
  #isFree(row: number, column: number): boolean {
    return row >= -above && row < this.#rows && this.#inside(column) && !this.#isSolid(row, column);
  }

  #inside(column: number): boolean {
    return column >= 0 && column < this.#columns;
  }
}
