/** JSON files of chorales, and music from paths. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { musicNames, readJsb, readMusic, writeMidi } from "../../src/domains/music/index.js";
import { loadMusic } from "../../src/domains/music/music-files.js";
import { bytesOf, jsb, small, framesIn, failure } from "./music-cases.js";

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
    [{ train: [[[1, 2, 3, 4, 5]]] }, "piece 1, frame 1: a frame must have at most 4 notes, found 5"],
  ])("%j are refused", async (value, message) => {
    expect((await failure(readJsb(jsb(value)))).message).toContain(message);
  });

  test("with pitches beyond those of the training part are refused by chorale and frame", async () => {
    const wide = { train: [[[60, 62]]], test: [[[60]], [[61], [60, 80]]] };
    expect(await failure(readJsb(jsb(wide), { part: "test" }))).toMatchObject({
      code: "ERR_FILE_VALUE",
      message:
        "bach.json, test, piece 2, frame 2, note 1: a note must be of the vocabulary, 3 pitches from 60 to 62, found 80",
    });
  });

  test("refuse unknown options", async () => {
    await expect(readJsb(jsb(small), { part: "tset" as "test" })).rejects.toThrow("must be one of train, valid, test");
    await expect(readJsb(jsb(small), { voice: 3 } as object)).rejects.toThrow('did you mean "voices"?');
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
