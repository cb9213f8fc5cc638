/**
 * Drawing the classes of samples by their shares of the data. The share of a class is its number of records in their total,
 * so the draw is exact: an integer below the total, and the class in whose interval it lies. It is computed in a program or
 * on the host, with the same result.
 */
import type { Tensor } from "../graph/tensor.js";
import { integers } from "../numbers/philox.js";
import { labelStream } from "../numbers/streams.js";
import { lessEqual, maximum } from "../ops/elementwise.js";
import { cast, oneHot } from "../ops/indexing.js";
import { literal } from "../ops/literal.js";
import { reshape } from "../ops/movement.js";
import { randomInteger } from "../ops/random.js";
import { sum } from "../ops/reduction.js";
import { drawnRows, type SamplerInput } from "./sampler.js";

/** Integers up to here are exact in f32. */
const mostExact = 2 ** 24;

/** Records of each class; equal shares if they are not known. */
type Counts = readonly number[] | undefined;

/** Ends of the classes' intervals: sums of the counts, or shares of `mostExact` if their total is above it. */
function endsOf(classes: number, counts: Counts): number[] {
  const known = counts ?? new Array<number>(classes).fill(1);
  const all = known.reduce((sum, count) => sum + count, 0);
  let before = 0;
  return known.map((count) => {
    before += count;
    return all <= mostExact ? before : Math.floor((before / all) * mostExact);
  });
}

/** Number of records of each class. */
export function countsOf(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}

/** The input `labels` of a conditional model's sampler: i32 [count], drawn by the classes' shares. */
export function labelInput(classes: number, counts: Counts): SamplerInput {
  const ends = endsOf(classes, counts);
  const inner = Float32Array.from(ends.slice(0, -1));
  return {
    shape: [],
    dtype: "i32",
    draw(count) {
      const drawn = randomInteger([count], ends[classes - 1], { stream: labelStream });
      const passed = lessEqual(literal(inner, [inner.length]), reshape(cast(drawn, "f32"), [count, 1]));
      return cast(sum(passed, { axes: 1 }), "i32");
    },
  };
}

/** The classes that `labelInput` draws for samples `first` to `first + count - 1` of a seed, computed on the host. */
export function drawnClasses(
  { seed, first, count }: { readonly seed: number; readonly first: number; readonly count: number },
  classes: number,
  counts: Counts,
): Int32Array {
  const ends = endsOf(classes, counts);
  const out = new Int32Array(count);
  for (let done = 0; done < count; ) {
    const from = (first + done) % drawnRows;
    const some = Math.min(count - done, drawnRows - from);
    const clock = { seed, step: Math.floor((first + done) / drawnRows), stream: labelStream, from };
    const drawn = integers(some, ends[classes - 1], clock);
    out.set(
      drawn.map((one) => ends.findIndex((end) => one < end)),
      done,
    );
    done += some;
  }
  return out;
}

/** The input `also` of a sampler that is asked for several classes at once: 1 for each class besides the first, i32 [count, classes]. */
export const furtherInput = (classes: number): SamplerInput => ({
  shape: [classes],
  dtype: "i32",
  draw: (count) => cast(literal(new Float32Array(count * classes), [count, classes]), "i32"),
});

/** The weights of the classes of samples [count, classes]: 1 for the first one, `labels`, and for those of `also`. */
export const withFurther = (labels: Tensor, also: Tensor): Tensor =>
  maximum(oneHot(labels, also.shape[1]), cast(also, "f32"));

/** The input `labels` of a function of labelled records or latents. */
export const givenLabels = { shape: [], dtype: "i32" } as const;

/** The labels among the values of a row function's inputs, as options of a network. */
export const labelled = (labels: Tensor | undefined, classes: number | undefined) =>
  labels && classes !== undefined ? { labels, classes } : {};
