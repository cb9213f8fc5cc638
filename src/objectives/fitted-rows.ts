/**
 * Samples of rows whose columns have the distributions of the data. Offsets are added to the logits of choices, and each value is
 * moved along a curve of its own for each choice of its mode. Both are 0 until a training ends: see train/fit-rows.ts.
 */
import type { Shape } from "../graph/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { variable } from "../graph/variable.js";
import { zeros } from "../layers/initializers.js";
import { abs, add, clamp, mul, relu, sub } from "../ops/elementwise.js";
import { literal } from "../ops/literal.js";
import { matmul } from "../ops/matmul.js";
import { concat, slice } from "../ops/movement.js";
import { sum } from "../ops/reduction.js";
import { spanParts, spansWidth } from "./spans.js";

/** Intervals of a curve, at even distances over [-1, 1]. */
export const intervals = 64;

/** The knots of a curve. */
const knots = Float32Array.from({ length: intervals + 1 }, (_, k) => (2 * k) / intervals - 1);

/**
 * A value of a row: number of its span and place, and the choices that it has a curve for: those of the next span, or one. The next span is the
 * value's modes; of a value that has one mode alone it is the next column: then its distribution given that column's choices is fitted.
 */
export interface CurvedValue {
  readonly span: number;
  readonly place: number;
  readonly choices: number;
  /** Column of its first curve. */
  readonly first: number;
}

/** The values of rows in these spans. */
export function curvedValues(spans: readonly number[]): CurvedValue[] {
  const found: CurvedValue[] = [];
  let [place, first] = [0, 0];
  spans.forEach((size, span) => {
    if (size === 1) {
      const choices = spans[span + 1] ?? 1;
      found.push({ span, place, choices, first });
      first += choices;
    }
    place += size;
  });
  return found;
}

/** Shapes of the offsets, [width], and of the curves' distances from the identity at their knots, [knots, curves]. */
export function fittedShapes(spans: readonly number[]): { readonly offsets: Shape; readonly curves: Shape } {
  const curves = curvedValues(spans).reduce((total, { choices }) => total + choices, 0);
  return { offsets: [spansWidth(spans)], curves: [intervals + 1, Math.max(1, curves)] };
}

/** Names of the variables of a VAE whose samples are fitted. */
export const fittedNames: readonly string[] = ["likelihood/offsets", "likelihood/curves"];

/** The variables of a model whose samples are fitted. */
export function fittedVariables(name: string, spans: readonly number[]) {
  const shapes = fittedShapes(spans);
  const of = (part: "offsets" | "curves") =>
    variable({ name: `${name}/${part}`, shape: shapes[part], initializer: zeros });
  return { offsets: of("offsets"), curves: of("curves") };
}

/** Records [batch, width] whose values are moved along their curves, which are linear between knots. */
export function curved(records: Tensor, spans: readonly number[], curves: Tensor): Tensor {
  const parts = spanParts(records, spans).map(({ part }) => part);
  for (const { span, choices, first } of curvedValues(spans)) {
    const value = parts[span];
    // The weight of each knot: 1 at it, falling to 0 at its neighbours.
    const near = relu(sub(1, mul(abs(sub(value, literal(knots, [1, intervals + 1]))), intervals / 2)));
    const moves = matmul(near, slice(curves, [0, first], [intervals + 1, choices]));
    const own = choices === 1 ? moves : sum(mul(moves, parts[span + 1]), { axes: -1, keepAxes: true });
    parts[span] = clamp(add(value, own), -1, 1);
  }
  return concat(parts, -1);
}
