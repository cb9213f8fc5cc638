/** Texts: reading bytes, lines or one long text, writing and scores. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { characterCodec, codecFrom } from "#src/data/index";
import { partName } from "#src/domains/part-name";
import { formOf, heldOutTail, readText, text } from "#src/domains/text/index";
import { BadFileError, UsageError } from "#src/errors";

const shared = new URL("../../../shared/data/", import.meta.url);
const bytes = (content: string) => new TextEncoder().encode(content);
const names = ["emma", "olivia", "ava", "isabella", "sophia", "mia", "charlotte", "zoé", "li", "john", "anna maria"];
const prose = `It was a dark and stormy night; the rain fell in torrents, except at
occasional intervals, when it was checked by a violent gust of wind
`.repeat(10);

describe("the form of a text", () => {
  const sentences = names.map((name) => `This is a whole sentence about ${name}, is it not?`);
  test.each([
    ["lines", "names", names.join("\n")],
    ["lines", "names between empty lines", `\n\n${names.join("\n")}\n\n`],
    ["lines", "sentences, one a line", sentences.join("\n")],
    ["text", "too few lines", names.slice(0, 9).join("\n")],
    ["text", "a wrapped text", prose],
    ["text", "stanzas", names.map((name) => `${name}\n`).join("\n")],
    ["text", "a long line", [...names, "x".repeat(201)].join("\n")],
    ["text", "one line", "abc"],
  ])("is %s: %s", (form, _, content) => {
    expect(formOf(content)).toBe(form);
  });
});

describe("readText", () => {
  test("makes each line a sequence, with the alphabet of all", async () => {
    const { name, codec, sequences, length } = await readText(bytes(`${names.join("\n")}\n`), "names.txt");
    expect([name, codec.ended, length]).toEqual(["names.txt", true, undefined]);
    expect(codec.config.alphabet).toEqual([...new Set(names.join(""))].sort());
    expect(sequences.map((one) => codec.decode(one))).toEqual(names);
    expect(codecFrom(codec.config).decode(sequences[7])).toBe("zoé");
  });

  test("makes one long text one sequence, which is cut into windows", async () => {
    const { codec, sequences, length } = await readText(bytes(prose), "night.txt");
    expect([codec.ended, sequences.length, length]).toEqual([false, 1, Math.floor(prose.length / 20)]);
    expect(codec.decode(sequences[0])).toBe(prose);
    expect((await readText(bytes(prose.repeat(10)), "night.txt")).length).toBe(128);
  });

  test("reads as it is told to", async () => {
    expect((await readText(bytes("ab\nb"), "a", { as: "lines" })).sequences).toEqual(
      [[1, 2], [2]].map((one) => Uint8Array.from(one)),
    );
    expect((await readText(bytes(names.join("\n")), "a", { as: "text" })).sequences.length).toBe(1);
  });

  test("takes no notice of a byte order mark, ends of lines and compression", async () => {
    const plain = (await readText(bytes(`${names.join("\n")}\n`), "a")).sequences;
    for (const content of [`\ufeff${names.join("\r\n")}\r\n`, names.join("\r")])
      expect((await readText(bytes(content), "a")).sequences).toEqual(plain);
    expect((await readText(gzipSync(bytes(names.join("\n"))), "a")).sequences).toEqual(plain);
    expect((await readText(bytes("\ufeffab\r\nc"), "a", { as: "text" })).codec.config.alphabet).toEqual([
      "\n",
      "a",
      "b",
      "c",
    ]);
  });

  test("encodes for the codec of a model", async () => {
    const codec = characterCodec({ alphabet: ["a", "b"], ended: true });
    const read = await readText(bytes("ba\n\nab"), "test.txt", { codec });
    expect(read.codec).toBe(codec);
    expect(read.sequences).toEqual([Uint8Array.of(2, 1), Uint8Array.of(1, 2)]);
    await expect(readText(bytes("ba\nabé"), "test.txt", { codec })).rejects.toThrow(
      'test.txt: "é" (U+00E9) in line 2, column 3 is not in the model\'s alphabet of 2 characters',
    );
    await expect(readText(bytes("ba"), "test.txt", { codec, as: "text" })).rejects.toThrow(UsageError);
    const whole = characterCodec({ alphabet: ["a", "b"], ended: false });
    await expect(readText(bytes("ba\nab"), "test.txt", { codec: whole })).rejects.toThrow(
      '"\\n" (U+000A) in line 1, column 3',
    );
  });

  test.each([
    [[], "x.txt: holds no text"],
    [[10, 32, 10], "x.txt: holds no text"],
    [[97, 10, 0xe9, 98], "x.txt: not a text in UTF-8: byte 2 (0xe9), in line 2, is not UTF-8"],
    [[97, 0xc3], "byte 1 (0xc3), in line 1, is not UTF-8"],
    [[97, 0xc0, 0x80], "byte 1 (0xc0), in line 1, is not UTF-8"],
    [[0xe0, 0x80, 0x80], "byte 0 (0xe0), in line 1, is not UTF-8"],
    [[0xed, 0xa0, 0x80], "byte 0 (0xed), in line 1, is not UTF-8"],
    [[0xf4, 0x90, 0x80, 0x80], "byte 0 (0xf4), in line 1, is not UTF-8"],
    [[97, 98, 0], "byte 2 is 0"],
    [[0xff, 0xfe, 97, 0], "it begins like UTF-16"],
  ])("rejects the bytes %j", async (content, message) => {
    const read = readText(Uint8Array.from(content), "x.txt");
    await expect(read).rejects.toThrow(BadFileError);
    await expect(read).rejects.toThrow(message);
  });

  test("finds the same bytes not to be UTF-8 as the host", async () => {
    // All pairs of bytes between two letters.
    for (let first = 1; first < 256; first++)
      for (let second = 1; second < 256; second += 3) {
        const content = Uint8Array.of(97, first, second, 98);
        const fails = (decode: () => unknown) => {
          try {
            decode();
            return false;
          } catch {
            return true;
          }
        };
        const expected = fails(() => new TextDecoder("utf-8", { fatal: true }).decode(content));
        const found = await readText(content, "x", { as: "text" }).then(
          () => false,
          () => true,
        );
        expect([first, second, found]).toEqual([first, second, expected]);
      }
  });

  test("tells names from a play by their content", async ({ skip }) => {
    skip(!existsSync(shared), "needs ../shared/data");
    const read = (path: string) => readText(readFileSync(new URL(path, shared)), path);
    const list = await read("names/names.txt");
    expect([list.sequences.length, list.codec.vocabulary, list.codec.ended]).toEqual([32_033, 27, true]);
    const play = await read("tinyshakespeare/input.txt");
    expect([play.sequences.length, play.sequences[0].length, play.codec.vocabulary, play.length]).toEqual([
      1, 1_115_394, 65, 128,
    ]);
  });
});

describe("the text of a folder", () => {
  test.each([
    ["a.txt", ["README.txt", ".b.txt", "a.txt", "a.json"], undefined],
    ["a.txt.gz", ["a.txt.gz"], "test"],
    ["train.txt", ["names.txt", "test.txt", "train.txt", "val.txt"], undefined],
    ["val.txt", ["names.txt", "test.txt", "train.txt", "val.txt"], "valid"],
    ["names-held-out.txt", ["names-held-out.txt", "names_train.txt"], "test"],
  ] as const)("is %s of %j, part %s", (expected, names, part) => {
    expect(partName("folder", names, { part })).toBe(expected);
  });

  test.each([
    [["a.md"], undefined, "folder: the folder must contain one .txt file, found 0"],
    [["a.txt", "strain.txt"], undefined, "folder: the folder must contain one .txt file, found 2"],
    [["a.txt", "train.txt"], "test", "folder: the folder must contain one text for test, found 0"],
  ] as const)("must be clear: %j, part %s", (names, part, message) => {
    expect(() => partName("folder", names, { part })).toThrow(BadFileError);
    expect(() => partName("folder", names, { part })).toThrow(message);
  });
});

test("the last tenth of a long text is held out", () => {
  const { training, heldOut } = heldOutTail(Uint8Array.from({ length: 25 }, (_, i) => i));
  expect([training.length, heldOut.length, heldOut[0]]).toEqual([22, 3, 22]);
  expect(() => heldOutTail([1])).toThrow("a text must have at least 2 tokens, found 1");
});

describe("the domain", () => {
  const lines = characterCodec({ alphabet: ["&", "<", "a", "b"], ended: true });
  const whole = characterCodec({ alphabet: [..."\n-abcdefghijklmnopqrstuvwxyz🦓"], ended: false });

  test("writes lines, and long texts apart from each other", () => {
    expect(text.writers.txt({ codec: lines, texts: ["a", "bb"] })).toBe("a\nbb\n");
    expect(text.writers.txt({ codec: whole, texts: ["a\nb", "c"] })).toBe(`a\nb\n\n${"-".repeat(40)}\n\nc\n`);
  });

  test("shows texts as HTML without their markup", async () => {
    expect(await text.html({ codec: lines, texts: ["<b>", "a&b"] })).toMatch(
      /<li[^>]*>&#60;b&#62;<\/li>\n<li[^>]*>a&#38;b<\/li>/,
    );
    expect(await text.html({ codec: whole, texts: ["a\n<b>"] })).toMatch(/^<pre[^>]*>a\n&#60;b&#62;<\/pre>$/);
  });

  test("scores lines by how many are unique and novel", async () => {
    const data = { training: ["a", "b", "ab"], heldOut: ["ba", "a", "bb", "aa", "aaa"] };
    const { metrics, floors } = await text.scores({ codec: lines, texts: ["a", "bb", "bb", "aba"] }, data);
    expect(metrics).toEqual({ unique: 3 / 4, novel: 3 / 4 });
    expect(floors).toEqual({ unique: 1, novel: 3 / 4 });
    expect((await text.scores({ codec: lines, texts: ["a"] }, { ...data, heldOut: [] })).floors).toEqual({});
    await expect(text.scores({ codec: lines, texts: [] }, data)).rejects.toThrow("must have at least one sample");
  });

  test("scores long texts by the share of windows of 20 characters that are copied", async () => {
    const alphabet = "abcdefghijklmnopqrstuvwxyz";
    const training = [`${alphabet}🦓${alphabet}`, "zzz"];
    // Windows of the first: 3 within the alphabet; of the second: 1, across the training texts, which does not count.
    const texts = [alphabet.slice(0, 22), `${alphabet.slice(-17)}zzz`];
    const { metrics, floors } = await text.scores({ codec: whole, texts }, { training, heldOut: [`🦓${alphabet}`] });
    expect(metrics).toEqual({ copies: 3 / 4 });
    expect(floors).toEqual({ copies: 1 });
    // One character, also if it is two UTF-16 units: 21 characters are 2 windows.
    const zebra = { codec: whole, texts: [`🦓${alphabet.slice(0, 19)}-`] };
    expect((await text.scores(zebra, { training, heldOut: [] })).metrics).toEqual({ copies: 1 / 2 });
    expect((await text.scores({ codec: whole, texts: ["abc"] }, { training, heldOut: [] })).metrics).toEqual({});
  });
});
