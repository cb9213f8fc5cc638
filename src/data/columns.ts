/**
 * Tables of features: each column has its own units, so each is scaled separately. Records hold the values that the
 * model trains on; the columns hold the inverse: value in the data's own units = record * scale + offset.
 */
import type { Dataset, Described } from "./dataset.js";
import type { RecordSource, StreamedDataset, TrainingData } from "./stream.js";

/** A column of a table, in the data's own units. */
export interface Column {
  /** Name in the table's header. */
  readonly name?: string;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  /** Standard deviation over the records. */
  readonly deviation: number;
  /** Value = record * scale + offset: 1 and 0 in a table as read. */
  readonly scale: number;
  readonly offset: number;
}

/** Pixels saved as a table have at least this many columns, all with integers from 0 to 255. */
export const fewestPixels = 64;

/** Accumulates statistics of columns from blocks of whole records. */
export class ColumnSums {
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  readonly #mean: Float64Array;
  /** Sums of squared distances from the mean (Welford 1962). */
  readonly #squares: Float64Array;
  #count = 0;
  #wholeBytes = true;
  #bits = true;

  constructor(private readonly width: number) {
    this.#low = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    this.#high = new Float64Array(width).fill(Number.NEGATIVE_INFINITY);
    this.#mean = new Float64Array(width);
    this.#squares = new Float64Array(width);
  }

  add(values: ArrayLike<number>): void {
    const { width } = this;
    for (let from = 0; from < values.length; from += width) {
      this.#count++;
      for (let column = 0; column < width; column++) {
        const value = values[from + column];
        this.#low[column] = Math.min(this.#low[column], value);
        this.#high[column] = Math.max(this.#high[column], value);
        const distance = value - this.#mean[column];
        this.#mean[column] += distance / this.#count;
        this.#squares[column] += distance * (value - this.#mean[column]);
        this.#bits &&= value === 0 || value === 1;
        this.#wholeBytes &&= Number.isInteger(value) && value >= 0 && value <= 255;
      }
    }
  }

  /** The columns; undefined if the values are bits or pixels, which have the same units in all columns. */
  columns(names?: readonly string[]): readonly Column[] | undefined {
    if (this.#bits || (this.#wholeBytes && this.width >= fewestPixels)) return undefined;
    return Array.from({ length: this.width }, (_, i) => ({
      ...(names === undefined ? {} : { name: names[i] }),
      low: this.#low[i],
      high: this.#high[i],
      mean: this.#mean[i],
      deviation: Math.sqrt(this.#squares[i] / this.#count),
      scale: 1,
      offset: 0,
    }));
  }
}

/** The columns of f32 values in a table [records, columns]; see `ColumnSums.columns`. */
export function columnsOf(
  values: Uint8Array | Float32Array,
  shape: readonly number[],
  names?: readonly string[],
): readonly Column[] | undefined {
  if (shape.length !== 1 || values instanceof Uint8Array) return undefined;
  const sums = new ColumnSums(shape[0]);
  sums.add(values);
  return sums.columns(names);
}

/**
 * Scales each column of a table by its own mean and standard deviation: (value - mean) / deviation, as needed for a
 * normal likelihood or a generator with a linear output. Data that are not a table are returned unchanged.
 * @returns a data set with new records, whose `columns` give the inverse: see `ownUnits`
 * @example [...standardise(await datasets.parse(new TextEncoder().encode("age,income\n20,1000\n40,5000\n"), { name: "p.csv" })).records] // [-1, -1, 1, 1]
 */
export function standardise<D extends TrainingData>(data: D): D {
  if (data.columns === undefined) return data;
  return rescaled(
    data,
    data.columns.map((column) => ({ ...column, scale: column.deviation || 1, offset: column.mean })),
  );
}

/** Maps each column from its lowest and highest value to [low, high]; a constant column maps to low. */
export function rangedColumns(columns: readonly Column[], [low, high]: readonly [number, number]): Column[] {
  return columns.map((column) => {
    const scale = (column.high - column.low) / (high - low) || 1;
    return { ...column, scale, offset: column.low - low * scale };
  });
}

/** The records converted to the scales and offsets of other columns of the same table. */
export function rescaled<D extends Described>(data: D, columns: readonly Column[]): D {
  const before = data.columns;
  if (before?.length !== columns.length)
    throw new RangeError(
      `dataset ${data.name}: the table must have ${columns.length} columns, found ${before?.length ?? 0}`,
    );
  const width = columns.length;
  const change = (values: ArrayLike<number>) => {
    const out = new Float32Array(values.length);
    for (let i = 0; i < out.length; i++) {
      const [from, to] = [before[i % width], columns[i % width]];
      out[i] = (values[i] * from.scale + from.offset - to.offset) / to.scale;
    }
    return out;
  };
  const ends = columns.flatMap(({ low, high, scale, offset }) =>
    [low, high].map((value) => Math.fround((value - offset) / scale)),
  );
  const rest = { columns: Object.freeze([...columns]), scale: 1, shift: 0, extent: [least(ends), most(ends)] as const };
  const { stream, records } = data as unknown as { stream?: RecordSource; records: Dataset["records"] };
  if (stream === undefined) return Object.freeze({ ...data, ...rest, records: change(records) });
  const read = async (indices: Int32Array) => change(await stream.read(indices));
  const made: Partial<StreamedDataset> = { dtype: "f32", stream: { read, close: async () => stream.close?.() } };
  return Object.freeze({ ...data, ...rest, ...made });
}

const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b));
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b));

/**
 * Normalised values, such as a model's samples, converted to the units of the training data.
 * @param values [n, ...shape of a record]
 * @returns a new array with the same number of values
 * @example [...ownUnits(Float32Array.of(-1, 1), datasets.from({ records: Uint8Array.of(0, 255), shape: [1] }))] // [0, 255]
 */
export function ownUnits(
  values: ArrayLike<number>,
  { scale, shift, columns }: Pick<Described, "scale" | "shift" | "columns">,
): Float32Array {
  return Float32Array.from(values, (value, i) => {
    const record = (value - shift) / scale;
    if (columns === undefined) return record;
    const column = columns[i % columns.length];
    return record * column.scale + column.offset;
  });
}
