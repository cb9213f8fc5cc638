/**
 * Which kind of sequences a file or a folder holds, by names and first bytes. What is not sequences, such as images, arrays and
 * tables, is left to the readers of these.
 */
import { isGzip } from "../data/formats/gzip.js";

/** Kinds of sequences that files can hold. */
export type SequenceKind = "text" | "molecules" | "music" | "levels";

/** A file, or one of a folder's. */
export interface SniffedFile {
  /** Name, or path within the folder. */
  readonly name: string;
  /** Its first bytes, some thousand of them or all; of a compressed file, those of its contents. */
  readonly head?: Uint8Array;
}

/** Names of files that hold something else. */
const otherData = /(\.(csv|tsv|parquet|npy|npz|json|safetensors|wasm|png|jpe?g|gif|webp|zip)|[-.]idx\d*(-\w+)?)$/;
const notes = /^(readme|licen[cs]e|copying|changelog|authors)\b/;

interface Named {
  /** Name without folders and `.gz`, in lower case. */
  readonly name: string;
  /** The first bytes as text; undefined if they are not known, or no text. */
  readonly text: string | undefined;
  readonly head: Uint8Array | undefined;
}

/**
 * The kind of sequences that files hold, or undefined if they are none:
 * - molecules: a `.smi` file, or a `.txt` file whose lines are SMILES;
 * - music: a MIDI file, by its name or its first bytes "MThd", or the JSON of JSB chorales, `{ "train": [[[…`;
 * - levels: `.txt` files that are grids of tiles, alone or with a VGLC legend, `{ "tiles": …`;
 * - text: files of UTF-8 text that are none of these and no table of numbers, without data of another kind beside them.
 * Hidden files and notes such as README are not regarded.
 * @param files the file that was named, or those of the folder
 */
export function sniff(files: readonly SniffedFile[]): SequenceKind | undefined {
  const found = files.flatMap(regarded);
  const some = (holds: (file: Named) => boolean) => found.some(holds);
  if (some(({ name }) => /\.(smi|smiles)$/.test(name))) return "molecules";
  if (some(isMidi) || some(isChorales)) return "music";
  const texts = found.filter((file) => !isLegend(file));
  if (texts.length === 0 || texts.some(({ name }) => otherData.test(name))) return undefined;
  // A folder of levels may hold a few that are no grids: rows of several lengths are for its reader to name.
  if (2 * texts.filter(({ text }) => text !== undefined && isGrid(text)).length > texts.length) return "levels";
  if (texts.some(({ text }) => text === undefined || isTable(text))) return undefined;
  return texts.every(({ text }) => isSmiles(text as string)) ? "molecules" : "text";
}

function regarded({ name, head }: SniffedFile): Named[] {
  const parts = name.toLowerCase().split(/[/\\]/);
  const own = parts[parts.length - 1].replace(/\.gz$/, "");
  if (parts.some((part) => part.startsWith(".") && !/^\.+$/.test(part)) || notes.test(own)) return [];
  return [{ name: own, head, text: head && !isGzip(head) ? textOf(head) : undefined }];
}

/** Characters that texts do not have: controls other than tab, line feed, form feed, carriage return and escape. */
const isControl = (byte: number) => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].includes(byte);

/** Bytes as text, of which the last character may be cut; undefined if they are no text in UTF-8. */
function textOf(head: Uint8Array): string | undefined {
  if (head.some(isControl)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true }).replace(/\r\n?/g, "\n");
  } catch {
    return undefined;
  }
}

const midiMagic = [0x4d, 0x54, 0x68, 0x64];

const isMidi = ({ name, head }: Named) =>
  /\.midi?$/.test(name) || (head !== undefined && midiMagic.every((byte, i) => head[i] === byte));

const isChorales = ({ text = "" }: Named) => /^\s*\{\s*"(train|valid|test)"\s*:\s*\[\s*\[\s*\[/.test(text);

/** Legends of VGLC: of tiles, or of the graph of Zelda's rooms. */
const isLegend = ({ name, text = "" }: Named) => name.endsWith(".json") && /^\s*\{\s*"(tiles|nodes)"\s*:/.test(text);

/** Lines that are not empty; the last one may be cut. */
const linesOf = (text: string) => text.split("\n").filter((line) => line.trim() !== "");

/** Whether all lines have one width, and most neighbours in a line are equal, as tiles are. */
function isGrid(text: string): boolean {
  const lines = linesOf(text);
  const [{ length: width }, last] = [lines[0] ?? "", lines.at(-1) ?? ""];
  if (lines.length < 3 || width < 8 || last.length > width) return false;
  if (!lines.slice(0, -1).every((line) => line.length === width)) return false;
  let equal = 0;
  for (const line of lines) for (let i = 1; i < line.length; i++) if (line[i] === line[i - 1]) equal++;
  return 2 * equal > lines.length * (width - 1);
}

/** Whether all lines but the first, which may name columns, are numbers. */
function isTable(text: string): boolean {
  const lines = linesOf(text);
  const rows = lines.length > 1 ? lines.slice(1) : lines;
  return rows.every((line) => /^[\s\d.,;eE+-]*\d[\s\d.,;eE+-]*$/.test(line));
}

/** Atoms, bonds and rings of SMILES (OpenSMILES 1.0), without a check of their order. */
const smiles = /^(\[[^[\]\s]+\]|Cl|Br|[BCNOPSFI]|[bcnops]|[-=#$:/\\.()%\d])+(\s|$)/;

/** Whether lines are SMILES, and half of them have something that words do not: rings, branches, double bonds. */
function isSmiles(text: string): boolean {
  const all = linesOf(text);
  const lines = all.length > 1 ? all.slice(0, -1) : all;
  return (
    lines.every((line) => smiles.test(line)) && 2 * lines.filter((line) => /[\d=#()]/.test(line)).length >= lines.length
  );
}
