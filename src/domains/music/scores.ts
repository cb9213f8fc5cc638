/** Scores of music: chords, keys, and what was copied from the training data. */
import { type Frame, framesOfText, textOfFrames } from "../../data/codecs/chorale.js";
import { checkNumber } from "../../options.js";
import type { DomainScores, Texts } from "../domain.js";

/**
 * Semitones above the root of triads (major, minor, diminished, augmented) and of sevenths (dominant, major, minor,
 * half-diminished, diminished, minor-major, augmented-major).
 */
const chordTypes = [
  [0, 4, 7],
  [0, 3, 7],
  [0, 3, 6],
  [0, 4, 8],
  [0, 4, 7, 10],
  [0, 4, 7, 11],
  [0, 3, 7, 10],
  [0, 3, 6, 10],
  [0, 3, 6, 9],
  [0, 3, 7, 11],
  [0, 4, 8, 11],
];
/** Semitones above the tonic: major, natural minor. */
const scales = [
  [0, 2, 4, 5, 7, 9, 11],
  [0, 2, 3, 5, 7, 8, 10],
];
const roots = Array.from({ length: 12 }, (_, root) => root);

/** A set of pitch classes as bits. */
const bitsOf = (pitches: readonly number[], root = 0) =>
  pitches.reduce((bits, p) => bits | (1 << ((p + root) % 12)), 0);
const chords = new Set(chordTypes.flatMap((type) => roots.map((root) => bitsOf(type, root))));
const keySignatures = scales.flatMap((scale) => roots.map((root) => bitsOf(scale, root)));

/**
 * Share of frames that form a chord: whose pitch classes are exactly those of a triad or a seventh chord, in any inversion and
 * spacing, with any note doubled. Two notes, a seventh without its fifth, suspensions and silence do not count.
 * @returns NaN if there are no frames
 * @example chordShare([[[76, 67, 60, 48], [62, 60]]]) // 0.5
 */
export function chordShare(pieces: readonly (readonly Frame[])[]): number {
  const frames = pieces.flat();
  return frames.filter((frame) => chords.has(bitsOf(frame))).length / frames.length;
}

/**
 * Share of notes in the key of their piece: the largest share of its notes that one of the 12 major and 12 natural minor scales
 * holds, averaged over pieces. This is the scale consistency of MusPy (Dong, Chen, McAuley, Berg-Kirkpatrick 2020) and of
 * Mogren 2016, "C-RNN-GAN", but for notes that are counted in every frame in which they sound. A short piece fits a key better
 * than a long one: compare pieces of one length. Pieces without notes do not count.
 * @returns NaN if there are no notes
 * @example inKeyShare([[[60], [64], [67], [61]]]) // 0.75
 */
export function inKeyShare(pieces: readonly (readonly Frame[])[]): number {
  const shares = pieces.flatMap((frames) => {
    const notes = frames.flat();
    const inKey = keySignatures.map((key) => notes.filter((pitch) => key & (1 << (pitch % 12))).length);
    return notes.length === 0 ? [] : [Math.max(...inKey) / notes.length];
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

/** Frames of a window that counts as copied: a bar and a half of four quarters. */
const copiedFrames = 6;

/**
 * Share of all windows of 6 consecutive frames that are in the training data note for note, at the same pitch.
 * @returns NaN if no piece has 6 frames
 * @example copiedShare([[[60], [62], [64], [65], [67], [69], [71]]], [[[60], [62], [64], [65], [67], [69]]]) // 0.5
 */
export function copiedShare(pieces: readonly (readonly Frame[])[], training: readonly (readonly Frame[])[]): number {
  const known = new Set(training.flatMap(windowsOf));
  const windows = pieces.flatMap(windowsOf);
  return windows.filter((window) => known.has(window)).length / windows.length;
}

const windowsOf = (frames: readonly Frame[]): string[] =>
  Array.from({ length: Math.max(0, frames.length - copiedFrames + 1) }, (_, start) =>
    textOfFrames(frames.slice(start, start + copiedFrames)),
  );

/**
 * `chords`, `inKey` and `copies` of samples; the floors are the same of held-out data, cut into pieces as long as the samples so
 * that their keys are judged alike.
 * @throws RangeError for a text that is not one of frames
 */
export async function musicScores(
  samples: Texts,
  data: { readonly training: readonly string[]; readonly heldOut: readonly string[] },
): Promise<DomainScores> {
  const [drawn, training, heldOut] = [samples.texts, data.training, data.heldOut].map((texts) =>
    texts.map(framesOfText),
  );
  const length = Math.max(1, Math.round(drawn.reduce((sum, frames) => sum + frames.length, 0) / drawn.length));
  return {
    metrics: scoresOf(drawn, training),
    floors: {
      ...scoresOf(heldOut, training),
      ...(heldOut.length > 0 && finite({ inKey: inKeyShare(cut(heldOut, length)) })),
    },
    judges: [
      "chords: exact triads and seventh chords in any inversion",
      "inKey: best of 12 major and 12 natural minor scales for each sample (scale consistency, Mogren 2016, MusPy)",
      `copies: windows of ${copiedFrames} frames found in the training data`,
    ],
  };
}

function scoresOf(pieces: readonly (readonly Frame[])[], training: readonly (readonly Frame[])[]) {
  return finite({ chords: chordShare(pieces), inKey: inKeyShare(pieces), copies: copiedShare(pieces, training) });
}

/** Scores without a value, such as those of no notes, are left out. */
const finite = (scores: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(scores).filter(([, value]) => Number.isFinite(value)));

/** Pieces of at most `length` frames; what remains at the end of a longer one is left out. */
const cut = (pieces: readonly (readonly Frame[])[], length: number): (readonly Frame[])[] =>
  pieces.flatMap((frames) =>
    frames.length <= length
      ? [frames]
      : Array.from({ length: Math.floor(frames.length / length) }, (_, i) =>
          frames.slice(i * length, (i + 1) * length),
        ),
  );

/**
 * Nats per frame of a model of tokens: the nats of all tokens over the number of frames. A frame is a set of notes, and the model
 * gives the probability of its one canonical order only, so this is an upper bound of the negative log-likelihood of the sets:
 * other orders, which the codec reads as the same frame, may have some probability too.
 * @param nats sum of the negative log-likelihoods of the tokens of each sequence
 * @param frames number of frames of each sequence
 * @throws RangeError if the lists differ in length, or there are no frames
 * @example natsPerFrame([100, 50], [20, 10]) // 5
 */
export function natsPerFrame(nats: ArrayLike<number>, frames: ArrayLike<number>): number {
  if (nats.length !== frames.length)
    throw new RangeError(
      `natsPerFrame: nats and frames must have one length, found ${nats.length} and ${frames.length}`,
    );
  const [allNats, allFrames] = [nats, frames].map((list) => Array.from(list).reduce((sum, value) => sum + value, 0));
  checkNumber("natsPerFrame", "the number of frames", allFrames, { atLeast: 1 });
  return allNats / allFrames;
}
