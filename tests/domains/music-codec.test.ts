/** The codec of music, transpositions, and units of RBMs. */
import { describe, expect, test } from "vitest";
import { choraleCodec, choraleFromConfig, pitchRange } from "../../src/data/codecs/chorale.js";
import { codecFrom } from "../../src/data/codecs/index.js";
import { rollCodec, rollFromConfig } from "../../src/data/codecs/roll.js";
import {
  framesOf,
  framesOfRoll,
  music as domain,
  type Music,
  rolls,
  transposed,
} from "../../src/domains/music/index.js";
import { framesIn } from "./music-cases.js";

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
    ["60\n60 50", "line 2, column 4: a note must be of the vocabulary, 5 pitches from 48 to 72, found 50"],
    ["72 64 60 55 48", "line 1, column 13: a frame must have at most 4 notes, found 5"],
    ["60\n\n60", "line 2, column 1: a frame must have pitches, or - for none, found an empty line"],
    ["60  C4", 'line 1, column 5: a note must be a MIDI pitch from 0 to 127, found "C4"'],
    ["60 128", 'line 1, column 4: a note must be a MIDI pitch from 0 to 127, found "128"'],
    ["60 - 48", 'line 1, column 4: a note must be a MIDI pitch from 0 to 127, found "-"'],
    ["60 48 60", "line 1, column 7: a frame must have each pitch once, found 60 again"],
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
    expect(framesIn(transposed(data, { semitones: [8, 9] }))).toEqual([[[64, 60], []], [[72, 68], []], [[72, 60]]]);
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
  test("of windows stay within a sequence", () => {
    const sequences = ["21\n60\n108", "60", "60\n21"].map((text) => codec.encode(text));
    expect(framesOfRoll(framesOf({ codec, sequences }, { window: 2 }))).toEqual([[21], [60], [60], [108], [60], [21]]);
    expect(() => framesOf({ codec, sequences }, { window: 0 })).toThrow("window must be an integer >= 1, found 0");
  });
  test("refuse what a piano does not have", () => {
    expect(() => framesOf({ codec, sequences: [codec.encode("-\n20")] })).toThrow(
      "framesOf: sequence 1, frame 2: pitches must be 21 to 108, the keys of a piano, found 20",
    );
    expect(() => framesOfRoll(new Uint8Array(89))).toThrow("must be a multiple of 88, found 89");
  });
});

describe("piano rolls", () => {
  const text = "108 21\n-\n60";
  test("are tokens of a codec, which is read back from its description", () => {
    const codec = codecFrom(JSON.parse(JSON.stringify(rollCodec({ framesPerBeat: 4 }).config)));
    expect(codec).toMatchObject({ vocabulary: 2, ended: false, config: { kind: "roll", framesPerBeat: 4 } });
    const bits = codec.encode(text);
    expect(bits.length).toBe(3 * 88);
    expect(codec.decode(bits)).toBe(text);
    expect(codec.decode(Float32Array.from(bits))).toBe(text);
  });
  test("are sequences of music, in windows of frames", async () => {
    const chorale = choraleCodec({ pitches: [21, 60, 108], framesPerBeat: 2 });
    const found = rolls({ name: "a", codec: chorale, sequences: [chorale.encode(text)], stride: 4 }, { window: 2 });
    expect(found).toMatchObject({ name: "a", length: 176, stride: 88, codec: { config: { framesPerBeat: 2 } } });
    expect(found.codec.decode(found.sequences[0])).toBe(text);
    expect(domain.unit?.tokens(found.codec.config)).toBe(88);
    expect(domain.unit?.tokens(chorale.config)).toBe(4);
    const midi = await domain.writers.mid({ codec: found.codec, texts: [text] });
    expect(midi).toEqual(
      await domain.writers.mid({ codec: choraleCodec({ pitches: [60], framesPerBeat: 2 }), texts: [text] }),
    );
  });
  test("refuse what a piano does not have, and other descriptions", () => {
    expect(() => rollCodec().encode("60\n20")).toThrow(
      "line 2: pitches must be 21 to 108, the keys of a piano, found 20",
    );
    expect(() => rollCodec({ framesPerBeat: 0 })).toThrow("framesPerBeat must be an integer >= 1");
    expect(() => rollFromConfig({ kind: "chorale", framesPerBeat: 1 })).toThrow(
      'must be of kind "roll", found "chorale"',
    );
  });
});
