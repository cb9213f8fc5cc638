/**
 * Loops: a lane's position in the loops around its current command, and the words that change between iterations.
 *
 * Every lane counts for itself and gets the same numbers. All lanes share one copy of the loop's commands; between two
 * iterations one lane alone rewrites the words that differ: the last lane to arrive at the barrier, before it releases
 * the others. If lane 0 runs the whole loop alone there is no barrier, and lane 0 rewrites them.
 */
import { scratch } from "./lane";
import { Clock, Header, Layout, LoopWord, MoveWord, NextWord, TermWord } from "./opcode";

/** Number of loops around the current command. */
let depth: i32 = 0;

// @ts-ignore: decorator
@inline
function counter(level: i32): usize {
  return scratch() + Layout.Loops + (<usize>level << 2);
}

/** Leaves all loops, before a program starts. */
export function leaveLoops(): void {
  depth = 0;
  for (let level = 0; level < Layout.MostLoops; level++) store<i32>(counter(level), 0);
}

/** The command to run after a `Loop`: its first one, or, if the loop does not run, the one after its `Next`. */
export function enterLoop(c: usize): usize {
  const period = load<i32>(c, LoopWord.Period << 2);
  let runs = load<i32>(c, LoopWord.Length << 2) > 0;
  if (period != 0) {
    const step = load<u64>(<usize>load<u32>(c, LoopWord.Clock << 2), Clock.StepLow << 2);
    const due = step % <u64>abs(period) == 0;
    runs = runs && due == period > 0;
  }
  if (!runs) return c + (<usize>load<i32>(c, LoopWord.Skip << 2) << 2);
  depth++;
  return c + (<usize>load<i32>(c, Header.Words << 2) << 2);
}

/** Counts an iteration at the loop's `Next`; after the last one the count is 0 again. */
export function countIteration(c: usize): void {
  const at = counter(depth - 1);
  const iteration = load<i32>(at) + 1;
  store<i32>(at, iteration < load<i32>(c, NextWord.Length << 2) ? iteration : 0);
}

/** The command to run after a `Next` whose iteration was counted: the loop's first one, or the one after the loop. */
export function afterIteration(c: usize): usize {
  if (load<i32>(counter(depth - 1)) > 0) return c - (<usize>load<i32>(c, NextWord.Back << 2) << 2);
  depth--;
  return c + (<usize>load<i32>(c, Header.Words << 2) << 2);
}

/** Rewrites the words that change between iterations, for the current counts. */
export function moveWords(c: usize): void {
  let move = c + (NextWord.Size << 2);
  for (let moves = load<i32>(c, NextWord.Moves << 2); moves > 0; moves--) {
    let value = load<i32>(move, MoveWord.Start << 2);
    const terms = load<i32>(move, MoveWord.Terms << 2);
    let term = move + (MoveWord.Size << 2);
    for (let i = 0; i < terms; i++, term += TermWord.Size << 2) {
      let iteration = load<i32>(counter(load<i32>(term, TermWord.Level << 2))) + load<i32>(term, TermWord.Shift << 2);
      const slots = load<i32>(term, TermWord.Slots << 2);
      if (slots > 0) iteration %= slots;
      value += iteration * load<i32>(term, TermWord.Stride << 2);
    }
    store<i32>(c - (<usize>load<i32>(move, MoveWord.Back << 2) << 2), value);
    move = term;
  }
}
