/** Shapes: plain arrays of axis lengths, row-major, and the arithmetic on them. */

import { textOf } from "../options.js";

/** Axis lengths, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Maximum length of a Float32Array that every engine supports. */
export const mostValues = 2 ** 30;

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const length of shape) size *= length;
  return size;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** `[64, 784]`, as error messages and listings print it. */
export function shapeText(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** The common shape under NumPy's broadcasting rule: aligned at the last axis, lengths equal or 1. */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 0; i < rank; i++) {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new RangeError(`${what}: shapes do not broadcast: ${shapeText(a)} and ${shapeText(b)}`);
    }
    out[i] = x === 1 ? y : x;
  }
  return out;
}

/** Strides (in elements) for reading a tensor of `shape` along the axes of `target`; 0 along repeated axes. */
export function broadcastStrides(shape: Shape, target: Shape): number[] {
  const own = stridesOf(shape);
  const lead = target.length - shape.length;
  return target.map((length, axis) => {
    const at = axis - lead;
    return at < 0 || (shape[at] === 1 && length !== 1) ? 0 : own[at];
  });
}

/**
 * Returns the shape. Throws TypeError if it is not an array, and RangeError if a length is not an integer from 0 to
 * 2^31 - 1.
 */
export function checkShape(shape: Shape, what: string): Shape {
  if (!Array.isArray(shape))
    throw new TypeError(`${what}: shape must be a list of axis lengths, found ${textOf(shape)}`);
  for (const length of shape) {
    if (!Number.isInteger(length) || length < 0 || length > 0x7fffffff) {
      throw new RangeError(`${what}: axis lengths must be integers >= 0, found ${shapeText(shape)}`);
    }
  }
  return shape;
}

/**
 * The index of an axis; a negative axis counts from the end. Throws TypeError for anything but a number, and RangeError
 * if the tensor has no such axis.
 */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  if (typeof axis !== "number") throw new TypeError(`${what}: axis must be an integer, found ${textOf(axis)}`);
  const index = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || index < 0 || index >= rank) {
    throw new RangeError(`${what}: axis ${axis} does not exist in a tensor of rank ${rank}`);
  }
  return index;
}

/** A function that maps index i of the shape `target` to the value of a tensor that broadcasts to it. */
export function broadcastReader(data: Float64Array, shape: Shape, target: Shape): (index: number) => number {
  if (sizeOf(shape) === sizeOf(target)) return (index) => data[index];
  const strides = broadcastStrides(shape, target);
  return (index) => {
    let rest = index;
    let at = 0;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      at += (rest % target[axis]) * strides[axis];
      rest = Math.floor(rest / target[axis]);
    }
    return data[at];
  };
}

/** Whether a shape is [height, width] or [height, width, 1 | 3 | 4]. */
export const isImage = (shape: Shape): boolean =>
  shape.length === 2 || (shape.length === 3 && [1, 3, 4].includes(shape[2]));
