/** What an exported generator says of itself: the JSON of its function `describe`. */
import type { TextForm } from "../data/codecs/codec.js";
import { codecFrom } from "../data/codecs/index.js";
import type { TableDescription } from "../data/training-data.js";
import type { Shape } from "../graph/shape.js";
import { type Codec, codecOf, withoutFolders } from "../train/data-description.js";
import { packageVersion } from "../train/package-version.js";
import type { FamilyKind, TrainedModel } from "../train/trained.js";

const generatorVersion = 1;

export interface GeneratorDescription {
  readonly format: "genloom-generator";
  readonly version: typeof generatorVersion;
  /** Version of the package that wrote it. */
  readonly genloom: string;
  readonly family: FamilyKind;
  readonly records: {
    /** Name of the training data. */
    readonly name: string;
    readonly shape: Shape;
    /** How a record is shown. */
    readonly codec: Codec;
    /** Lowest and highest value in the data's own units, if known. */
    readonly range?: readonly [low: number, high: number];
    readonly columns?: readonly (string | undefined)[];
    /** Of tokens: how they become texts, and whether token 0 ends a record. */
    readonly text?: { readonly form: TextForm; readonly ended: boolean };
    /** Of rows of a table: its columns, in the order of a row's cells. */
    readonly table?: TableDescription;
    readonly classNames?: readonly string[];
    /** Number of classes of which the generator makes samples, if it was trained with labels. */
    readonly classes?: number;
  };
  readonly limits: { readonly count: number };
  /** Values of a latent. */
  readonly latent: number;
  /** SHA-256 of the weights by name, in hexadecimal. */
  readonly hash: string;
  /** Names of the module's functions. */
  readonly exports: readonly string[];
  /** Those of them that read the classes of their rows at `labels`. */
  readonly labelled?: readonly string[];
}

type Given = Pick<GeneratorDescription, "exports" | "labelled" | "latent" | "hash"> & { readonly limit: number };

/** The description of a trained model's generator. */
export function describe(
  { family, data }: TrainedModel,
  { limit, exports, labelled, latent, hash }: Given,
): GeneratorDescription {
  const { name, shape, extent, range, classNames, tokens, table } = withoutFolders(data);
  const { columns } = range;
  return {
    format: "genloom-generator",
    version: generatorVersion,
    genloom: packageVersion,
    family: family.kind,
    records: {
      ...{ name, shape, codec: codecOf(data) },
      // The extent of a table is that of its scaled records.
      ...(extent && !columns && { range: [extent[0], extent[1]] }),
      ...(columns && { columns: columns.map((column) => column.name) }),
      ...(tokens?.codec && { text: { form: codecFrom(tokens.codec).form, ended: tokens.ended } }),
      ...(table && { table }),
      ...(classNames && { classNames }),
      ...(family.classes !== undefined && { classes: family.classes }),
    },
    limits: { count: limit },
    ...{ latent, hash, exports },
    ...(labelled && { labelled }),
  };
}
