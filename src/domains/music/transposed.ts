/** Augmentation of music: the same sequences in other keys. */
import { type ChoraleCodec, choraleCodec, type Frame, pitchRange } from "../../data/codecs/chorale.js";
import type { Sequences } from "../domain.js";

/** Sequences whose codec is known to be one of music. */
export interface Music extends Sequences {
  readonly codec: ChoraleCodec;
}

export interface TranspositionOptions {
  /** Distances in semitones; default -5 to 6, which gives each of the 12 keys once. */
  readonly semitones?: readonly number[];
  /** Lowest and highest pitch that a transposed note may have; default: those of the sequences, which their voices can sing. */
  readonly range?: readonly [low: number, high: number];
}

const everyKey = Array.from({ length: 12 }, (_, index) => index - 5);

/**
 * Sequences followed by their transpositions: of each sequence itself first, then the others in the order of `semitones`. A
 * transposition with a note outside of the range is left out; the sequence itself never is. The codec's vocabulary is
 * widened if the range asks for it; read held-out data with the codec of the result.
 *
 * Only for data in many keys: `jsb-chorales-quarter.json` is transposed to C already, and its test part too.
 * @throws RangeError for distances that are not integers, or a range that does not rise within 0 to 127
 */
export function transposed(music: Music, options: TranspositionOptions = {}): Music {
  const { codec } = music;
  const originals = music.sequences.map((tokens) => codec.framesOf(tokens));
  const known = pitchRange(originals);
  const { semitones = everyKey, range = [known[0], known[known.length - 1]] } = options;
  checkTransposition(semitones, range);
  const [low, high] = range;
  const kept: { frames: readonly Frame[]; from: number }[] = [];
  originals.forEach((frames, from) => {
    kept.push({ frames, from });
    for (const distance of new Set(semitones)) {
      if (distance === 0) continue;
      const moved = frames.map((frame) => frame.map((pitch) => pitch + distance));
      if (moved.every((frame) => frame.every((pitch) => pitch >= low && pitch <= high)))
        kept.push({ frames: moved, from });
    }
  });
  const pitches = new Set([...codec.config.pitches, ...pitchRange(kept.map(({ frames }) => frames))]);
  const wider = choraleCodec({ ...optionsOf(codec), pitches: [...pitches].sort((a, b) => a - b) });
  const { labels } = music;
  return {
    ...music,
    codec: wider,
    sequences: kept.map(({ frames }) => wider.tokensOf(frames)),
    ...(labels === undefined ? {} : { labels: kept.map(({ from }) => labels[from]) }),
  };
}

const optionsOf = ({ config: { voices, framesPerBeat } }: ChoraleCodec) => ({ voices, framesPerBeat });

function checkTransposition(semitones: readonly number[], [low, high]: readonly [number, number]): void {
  const wrong = semitones.find((distance) => !Number.isInteger(distance));
  if (wrong !== undefined) throw new RangeError(`transposed: semitones must be integers, found ${wrong}`);
  if (!(Number.isInteger(low) && Number.isInteger(high) && low >= 0 && low < high && high <= 127))
    throw new RangeError(`transposed: range must be two rising MIDI pitches from 0 to 127, found [${low}, ${high}]`);
}
