/** Music: the codec, the readers, the writers, augmentation, units of RBMs, and the scores. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type MidiEvent, parseMidi } from "midi-file";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  canonical,
  choraleCodec,
  choraleFromConfig,
  type Frame,
  framesOfText,
  pitchRange,
  textOfFrames,
} from "../../src/data/codecs/chorale.js";
import { decodePng } from "../../src/data/formats/png.js";
import {
  chordShare,
  copiedShare,
  framesOf,
  framesOfRoll,
  inKeyShare,
  type Music,
  music,
  musicNames,
  natsPerFrame,
  notesOf,
  readJsb,
  readMidi,
  readMusic,
  rollImage,
  transposed,
  writeMidi,
} from "../../src/domains/music/index.js";
import { loadMusic } from "../../src/domains/music/music-files.js";
import { GenloomError } from "../../src/errors.js";

const bytesOf = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
const jsb = (value: unknown, name = "bach.json") => ({ name, bytes: bytesOf(value) });
const small = {
  train: [[[60, 64, 67, 72], [60, 64, 67], []], [[59, 62, 67, 71]]],
  valid: [[[72]]],
  test: [[[65, 65, -1, 62]]],
};
const framesIn = ({ codec, sequences }: Music) => sequences.map((tokens) => codec.framesOf(tokens));

/** Message and code of the GenloomError of a promise. */
async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GenloomError)) throw error ?? new Error("nothing was thrown");
  expect(error.hint).not.toBe("");
  return { code: error.code, message: error.message, list: error.list };
}

describe("the codec of chorales", () => {
  const codec = choraleCodec({ pitches: [48, 55, 60, 64, 72], framesPerBeat: 2 });

  test("gives every frame its notes from the highest to the lowest, then rests", () => {
    expect(codec.encode("48 60 55 64\n72\n-\n")).toEqual([4, 3, 2, 1, 5, 0, 0, 0, 0, 0, 0, 0]);
    expect(codec.vocabulary).toBe(6);
    expect(codec.ended).toBe(false);
  });

  test.each(["64 60 55 48\n72\n-\n-\n60 48", "-", ""])("gives %j back", (text) => {
    expect(codec.decode(codec.encode(text))).toBe(text);
  });

  test("gives canonical tokens back", () => {
    const tokens = [5, 4, 3, 1, 0, 0, 0, 0, 2, 1, 0, 0];
    expect(codec.encode(codec.decode(tokens))).toEqual(tokens);
  });

  test("reads tokens in any order, notes drawn twice, and frames that are cut short, as sets of notes", () => {
    expect(codec.framesOf([0, 1, 5, 1, 2, 0])).toEqual([[72, 48], [55]]);
  });

  test("is described by JSON", () => {
    const copy = choraleFromConfig(JSON.parse(JSON.stringify(codec.config)));
    expect(copy.config).toEqual({ kind: "chorale", voices: 4, pitches: [48, 55, 60, 64, 72], framesPerBeat: 2 });
    expect(copy.encode("72 48")).toEqual([5, 1, 0, 0]);
    expect(() => choraleFromConfig({ kind: "smiles" })).toThrow('must be of kind "chorale", found "smiles"');
    expect(() => choraleFromConfig({ kind: "chorale" })).toThrow("pitches must be a list of MIDI pitches");
  });

  test.each([
    ["60\n60 50", "line 2, column 4: pitch 50 is outside of the vocabulary: 5 pitches from 48 to 72"],
    ["72 64 60 55 48", "line 1, column 13: a frame has at most 4 notes, found 5"],
    ["60\n\n60", "line 2, column 1: a frame must have pitches, or - for none, found an empty line"],
    ["60  C4", 'line 1, column 5: a note must be a MIDI pitch from 0 to 127, found "C4"'],
    ["60 128", 'line 1, column 4: a note must be a MIDI pitch from 0 to 127, found "128"'],
    ["60 - 48", 'line 1, column 4: a note must be a MIDI pitch from 0 to 127, found "-"'],
    ["60 48 60", "line 1, column 7: a frame has each pitch once, found 60 again"],
  ])("refuses %j", (text, message) => {
    expect(() => codec.encode(text)).toThrow(new RangeError(message));
  });

  test("refuses what is no token", () => {
    expect(() => codec.decode([1, 6])).toThrow("token 2 must be an integer from 0 to 5, found 6");
  });

  test.each([
    [{ pitches: [] }, "pitches must be a list of MIDI pitches, found []"],
    [{ pitches: [60, 60] }, "pitch 2 must be an integer >= 61 and <= 127, found 60"],
    [{ pitches: [128] }, "pitch 1 must be an integer >= 0 and <= 127, found 128"],
    [{ pitches: [60], voices: 16 }, "voices must be an integer >= 1 and <= 15, found 16"],
    [{ pitches: [60], framesPerBeat: 0.5 }, "framesPerBeat must be an integer >= 1 and <= 96, found 0.5"],
  ])("refuses the options %j", (options, message) => {
    expect(() => choraleCodec(options)).toThrow(message);
  });

  test("a vocabulary is the range of the training data, with its gaps", () => {
    expect(pitchRange([[[62, 60]], [[], [57]]])).toEqual([57, 58, 59, 60, 61, 62]);
    expect(() => pitchRange([[[]]])).toThrow("found rests only");
  });
});

