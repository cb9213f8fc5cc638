/** Files in memory, and what is read of them, for the tests of music. */
import { type MidiEvent, parseMidi } from "midi-file";
import { expect } from "vitest";
import type { Music } from "../../src/domains/music/index.js";
import { GenloomError } from "../../src/errors.js";

/** Bytes of a text, or of a value as JSON. */
export const bytesOf = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
export const jsb = (value: unknown, name = "bach.json") => ({ name, bytes: bytesOf(value) });
/** A file of few frames, one with a voice that is silent. */
export const small = {
  train: [[[60, 64, 67, 72], [60, 64, 67], []], [[59, 62, 67, 71]]],
  valid: [[[72]]],
  test: [[[65, 65, -1, 62]]],
};

/** Frames of each sequence. */
export const framesIn = ({ codec, sequences }: Music) => sequences.map((tokens) => codec.framesOf(tokens));

/** Message and code of the GenloomError of a promise. */
export async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GenloomError)) throw error ?? new Error("nothing was thrown");
  expect(error.hint).not.toBe("");
  return { code: error.code, message: error.message, list: error.list };
}

/** Notes of a file as [pitch, start, end] in ticks, in the order of start and pitch, of each track. */
export function notesIn(bytes: Uint8Array): number[][][] {
  return parseMidi(bytes).tracks.map((events: MidiEvent[]) => {
    let tick = 0;
    const begun = new Map<number, number>();
    const notes: number[][] = [];
    for (const event of events) {
      tick += event.deltaTime;
      if (event.type === "noteOn") begun.set(event.noteNumber, tick);
      if (event.type === "noteOff") notes.push([event.noteNumber, begun.get(event.noteNumber) ?? Number.NaN, tick]);
    }
    return notes.sort((a, b) => a[1] - b[1] || b[0] - a[0]);
  });
}

/** A file of the given bytes of tracks, with 480 ticks in a beat unless said otherwise. */
export function midiOf(tracks: readonly (readonly number[])[], { format = 1, division = [1, 224] } = {}): Uint8Array {
  const sizeOf = ({ length }: readonly number[]) => [0, 0, length >> 8, length & 255];
  const chunk = (id: string, body: readonly number[]) => [...bytesOf(id), ...sizeOf(body), ...body];
  return Uint8Array.from([
    ...chunk("MThd", [0, format, 0, tracks.length, ...division]),
    ...tracks.flatMap((body) => chunk("MTrk", body)),
  ]);
}

/** The event that ends a track. */
export const end = [0, 0xff, 0x2f, 0];
