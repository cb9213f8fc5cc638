/** Music of MIDI files: each file is a piece, quantised to frames of one length. */
import { BadFileError } from "../../errors.js";
import { checkNumber } from "../../options.js";
import { folderClasses, ownFolders } from "../file-classes.js";
import { dataParts, type DataPart } from "../part-name.js";
import { framesOfNotes, readMidiNotes } from "./midi-notes.js";
import { checkMusicOptions, type MusicOptions, musicOf, type Piece } from "./music-data.js";
import type { Music } from "./transposed.js";

/** A file in memory; the name may have folders, with a slash or a backslash. */
export interface NamedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Music of some MIDI files, in the order in which they are given. If folders of theirs are named train, valid or test, only the
 * files of the asked part are taken, and the vocabulary is that of the training files; folders that all files have in common do
 * not count. Other such folders are the pieces' classes.
 * @param files their names are used in messages
 * @param options `name`: of the whole, default "MIDI files"
 * @throws BadFileError if there are no files, or some cannot be used, each in its `list`; UsageError if the package `midi-file`
 * is not installed
 */
export async function readMidi(
  files: readonly NamedFile[],
  { name = "MIDI files", ...options }: MusicOptions & { readonly name?: string } = {},
): Promise<Music> {
  checkMusicOptions("readMidi", options);
  const { part = "train", codec } = options;
  const { framesPerBeat = codec?.config.framesPerBeat ?? 1, voices = codec?.config.voices ?? 4 } = options;
  checkNumber("readMidi", "framesPerBeat", framesPerBeat, { whole: true, atLeast: 1, atMost: 96 });
  const parts = partsOf(files);
  const divided = parts.some((one) => one !== undefined);
  const ofPart = (wanted: DataPart) => (divided ? files.filter((_, index) => parts[index] === wanted) : files);
  const chosen = ofPart(part);
  if (chosen.length === 0 || (part !== "train" && !divided)) throw withoutPart(name, part, files.length);
  const grid = { framesPerBeat, voices };
  const pieces = await piecesOf(chosen, name, grid);
  const training = codec || part === "train" ? pieces : await piecesOf(ofPart("train"), name, grid);
  const music = musicOf(part === "train" ? name : `${name} (${part})`, pieces, { training, framesPerBeat, options });
  return { ...music, ...folderClasses(chosen.map((file) => file.name)) };
}

/** The parts that the files' folders say, of folders that not all files have in common. */
function partsOf(files: readonly NamedFile[]): (DataPart | undefined)[] {
  return ownFolders(files.map(({ name }) => name)).map((own) => dataParts.find((part) => own.includes(part)));
}

async function piecesOf(
  files: readonly NamedFile[],
  whole: string,
  grid: { readonly framesPerBeat: number; readonly voices: number },
): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const bad: BadFileError[] = [];
  for (const { name, bytes } of files) {
    try {
      pieces.push({ name, frames: framesOfNotes(await readMidiNotes(bytes, name), { name, ...grid }) });
    } catch (error) {
      if (!(error instanceof BadFileError)) throw error;
      bad.push(error);
    }
  }
  if (bad.length === 0) return pieces;
  if (bad.length === 1) throw bad[0];
  throw new BadFileError(`${whole}: ${bad.length} of ${files.length} MIDI files cannot be used`, {
    hint: "fix them, or leave them out",
    list: bad.map(({ message }) => message),
  });
}

function withoutPart(name: string, part: DataPart, count: number): BadFileError {
  const hint =
    count === 0 ? "give a .mid file, or a folder with some" : `put the files of this part into a folder named ${part}`;
  return new BadFileError(`${name}: no MIDI files of the ${part} part among ${count}`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint,
  });
}
