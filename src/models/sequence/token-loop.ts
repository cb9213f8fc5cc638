/**
 * The loop that writes records of tokens from left to right, inside one program. Its carries are the states of the network and
 * the last token.
 */
import type { Tensor } from "../../graph/tensor.js";
import type { States } from "../../layers/stepping.js";
import { equal, mul, sub } from "../../ops/elementwise.js";
import { cast } from "../../ops/indexing.js";
import { literal } from "../../ops/literal.js";
import { transpose } from "../../ops/movement.js";
import { scan } from "../../ops/scan.js";

/** One position of a loop over sequences of `length` positions. */
export interface Position {
  readonly position: Tensor;
  readonly length: number;
  readonly states: States;
}

export interface TokenLoop {
  /** Number of positions. */
  readonly length: number;
  /** What stands before the first position, i32 [count]. */
  readonly start: Tensor;
  /** The states of the network before the first position. */
  readonly states: States;
  /** Tensors of which each position gets its part, [count, length], by name. */
  readonly each: Readonly<Record<string, Tensor>>;
  /** The logits [count, vocabulary] of the token after `before`, i32 [count], and the states for the next position. */
  step(before: Tensor, position: Position): { readonly result: Tensor; readonly states: States };
  /** The token of a position, i32 [count], from its logits, its parts of `each`, [count], and the token before. */
  choose(logits: Tensor, parts: Readonly<Record<string, Tensor>>, before: Tensor): Tensor;
}

/** Records of tokens f32 [count, length]. */
export function writtenTokens({ length, start, states, each, step, choose }: TokenLoop): Tensor {
  const places = literal(
    Float32Array.from({ length }, (_, i) => i),
    [length],
  );
  const columns = Object.fromEntries(Object.entries(each).map(([name, rows]) => [name, transpose(rows, [1, 0])]));
  const { outputs } = scan(
    { carries: { ...prefixed(states), token: start }, sequences: { ...columns, position: places } },
    ({ token, ...carried }, { position, ...parts }) => {
      const { result, states: after } = step(token, { position, length, states: unprefixed(carried) });
      const next = choose(result, parts, token);
      return { carries: { ...prefixed(after), token: next }, outputs: { tokens: next } };
    },
  );
  return transpose(cast(outputs.tokens, "f32"), [1, 0]);
}

/** Names of states are paths, which may be those of other carries. */
const prefixed = (states: States) =>
  Object.fromEntries(Object.entries(states).map(([name, state]) => [`state ${name}`, state]));
const unprefixed = (carries: States) =>
  Object.fromEntries(Object.entries(carries).map(([name, state]) => [name.slice("state ".length), state]));

/** The fresh token, i32 [count], or the end again after an end. */
export const ifOpen = (before: Tensor, fresh: Tensor): Tensor =>
  cast(mul(cast(fresh, "f32"), sub(1, equal(cast(before, "f32"), 0))), "i32");
