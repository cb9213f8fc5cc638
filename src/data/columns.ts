/** Columns of tables of features: each has its own units, so each has its own statistics and its own scale. */

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

/** Maps each column from its lowest and highest value to [low, high]; a constant column maps to low. */
export function rangedColumns(columns: readonly Column[], [low, high]: readonly [number, number]): Column[] {
  return columns.map((column) => {
    const scale = (column.high - column.low) / (high - low) || 1;
    return { ...column, scale, offset: column.low - low * scale };
  });
}