describe("JSON files of chorales", () => {
  test("are read by part, in the vocabulary of the training part", async () => {
    const train = await readJsb(jsb(small));
    expect(framesIn(train)).toEqual([[[72, 67, 64, 60], [67, 64, 60], []], [[71, 67, 62, 59]]]);
    expect(train).toMatchObject({ name: "bach.json", length: 128, stride: 4 });
    expect(train.codec.config.pitches).toEqual(Array.from({ length: 14 }, (_, i) => 59 + i));
    const held = await readJsb(jsb(small), { part: "test" });
    expect(framesIn(held)).toEqual([[[65, 62]]]);
    expect(held.name).toBe("bach.json (test)");
    expect(held.codec.config).toEqual(train.codec.config);
  });

  test("say the length of a frame by their names", async () => {
    const beats = async (name: string) => (await readJsb(jsb(small, name))).codec.config.framesPerBeat;
    expect(await Promise.all(["a-quarter.json", "a-8th.json", "a-16th.json"].map(beats))).toEqual([1, 2, 4]);
    expect((await readJsb(jsb(small, "a-16th.json"), { framesPerBeat: 3 })).codec.config.framesPerBeat).toBe(3);
  });

  test("may be gzipped", async () => {
    const bytes = new Uint8Array(gzipSync(bytesOf(small)));
    expect((await readJsb({ name: "bach.json.gz", bytes }, { part: "valid" })).sequences.length).toBe(1);
  });

  test.each([
    ["{", "bach.json: not JSON: "],
    [[1], "bach.json: must be an object with the lists train, valid, test, found [1]"],
    [{ valid: [] }, "bach.json: train must be a list of pieces, found undefined"],
    [{ train: [] }, "bach.json: train must be a list of pieces, found none"],
    [{ train: [[]] }, "bach.json, train, piece 1: must be a list of frames, found none"],
    [{ train: [[[60]], [60]] }, "bach.json, train, piece 2, frame 1: must be a list of MIDI pitches, found 60"],
    [{ train: [[[60], [1, "C"]]] }, 'piece 1, frame 2, note 2: must be a MIDI pitch from 0 to 127, or -1, found "C"'],
    [{ train: [[[60.5]]] }, "piece 1, frame 1, note 1: must be a MIDI pitch from 0 to 127, or -1, found 60.5"],
    [{ train: [[[1, 2, 3, 4, 5]]] }, "piece 1, frame 1: at most 4 notes may sound together, found 5"],
  ])("%j are refused", async (value, message) => {
    expect((await failure(readJsb(jsb(value)))).message).toContain(message);
  });

  test("with pitches beyond those of the training part are refused by chorale and frame", async () => {
    const wide = { train: [[[60, 62]]], test: [[[60]], [[61], [60, 80]]] };
    expect(await failure(readJsb(jsb(wide), { part: "test" }))).toMatchObject({
      code: "ERR_FILE_VALUE",
      message:
        "bach.json, test, piece 2, frame 2, note 1: pitch 80 is outside of the vocabulary: 3 pitches from 60 to 62",
    });
  });

  test("refuse unknown options", async () => {
    await expect(readJsb(jsb(small), { part: "tset" as "test" })).rejects.toThrow("must be one of train, valid, test");
    await expect(readJsb(jsb(small), { voice: 3 } as object)).rejects.toThrow('did you mean "voices"?');
  });
});

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

