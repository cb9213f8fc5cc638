/** Music as the binary units of an RBM: one value for each key of a piano, as in Boulanger-Lewandowski et al. 2012. */
import { keys, rollCodec, rollOf } from "../../data/codecs/roll.js";
import { checkNumber } from "../../options.js";
import type { Sequences } from "../domain.js";
import type { Music } from "./transposed.js";

export { framesOfRoll, keys, lowestKey } from "../../data/codecs/roll.js";

export interface RollsOptions {
  /** Frames of a record, default 1. */
  readonly window?: number;
}

/**
 * The same music as piano rolls: sequences of bits, whose records are all windows of some consecutive frames. A sequence that is
 * shorter than a window has none.
 * @param options `window`: frames of a record, default 1
 * @throws RangeError for a pitch that a piano does not have, or a window that is not an integer >= 1
 * @example rolls({ name: "a", codec: choraleCodec({ pitches: [21, 60] }), sequences: [[2, 1, 0, 0]] }, { window: 8 }).length // 704
 */
export function rolls(music: Music, { window = 1 }: RollsOptions = {}): Sequences {
  checkNumber("rolls", "window", window, { whole: true, atLeast: 1 });
  const { framesPerBeat } = music.codec.config;
  return {
    ...music,
    codec: rollCodec({ framesPerBeat }),
    sequences: rollsOf("rolls", music),
    length: window * keys,
    stride: keys,
  };
}

/**
 * All frames of all sequences, one after the other: [frames, 88], 1 where a pitch from 21 to 108 sounds. With a window of w
 * frames all windows of w consecutive frames of a sequence, [windows, w * 88]; a sequence that is shorter has none.
 * @param options `window`: frames of a record, default 1
 * @throws RangeError for a pitch that a piano does not have, or a window that is not an integer >= 1
 * @example framesOf({ codec: choraleCodec({ pitches: [21, 60] }), sequences: [[2, 1, 0, 0]] }).length // 88
 */
export function framesOf(music: Pick<Music, "codec" | "sequences">, { window = 1 }: RollsOptions = {}): Uint8Array {
  checkNumber("framesOf", "window", window, { whole: true, atLeast: 1 });
  const windows = rollsOf("framesOf", music).flatMap((roll) => {
    const count = Math.max(0, roll.length / keys - window + 1);
    return Array.from({ length: count }, (_, start) => roll.subarray(start * keys, (start + window) * keys));
  });
  const all = new Uint8Array(windows.length * window * keys);
  windows.forEach((one, index) => {
    all.set(one, index * window * keys);
  });
  return all;
}

/** The roll of each sequence. */
const rollsOf = (what: string, { codec, sequences }: Pick<Music, "codec" | "sequences">): Uint8Array[] =>
  sequences.map((tokens, index) =>
    rollOf(codec.framesOf(tokens), (frame) => `${what}: sequence ${index + 1}, frame ${frame + 1}`),
  );
