/**
 * Codec of music as a piano roll: a frame is 88 tokens, one for each key of a piano, 1 where it sounds and otherwise 0, as in
 * Boulanger-Lewandowski, Bengio, Vincent 2012, "Modeling temporal dependencies in high-dimensional sequences". The tokens are
 * bits, which the binary units of an RBM take as they are. The text form is that of the codec of chorales.
 */
import { checkNumber, described, textOf } from "../../options.js";
import { canonical, type Frame, framesOfText, textOfFrames } from "./chorale.js";
import type { CodecConfig, TokenCodec } from "./codec.js";

/** MIDI number of the lowest key of a piano, A0. */
export const lowestKey = 21;
/** Keys of a piano: A0 to C8. */
export const keys = 88;

/** Description of a codec of piano rolls as JSON. */
export interface RollConfig {
  readonly kind: "roll";
  /** Frames in a beat, a quarter note: 1 for quarters, 4 for sixteenths. */
  readonly framesPerBeat: number;
}

/** A codec of piano rolls. */
export interface RollCodec extends TokenCodec {
  readonly config: RollConfig & CodecConfig;
}

/**
 * Codec of piano rolls.
 * @param options `framesPerBeat`: 1 to 96, default 1
 * @throws RangeError for an option outside of its range; `encode` throws RangeError for a pitch that a piano does not have
 * @example rollCodec().encode("108 21").map((bit, key) => bit * (key + 21)).filter(Boolean) // [21, 108]
 * @example rollCodec().decode([1, ...Array(87).fill(0), ...Array(88).fill(0)]) // "21\n-"
 */
export function rollCodec(options: { readonly framesPerBeat?: number } = {}): RollCodec {
  const { framesPerBeat = 1 } = options;
  checkNumber("roll codec", "framesPerBeat", framesPerBeat, { whole: true, atLeast: 1, atMost: 96 });
  return {
    config: { kind: "roll", framesPerBeat },
    vocabulary: 2,
    ended: false,
    encode: (text) => [...rollOf(framesOfText(text), (frame) => `line ${frame + 1}`)],
    decode: (roll) => textOfFrames(framesOfRoll(roll)),
    form: { symbols: Array.from({ length: keys }, (_, key) => `${lowestKey + key}`), group: keys, groups: "keys" },
  };
}

/**
 * The codec of a description that was saved as JSON.
 * @throws TypeError or RangeError for a description that is not one of a codec of rolls
 */
export function rollFromConfig(config: CodecConfig): RollCodec {
  const { kind, framesPerBeat } = described("roll codec", config as unknown as RollConfig);
  if (kind !== "roll") throw new TypeError(`roll codec: the description must be of kind "roll", found ${textOf(kind)}`);
  return rollCodec({ framesPerBeat });
}

/**
 * The keys that sound in frames, [frames * 88], 1 where a pitch from 21 to 108 sounds.
 * @param place the place of a frame, counted from 0, in messages
 * @throws RangeError for a pitch that a piano does not have
 */
export function rollOf(frames: readonly Frame[], place: (frame: number) => string): Uint8Array {
  const roll = new Uint8Array(frames.length * keys);
  frames.forEach((frame, f) => {
    for (const pitch of frame) {
      const key = pitch - lowestKey;
      if (!(key >= 0 && key < keys))
        throw new RangeError(
          `${place(f)}: pitches must be ${lowestKey} to ${lowestKey + keys - 1}, the keys of a piano, found ${pitch}`,
        );
      roll[f * keys + key] = 1;
    }
  });
  return roll;
}

/**
 * Frames of a piano roll: for the samples of an RBM, which may have any number of notes.
 * @param roll [frames, 88]; a note sounds where the value is more than 0.5
 * @throws RangeError if the length is not a multiple of 88
 * @example framesOfRoll([1, ...Array(86).fill(0), 1]) // [[108, 21]]
 */
export function framesOfRoll(roll: ArrayLike<number>): Frame[] {
  if (roll.length % keys !== 0)
    throw new RangeError(`framesOfRoll: the length must be a multiple of ${keys}, found ${roll.length}`);
  return Array.from({ length: roll.length / keys }, (_, f) =>
    canonical(
      Array.from({ length: keys }, (_, key) => lowestKey + key).filter(
        (pitch) => roll[f * keys + pitch - lowestKey] > 0.5,
      ),
    ),
  );
}
