/**
 * Standard MIDI files of frames, format 1: a track with the tempo, then one track for each voice, or one for all. Written after
 * the "Standard MIDI Files 1.0" specification (MIDI Manufacturers Association 1988).
 */
import type { Frame } from "../../data/codecs/chorale.js";
import { checkNumber } from "../../options.js";
import { type Note, notesOf, voicesOf } from "./notes.js";

export interface MidiOptions {
  /** Frames in a quarter note; default 1. */
  readonly framesPerBeat?: number;
  /** Tempo in quarter notes a minute; default 80. */
  readonly beatsPerMinute?: number;
  /** Whether a pitch in consecutive frames is one held note; otherwise it is struck in each. Default true. */
  readonly held?: boolean;
  /** A track for each voice, as `Note` says which, or one track for all; default "voices". */
  readonly tracks?: "voices" | "one";
  /** Instrument of General MIDI, 0 to 127; default 19, a church organ. */
  readonly instrument?: number;
}

export const defaultTempo = 80;
/** Ticks of a quarter note: divisible by all usual numbers of frames. */
const ticksPerBeat = 480;
const velocity = 80;
/** The channel that General MIDI plays drums on. */
export const drumChannel = 9;
const choir = ["Soprano", "Alto", "Tenor", "Bass"];

/**
 * The bytes of a MIDI file. A track lasts as long as all frames, also if it ends with silence.
 * @param frames pitches from the highest to the lowest, at most 15 in a frame
 * @throws RangeError for a tempo, an instrument or a number of voices outside of their ranges
 * @example String.fromCharCode(...writeMidi([[64, 60], []]).subarray(0, 4)) // "MThd"
 */
export function writeMidi(frames: readonly Frame[], options: MidiOptions = {}): Uint8Array {
  const { framesPerBeat = 1, beatsPerMinute = defaultTempo, held = true, tracks = "voices", instrument = 19 } = options;
  checkNumber("writeMidi", "framesPerBeat", framesPerBeat, { whole: true, atLeast: 1, atMost: 96 });
  checkNumber("writeMidi", "beatsPerMinute", beatsPerMinute, { atLeast: 4, atMost: 1000 });
  checkNumber("writeMidi", "instrument", instrument, { whole: true, atLeast: 0, atMost: 127 });
  const voices = checkNumber("writeMidi", "notes of a frame", voicesOf(frames), { atMost: 15 });
  const notes = notesOf(frames, { held });
  const tickOf = (frame: number) => Math.round((frame * ticksPerBeat) / framesPerBeat);
  const end = tickOf(frames.length);
  const byTrack =
    tracks === "one" ? [notes] : Array.from({ length: voices }, (_, v) => notes.filter((n) => n.voice === v));
  const written = byTrack.map((own, index) => {
    const channel = index < drumChannel ? index : index + 1;
    const name = tracks === "one" ? "Music" : voices === 4 ? choir[index] : `Voice ${index + 1}`;
    const events = [
      nameEvent(name),
      { tick: 0, bytes: [0xc0 | channel, instrument] },
      ...noteEvents(own, channel, tickOf),
    ];
    return track(events, end);
  });
  const tempo = { tick: 0, bytes: [0xff, 0x51, 3, ...bigEndian(Math.round(60e6 / beatsPerMinute), 3)] };
  return Uint8Array.from([...header(written.length + 1), ...track([tempo], end), ...written.flat()]);
}

interface TimedEvent {
  /** Time from the beginning in ticks. */
  readonly tick: number;
  readonly bytes: readonly number[];
}

/** In the order of time; at the same time notes end before others begin. */
function noteEvents(notes: readonly Note[], channel: number, tickOf: (frame: number) => number): TimedEvent[] {
  const on = notes.map(({ pitch, start }) => ({ tick: tickOf(start), bytes: [0x90 | channel, pitch, velocity] }));
  const off = notes.map(({ pitch, end }) => ({ tick: tickOf(end), bytes: [0x80 | channel, pitch, 0] }));
  return [...off, ...on].sort((a, b) => a.tick - b.tick);
}

const nameEvent = (name: string): TimedEvent => ({
  tick: 0,
  bytes: [0xff, 0x03, name.length, ...ascii(name)],
});

const header = (tracks: number) => [
  ...ascii("MThd"),
  ...bigEndian(6, 4),
  ...[1, tracks, ticksPerBeat].flatMap((n) => bigEndian(n, 2)),
];

function track(events: readonly TimedEvent[], end: number): number[] {
  let before = 0;
  const body = [...events, { tick: end, bytes: [0xff, 0x2f, 0] }].flatMap(({ tick, bytes }) => {
    const delta = tick - before;
    before = tick;
    return [...variableLength(delta), ...bytes];
  });
  return [...ascii("MTrk"), ...bigEndian(body.length, 4), ...body];
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

const bigEndian = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) & 255);

/** Seven bits to the byte, the most significant first; all but the last have the eighth bit set. */
function variableLength(value: number): number[] {
  const bytes = [value & 127];
  for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(0x80 | (rest & 127));
  return bytes;
}
