/** The domain of music: what its writers write, and the real chorales. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { canonical, choraleCodec, framesOfText, pitchRange, textOfFrames } from "../../src/data/codecs/chorale.js";
import { decodePng } from "../../src/data/formats/read-png.js";
import { framesOf, music, notesOf, readMidi, rollImage } from "../../src/domains/music/index.js";
import { loadMusic } from "../../src/domains/music/music-files.js";
import { framesIn, notesIn } from "./music-cases.js";

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