/** Notes of a file as [pitch, start, end] in ticks, in the order of start and pitch, of each track. */
function notesIn(bytes: Uint8Array): number[][][] {
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
function midiOf(tracks: readonly (readonly number[])[], { format = 1, division = [1, 224] } = {}): Uint8Array {
  const chunk = (id: string, body: readonly number[]) => [
    ...bytesOf(id),
    0,
    0,
    body.length >> 8,
    body.length & 255,
    ...body,
  ];
  return Uint8Array.from([
    ...chunk("MThd", [0, format, 0, tracks.length, ...division]),
    ...tracks.flatMap((body) => chunk("MTrk", body)),
  ]);
}
const end = [0, 0xff, 0x2f, 0];

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
    ["of format 2", midiOf([drums], { format: 2 }), "MIDI files of format 0 and 1 can be read, found format 2"],
    ["in SMPTE time", midiOf([drums], { division: [0xe7, 40] }), "times must be in ticks of a quarter note"],
    [
      "too short to hear",
      midiOf([[0, 0x90, 60, 1, 9, 0x80, 60, 0, ...end]]),
      "no note is long enough to be heard at 1",
    ],
    [
      "too long",
      midiOf([[0, 0x90, 60, 1, 0xff, 0xff, 0xff, 0x7f, 0x80, 60, 0, ...end]], { division: [0, 1] }),
      "x.mid: a piece may have 100000 frames, found 268435455",
    ],
  ])("%s are refused", async (_, bytes, message) => {
    expect((await failure(readMidi([{ name: "x.mid", bytes }]))).message).toContain(message);
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

describe("paths and files", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "genloom-music-"));
    for (const name of ["json", "midi", "midi/train", "midi/test", "none"]) await mkdir(join(folder, name));
    for (const name of ["a-16th.json", "a-quarter.json"]) await writeFile(join(folder, "json", name), bytesOf(small));
    await writeFile(join(folder, "json", "README.md"), "text");
    for (const name of ["train/b.mid", "train/a.MID", "test/c.midi", "train/.d.mid"])
      await writeFile(join(folder, "midi", name), writeMidi([[60 + name.length, 60]]));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("a folder takes its file in quarter notes unless one is named", async () => {
    expect((await loadMusic(join(folder, "json"))).name).toBe(join(folder, "json", "a-quarter.json"));
    expect((await loadMusic(join(folder, "json", "a-16th.json"))).codec.config.framesPerBeat).toBe(4);
  });

  test("a folder of MIDI files, and its parts", async () => {
    expect((await loadMusic(join(folder, "midi"))).sequences.length).toBe(2);
    expect((await loadMusic(join(folder, "midi", "test"))).sequences.length).toBe(1);
    expect((await loadMusic(join(folder, "midi", "test", "c.midi"))).sequences.length).toBe(1);
    expect((await failure(loadMusic(join(folder, "midi"), { part: "valid" }))).message).toContain(folder);
  });

  test("without music are errors", async () => {
    expect((await failure(loadMusic(join(folder, "none")))).message).toBe(
      `${join(folder, "none")}: no music among 0 files`,
    );
    expect((await failure(loadMusic(join(folder, "lost")))).code).toBe("ERR_FILE_NOT_FOUND");
    await expect(readMusic([{ name: "a.txt", bytes: bytesOf("abc") }])).rejects.toThrow("a.txt: not JSON");
    expect(() => musicNames("x", ["a.json", "b.json"])).toThrow("x: the folder must hold one JSON file");
    expect(() => musicNames("x", ["a.json", "b.mid"])).toThrow("x: the folder must hold a JSON file or MIDI files");
  });
});

