/**
 * Log-likelihood by importance sampling: log p(x) = log of the mean of p(x, z) / q(z | x) over latents z from q (Burda,
 * Grosse, Salakhutdinov 2016, eq. 8 with k samples). Samples are processed in blocks: each call of a program computes
 * sums of a block's weights, and the host adds them in f64, so memory does not grow with k.
 */
import { exp, square, sub } from "../../ops/elementwise.js";
import { max, sum } from "../../ops/reduction.js";
import { checkNumber } from "../../options.js";
import type { Program } from "../../host/program.js";
import type { Runtime } from "../../host/runtime.js";
import { sizeOf, type Shape } from "../../graph/shape.js";
import type { Tensor } from "../../graph/tensor.js";

export interface LikelihoodEstimate {
  /** Mean over records of the estimated log p(x), in nats: in expectation a lower bound, tighter with more samples. */
  readonly logLikelihood: number;
  /** Standard error of that mean due to the random latents (delta method), for these records. */
  readonly standardError: number;
  /** Standard error due to the choice of records. */
  readonly recordError: number;
  /**
   * Mean over records and samples of log(p(x, z) / q(z | x)): the evidence lower bound, estimated with the same
   * latents.
   */
  readonly elbo: number;
  /** Estimated log p(x) of each record. */
  readonly perRecord: Float64Array;
  readonly records: number;
  readonly samples: number;
}

export interface ImportanceOptions {
  readonly runtime: Runtime;
  /** Name for program listings and error messages. */
  readonly name: string;
  /** Normalised values [records, ...shape]. */
  readonly records: Float32Array;
  /** Classes of the records, of a conditional model. */
  readonly labels?: Int32Array | undefined;
  readonly shape: Shape;
  /** Numbers that the decoder computes for a record, about. */
  readonly outputs: number;
  /** Number of latents drawn per record. */
  readonly samples: number;
  readonly seed: number;
  /** Number of the first stream of random numbers. */
  readonly streams: number;
  /**
   * log(p(x, z) / q(z | x)) [samples, batch], for records [batch, ...shape], their classes [batch] if there are any, and
   * newly drawn latents.
   */
  logWeights(x: Tensor, samples: number, labels: Tensor | undefined): Tensor;
}

/** Maximum number of values that the decoder computes per call, so that memory is bounded and fits in the caches. */
const blockValues = 2 ** 21;
/** Maximum number of rows (latents) per call. */
const blockRows = 4096;
/** Maximum number of samples of one record per call. */
const blockSamples = 512;

/** Sums of one record's weights e^w, relative to e^peak. */
class WeightSums {
  #peak = -Infinity;
  #sum = 0;
  #squares = 0;
  #logs = 0;

  /**
   * Adds a block, given by its largest w (`peak`), the sums of weights and squares relative to it, and the sum of w.
   */
  add(peak: number, total: number, squares: number, logs: number): void {
    const top = Math.max(this.#peak, peak);
    const kept = Math.exp(this.#peak - top);
    const added = Math.exp(peak - top);
    this.#sum = this.#sum * kept + total * added;
    this.#squares = this.#squares * kept * kept + squares * added * added;
    this.#logs += logs;
    this.#peak = top;
  }

  logMean(count: number): number {
    return this.#peak + Math.log(this.#sum / count);
  }

  meanLog(count: number): number {
    return this.#logs / count;
  }

  /** Squared standard error of `logMean`: variance of the weights over count times their squared mean. */
  squaredError(count: number): number {
    if (count < 2) return 0;
    const mean = this.#sum / count;
    const variance = Math.max(0, (this.#squares - count * mean * mean) / (count - 1));
    return variance / (count * mean * mean);
  }
}

/** Throws RangeError if samples is not an integer of 1 or more, or the records do not fit their shape. */
export async function importanceLikelihood(options: ImportanceOptions): Promise<LikelihoodEstimate> {
  const { runtime, name, records, labels, shape, outputs, samples, seed, streams, logWeights } = options;
  checkNumber(name, "samples", samples, { atLeast: 1, whole: true });
  const length = sizeOf(shape);
  const count = records.length / length;
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`${name}: records must have ${length} values each, found ${records.length} values`);
  const rows = Math.max(1, Math.min(blockRows, Math.floor(blockValues / outputs)));
  const most = Math.min(samples, rows, blockSamples);
  const batch = Math.min(count, Math.max(1, Math.floor(rows / most)));
  const programs = new Map<number, Program>();
  const programOf = (block: number): Program => {
    const known = programs.get(block);
    if (known) return known;
    const made = runtime.compile(
      ({ input }) => {
        const classes = labels && input("labels", [batch], "i32");
        const weights = logWeights(input("records", [batch, ...shape]), block, classes);
        const peak = max(weights, { axes: 0 });
        const relative = exp(sub(weights, peak));
        const sums = sum(relative, { axes: 0 });
        const squares = sum(square(relative), { axes: 0 });
        return { outputs: { peak, sums, squares, logs: sum(weights, { axes: 0 }) } };
      },
      { name: `${name} ${batch} x ${block}`, streams },
    );
    programs.set(block, made);
    return made;
  };

  const perRecord = new Float64Array(count);
  let elbo = 0;
  let squaredError = 0;
  let step = 0;
  try {
    for (let first = 0; first < count; first += batch) {
      const block = new Float32Array(batch * length);
      block.set(records.subarray(first * length, Math.min(count, first + batch) * length));
      const present = Math.min(batch, count - first);
      const classes = labels && Int32Array.from({ length: batch }, (_, i) => labels[first + i] ?? 0);
      const all = Array.from({ length: present }, () => new WeightSums());
      for (let done = 0; done < samples; done += most) {
        const { peak, sums, squares, logs } = await programOf(Math.min(most, samples - done)).run(
          { records: block, ...(classes && { labels: classes }) },
          { seed, step: step++ },
        );
        all.forEach((one, i) => {
          one.add(peak.data[i], sums.data[i], squares.data[i], logs.data[i]);
        });
      }
      all.forEach((one, i) => {
        perRecord[first + i] = one.logMean(samples);
        elbo += one.meanLog(samples) / count;
        squaredError += one.squaredError(samples) / (count * count);
      });
    }
  } finally {
    for (const program of programs.values()) program.release();
  }
  const logLikelihood = perRecord.reduce((total, value) => total + value, 0) / count;
  const spread = perRecord.reduce((total, value) => total + (value - logLikelihood) ** 2, 0);
  return {
    logLikelihood,
    standardError: Math.sqrt(squaredError),
    recordError: count > 1 ? Math.sqrt(spread / (count - 1) / count) : 0,
    elbo,
    perRecord,
    records: count,
    samples,
  };
}
