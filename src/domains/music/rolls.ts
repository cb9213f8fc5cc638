/** Frames as the binary units of an RBM: one value for each key of a piano, as in Boulanger-Lewandowski et al. 2012. */
import type { Frame } from "../../data/codecs/chorale.js";
import { checkNumber } from "../../options.js";
import type { Music } from "./transposed.js";

/** MIDI number of the lowest key of a piano, A0. */
export const lowestKey = 21;
/** Keys of a piano: A0 to C8. */
export const keys = 88;

/**
 * All frames of all sequences, one after the other: [frames, 88], 1 where a pitch from 21 to 108 sounds. With a window of w
 * frames all windows of w consecutive frames of a sequence, [windows, w * 88]; a sequence that is shorter has none.
 * @param options `window`: frames of a record, default 1
 * @throws RangeError for a pitch that a piano does not have, or a window that is not an integer >= 1
 * @example framesOf({ codec: choraleCodec({ pitches: [21, 60] }), sequences: [[2, 1, 0, 0]] }).length // 88
 */
export function framesOf(
  { codec, sequences }: Pick<Music, "codec" | "sequences">,
  { window = 1 }: { readonly window?: number } = {},
): Uint8Array {
  checkNumber("framesOf", "window", window, { whole: true, atLeast: 1 });
  const windows = sequences.flatMap((tokens, index) => {
    const roll = rollOf(codec.framesOf(tokens), index);
    const count = Math.max(0, roll.length / keys - window + 1);
    return Array.from({ length: count }, (_, start) => roll.subarray(start * keys, (start + window) * keys));
  });
  const all = new Uint8Array(windows.length * window * keys);
  windows.forEach((one, index) => {
    all.set(one, index * window * keys);
  });
  return all;
}

function rollOf(frames: readonly Frame[], sequence: number): Uint8Array {
  const roll = new Uint8Array(frames.length * keys);
  frames.forEach((frame, f) => {
    for (const pitch of frame) {
      const key = pitch - lowestKey;
      if (!(key >= 0 && key < keys))
        throw new RangeError(
          `framesOf: pitches must be 21 to 108, found ${pitch} in sequence ${sequence + 1}, frame ${f + 1}`,
        );
      roll[f * keys + key] = 1;
    }
  });
  return roll;
}

/**
 * Frames of binary units, the other way round: for the samples of an RBM, which may have any number of notes.
 * @param roll [frames, 88]; a note sounds where the value is more than 0.5
 * @throws RangeError if the length is not a multiple of 88
 * @example framesOfRoll([1, ...Array(86).fill(0), 1]) // [[108, 21]]
 */
export function framesOfRoll(roll: ArrayLike<number>): Frame[] {
  if (roll.length % keys !== 0)
    throw new RangeError(`framesOfRoll: the length must be a multiple of ${keys}, found ${roll.length}`);
  return Array.from({ length: roll.length / keys }, (_, f) => {
    const frame: number[] = [];
    for (let key = keys - 1; key >= 0; key--) if (roll[f * keys + key] > 0.5) frame.push(lowestKey + key);
    return frame;
  });
}
