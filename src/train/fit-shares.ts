/**
 * Shares of choices: a model of rows of a table ends its training with shares of values that are near those of the data, not
 * equal to them. What is missing is added to the logits of all samples: the logarithm of the ratio of the shares, again and
 * again until they agree, as a classifier is adjusted to other shares of its classes (Saerens, Latinne, Decaestecker 2002).
 * So each column has the data's shares, and what a model learned of the relations stays in its logits.
 */
import { type Dataset, isStreamed, type TrainingData } from "../data/training-data.js";
import type { Tensor } from "../graph/tensor.js";
import type { Runtime } from "../host/runtime.js";
import { log } from "../numbers/portable-math.js";
import { shareStreams } from "../numbers/streams.js";
import { mapSpans, spansWidth } from "../objectives/spans.js";
import { add } from "../ops/elementwise.js";
import { mean, softmax } from "../ops/reduction.js";

/** Rows of a run of the program, and runs of a round: the shares of 32,768 samples, the same in all rounds. */
const rows = 1024;
const runs = 32;

const rounds = 12;

/** The change of an offset in a round, at most. */
const mostChange = 1;

/** Shares of each place of the records: means over all of them. */
export function sharesOf({ records, count, shape: [width] }: Dataset): Float64Array {
  const sums = new Float64Array(width);
  for (let i = 0; i < records.length; i++) sums[i % width] += records[i];
  return sums.map((sum) => sum / count);
}

/** A model whose shares are fitted. */
export interface Shared {
  /** Lengths of the spans of a record. */
  readonly spans: readonly number[];
  /** What the generator or decoder returns for as many latents, drawn as for samples: [rows, width]. */
  output(rows: number): Tensor;
}

/**
 * The offsets of the logits, [width]; 0 at values, and at choices that no record has.
 * @param seed of the latents
 */
export async function fitShares(
  runtime: Runtime,
  data: TrainingData,
  { spans, output }: Shared,
  seed: number,
): Promise<Float32Array> {
  const width = spansWidth(spans);
  const offsets = new Float32Array(width);
  if (isStreamed(data)) return offsets;
  const target = sharesOf(data);
  const program = runtime.compile(
    ({ input }) => {
      const logits = add(output(rows), input("offsets", [width]));
      const shares = mapSpans(logits, spans, { value: (part) => part, choice: (part) => softmax(part) });
      return { outputs: { shares: mean(shares, { axes: 0 }) } };
    },
    { name: "shares", streams: shareStreams },
  );
  try {
    for (let round = 0; round < rounds; round++) {
      const found = new Float64Array(width);
      for (let step = 0; step < runs; step++) {
        const { shares } = await program.run({ offsets }, { seed, step });
        for (let k = 0; k < width; k++) found[k] += shares.data[k] / runs;
      }
      adjust(offsets, spans, target, found);
    }
    return offsets;
  } finally {
    program.release();
  }
}

/** Adds the logarithms of the ratios of the shares that are wanted and found. */
function adjust(offsets: Float32Array, spans: readonly number[], target: Float64Array, found: Float64Array): void {
  let at = 0;
  for (const size of spans) {
    for (let k = at; k < at + size; k++)
      if (size > 1 && target[k] > 0 && found[k] > 0)
        offsets[k] += Math.max(-mostChange, Math.min(mostChange, log(target[k] / found[k])));
    at += size;
  }
}
