/**
 * Records of a table drawn by class, for training a conditional model (training by sampling: Xu et al. 2019, arXiv 1907.00503,
 * section 4.3): a column of categories, each as likely as the other; a value of it by the logarithm of its number, so that rare
 * values are seen; a record that has it.
 */
import type { Strata } from "../data/tables/strata.js";
import type { Tensor } from "../graph/tensor.js";
import { variable, type Variable } from "../graph/variable.js";
import { log } from "../numbers/portable-math.js";
import { add, floor, lessEqual, minimum, mul } from "../ops/elementwise.js";
import { cast, gather } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { reshape } from "../ops/movement.js";
import { randomInteger, randomUniform } from "../ops/random.js";
import { sum } from "../ops/reduction.js";

/** Integers up to here are exact in f32, so there is no more room for indices. */
const mostExact = 2 ** 24;

export interface StratifiedDraw {
  /** Indices of the records by class. */
  readonly variable: Variable;
  /** Classes of the next batch, and the indices of its records, both i32 [size]. */
  next(size: number): { readonly labels: Tensor; readonly index: Tensor };
}

/** Ends of the classes' intervals in `mostExact`, by the logarithms of their numbers within their column. */
function endsOf({ counts, columns }: Strata): number[] {
  const weights = counts.map((count) => log(1 + count));
  const sums = new Map<number, number>();
  columns.forEach((column, k) => {
    sums.set(column, (sums.get(column) ?? 0) + weights[k]);
  });
  const last = counts.findLastIndex((count) => count > 0);
  let before = 0;
  return weights.map((weight, k) => {
    before += weight / (sums.get(columns[k]) as number) / sums.size;
    return k >= last ? mostExact : Math.round(before * mostExact);
  });
}

/**
 * The draw of a training's batches.
 * @throws RangeError if the table has so many cells that their indices are not exact
 */
export function stratifiedDraw(name: string, strata: Strata): StratifiedDraw {
  const { rows, counts } = strata;
  if (rows.length > mostExact)
    throw new RangeError(
      `train: ${name} must have at most ${mostExact} cells of categories for a conditional model, found ${rows.length}`,
    );
  const held = variable({ name: `data/${name}/rows by class`, shape: [rows.length], dtype: "i32", data: rows });
  const classes = counts.length;
  const inner = Float32Array.from(endsOf(strata).slice(0, -1));
  const starts = new Float32Array(classes);
  for (let k = 1; k < classes; k++) starts[k] = starts[k - 1] + counts[k - 1];
  return {
    variable: held,
    next(size) {
      const drawn = randomInteger([size], mostExact);
      const passed = lessEqual(literal(inner, [inner.length]), reshape(cast(drawn, "f32"), [size, 1]));
      const labels = cast(sum(passed, { axes: 1 }), "i32");
      const of = (numbers: Float32Array) => gather(literal(numbers, [classes]), labels);
      const within = minimum(
        floor(mul(randomUniform([size]), of(Float32Array.from(counts)))),
        of(Float32Array.from(counts, (count) => count - 1)),
      );
      return { labels, index: cast(gather(held, cast(add(of(starts), within), "i32")), "i32") };
    },
  };
}
