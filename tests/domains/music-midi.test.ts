/** Notes of frames, and MIDI files: written, read back, quantised, and broken ones. */
import { parseMidi } from "midi-file";
import { describe, expect, test } from "vitest";
import type { Frame } from "../../src/data/codecs/chorale.js";
import { notesOf, readMidi, writeMidi } from "../../src/domains/music/index.js";
import { BadFileError } from "../../src/errors.js";
import { bytesOf, framesIn, failure, notesIn, midiOf, end } from "./music-cases.js";

describe("notes", () => {
  const held: Frame[] = [[72, 64, 60], [72, 65], [], [72]];

  test("a pitch in consecutive frames is one note", () => {
    expect(notesOf(held).map(({ pitch, start, end, voice }) => [pitch, start, end, voice])).toEqual([
      [72, 0, 2, 0],
      [64, 0, 1, 1],
      [60, 0, 1, 2],
      [65, 1, 2, 2],
      [72, 3, 4, 0],
    ]);
  });

  test("or one in each frame", () => expect(notesOf(held, { held: false }).length).toBe(6));
});

describe("MIDI files", () => {
  const frames: Frame[] = [[], [72, 67, 64, 48], [72, 65, 62, 48], [71, 67, 62, 55], [71, 67, 55], [60]];

  test("have the notes of the frames, a track for each voice", () => {
    const bytes = writeMidi(frames, { framesPerBeat: 2, beatsPerMinute: 120 });
    const { header, tracks } = parseMidi(bytes);
    expect(header).toMatchObject({ format: 1, numTracks: 5, ticksPerBeat: 480 });
    expect(tracks[0]).toContainEqual(expect.objectContaining({ type: "setTempo", microsecondsPerBeat: 500_000 }));
    expect(notesIn(bytes)).toEqual([
      [],
      [
        [72, 240, 720],
        [71, 720, 1200],
        [60, 1200, 1440],
      ],
      [
        [67, 240, 480],
        [65, 480, 720],
        [67, 720, 1200],
      ],
      [
        [64, 240, 480],
        [62, 480, 960],
      ],
      [
        [48, 240, 720],
        [55, 720, 1200],
      ],
    ]);
    for (const events of tracks)
      expect(events.reduce((sum, { deltaTime }) => sum + deltaTime, 0)).toBe(frames.length * 240);
  });

  test("may have one track, and strike every note anew", () => {
    const bytes = writeMidi(frames, { tracks: "one", held: false });
    expect(notesIn(bytes).map(({ length }) => length)).toEqual([0, frames.flat().length]);
    // A note ends before the next one of its pitch begins.
    expect(notesIn(writeMidi([[60], [60]], { held: false }))[1]).toEqual([
      [60, 0, 480],
      [60, 480, 960],
    ]);
  });

  test.each(["voices", "one"] as const)("are read back, tracks: %s", async (tracks) => {
    for (const framesPerBeat of [1, 3, 4, 7]) {
      const file = { name: "a.mid", bytes: writeMidi(frames, { tracks, framesPerBeat }) };
      expect(framesIn(await readMidi([file], { framesPerBeat }))).toEqual([frames]);
    }
  });

  test("without a note are written, with up to 15 voices, and not with more", () => {
    expect(notesIn(writeMidi([[], []])).flat()).toEqual([]);
    const full = Array.from({ length: 15 }, (_, i) => 90 - i);
    const { tracks } = parseMidi(writeMidi([full]));
    const channels = tracks.flat().flatMap((event) => (event.type === "noteOn" ? [event.channel] : []));
    expect(channels).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15]);
    expect(() => writeMidi([[...full, 20]])).toThrow("notes of a frame must be a finite number <= 15, found 16");
    expect(() => writeMidi(frames, { beatsPerMinute: 0 })).toThrow("beatsPerMinute must be");
  });

  test("of players are quantised: late, early, too long, running status, several channels, and drums", async () => {
    // 480 ticks in a beat; a frame is listened to at 60 ticks after the beat.
    const first = [
      ...[0, 0x90, 60, 80], // tick 0
      ...[50, 64, 80], // tick 50, running status: late, but heard
      ...[0, 0x99, 35, 80], // a drum
      ...[0x83, 0x66, 0x90, 60, 0], // tick 536: held a little too long; ends by a velocity of 0
      ...[0, 0x80, 64, 0],
      ...[0, 0x91, 67, 80], // never ends
      ...[0x84, 0x20, 0xb0, 64, 127], // tick 1080: the pedal, which is not heeded
      ...[...end],
    ];
    const { sequences, codec } = await readMidi([{ name: "p.mid", bytes: midiOf([first]) }]);
    expect(codec.framesOf(sequences[0])).toEqual([[64, 60], [67], [67]]);
  });

  test("with more notes than voices keep the lowest, and the others from the top", async () => {
    const file = { name: "a.mid", bytes: writeMidi([[80, 76, 72, 60, 50, 40]]) };
    expect(framesIn(await readMidi([file]))).toEqual([[[80, 76, 72, 40]]]);
    expect(framesIn(await readMidi([file], { voices: 1 }))).toEqual([[[80]]]);
  });

  test("skip chunks that are not tracks", async () => {
    const whole = writeMidi([[60]]);
    const bytes = Uint8Array.from([
      ...whole.subarray(0, 14),
      ...bytesOf("XFIH"),
      0,
      0,
      0,
      2,
      7,
      7,
      ...whole.subarray(14),
    ]);
    expect(framesIn(await readMidi([{ name: "x.mid", bytes }]))).toEqual([[[60]]]);
  });

  const whole = writeMidi([[60], [62]]);
  const drums = [0, 0x99, 35, 80, 96, 0x89, 35, 0, ...end];
  test.each([
    ["empty", new Uint8Array(), "x.mid: empty file (0 bytes)"],
    ["text", bytesOf("<html>"), "x.mid: not a MIDI file: it must begin with MThd, found 3c 68 74 6d"],
    ["cut", whole.subarray(0, 60), "x.mid: the file ends early, at byte 60 of 78, within a chunk MTrk"],
    ["without its last track", whole.subarray(0, 34), "x.mid: ends after 1 of 2 tracks"],
    ["cut in its header", whole.subarray(0, 6), "x.mid: the file ends early, at byte 6 within the head of a chunk"],
    ["without notes", writeMidi([[]]), "x.mid: MIDI file without notes"],
    ["with drums", midiOf([drums]), "x.mid: MIDI file without notes other than 1 of drums"],
    ["ending in an event", midiOf([[0, 0x90, 60]]), "x.mid: MIDI data are corrupt (track 1 ends within an event)"],
    ["with a bad status", midiOf([[0, 60, 60]]), "x.mid: MIDI data are corrupt (Unrecognised MIDI event type: 0)"],
    [
      "with a bad event",
      midiOf([[0, 0xf4, ...end]]),
      "x.mid: MIDI data are corrupt (Unrecognised MIDI event type byte: 244)",
    ],
    ["with a length beyond its end", midiOf([[0, 0xff, 1, 9, 65, ...end]]), "(9 bytes at byte 4 of a chunk of 9)"],
    [
      "with a length that turns negative",
      midiOf([[0, 0xff, 1, 0x8f, 0xff, 0xff, 0xff, 0x79, ...end]]),
      "x.mid: MIDI data are corrupt (-7 bytes at byte 8 of a chunk of 12)",
    ],
    ["with a time that turns negative", midiOf([[0xff, 0xff, 0xff, 0xff, 0x7f, 0x90, 60, 80]]), "ends within an event"],
    ["of format 2", midiOf([drums], { format: 2 }), "x.mid: the format must be 0 or 1, found 2"],
    ["in SMPTE time", midiOf([drums], { division: [0xe7, 40] }), "times must be in ticks of a quarter note"],
    [
      "too short to hear",
      midiOf([[0, 0x90, 60, 1, 9, 0x80, 60, 0, ...end]]),
      "no note is long enough to be heard at 1",
    ],
    [
      "too long",
      midiOf([[0, 0x90, 60, 1, 0xff, 0xff, 0xff, 0x7f, 0x80, 60, 0, ...end]], { division: [0, 1] }),
      "x.mid: a piece must have at most 100000 frames, found 268435455",
    ],
  ])("%s are refused", async (_, bytes, message) => {
    expect((await failure(readMidi([{ name: "x.mid", bytes }]))).message).toContain(message);
  });

  test("with any byte changed, or cut anywhere, are read or refused by name", async () => {
    const good = writeMidi([[72, 60], [71], [], [60]]);
    let refused = 0;
    for (let at = 0; at < good.length; at++) {
      const changed = [0, 1, 0x7f, 0x80, 0x90, 0xff].map((byte) => good.with(at, byte));
      for (const bytes of [good.subarray(0, at), ...changed]) {
        const error = await readMidi([{ name: "x.mid", bytes }]).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) continue;
        refused++;
        expect(error).toBeInstanceOf(BadFileError);
        expect((error as BadFileError).message).toMatch(/^x\.mid: /);
      }
    }
    expect(refused).toBeGreaterThan(good.length);
  });

  test("several broken ones are named together", async () => {
    const files = [whole, bytesOf("text"), new Uint8Array()].map((bytes, i) => ({ name: `${i}.mid`, bytes }));
    const { message, list } = await failure(readMidi(files, { name: "folder" }));
    expect(message).toBe("folder: 2 of 3 MIDI files cannot be used");
    expect(list.map((line) => line.slice(0, 6))).toEqual(["1.mid:", "2.mid:"]);
  });

  test("in folders of a split are read by part", async () => {
    const file = (name: string, pitch: number) => ({ name, bytes: writeMidi([[pitch]]) });
    const files = [file("test/x/train/a.mid", 60), file("test/x/train/b.mid", 64), file("test/x/valid/a.mid", 62)];
    expect(framesIn(await readMidi(files))).toEqual([[[60]], [[64]]]);
    const valid = await readMidi(files, { part: "valid" });
    expect(framesIn(valid)).toEqual([[[62]]]);
    expect(valid.codec.config.pitches).toEqual([60, 61, 62, 63, 64]);
    expect((await failure(readMidi(files, { part: "test" }))).message).toContain(
      "no MIDI files of the test part among 3",
    );
    expect((await failure(readMidi(files.slice(0, 1), { part: "test" }))).code).toBe("ERR_DIRECTORY_WITHOUT_DATA");
  });
});
