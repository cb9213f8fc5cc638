/**
 * Scaling of records, and back to their own units. In a table of features, records hold the values that the model trains
 * on; the columns hold the inverse: value in the data's own units = record * scale + offset.
 */
import type { Column } from "./columns.js";
import type { Dataset, Described, RecordSource, StreamedDataset, TrainingData } from "./training-data.js";

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

/** What `normalisedAs` needs of the data that a model was trained on: `data` of a trained model has it. */
export interface TrainedOn {
  readonly name: string;
  readonly range: { readonly scale: number; readonly shift: number; readonly columns?: readonly Column[] };
}

const raw = (columns: readonly Column[]) => columns.map((column) => ({ ...column, scale: 1, offset: 0 }));

/**
 * Scales data as those that a model was trained on: raw values keep their meaning, whatever range these records have.
 * The columns of a table get the scales and offsets of the trained ones.
 * @param data in the same units as the training data, such as more of them
 * @param trained `data` of a trained model
 * @throws RangeError if the columns of two tables differ in number
 * @example normalisedAs(datasets.digits({ count: 1 }), { name: "digits", range: { scale: 1 / 255, shift: 0 } }).shift // 0
 */
export function normalisedAs<D extends TrainingData>(data: D, { name, range }: TrainedOn): D {
  const { columns, scale, shift } = range;
  if (!columns) {
    // As a table, its values alone may look as if each column had its own units.
    const { columns: _, ...rest } = data.columns ? rescaled(data, raw(data.columns)) : data;
    return Object.freeze({ ...rest, scale, shift }) as unknown as D;
  }
  // And those of a table as if they were pixels or bits.
  const own = data.columns ?? raw(columns);
  if (own.length !== columns.length || columns.length !== data.shape.at(-1))
    throw new RangeError(
      `normalisedAs: the table must have ${columns.length} columns like ${name}, found ${data.shape.at(-1)}`,
    );
  return rescaled(
    { ...data, columns: own },
    own.map((column, i) => ({ ...column, scale: columns[i].scale, offset: columns[i].offset })),
  );
}

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
