/** Shared functions of operations that move elements: indices in row-major memory. */
import { textOf } from "../../options.js";
import { type Shape, sizeOf, stridesOf } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";

/** Copies a list of numbers. Throws TypeError for anything else. */
export function listOf(values: readonly number[], name: string, rule: string, what: string): number[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "number")) return [...values];
  throw new TypeError(`${what}: ${name} must be ${rule}, found ${textOf(values)}`);
}

/** The dtype rule of an operation that moves elements. */
export const dtypeOfFirst = (inputs: readonly Tensor[]) => inputs[0].dtype;

/** Visits the elements of `shape` in row-major order, each with its index under `strides`, counted from `start`. */
export function walkStrides(
  shape: Shape,
  strides: readonly number[],
  start: number,
  visit: (at: number, index: number) => void,
): void {
  const size = sizeOf(shape);
  const own = stridesOf(shape);
  for (let index = 0; index < size; index++) {
    let at = start;
    for (let axis = 0; axis < shape.length; axis++) at += (Math.floor(index / own[axis]) % shape[axis]) * strides[axis];
    visit(at, index);
  }
}

/** Index of the element at `starts`. */
export const startOf = (starts: readonly number[], strides: readonly number[]) =>
  starts.reduce((sum, start, axis) => sum + start * strides[axis], 0);
