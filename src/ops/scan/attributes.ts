/** Attributes of a scan node. */
import type { Shape } from "../../graph/shape.js";
import type { Body } from "../../graph/op.js";
import type { Tensor } from "../../graph/tensor.js";

export type ScanAttributes = {
  /** Inputs: carries, sequences, captured tensors. Results: next carries, outputs. */
  readonly body: Body;
  readonly length: number;
  /**
   * Iteration t processes row length - 1 - t: sequences are read, and outputs written, from the last row to the first.
   */
  readonly reverse: boolean;
  /** Number of carries. */
  readonly carries: number;
  /** Number of sequences. */
  readonly sequences: number;
  /** Indices of the carries whose history is read; all if not given. */
  readonly histories?: readonly number[];
};

/** Attributes of a node whose operation is `scan`. */
export const scanAttributes = (node: Tensor) => node.attributes as ScanAttributes;

/** Shapes of all parts, in order: final carries, outputs [length, …], histories [length, …]. */
export function partShapes({ body, length, carries }: ScanAttributes): Shape[] {
  const shapes = body.results.map(({ shape }) => shape);
  const last = shapes.slice(0, carries);
  const rows = [...shapes.slice(carries), ...last].map((shape) => [length, ...shape]);
  return [...last, ...rows];
}
