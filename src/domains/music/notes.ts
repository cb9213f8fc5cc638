/**
 * Notes of frames. Frames say what sounds, not where a note begins again: a pitch in consecutive frames is one held note, or, if
 * asked for, one note in each.
 */
import type { Frame } from "../../data/codecs/chorale.js";

export interface Note {
  /** MIDI number, 60 is middle C. */
  readonly pitch: number;
  /** The first frame in which it sounds, from 0. */
  readonly start: number;
  /** The first frame in which it sounds no more. */
  readonly end: number;
  /**
   * Its voice, 0 is the highest: that of its rank in its first frame, counted from the top; the lowest of two or more notes is of
   * the lowest voice.
   */
  readonly voice: number;
}

/** Number of voices that frames need: notes of the fullest one, at least 1. */
export const voicesOf = (frames: readonly Frame[]): number =>
  frames.reduce((most, frame) => Math.max(most, frame.length), 1);

/**
 * Notes of frames, by their beginnings, then from the highest to the lowest.
 * @param frames pitches from the highest to the lowest
 * @param options `held`: whether a pitch in consecutive frames is one note, default true; `voices`: default those of the fullest
 * frame
 * @example notesOf([[64, 60], [64], []]).map(({ pitch, start, end }) => [pitch, start, end]) // [[64, 0, 2], [60, 0, 1]]
 * @example notesOf([[64], [64]], { held: false }).length // 2
 */
export function notesOf(
  frames: readonly Frame[],
  { held = true, voices = voicesOf(frames) }: { readonly held?: boolean; readonly voices?: number } = {},
): Note[] {
  const notes: { -readonly [key in keyof Note]: Note[key] }[] = [];
  let sounding = new Map<number, (typeof notes)[number]>();
  frames.forEach((frame, start) => {
    const next: typeof sounding = new Map();
    frame.forEach((pitch, rank) => {
      let note = held ? sounding.get(pitch) : undefined;
      if (note === undefined) {
        const voice = frame.length > 1 && rank === frame.length - 1 ? voices - 1 : rank;
        note = { pitch, start, end: start, voice };
        notes.push(note);
      }
      note.end = start + 1;
      next.set(pitch, note);
    });
    sounding = next;
  });
  return notes;
}
