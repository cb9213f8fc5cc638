/**
 * Generated digits that look handwritten: 28 x 28 grey images with the framing, stroke widths and soft edges of MNIST,
 * without a download. Each is generated separately: a skeleton of one of the ways people write it (digit-skeletons.ts),
 * traced by an unsteady hand (digit-pen.ts), scanned and reduced (digit-raster.ts).
 */
import { permutation } from "../../numbers/philox.js";
import { checkOptions, checkSeed } from "../../options.js";
import { checkCount } from "../count.js";
import { dataset } from "../dataset.js";
import type { Dataset } from "../training-data.js";
import { emptyLine, write } from "./digit-pen.js";
import { boxSide, imageSide, raster } from "./digit-raster.js";
import { type Skeleton, skeletons } from "./digit-skeletons.js";
import { type RandomSource, randomSource } from "../random-source.js";
import { dataStreams } from "../../numbers/streams.js";

export interface DigitOptions {
  /** Number of images; default 10,000. */
  count?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Generated digits that look handwritten, with labels 0 to 9: each group of ten has one of each, in random order. Image
 * i depends only on the seed and i, so a longer set starts with the shorter one; the same seed gives the same bits in
 * every engine.
 * @returns u8 records [28, 28, 1], 0 background to 255 ink, with the scale and shift that bring them to [-1, 1] in batches
 * @throws RangeError if count is not a positive integer or seed is not an integer from 0 to 2^53 - 1
 * @example datasets.digits({ count: 100, seed: 7 }).records.length // 78400
 */
export function digits(options: DigitOptions = {}): Dataset {
  checkOptions("digits", options, ["count", "seed"]);
  const { count = 10_000, seed = 0 } = options;
  checkCount("digits", count, imageSide * imageSide);
  checkSeed("digits", seed);
  const records = new Uint8Array(count * imageSide * imageSide);
  const labels = new Int32Array(count);
  const line = emptyLine();
  let ten: Int32Array = new Int32Array(10);
  for (let i = 0; i < count; i++) {
    if (i % 10 === 0) ten = permutation(10, 10, { seed, stream: dataStreams.digitLabels, step: i / 10 });
    labels[i] = ten[i % 10];
    const source = randomSource(seed, dataStreams.digitImages, i);
    const digit = labels[i];
    write(line, { digit, skeleton: choose(skeletons()[digit], source), size: boxSide }, source);
    raster(records, i * imageSide * imageSide, line, source);
  }
  return dataset({
    name: "digits",
    records,
    labels,
    classes: 10,
    shape: [imageSide, imageSide, 1],
    source: { kind: "generated", seed, formula: "strokes of handwritten digits, scanned" },
  });
}

function choose(forms: readonly Skeleton[], source: RandomSource): Skeleton {
  let rest = source.uniform() * forms.reduce((total, form) => total + form.weight, 0);
  for (const form of forms) {
    rest -= form.weight;
    if (rest < 0) return form;
  }
  return forms[forms.length - 1];
}
