/** Classes of sequences: folders and files that are one each, read from a disk and from files in memory. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TrainingData } from "#src/data/training-data";
import { chosenTexts, folderClasses } from "#src/domains/file-classes";
import { loadSource, openSource } from "#src/domains/load";
import { writeMidi } from "#src/domains/music/write-midi";
import type { CodecConfig } from "#src/data/codecs/codec";
import { codecFrom } from "#src/data/codecs/index";
import { readSequences } from "#src/domains/read-files";
import { sequencesOf, textsOf } from "#src/domains/texts";

const folder = mkdtempSync(join(tmpdir(), "genloom-classes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes files below a folder of its own. */
function source(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [file, content] of Object.entries(files)) {
    const path = join(folder, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return join(folder, name);
}

/** The files below a folder, as a page gets them. */
const inMemory = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
    .map((file) => ({ name: file.slice(folder.length + 1), bytes: new Uint8Array(readFileSync(file)) }));

/** Each record's class by name, and its text. */
async function classed(data: TrainingData): Promise<string[]> {
  const { sequences, labels } = await sequencesOf(data);
  const { texts } = textsOf(
    data.tokens as never,
    sequences.flatMap((one) => padded(one, data.shape[0])),
    data.shape[0],
  ) as {
    texts: readonly string[];
  };
  return texts.map((text, i) => `${data.classNames?.[labels?.[i] ?? -1]}: ${text}`);
}
const padded = (tokens: ArrayLike<number>, length: number) => Array.from({ length }, (_, i) => tokens[i] ?? 0);

const lines = (list: readonly string[]) => `${list.join("\n")}\n`;
const french = [
  "dubois",
  "durand",
  "girard",
  "lambert",
  "bonnet",
  "francois",
  "martinez",
  "legrand",
  "garnier",
  "faure",
];
const german = [
  "schmidt",
  "weber",
  "wagner",
  "becker",
  "schulz",
  "hoffmann",
  "koch",
  "bauer",
  "richter",
  "klein",
  "wolf",
];
const wanted = [...french.map((name) => `french: ${name}`), ...german.map((name) => `german: ${name}`)];

describe("classes of files", () => {
  test.each([
    [
      ["m/bach/1.mid", "m/joplin/1.mid"],
      ["bach", "joplin"],
      [0, 1],
    ],
    [
      ["train/b/1.mid", "test/a/2.mid", "train/a/3.mid"],
      ["a", "b"],
      [1, 0, 0],
    ],
    [
      ["m\\b\\x\\1.mid", "m\\a\\x\\1.mid"],
      ["a", "b"],
      [1, 0],
    ],
  ])("folders: %j", (names, classNames, labels) => {
    expect(folderClasses(names)).toEqual({ classNames, labels });
  });

  test.each([
    [["1.mid", "2.mid"]],
    [["m/1.mid", "m/2.mid"]],
    [["train/1.mid", "test/2.mid"]],
    [["a/1.mid", "2.mid"]],
    [[]],
  ])("no folders: %j", (names) => {
    expect(folderClasses(names)).toBeUndefined();
  });

  test("a part is one file, not a class", () => {
    expect(chosenTexts("n", ["train.txt", "test.txt", "README.txt"], { kind: "text" })).toEqual({
      names: ["train.txt"],
    });
    expect(chosenTexts("n", ["a/train.txt", "a/test.txt", "b/train.txt"], { kind: "text" })).toEqual({
      names: ["a/train.txt", "b/train.txt"],
      classNames: ["a", "b"],
    });
    expect(() => chosenTexts("n", ["a.txt", "b.txt"], { kind: "text", part: "test" })).toThrow(
      "n: the folder must contain one .txt file, found 2",
    );
    expect(() => chosenTexts("n", ["a/x.txt", "a/y.txt", "b/x.txt"], { kind: "text" })).toThrow(
      "n/a: the folder must contain one .txt file, found 2",
    );
  });
});

describe("sequences with classes", () => {
  const files = source("surnames", { "german.txt": lines(german), "french.txt": lines(french), "README.md": "names" });
  const folders = source("folders", { "german/names.txt": lines(german), "french/names.txt": lines(french) });

  test.each([
    ["a file for each", files],
    ["a folder for each", folders],
  ])("names, %s", async (_, path) => {
    const data = await loadSource(path);
    expect(data.classNames).toEqual(["french", "german"]);
    expect(await classed(data)).toEqual(wanted);
    expect(await classed(await readSequences(inMemory(path)))).toEqual(wanted);
  });

  test("molecules, and others with the codec of the first", async () => {
    const path = source("molecules", { "alcohols.smi": "CCO\nCCCO\n", "amines.smi": "CN\nCCN\n" });
    const data = await loadSource(path);
    const others = source("others", { "alcohols.smi": "CO\n", "alkanes.smi": "CC\n" });
    const codec = codecFrom(data.tokens?.codec as CodecConfig);
    const other = await openSource(others, { sequences: { codec, length: data.shape[0] } });
    expect([other.tokens?.vocabulary, other.shape]).toEqual([4, data.shape]);
    expect(await classed(other)).toEqual(["alcohols: CO", "alkanes: CC"]);
    expect(await classed(data)).toEqual(["alcohols: CCO", "alcohols: CCCO", "amines: CN", "amines: CCN"]);
    expect(data.tokens?.vocabulary).toBe(4);
  });

  test("long texts are cut into windows of one length, each with its text's class", async () => {
    const prose = (word: string) =>
      `It was a ${word} night; the rain fell in torrents, except at\noccasional intervals, when it was checked by wind\n`;
    const path = source("authors", { "dark.txt": prose("dark").repeat(9), "light.txt": prose("light").repeat(7) });
    const data = await openSource(path);
    const { sequences, labels } = await sequencesOf(data);
    expect(data.shape).toEqual([Math.floor((prose("light").length * 7) / 20)]);
    expect(sequences.map((one) => one.length)).toEqual([prose("dark").length * 9, prose("light").length * 7]);
    expect([...(labels ?? [])]).toEqual([0, 1]);
  });

  test("pieces of music in folders", async () => {
    const midi = (pitch: number) =>
      writeMidi(
        Array.from({ length: 40 }, () => [pitch]),
        { framesPerBeat: 1 },
      );
    const path = source("music", { "high/1.mid": midi(67), "low/1.mid": midi(60), "low/2.mid": midi(62) });
    const { labels } = await sequencesOf(await openSource(path));
    expect([...(labels ?? [])]).toEqual([0, 1, 1]);
  });

  test("more files than a process may open at once", async () => {
    const many = Object.fromEntries(Array.from({ length: 1200 }, (_, i) => [`t${i}.txt`, "the rain\n".repeat(4)]));
    const path = source("many", many);
    const script = `import { loadSource } from ${JSON.stringify(import.meta.resolve("#src/domains/load"))};
      console.log((await loadSource(process.argv[1])).classNames.length);`;
    const limited = `ulimit -n 200; exec "$0" --input-type=module -e "$1" "$2"`;
    expect(execFileSync("sh", ["-c", limited, process.execPath, script, path], { encoding: "utf8" })).toBe("1200\n");
  });

  test("an error names its file", async () => {
    const path = source("broken", { "alcohols.smi": "CCO\n", "amines.smi": "CN\nC?\n" });
    await expect(loadSource(path)).rejects.toThrow(/amines\.smi: row 2, column 2: "\?" is not part of SMILES/);
  });
});
