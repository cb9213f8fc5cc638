/** Scores of music. */
import { describe, expect, test } from "vitest";
import { choraleCodec, framesOfText, pitchRange, textOfFrames } from "../../src/data/codecs/chorale.js";
import { chordShare, copiedShare, inKeyShare, music, natsPerFrame } from "../../src/domains/music/index.js";

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
