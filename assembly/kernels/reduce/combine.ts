/** The two ways to combine values, as functors, and the address of the values to reduce. */
import { maximum } from "../../vector";
import { mapTile } from "../map";
import { operand } from "../map/operands";

@final @unmanaged export class Sum {
  @inline identity(): f32 { return 0; }
  @inline vec(a: v128, b: v128): v128 { return f32x4.add(a, b); }
  @inline scalar(a: f64, b: f64): f64 { return a + b; }
}

@final @unmanaged export class Maximum {
  @inline identity(): f32 { return f32.NEGATIVE_INFINITY; }
  /** NaN is kept: a maximum over NaN is NaN. */
  @inline vec(a: v128, b: v128): v128 { return maximum(a, b); }
  @inline scalar(a: f64, b: f64): f64 { return max(a, b); }
}

/**
 * Address of values [from, from + n): in `memory` if there is no map in front, else in a tile of the map, which is run
 * here.
 */
// @ts-ignore: decorator
@inline
export function valuesAt(descriptor: usize, slot: i32, memory: usize, from: i32, n: i32): usize {
  if (memory) return memory + (<usize>from << 2);
  mapTile(descriptor, from, n);
  return operand(slot);
}
