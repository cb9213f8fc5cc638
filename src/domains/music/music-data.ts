/** Music as sequences of tokens: what the readers have in common once they have frames. */
import { type ChoraleCodec, choraleCodec, type Frame, pitchRange } from "../../data/codecs/chorale.js";
import { BadFileError } from "../../errors.js";
import { checkNumber, checkOptions } from "../../options.js";
import { dataParts, type DataPart } from "../part-name.js";
import type { Music } from "./transposed.js";

export interface MusicOptions {
  /** The part of data that are divided into training, validation and test; default "train". */
  readonly part?: DataPart;
  /**
   * Codec of the training data, to read other data in the same tokens. Default: one of all pitches from the lowest to the highest
   * of the training data, also if another part is read.
   */
  readonly codec?: ChoraleCodec;
  /** Pitches that have a token, ascending, if there is no codec; default: see there. */
  readonly pitches?: readonly number[];
  /** The most notes that sound together; default 4. */
  readonly voices?: number;
  /**
   * Frames in a quarter note. MIDI files are read at this step, default 1; JSON files hold frames, and this says how long they
   * are, which by default their name says: -quarter, -8th, -16th.
   */
  readonly framesPerBeat?: number;
  /** Frames of a record; default 32, eight bars of four quarters. */
  readonly frames?: number;
}

const names = ["part", "codec", "pitches", "voices", "framesPerBeat", "frames"];

/** Throws TypeError or RangeError for unknown options, or values outside of their range. */
export function checkMusicOptions(what: string, options: MusicOptions): void {
  checkOptions(what, options, names);
  const { part = "train", frames = 32 } = options;
  if (!dataParts.includes(part))
    throw new RangeError(`${what}: part must be one of ${dataParts.join(", ")}, found ${JSON.stringify(part)}`);
  checkNumber(what, "frames", frames, { whole: true, atLeast: 1 });
}

/** A piece as it was read. */
export interface Piece {
  /** For messages: a file, or the chorale of a file. */
  readonly name: string;
  readonly frames: readonly Frame[];
}

/**
 * Sequences of the pieces.
 * @param from `training`: pieces that the vocabulary is taken of if `options` has no codec
 * @throws BadFileError for a note that the codec has no token for
 */
export function musicOf(
  name: string,
  pieces: readonly Piece[],
  from: { readonly training: readonly Piece[]; readonly framesPerBeat: number; readonly options: MusicOptions },
): Music {
  const { voices = 4, frames = 32 } = from.options;
  const codec =
    from.options.codec ??
    choraleCodec({
      voices,
      framesPerBeat: from.framesPerBeat,
      pitches: from.options.pitches ?? pitchRange(from.training.map((one) => one.frames)),
    });
  return {
    name,
    codec,
    sequences: pieces.map((piece) => tokensOf(piece, codec)),
    length: frames * codec.config.voices,
    stride: codec.config.voices,
  };
}

function tokensOf(piece: Piece, codec: ChoraleCodec): Uint8Array {
  try {
    return codec.tokensOf(piece.frames);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new BadFileError(`${piece.name}, ${cause.message}`, {
      code: "ERR_FILE_VALUE",
      hint: "the vocabulary is that of the training data: leave the piece out, or train with data that cover its range",
      cause,
    });
  }
}
