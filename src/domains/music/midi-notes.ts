/** Notes of a MIDI file, read by the package `midi-file`, and their reduction to frames. */
import type { MidiData, MidiEvent } from "midi-file";
import { BadFileError, UsageError } from "../../errors.js";
import { checkedMidi } from "./midi-chunks.js";
import { drumChannel } from "./write-midi.js";

/** Times in quarter notes from the beginning of the file. */
export interface TimedNote {
  readonly pitch: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Notes of all tracks and channels, without drums. One that never ends lasts until the end of its track; a pitch that begins
 * again while it sounds is two notes. The pedal is not heeded.
 * @throws BadFileError for a broken file, and one without notes; UsageError if the package `midi-file` is not installed
 */
export async function readMidiNotes(bytes: Uint8Array, name: string): Promise<TimedNote[]> {
  const whole = checkedMidi(bytes, name);
  const { parseMidi } = await midiFile();
  const { header, tracks } = parsed(parseMidi, whole, name);
  const drums = { count: 0 };
  const notes = tracks.flatMap((events, index) => {
    if (events.every(isWhole)) return notesOfTrack(events, header.ticksPerBeat!, drums);
    throw corrupt(name, `track ${index + 1} ends within an event`);
  });
  if (notes.length > 0) return notes;
  throw new BadFileError(
    `${name}: MIDI file without notes${drums.count > 0 ? ` other than ${drums.count} of drums` : ""}`,
    {
      code: "ERR_FILE_VALUE",
      hint: "leave the file out",
    },
  );
}

/**
 * Bytes whose pieces lie within them. Where a length is more than the rest the package takes what there is; a negative one,
 * which it makes of more than 32 bits, would have it read the same events for ever.
 */
class CheckedBytes extends Uint8Array {
  override slice(start: number, end: number): Uint8Array<ArrayBuffer> {
    if (end >= start && end <= this.length) return super.slice(start, end);
    throw new Error(`${end - start} bytes at byte ${start} of a chunk of ${this.length}`);
  }
}

/** Of an event that is cut off, numbers are missing. */
const isWhole = (event: MidiEvent): boolean =>
  event.deltaTime >= 0 &&
  ((event.type !== "noteOn" && event.type !== "noteOff") || (event.noteNumber <= 127 && event.velocity <= 127));

function parsed(parse: (data: ArrayLike<number>) => MidiData, bytes: Uint8Array, name: string): MidiData {
  try {
    return parse(new CheckedBytes(bytes));
  } catch (cause) {
    // The package throws texts.
    throw corrupt(name, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const corrupt = (name: string, reason: string, cause?: unknown) =>
  new BadFileError(`${name}: MIDI data are corrupt (${reason})`, {
    code: "ERR_FILE_CORRUPT",
    hint: "save or copy the file again, or leave it out",
    cause,
  });

/** Loaded on demand: only who reads MIDI files needs it. */
async function midiFile(): Promise<typeof import("midi-file")> {
  try {
    return await import("midi-file");
  } catch (cause) {
    throw new UsageError("MIDI files: the package midi-file, which reads them, is not installed", {
      hint: "npm install midi-file",
      cause,
    });
  }
}

function notesOfTrack(events: readonly MidiEvent[], ticksPerBeat: number, drums: { count: number }): TimedNote[] {
  const notes: TimedNote[] = [];
  /** Beginnings of what sounds, the oldest first, by channel and pitch. */
  const sounding = new Map<number, number[]>();
  let tick = 0;
  const end = (key: number, start: number) =>
    notes.push({ pitch: key % 128, start: start / ticksPerBeat, end: tick / ticksPerBeat });
  for (const event of events) {
    tick += event.deltaTime;
    if (event.type !== "noteOn" && event.type !== "noteOff") continue;
    const key = event.channel * 128 + event.noteNumber;
    if (event.channel === drumChannel) {
      if (event.type === "noteOn") drums.count++;
    } else if (event.type === "noteOn") {
      sounding.set(key, [...(sounding.get(key) ?? []), tick]);
    } else {
      const start = sounding.get(key)?.shift();
      if (start !== undefined) end(key, start);
    }
  }
  for (const [key, starts] of sounding) for (const start of starts) end(key, start);
  return notes;
}

/** The most frames of a file: more is a wrong time in it rather than music. */
const mostFrames = 100_000;
/** How long after its beginning a frame is listened to, in frames. */
const delay = 1 / 8;

/**
 * Frames of notes: what sounds an eighth of a frame after the beginning of each, so that notes that come a little late, or are
 * held a little too long, are where they are meant. Of more than `voices` notes the lowest is kept, and the others from the top.
 * Silence after the last note is left out.
 * @throws BadFileError if no note is heard, or there are more than 100,000 frames
 */
export function framesOfNotes(
  notes: readonly TimedNote[],
  { name, framesPerBeat, voices }: { readonly name: string; readonly framesPerBeat: number; readonly voices: number },
): number[][] {
  const heard = notes.flatMap(({ pitch, start, end }) => {
    const first = Math.max(0, Math.ceil(start * framesPerBeat - delay));
    const last = Math.ceil(end * framesPerBeat - delay) - 1;
    return last < first ? [] : [{ pitch, first, last }];
  });
  const count = heard.reduce((most, { last }) => Math.max(most, last + 1), 0);
  if (count === 0 || count > mostFrames)
    throw new BadFileError(
      count === 0
        ? `${name}: no note is long enough to be heard at ${framesPerBeat} frames in a beat`
        : `${name}: a piece must have at most ${mostFrames} frames, found ${count}`,
      { code: "ERR_FILE_VALUE", hint: "choose other framesPerBeat, or leave the file out" },
    );
  const frames = Array.from({ length: count }, () => new Set<number>());
  for (const { pitch, first, last } of heard) for (let f = first; f <= last; f++) frames[f].add(pitch);
  return frames.map((pitches) => reduced([...pitches], voices));
}

/** The highest notes, but the lowest one as the last voice: melody and bass carry a piece. */
function reduced(pitches: readonly number[], voices: number): number[] {
  const ordered = [...pitches].sort((a, b) => b - a);
  if (ordered.length <= voices) return ordered;
  return voices === 1 ? [ordered[0]] : [...ordered.slice(0, voices - 1), ordered[ordered.length - 1]];
}
