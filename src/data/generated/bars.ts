/**
 * Bars and stripes (MacKay 2003, "Information theory, inference, and learning algorithms", ch. 43): every binary image
 * whose rows are each uniform (bars) or whose columns are each uniform (stripes), each once. For h x w that is 2^h +
 * 2^w - 2 images, because the empty and the full image are both bars and stripes; 4 x 4 gives 30. This is small enough
 * to sum the likelihood of a Boltzmann machine exactly.
 */
import { checkOptions } from "../../options.js";
import { checkCount } from "../count.js";
import { type Dataset, dataset } from "../dataset.js";

export interface BarsOptions {
  /** Side of a square image, or [height, width]; default 4, each side at most 16. */
  size?: number | readonly [height: number, width: number];
  /** Number of records; default: every pattern once. A larger number repeats the patterns in order. */
  count?: number;
  /** Accepted like in other data sets; nothing here is random. */
  seed?: number;
}

/**
 * Bars and stripes (MacKay 2003, ch. 43): every image whose rows, or whose columns, are each uniform. Label: 0 for
 * rows, 1 for columns; the empty and the full image count as rows.
 * @returns u8 records [height, width, 1] of 0 and 1, normalised to [0, 1]
 * @throws RangeError if a side is not an integer from 1 to 16 or count is not a positive integer
 * @example datasets.bars({ size: 4 }).count // 30
 */
export function bars(options: BarsOptions = {}): Dataset {
  checkOptions("bars", options, ["size", "count", "seed"]);
  const { size = 4, count } = options;
  const [height, width] = Array.isArray(size) && size.length === 2 ? size : [size, size];
  for (const side of [height, width]) {
    if (!(Number.isInteger(side) && side >= 1 && side <= 16))
      throw new RangeError(`bars: size must be an integer from 1 to 16, found ${side}`);
  }
  const images = patterns(height, width);
  const total = count ?? images.length;
  checkCount("bars", total, height * width);
  const records = new Uint8Array(total * height * width);
  const labels = new Int32Array(total);
  for (let i = 0; i < total; i++) {
    const { pixels, label } = images[i % images.length];
    records.set(pixels, i * height * width);
    labels[i] = label;
  }
  return dataset({
    name: "bars",
    records,
    labels,
    classes: 2,
    shape: [height, width, 1],
    extent: [0, 1],
    range: [0, 1],
    source: { kind: "bars", height, width, patterns: images.length },
  });
}

/**
 * One bit of `mask` per row, then one per column, without the empty and the full image, which the rows already gave.
 */
function patterns(height: number, width: number): { pixels: Uint8Array; label: number }[] {
  const found: { pixels: Uint8Array; label: number }[] = [];
  const add = (label: number, bit: (row: number, column: number) => number) =>
    found.push({
      pixels: Uint8Array.from({ length: height * width }, (_, i) => bit(Math.floor(i / width), i % width)),
      label,
    });
  for (let mask = 0; mask < 2 ** height; mask++) add(0, (row) => (mask >> row) & 1);
  for (let mask = 1; mask < 2 ** width - 1; mask++) add(1, (_, column) => (mask >> column) & 1);
  return found;
}
