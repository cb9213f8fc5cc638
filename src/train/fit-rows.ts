/**
 * What the samples of a model of rows need in order to have the distributions of the data in every column. A training ends with
 * shares of values that are near those of the data, not equal to them. What is missing is added to the logits of all samples: the
 * logarithm of the ratio of the shares, again and again until they agree, as a classifier is adjusted to other shares of its
 * classes (Saerens, Latinne, Decaestecker 2002). Then values are moved so that their quantiles agree. So what a model learned of
 * the relations of columns stays in its order of rows.
 */
import { type Dataset, isStreamed, type TrainingData } from "../data/training-data.js";
import type { Tensor } from "../graph/tensor.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { log } from "../numbers/portable-math.js";
import { fitStreams } from "../numbers/streams.js";
import { curvedValues, fittedShapes, intervals } from "../objectives/fitted-rows.js";
import { mapSpans } from "../objectives/spans.js";
import { add } from "../ops/elementwise.js";
import { mean, softmax } from "../ops/reduction.js";

/** Rows of a run of a program, and runs of a round: 32,768 samples, the same in all rounds. */
const rows = 1024;
const runs = 32;

const rounds = 12;

/** The change of an offset in a round, at most. */
const mostChange = 1;

/** A curve is fitted if there are as many values of the data and of samples. */
const fewestValues = 100;

/** A model of rows. */
export interface RowModel {
  /** Lengths of the spans of a record. */
  readonly spans: readonly number[];
  /** What the generator or decoder returns for as many latents, drawn as for samples: [rows, width]. */
  output(rows: number): Tensor;
  /** Records of such outputs. */
  records(output: Tensor): Tensor;
}

export interface FittedRows {
  /** What is added to outputs [width]; 0 at values, and at choices that no record has. */
  readonly offsets: Float32Array;
  /** How far values are moved at each knot of a curve, [knots, curves]: see `curved`. */
  readonly curves: Float32Array;
}

/**
 * Fits the samples of a model to the data. Streamed data are not fitted.
 * @param seed of the latents
 */
export async function fitRows(
  runtime: Runtime,
  data: TrainingData,
  model: RowModel,
  seed: number,
): Promise<FittedRows> {
  const { spans } = model;
  const shapes = fittedShapes(spans);
  const offsets = new Float32Array(shapes.offsets[0]);
  const curves = new Float32Array(shapes.curves[0] * shapes.curves[1]);
  if (isStreamed(data)) return { offsets, curves };
  await withProgram(runtime, model, "shares", async (program) => {
    for (let round = 0; round < rounds; round++) await adjust(offsets, spans, sharesOf(data), { program, seed });
  });
  await withProgram(runtime, model, "records", async (program) => {
    const samples: Float32Array[] = [];
    for (let step = 0; step < runs; step++)
      samples.push((await program.run({ offsets }, { seed, step })).records.data as Float32Array);
    fitCurves(curves, spans, [data.records], samples);
  });
  return { offsets, curves };
}

/** Runs a task with a program of the model: shares of the choices, or records. */
async function withProgram(
  runtime: Runtime,
  { spans, output, records }: RowModel,
  what: "shares" | "records",
  task: (program: Program) => Promise<void>,
): Promise<void> {
  const program = runtime.compile(
    ({ input }) => {
      const logits = add(output(rows), input("offsets", fittedShapes(spans).offsets));
      if (what === "records") return { outputs: { records: records(logits) } };
      const shares = mapSpans(logits, spans, { value: (part) => part, choice: (part) => softmax(part) });
      return { outputs: { shares: mean(shares, { axes: 0 }) } };
    },
    { name: `fit ${what}`, streams: fitStreams },
  );
  try {
    await task(program);
  } finally {
    program.release();
  }
}

/** Means of each place of the records: shares of the choices. */
export function sharesOf({ records, count, shape: [width] }: Dataset): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < records.length; i++) sums[i % width] += records[i];
  return sums.map((sum) => sum / count);
}

/** Adds the logarithms of the ratios of the shares that are wanted and found. */
async function adjust(
  offsets: Float32Array,
  spans: readonly number[],
  wanted: Float64Array,
  { program, seed }: { readonly program: Program; readonly seed: number },
): Promise<void> {
  const found = new Float64Array(offsets.length);
  for (let step = 0; step < runs; step++) {
    const { shares } = await program.run({ offsets }, { seed, step });
    for (let k = 0; k < found.length; k++) found[k] += shares.data[k] / runs;
  }
  let at = 0;
  for (const size of spans) {
    for (let k = at; k < at + size; k++)
      if (size > 1 && wanted[k] > 0 && found[k] > 0)
        offsets[k] += Math.max(-mostChange, Math.min(mostChange, log(wanted[k] / found[k])));
    at += size;
  }
}

type Blocks = readonly ArrayLike<number>[];

/** Distances that move the quantiles of the samples' values to those of the data's, for each choice that goes with them. */
export function fitCurves(curves: Float32Array, spans: readonly number[], data: Blocks, samples: Blocks): void {
  const width = curves.length / (intervals + 1);
  for (const value of curvedValues(spans)) {
    const [wanted, found] = [data, samples].map((blocks) => valuesOf(blocks, spans, value));
    for (let choice = 0; choice < value.choices; choice++) {
      if (Math.min(wanted[choice].length, found[choice].length) < fewestValues) continue;
      for (let k = 0; k <= intervals; k++) {
        const x = (2 * k) / intervals - 1;
        curves[k * width + value.first + choice] = quantile(wanted[choice], rank(found[choice], x)) - x;
      }
    }
  }
}

/** The values at a place of the records, sorted, for each choice. */
function valuesOf(
  blocks: Blocks,
  spans: readonly number[],
  { place, choices }: { readonly place: number; readonly choices: number },
): Float64Array[] {
  const width = fittedShapes(spans).offsets[0];
  const lists = Array.from({ length: choices }, (): number[] => []);
  for (const records of blocks)
    for (let at = 0; at < records.length; at += width)
      for (let choice = 0; choice < choices; choice++)
        if (choices === 1 || records[at + place + 1 + choice] > 0.5) lists[choice].push(records[at + place]);
  return lists.map((list) => Float64Array.from(list).sort());
}

/** Share of a sorted list below x; half of those equal to it count. */
function rank(sorted: Float64Array, x: number): number {
  return (firstAbove(sorted, (value) => value >= x) + firstAbove(sorted, (value) => value > x)) / (2 * sorted.length);
}

/** Index of the first value that meets a condition, which all later ones meet, too. */
function firstAbove(sorted: Float64Array, meets: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (meets(sorted[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The quantile of a sorted list, linear between its values. */
function quantile(sorted: Float64Array, share: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, share * sorted.length - 0.5));
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}
