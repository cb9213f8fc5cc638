/**
 * What a trained model knows of its data, as plain values that survive conversion to JSON: the shape of a record, the
 * scaling of its values, and the names of columns and classes. It is kept in checkpoints and saved models.
 */
import type { Column } from "../data/columns.js";
import type { Described, TableDescription, TokenDescription } from "../data/training-data.js";
import { isImage, type Shape, sameShape, shapeText } from "../graph/shape.js";
import { textOf } from "../options.js";
import { differenceOf } from "./json-fields.js";

/** The scaling of records: normalised value = raw * scale + shift. */
export interface DataRange {
  readonly scale: number;
  readonly shift: number;
  /** For a table of features: value in the data's own units = record * scale + offset of its column. */
  readonly columns?: readonly Column[];
}

export interface DataDescription {
  /** Name of the data set. */
  readonly name: string;
  /** Shape of one record. */
  readonly shape: Shape;
  readonly range: DataRange;
  /** Lowest and highest raw value: for u8 the limits of the format (0, 255) or of bits (0, 1), for f32 the values that occur. */
  readonly extent?: readonly [low: number, high: number];
  /** If the records are tokens: the vocabulary, and what they stand for. */
  readonly tokens?: TokenDescription;
  /** If the records are rows of a table: its columns. */
  readonly table?: TableDescription;
  /** Number of classes, if the records have labels. */
  readonly classes?: number;
  /** Names of the classes, if they have any. */
  readonly classNames?: readonly string[];
  /** Number of records of each class, kept by conditional models, which draw the classes of samples by these shares. */
  readonly classCounts?: readonly number[];
  /** The preset by which the model was made, if there was one. */
  readonly preset?: string;
}

/** What a record is to a user; kept in saved models. */
const codecs = {
  tokens: ({ tokens }: DataDescription) => tokens !== undefined,
  table: ({ table, range }: DataDescription) => table !== undefined || range.columns !== undefined,
  images: ({ shape }: DataDescription) => isImage(shape),
  points: ({ shape }: DataDescription) => shape.length === 1 && shape[0] === 2,
  values: () => true,
} as const;

export type Codec = keyof typeof codecs;

/** Names of the codecs: tokens, rows of a table, images, points in the plane, or values without a meaning that is known. */
export const codecNames: readonly string[] = /* @__PURE__ */ Object.keys(codecs);

/** The codec of described data. */
export const codecOf = (data: DataDescription): Codec =>
  (Object.entries(codecs).find(([, fits]) => fits(data)) as [Codec, unknown])[0];

/** The description of a data set. */
export function descriptionOf({
  name,
  shape,
  scale,
  shift,
  columns,
  extent,
  tokens,
  table,
  classes,
  classNames,
}: Described): DataDescription {
  return {
    name,
    shape: [...shape],
    range: { scale, shift, ...(columns && { columns: columns.map((column) => ({ ...column })) }) },
    extent: [extent[0], extent[1]],
    ...(tokens && { tokens }),
    ...(table && { table }),
    ...(classes !== undefined && { classes }),
    ...(classNames && { classNames: [...classNames] }),
  };
}

/**
 * The description that `Family.trained` was given, or the description of data of which only the shape is known: their
 * values are taken as normalised. Throws TypeError if it is neither a shape nor a description.
 */
export function describedData(data: Shape | DataDescription): DataDescription {
  if (Array.isArray(data)) return { name: "data", shape: data as Shape, range: { scale: 1, shift: 0 } };
  if (Array.isArray((data as Partial<DataDescription> | undefined)?.shape)) return data as DataDescription;
  throw new TypeError(`trained: data must be the shape of a record or a description of data, found ${textOf(data)}`);
}

/** What `checkAlike` compares. */
export interface Alike extends Pick<DataDescription, "shape" | "range"> {
  readonly tokens?: TokenDescription | undefined;
  readonly table?: TableDescription | undefined;
}

/**
 * Throws RangeError unless data have the shape, scaling and tokens of those that `trained` describes; `whose` begins the words
 * for those, such as "the model's".
 */
export function checkAlike(what: string, whose: string, trained: Alike, { shape, range, tokens, table }: Alike): void {
  checkTokensAlike(what, whose, trained.tokens, tokens);
  checkTablesAlike(what, whose, trained.table, table);
  if (!sameShape(trained.shape, shape))
    throw new RangeError(
      `${what}: records must have shape ${shapeText(trained.shape)} like ${whose}, found ${shapeText(shape)}`,
    );
  const text = ({ scale, shift }: DataRange) => `raw * ${scale} + ${shift}`;
  if (trained.range.scale !== range.scale || trained.range.shift !== range.shift)
    throw new RangeError(
      `${what}: the data must be normalised like ${whose}, as ${text(trained.range)}, found ${text(range)}; normalisedAs(data, model.data) does it`,
    );
  const { columns = [] } = range;
  const own = trained.range.columns ?? [];
  const other = columns.findIndex(({ scale, offset }, i) => scale !== own[i]?.scale || offset !== own[i].offset);
  if (other >= 0 || columns.length !== own.length)
    throw new RangeError(
      `${what}: the columns are scaled differently from those of ${whose} data${other < 0 ? "" : `: column ${other + 1}`}; normalisedAs(data, model.data) scales them alike`,
    );
}

/** Throws RangeError unless the tokens of records are of the same vocabulary and codec, or both have none. */
function checkTokensAlike(
  what: string,
  whose: string,
  trained: TokenDescription | undefined,
  tokens: TokenDescription | undefined,
): void {
  if (!trained && !tokens) return;
  const text = (of: TokenDescription | undefined) => (of ? `tokens of a vocabulary of ${of.vocabulary}` : "values");
  if (trained?.vocabulary !== tokens?.vocabulary)
    throw new RangeError(`${what}: records must be ${text(trained)} like ${whose}, found ${text(tokens)}`);
  const found = differenceOf({ ...trained }, { ...tokens }, "tokens");
  if (found !== undefined)
    throw new RangeError(
      `${what}: tokens stand for something else than ${whose}: ${found} differs; encode the data by codecFrom(model.data.tokens.codec)`,
    );
}

/** Throws RangeError unless the rows are of tables with the same columns, or of none. */
function checkTablesAlike(
  what: string,
  whose: string,
  trained: TableDescription | undefined,
  table: TableDescription | undefined,
): void {
  if (!trained && !table) return;
  if (!trained || !table)
    throw new RangeError(
      `${what}: records must be ${trained ? "rows of a table" : "values"} like ${whose}, found ${table ? "rows of a table" : "values"}`,
    );
  const found = differenceOf({ ...trained }, { ...table }, "table");
  if (found !== undefined)
    throw new RangeError(
      `${what}: the columns of the table are not those of ${whose}: ${found} differs; read the file with the columns of model.data.table`,
    );
}

/** The properties of a data set that convert normalised values to the data's own units and to pixels. */
export type Scaling = Pick<Described, "scale" | "shift" | "extent" | "columns">;

/**
 * A description as the options of `ownUnits`, `samplesPng` and the like. An extent that is not known becomes that of the
 * normalised values -1 and 1.
 */
export function scalingOf({ range: { columns, scale, shift }, extent }: DataDescription): Scaling {
  return { scale, shift, extent: extent ?? [(-1 - shift) / scale, (1 - shift) / scale], ...(columns && { columns }) };
}

/** A description without the folders in a file's name, which tell something of the machine that the model was trained on. */
export const withoutFolders = (data: DataDescription): DataDescription => ({
  ...data,
  name: data.name.replace(/^.*[\\/](?=[^\\/])/, ""),
});
