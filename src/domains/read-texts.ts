/** Texts or molecules of one file, or of several that are a class each. */
import type { TokenCodec } from "../data/codecs/codec.js";
import type { SmilesCodec } from "../data/codecs/smiles.js";
import { gunzip } from "../data/formats/gzip.js";
import type { Sequences } from "./domain.js";
import { type ChosenFiles, chosenTexts } from "./file-classes.js";
import type { DataPart } from "./part-name.js";

type ReadFile = (bytes: Uint8Array, name: string, codec?: TokenCodec) => Promise<Sequences>;

/** The reader of one file; one row per kind. */
const readers: Readonly<Record<"text" | "molecules", () => Promise<ReadFile>>> = {
  async text() {
    const { readText } = await import("./text/index.js");
    return (bytes, name, codec) => readText(bytes, name, codec ? { codec } : {});
  },
  async molecules() {
    const { readSmi } = await import("./molecules/index.js");
    return (bytes, name, codec) => readSmi(bytes, name, codec ? { codec: codec as SmilesCodec } : {});
  },
};

export interface TextSource {
  /** Of the file or folder, for messages. */
  readonly name: string;
  /** Whether it is a single file, whatever its name. */
  readonly alone: boolean;
  /** Names of its files, from the folder on. */
  readonly names: readonly string[];
  /** A file's name for messages, and its bytes. */
  file(name: string): Promise<{ readonly name: string; readonly bytes: Uint8Array }>;
}

/**
 * Reads the files of a source that `chosenTexts` chooses; if these are classes, sequences have labels.
 * @throws BadFileError for files that cannot be read, or none of the kind
 */
export async function readTexts(
  kind: "text" | "molecules",
  source: TextSource,
  { codec, part }: { readonly codec?: TokenCodec | undefined; readonly part?: DataPart | undefined } = {},
): Promise<Sequences> {
  const read = await readers[kind]();
  const { names, classNames }: ChosenFiles = source.alone
    ? { names: source.names }
    : chosenTexts(source.name, source.names, { part, kind });
  const files: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  // One after the other: a process may not open thousands of files at once.
  for (const name of names) files.push(await source.file(name));
  const readAll = (known?: TokenCodec) => Promise.all(files.map(({ name, bytes }) => read(bytes, name, known)));
  if (!classNames) return (await readAll(codec))[0];
  const shared =
    codec ??
    (await read(await joined(files), source.name).then(
      (whole) => whole.codec,
      // Read alone, the file at fault is named, with its row.
      async (error: unknown) => {
        await readAll();
        throw error;
      },
    ));
  const own = await readAll(shared);
  return {
    ...own[0],
    ...shortest(own),
    name: source.name,
    codec: shared,
    sequences: own.flatMap(({ sequences }) => sequences),
    labels: own.flatMap(({ sequences }, label) => sequences.map(() => label)),
    classNames,
  };
}

/** The length of windows that all long texts have. */
function shortest(texts: readonly Sequences[]): Pick<Sequences, "length"> {
  const lengths = texts.flatMap(({ length }) => length ?? []);
  return lengths.length === 0 ? {} : { length: Math.min(...lengths) };
}

/** The contents of files one after the other, each with a line break at its end. */
async function joined(files: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Promise<Uint8Array> {
  const parts = await Promise.all(files.map(({ name, bytes }) => gunzip(bytes, name)));
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
    if (part.at(-1) !== lineFeed) whole[at++] = lineFeed;
  }
  return whole.subarray(0, at);
}

const lineFeed = 10;
