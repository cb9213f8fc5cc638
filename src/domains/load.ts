/**
 * Data sets of any kind by name or path: sequences, which `sniff` knows by names and first bytes of files, and all that
 * `data/load.ts` reads. Needs Node (or Deno, or Bun): node:fs.
 */
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isBuiltinName } from "../data/builtin.js";
import type { ChoraleCodec } from "../data/codecs/chorale.js";
import type { RollCodec } from "../data/codecs/roll.js";
import { take } from "../data/dataset.js";
import { gunzip } from "../data/formats/gzip.js";
import { openFile, readWhole } from "../data/formats/read-file.js";
import { type LoadOptions, openDataset } from "../data/load.js";
import { inMemory } from "../data/stream.js";
import type { Dataset, TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { dataOf, type SequenceReading } from "./data-of.js";
import type { Sequences } from "./domain.js";
import type { ColumnWish } from "./tables/infer-columns.js";
import type { DataPart } from "./part-name.js";
import { readTexts, type TextSource } from "./read-texts.js";
import { type SequenceKind, type SniffedFile, sniff } from "./sniff.js";

export type OpenOptions = Omit<LoadOptions, "part"> & {
  /** Of data that have several; only sequences have `valid`. Default "train". */
  readonly part?: DataPart | undefined;
  readonly stream?: boolean | undefined;
  /** Told what was changed of sequences: levels that were cut. */
  readonly say?: ((note: string) => void) | undefined;
  /** The reading of sequences; default: the file decides. */
  readonly sequences?: SequenceReading | undefined;
  /** The reading as a table with columns of different kinds, or false for one of features; default: the cells decide. */
  readonly table?: TableReading | false | undefined;
};

/** How a table is read. */
export interface TableReading {
  /** Its columns; default: inferred. */
  readonly columns?: readonly ColumnWish[] | undefined;
  /** Whether values that the columns do not know count as missing; default: they are errors. */
  readonly lenient?: boolean;
}

/** A file of a source: its path, and its name within the source. */
interface Found {
  readonly path: string;
  readonly name: string;
}

/** What is read: the path that the user gave, its files, and how. */
interface Wish extends OpenOptions {
  readonly source: string;
  readonly files: readonly Found[];
}

/** Reads a source as sequences; one row per kind. */
const readers: Readonly<Record<SequenceKind, (wish: Wish) => Promise<Sequences>>> = {
  text: (wish) => readTexts("text", textsOf(wish), { codec: wish.sequences?.codec, part: wish.part }),
  molecules: (wish) => readTexts("molecules", textsOf(wish), { codec: wish.sequences?.codec, part: wish.part }),
  music: async ({ source, sequences: { codec, form } = {}, part = "train" }) => {
    const { loadMusic, loadRolls } = await import("./music/music-files.js");
    if (form || codec?.config.kind === "roll") {
      const { framesPerBeat } = (codec as RollCodec | undefined)?.config ?? {};
      const { window } = form ?? {};
      return loadRolls(source, { part, ...(framesPerBeat && { framesPerBeat }), ...(window && { window }) });
    }
    return loadMusic(source, { part, ...(codec && { codec: codec as ChoraleCodec }) });
  },
  levels: async ({ source, part, say }) => {
    if (part !== undefined && part !== "train") throw withoutParts(source, part);
    const { readLevelPath } = await import("./levels/read-vglc-folder.js");
    const found = await readLevelPath(source);
    for (const note of found.notes) say?.(note);
    return found;
  },
};

/** The files of a source, of which one or several hold texts or molecules. */
function textsOf({ source, files, part }: Wish): TextSource {
  const alone = files.length === 1 && files[0].path === source;
  if (alone && part !== undefined && part !== "train") throw withoutParts(source, part);
  const pathOf = (name: string) => (alone ? source : join(source, name));
  return {
    name: source,
    alone,
    names: files.map(({ name }) => name),
    file: async (name) => ({ name: pathOf(name), bytes: await readWhole(pathOf(name)) }),
  };
}

const withoutParts = (source: string, part: string) =>
  new UsageError(`${source}: these data have no part ${part}`, { hint: "name the file or folder of that part" });

/** First bytes of a file that tell its kind. */
const headBytes = 4096;

/** Compressed files that can hold sequences. */
const packed = /\.(txt|smi|smiles|json|midi?)\.gz$/i;

async function headOf(path: string): Promise<Uint8Array | undefined> {
  if (/\.gz$/i.test(path) && !packed.test(path)) return undefined;
  const file = await openFile(path);
  try {
    const head = await file.read(0, Math.min(headBytes, file.size));
    return head[0] === 0x1f && head[1] === 0x8b
      ? (await gunzip(await readWhole(path), path)).subarray(0, headBytes)
      : head;
  } finally {
    await file.close?.();
  }
}

/** Most files of a folder that are looked at to tell its kind. */
const mostSniffed = 200;

async function filesOf(source: string): Promise<Found[]> {
  const status = await stat(source).catch(() => undefined);
  if (!status) return [];
  if (!status.isDirectory()) return [{ path: source, name: basename(source) }];
  const entries = await readdir(source, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((path) => ({ path, name: path.slice(source.length + 1) }));
}

/**
 * Opens a data set: sequences, if the files hold any, and otherwise as `openDataset` does.
 * @throws as `openDataset`; BadFileError for sequences that cannot be read
 */
export async function openSource(source: string, options: OpenOptions = {}): Promise<TrainingData> {
  const { sequences: _reading, table: _table, say: _say, part, ...others } = options;
  const isPath = typeof source === "string" && !isBuiltinName(source);
  const known = isPath ? ((await openTable(source, options)) ?? (await openSequences(source, options))) : undefined;
  if (known) return known;
  if (part === "valid") throw withoutParts(source, part);
  return openDataset(source, { ...others, ...(part && { part }) });
}

/**
 * Loads a data set into memory.
 * @param source a built-in name, or a path: text, molecules, music and levels besides all that `openDataset` reads
 * @throws as `openSource`
 * @example (await loadSource("bars", { count: 5 })).count // 5
 */
export async function loadSource(source: string, options: LoadOptions = {}): Promise<Dataset> {
  return inMemory(await openSource(source, options), Number.POSITIVE_INFINITY);
}

/**
 * A table of mixed columns; undefined if the source is none, or all cells of a CSV file are numbers and no table is asked for. A
 * Parquet file is always one.
 */
async function openTable(
  source: string,
  { table, count, header, stream }: OpenOptions,
): Promise<TrainingData | undefined> {
  if (!tableFile.test(source) || stream || !(await stat(source).catch(() => undefined))?.isFile()) return undefined;
  if (table === false) {
    if (!/\.parquet(\.gz)?$/i.test(source)) return undefined;
    throw new UsageError(`${source}: features of numbers must be in a .csv or .npy file, found Parquet`, {
      hint: "save the columns that the model knows as .csv",
    });
  }
  const { isParquet, readMixedTable, readParquet, readTable, tableFromCells } = await import("./tables/index.js");
  const bytes = await gunzip(await readWhole(source), source);
  const options = { name: source, header, source: { kind: "file", path: source } as const };
  const data = isParquet(bytes, source)
    ? tableFromCells(await readParquet(bytes, { name: source }), { source: options.source, ...table })
    : table
      ? readTable(bytes, { ...options, ...table })
      : readMixedTable(bytes, options);
  return data && count !== undefined ? take(data, count) : data;
}

/** Files that may hold tables of mixed columns. */
const tableFile = /\.(csv|tsv|parquet)(\.gz)?$/i;

async function openSequences(source: string, options: OpenOptions): Promise<TrainingData | undefined> {
  const files = await filesOf(source);
  const heads: SniffedFile[] = [];
  for (const { path, name } of files.slice(0, mostSniffed)) {
    const head = await headOf(path);
    heads.push({ name, ...(head && { head }) });
  }
  const kind = sniff(heads);
  if (!kind) return undefined;
  const data = dataOf(await readers[kind]({ ...options, source, files }), source, options.sequences);
  return options.count === undefined ? data : take(data, options.count);
}