describe("transpositions", () => {
  const codec = choraleCodec({ pitches: pitchRange([[[60, 72]]]) });
  const data: Music = {
    name: "two",
    codec,
    sequences: [codec.encode("64 60\n-"), codec.encode("72 60")],
    labels: [5, 7],
  };

  test("stay in the range of the data, and the pieces themselves stay", () => {
    const all = transposed(data);
    expect(framesIn(all)).toEqual([
      [[64, 60], []],
      ...[1, 2, 3, 4, 5, 6].map((up) => [[64 + up, 60 + up], []]),
      [[72, 60]],
    ]);
    expect(all.labels).toEqual([5, 5, 5, 5, 5, 5, 5, 7]);
    expect(all.codec.config).toEqual(codec.config);
    expect(data.sequences.length).toBe(2);
  });

  test("widen the vocabulary if the range says so", () => {
    const all = transposed(data, { semitones: [-2], range: [55, 80] });
    expect(framesIn(all).slice(1)).toEqual([[[62, 58], []], [[72, 60]], [[70, 58]]]);
    expect(all.codec.config.pitches).toEqual(pitchRange([[[58, 72]]]));
  });

  test("are checked", () => {
    expect(() => transposed(data, { semitones: [0.5] })).toThrow("semitones must be integers, found 0.5");
    expect(() => transposed(data, { range: [60, 200] })).toThrow("range must be two rising MIDI pitches");
  });
});

describe("units of RBMs", () => {
  const codec = choraleCodec({ pitches: [20, 21, 60, 108] });
  test("are the keys of a piano, and give the frames back", () => {
    const roll = framesOf({ codec, sequences: [codec.encode("108 21\n-"), codec.encode("60")] });
    expect(roll.length).toBe(3 * 88);
    expect([...roll.keys()].filter((i) => roll[i] === 1)).toEqual([0, 87, 2 * 88 + 39]);
    expect(framesOfRoll(roll)).toEqual([[108, 21], [], [60]]);
  });
  test("refuse what a piano does not have", () => {
    expect(() => framesOf({ codec, sequences: [codec.encode("-\n20")] })).toThrow(
      "pitches must be 21 to 108, found 20 in frame 2",
    );
    expect(() => framesOfRoll(new Uint8Array(89))).toThrow("must be a multiple of 88, found 89");
  });
});

describe("scores", () => {
  test.each([
    ["major in first inversion", [76, 67, 60, 52], 1],
    ["minor", [69, 64, 60], 1],
    ["diminished", [71, 65, 62], 1],
    ["augmented", [68, 64, 60], 1],
    ["dominant seventh", [65, 59, 55, 50], 1],
    ["half-diminished", [69, 65, 62, 59], 1],
    ["diminished seventh", [68, 65, 62, 59], 1],
    ["suspended fourth", [67, 65, 60], 0],
    ["a seventh without its fifth", [65, 59, 55], 0],
    ["octaves", [72, 60, 48], 0],
    ["silence", [], 0],
  ])("chords: %s", (_, frame, share) => expect(chordShare([[frame]])).toBe(share));

  test("a frame is a chord or not, as brute force over roots and types says", () => {
    // Root position within an octave by intervals: triads of thirds of 3 or 4 semitones, and sevenths on them.
    const thirds = [3, 4];
    const stacks = thirds.flatMap((a) =>
      thirds.flatMap((b) => [[0, a, a + b], ...thirds.map((c) => [0, a, a + b, a + b + c])]),
    );
    const expected = new Set(
      stacks
        .filter((stack) => Math.max(...stack) < 12) // an augmented triad and another major third is the octave
        .flatMap((stack) =>
          Array.from({ length: 12 }, (_, root) =>
            stack
              .map((p) => (p + root) % 12)
              .sort()
              .join(),
          ),
        ),
    );
    let found = 0;
    for (let bits = 1; bits < 4096; bits++) {
      const classes = Array.from({ length: 12 }, (_, p) => p).filter((p) => bits & (1 << p));
      const isChord = chordShare([[classes]]) === 1;
      expect(isChord, classes.join()).toBe(expected.has([...classes].sort().join()));
      if (isChord) found++;
    }
    expect(found).toBe(12 + 12 + 12 + 4 + 6 * 12 + 3);
  });

  test("in-key share: the best scale of each piece, averaged", () => {
    const dMajor = [62, 64, 66, 67, 69, 71, 73].map((p) => [p]);
    expect(inKeyShare([dMajor])).toBe(1);
    expect(inKeyShare([dMajor, [...dMajor, [65]], [[]]])).toBeCloseTo((1 + 7 / 8) / 2, 12);
    const every = Array.from({ length: 12 }, (_, p) => [60 + p]);
    expect(inKeyShare([every])).toBeCloseTo(7 / 12, 12);
  });

  test("copies: windows of six frames at the same pitch", () => {
    const line = [60, 62, 64, 65, 67, 69, 71].map((p) => [p]);
    expect(copiedShare([line], [line])).toBe(1);
    expect(copiedShare([[...line, [50]]], [line])).toBeCloseTo(2 / 3, 12);
    expect(copiedShare([line.map(([p]) => [p + 1])], [line])).toBe(0);
    expect(copiedShare([line.slice(0, 5)], [line])).toBeNaN();
  });

  test("of a domain: samples, and held-out data cut to their length", async () => {
    const codec = choraleCodec({ pitches: pitchRange([[[48, 84]]]) });
    const chord = "76 67 60 48";
    const sample = Array.from({ length: 6 }, () => chord).join("\n");
    const held = textOfFrames([...framesOfText(sample), ...Array.from({ length: 6 }, () => [61, 66, 68])]);
    const { metrics, floors } = await music.scores({ codec, texts: [sample] }, { training: [sample], heldOut: [held] });
    expect(metrics).toEqual({ chords: 1, inKey: 1, copies: 1 });
    expect(floors).toEqual({ chords: 0.5, inKey: 1, copies: 1 / 7 });
    const empty = await music.scores({ codec, texts: ["-"] }, { training: [], heldOut: [] });
    expect(empty).toMatchObject({ metrics: { chords: 0 }, floors: {} });
  });

  test("nats of a frame", () => {
    expect(natsPerFrame([100, 50], [20, 10])).toBe(5);
    expect(() => natsPerFrame([1], [1, 2])).toThrow("must have one length, found 1 and 2");
    expect(() => natsPerFrame([], [])).toThrow("number of frames must be a finite number >= 1, found 0");
  });
});

