/**
 * Rows of numbers in spans, as data/tables/spans.ts describes them: a span of 1 is a value from -1 to 1, a longer one is one-hot.
 */
import { type Shape, shapeText } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { textOf } from "../options.js";
import { oneHot } from "../ops/indexing.js";
import { concat, slice } from "../ops/movement.js";
import { argMax } from "../ops/reduction.js";

/** Throws TypeError or RangeError unless spans are a list of one or more integers >= 1. */
export function checkSpans(spans: unknown, what: string): asserts spans is readonly number[] {
  if (!Array.isArray(spans) || spans.length === 0)
    throw new TypeError(`${what}: spans must be a list of lengths such as [1, 3], found ${textOf(spans)}`);
  const wrong = spans.find((size) => !(Number.isInteger(size) && size >= 1));
  if (wrong !== undefined)
    throw new RangeError(`${what}: each of spans must be an integer >= 1, found ${textOf(wrong)}`);
}

/** Numbers in a row. */
export const spansWidth = (spans: readonly number[]): number => spans.reduce((sum, size) => sum + size, 0);

/** Throws RangeError unless records have the shape of rows in these spans. */
export function checkRow(what: string, spans: readonly number[], shape: Shape): void {
  const width = spansWidth(spans);
  if (shape.length === 1 && shape[0] === width) return;
  throw new RangeError(
    `${what}: records must have shape [${width}] for spans of ${width} numbers, found ${shapeText(shape)}`,
  );
}

/** The spans of x [..., width], each [..., length of the span]. */
export function spanParts(x: Tensor, spans: readonly number[]): { part: Tensor; size: number }[] {
  const lead = x.shape.slice(0, -1);
  const parts: { part: Tensor; size: number }[] = [];
  let at = 0;
  for (const size of spans) {
    parts.push({ part: slice(x, [...lead.map(() => 0), at], [...lead, size]), size });
    at += size;
  }
  return parts;
}

/** x with another value for each span. */
export const mapSpans = (
  x: Tensor,
  spans: readonly number[],
  { value, choice }: { value(part: Tensor): Tensor; choice(part: Tensor): Tensor },
): Tensor =>
  concat(
    spanParts(x, spans).map(({ part, size }) => (size === 1 ? value(part) : choice(part))),
    -1,
  );

/** One-hot at the largest of each longer span; values as they are. */
export const hardened = (x: Tensor, spans: readonly number[]): Tensor =>
  mapSpans(x, spans, { value: (part) => part, choice: (part) => oneHot(argMax(part), part.shape[part.rank - 1]) });
