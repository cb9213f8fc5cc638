/** Sequences from files that were dropped on a page, chosen in it, or read by other means. */
import type { ChoraleCodec } from "../data/codecs/chorale.js";
import { gunzip, isGzip } from "../data/formats/gzip.js";
import type { TrainingData } from "../data/training-data.js";
import { BadFileError } from "../errors.js";
import { dataOf, type SequenceReading } from "./data-of.js";
import type { Sequences } from "./domain.js";
import type { DataPart } from "./part-name.js";
import { readTexts, type TextSource } from "./read-texts.js";
import { type SequenceKind, sniff } from "./sniff.js";
import type { WebFile } from "../web-types.js";

/** A file in memory; its name may be a path within a folder. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ReadSequencesOptions extends SequenceReading {
  /** Which part of data that have several; default "train". */
  readonly part?: DataPart;
}

/** Reads files as sequences; one row per kind. */
const readers: Readonly<
  Record<SequenceKind, (files: readonly NamedFile[], options: ReadSequencesOptions) => Promise<Sequences>>
> = {
  text: (files, options) => readTexts("text", textsOf(files), options),
  molecules: (files, options) => readTexts("molecules", textsOf(files), options),
  async music(files, { codec, part = "train" }) {
    const { readMusic } = await import("./music/index.js");
    return readMusic(files, { part, ...(codec && { codec: codec as ChoraleCodec }) });
  },
  async levels(files) {
    const { readLevels } = await import("./levels/read-vglc.js");
    const [{ name }] = files;
    return readLevels(
      name.split("/")[0],
      files.map(({ name: path, bytes }) => ({ path, bytes })),
    );
  },
};

function textsOf(files: readonly NamedFile[]): TextSource {
  const names = files.map(({ name }) => name);
  const alone = files.length === 1;
  return {
    name: alone ? names[0] : "the chosen files",
    alone,
    names,
    file: async (name) => files[names.indexOf(name)],
  };
}

/** First bytes of a file that tell its kind. */
const headBytes = 4096;

async function contentsOf(file: NamedFile | WebFile): Promise<NamedFile> {
  if ("bytes" in file && file.bytes instanceof Uint8Array) return { name: file.name, bytes: file.bytes };
  const { name, webkitRelativePath } = file as WebFile;
  return { name: webkitRelativePath || name, bytes: new Uint8Array(await (file as WebFile).arrayBuffer()) };
}

/**
 * A data set of the sequences in files: lines or a long text, molecules as SMILES, music as JSB JSON or MIDI, levels of games.
 * What they hold is told by names and first bytes.
 * @param files those of a file input or a drop (`[...event.dataTransfer.files]`), or names with bytes
 * @param options `codec` and `length`: those of a model, for data that it is to be tried on
 * @throws BadFileError for files that hold no sequences, or cannot be read; the message names file, row and column
 * @example (await readSequences([{ name: "names.txt", bytes: new TextEncoder().encode("ann\nbob\n".repeat(9)) }])).shape // [4]
 */
export async function readSequences(
  files: Iterable<NamedFile | WebFile>,
  options: ReadSequencesOptions = {},
): Promise<TrainingData> {
  const read = await Promise.all(Array.from(files, contentsOf));
  const heads = read.map(async ({ name, bytes }) => ({
    name,
    head: (isGzip(bytes) ? await gunzip(bytes, name) : bytes).subarray(0, headBytes),
  }));
  const kind = sniff(await Promise.all(heads));
  if (!kind)
    throw new BadFileError(
      `${read[0]?.name ?? "files"}: no text, molecules, music or levels among ${read.length} files`,
      {
        code: "ERR_FILE_FORMAT",
        hint: "datasets.parse reads arrays, tables and IDX files",
      },
    );
  return dataOf(await readers[kind](read, options), read[0].name, options);
}