describe("what is written", () => {
  const codec = choraleCodec({ pitches: pitchRange([[[48, 84]]]), framesPerBeat: 2 });
  const texts = Array.from({ length: 8 }, (_, i) => `${72 + i} 64 55 48\n${72 + i} 65 57 50\n-\n71`);

  test("8 samples are 8 MIDI files that read back note for note", async () => {
    const files = await music.writers.mid({ codec, texts });
    if (!(files instanceof Map)) throw new Error("must be a folder");
    expect([...files.keys()]).toEqual(texts.map((_, i) => `sample-${i + 1}.mid`));
    const named = [...files].map(([name, bytes]) => ({ name, bytes: bytes as Uint8Array }));
    const back = await readMidi(named, { codec });
    expect(back.sequences.map((tokens) => codec.decode(tokens))).toEqual(texts);
    named.forEach(({ bytes }, i) => {
      const expected = notesOf(framesOfText(texts[i])).map(({ pitch, start, end }) => [pitch, start * 240, end * 240]);
      const order = (a: number[], b: number[]) => a[1] - b[1] || b[0] - a[0];
      expect(notesIn(bytes).flat().sort(order)).toEqual(expected);
    });
    expect(await music.writers.mid({ codec, texts: texts.slice(0, 1) })).toBeInstanceOf(Uint8Array);
  });

  test("frames as text read back", async () => {
    const written = await music.writers.txt({ codec, texts });
    expect(String(written).trimEnd().split("\n\n")).toEqual(texts);
  });

  test("a piano roll has a note's colour where it sounds, and only there", async () => {
    const png = await music.writers.png({ codec, texts: ["60\n60\n-\n-"] });
    const { width, data } = decodePng(png as Uint8Array);
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
    // Space of 8, frames of 9 x 5 pixels, pitches 61, 60, 59 from the top.
    expect(at(8 + 4, 8 + 7)).toEqual([30, 90, 220]);
    expect(at(8 + 9, 8 + 7)).toEqual([30, 90, 220]); // held: no gap between its frames
    expect(at(8 + 18 + 4, 8 + 7)).toEqual([255, 255, 255]);
    expect(at(8 + 4, 8 + 2)).toEqual([240, 241, 244]); // the row of C sharp
    expect(rollImage([[[60]], [[60]]], { columns: 2 }).width).toBe(2 * (9 + 1 + 8) + 8);
    expect(() => rollImage([])).toThrow("number of pieces must be");
  });

  test("the page fetches nothing, and says in words what it shows", async () => {
    const page = String(await music.writers.html({ codec, texts }));
    expect(page).toContain(String(await music.html({ codec, texts })));
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|\bfetch\b|XMLHttp|import\(/i);
    const links = [...page.matchAll(/(?:src|href)="([^"]{0,20})/g)].map(([, link]) => link);
    expect(links).toEqual(texts.map(() => "data:audio/midi;base"));
    expect(
      page.match(/<svg role="img" aria-label="Sample \d: piano roll of 4 frames, MIDI pitches 48 to \d\d"/g),
    ).toHaveLength(8);
    expect(page).toContain("prefers-color-scheme: dark");
    expect(String(await music.html({ codec, texts: ["-"] }))).toContain("piano roll of 1 frames, no notes");
  });

  test("the links of the page are the MIDI files", async () => {
    const page = String(await music.html({ codec, texts: texts.slice(0, 1) }));
    const [, data] = /base64,([^"]+)"/.exec(page) ?? [];
    expect(new Uint8Array(Buffer.from(data, "base64"))).toEqual(
      await music.writers.mid({ codec, texts: texts.slice(0, 1) }),
    );
  });
});

