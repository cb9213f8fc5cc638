/**
 * Music in the JSON form of the JSB chorales: `{ train, valid, test }`, each a list of pieces, each a list of frames, each a list
 * of MIDI pitches. Boulanger-Lewandowski, Bengio, Vincent 2012, "Modeling temporal dependencies in high-dimensional sequences";
 * files at github.com/czhuang/JSB-Chorales-dataset. A pitch of -1 is a voice that is silent, as in the "Separated" files.
 */
import { canonical } from "../../data/codecs/chorale.js";
import { gunzip } from "../../data/formats/gzip.js";
import { BadFileError, type ErrorCode } from "../../errors.js";
import { textOf } from "../../options.js";
import { dataParts, type DataPart } from "../part-name.js";
import { checkMusicOptions, type MusicOptions, musicOf, type Piece } from "./music-data.js";
import type { Music } from "./transposed.js";

/**
 * One part of a file.
 * @param file its bytes, also gzipped, and its name, for messages
 * @throws BadFileError for anything else than such a file: it names part, chorale, frame and note, from 1; or for a pitch that
 * the training data do not have between their lowest and their highest
 */
export async function readJsb(
  file: { readonly name: string; readonly bytes: Uint8Array },
  options: MusicOptions = {},
): Promise<Music> {
  checkMusicOptions("readJsb", options);
  const { name } = file;
  const parts = parsed(new TextDecoder().decode(await gunzip(file.bytes, name)), name);
  const { part = "train", voices = options.codec?.config.voices ?? 4, framesPerBeat = framesPerBeatOf(name) } = options;
  const pieces = piecesOf(parts, part, { name, voices });
  const training = options.codec || part === "train" ? pieces : piecesOf(parts, "train", { name, voices });
  return musicOf(part === "train" ? name : `${name} (${part})`, pieces, { training, framesPerBeat, options });
}

/** The length of a frame by the file's name; a quarter note if it says nothing. */
function framesPerBeatOf(name: string): number {
  const match = /(8|16|32)th/i.exec(name);
  return match === null ? 1 : Number(match[1]) / 4;
}

function parsed(text: string, name: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`${name}: not JSON: ${cause instanceof Error ? cause.message : cause}`, "ERR_FILE_CORRUPT");
  }
  if (typeof value === "object" && value !== null && dataParts.some((part) => Object.hasOwn(value, part)))
    return value as Record<string, unknown>;
  throw bad(`${name}: must be an object with the lists ${dataParts.join(", ")}, found ${textOf(value)}`);
}

function piecesOf(
  parts: Readonly<Record<string, unknown>>,
  part: DataPart,
  { name, voices }: { readonly name: string; readonly voices: number },
): Piece[] {
  const found = parts[part];
  if (!Array.isArray(found) || found.length === 0)
    throw bad(`${name}: ${part} must be a list of pieces, found ${Array.isArray(found) ? "none" : textOf(found)}`);
  return found.map((piece: unknown, index) => {
    const own = `${name}, ${part}, piece ${index + 1}`;
    if (!Array.isArray(piece) || piece.length === 0)
      throw bad(`${own}: must be a list of frames, found ${Array.isArray(piece) ? "none" : textOf(piece)}`);
    return { name: own, frames: piece.map((frame, f) => frameOf(frame, `${own}, frame ${f + 1}`, voices)) };
  });
}

function frameOf(frame: unknown, name: string, voices: number): number[] {
  if (!Array.isArray(frame)) throw bad(`${name}: must be a list of MIDI pitches, found ${textOf(frame)}`);
  frame.forEach((pitch: unknown, note) => {
    if (!(Number.isInteger(pitch) && (pitch as number) >= -1 && (pitch as number) <= 127))
      throw bad(`${name}, note ${note + 1}: must be a MIDI pitch from 0 to 127, or -1, found ${textOf(pitch)}`);
  });
  const pitches = canonical(frame.filter((pitch) => pitch >= 0));
  if (pitches.length <= voices) return pitches;
  throw new BadFileError(`${name}: a frame must have at most ${voices} notes, found ${pitches.length}`, {
    code: "ERR_FILE_VALUE",
    hint: `read it with ${pitches.length} voices or more`,
  });
}

const bad = (message: string, code: ErrorCode = "ERR_FILE_FORMAT") =>
  new BadFileError(message, {
    code,
    hint: 'the file must look like {"train": [[[74, 70, 65, 58], …], …], "valid": …, "test": …}',
  });