describe("the JSB chorales", () => {
  const folder = fileURLToPath(new URL("../../../shared/data/jsb-chorales/", import.meta.url));
  const missing = !existsSync(folder);
  const reason = "needs ../shared/data/jsb-chorales";
  const parts = ["train", "valid", "test"] as const;

  test("have the published numbers of chorales and frames, and all of test has tokens", async ({ skip }) => {
    skip(missing, reason);
    const data = await Promise.all(parts.map((part) => loadMusic(folder, { part })));
    expect(data.map(({ sequences }) => sequences.length)).toEqual([229, 76, 77]);
    expect(data.map((one) => framesOf(one).length / 88)).toEqual([13_807, 4_602, 4_725]);
    const { pitches } = data[0].codec.config;
    expect([pitches[0], pitches.at(-1), data[0].codec.vocabulary]).toEqual([43, 96, 55]);
    const raw = JSON.parse(await readFile(join(folder, "jsb-chorales-quarter.json"), "utf8"));
    data.forEach((one, i) => {
      const sorted = raw[parts[i]].map((piece: number[][]) => piece.map((frame) => [...frame].sort((a, b) => b - a)));
      expect(framesIn(one)).toEqual(sorted);
    });
  });

  test("in sixteenths: voices on one pitch are one note", async ({ skip }) => {
    skip(missing, reason);
    const { codec, sequences } = await loadMusic(join(folder, "jsb-chorales-16th.json"));
    expect(codec.config).toMatchObject({ framesPerBeat: 4, voices: 4 });
    expect(sequences.reduce((sum, { length }) => sum + length / 4, 0)).toBe(55_228);
  });

  test("are written as MIDI files and read back", async ({ skip }) => {
    skip(missing, reason);
    const { codec, sequences } = await loadMusic(folder, { part: "test" });
    const texts = sequences.map((tokens) => codec.decode(tokens));
    const files = (await music.writers.mid({ codec, texts })) as ReadonlyMap<string, Uint8Array>;
    const back = await readMidi(
      [...files].map(([name, bytes]) => ({ name, bytes })),
      { codec },
    );
    const withoutEnd = (text: string) => text.replace(/(\n-)+$/, "");
    expect(back.sequences.map((tokens) => codec.decode(tokens))).toEqual(texts.map(withoutEnd));
  });

  test("score as music", async ({ skip }) => {
    skip(missing, reason);
    const [training, heldOut] = await Promise.all(
      (["train", "test"] as const).map(async (part) => {
        const { codec, sequences } = await loadMusic(folder, { part });
        return sequences.map((tokens) => codec.decode(tokens));
      }),
    );
    const { codec } = await loadMusic(folder);
    const noise = heldOut.map((text) =>
      textOfFrames(
        framesOfText(text).map((frame, f) => canonical(frame.map((pitch, v) => pitch + ((f * 5 + v * 7) % 5) - 2))),
      ),
    );
    const { metrics, floors } = await music.scores({ codec, texts: noise }, { training, heldOut });
    expect(floors.chords).toBeGreaterThan(metrics.chords + 0.3);
    expect(floors.inKey).toBeGreaterThan(metrics.inKey + 0.1);
    expect(metrics.copies).toBeLessThan(floors.copies);
  });
});
