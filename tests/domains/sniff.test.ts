/** Kinds of sequences by names and first bytes. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type SniffedFile, sniff } from "#src/domains/sniff";

const head = (content: string) => new TextEncoder().encode(content);
const file = (name: string, content?: string): SniffedFile => ({
  name,
  ...(content !== undefined && { head: head(content) }),
});
const level = "--------X\n-----XXXX\nXXXXXXXXX\n";
const legend = '{\n "tiles" : { "X" : ["solid"] }}';

describe("sniff", () => {
  test.each([
    ["names", "text", [file("names.txt", "emma\nolivia\nava\n")]],
    ["a text with any name", "text", [file("poem", "Shall I compare thee\nto a summer's day?\n")]],
    ["a text that is cut within a character", "text", [{ name: "a.txt", head: head("olé").subarray(0, 3) }]],
    [
      "several texts",
      "text",
      [file("a/b.txt", "emma"), file("a/README.md"), file("a/.cache", "\0"), file("a/c.txt", "ava")],
    ],
    [".smi", "molecules", [file("QM9.SMI")]],
    [".smi.gz beside a note", "molecules", [file("README.md", "QM9"), file("qm9.smi.gz")]],
    ["bytes that are no text", undefined, [{ name: "some.bin", head: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }]],
    ["SMILES in .txt", "molecules", [file("drugs.txt", "CC(=O)O\nc1ccccc1 benzene\n[NH4+].[Cl-]\nCCO\nC1C")]],
    ["words of the letters of SMILES", "text", [file("words.txt", "Cosi\nNICO\nBob\n")]],
    ["MIDI by name", "music", [file("bach/1.mid"), file("bach/2.MIDI"), file("bach/notes.txt", "by Bach")]],
    ["MIDI by its first bytes", "music", [file("song", "MThd\0\0\0\u0006")]],
    ["JSB chorales", "music", [file("jsb.json", '{"test": [[[72, 76], [71]]]}'), file("README.upstream.md", "x")]],
    [
      "a VGLC folder",
      "levels",
      [file("smb.json", legend), file("Processed/1.txt", level), file("Processed/README.txt", "X solid")],
    ],
    ["a level alone", "levels", [file("mario-1-1.txt", level)]],
    ["a level that is cut within a row", "levels", [file("mario-1-1.txt", level.slice(0, -4))]],
    ["a legend alone", undefined, [file("smb.json", legend)]],
    ["other JSON", undefined, [file("config.json", '{"a": 1}')]],
    ["a table", undefined, [file("points.txt", "1,2\n3,4e-5\n")]],
    ["a table with names", undefined, [file("people.dat", "age income\n20 1000\n40 5000\n")]],
    ["CSV", undefined, [file("people.csv", "age,job\n20,nurse\n")]],
    ["an array", undefined, [file("a.npy", "\u0093NUMPY")]],
    ["MNIST", undefined, [file("train-images-idx3-ubyte.gz"), file("train-labels-idx1-ubyte.gz")]],
    ["images with a text", undefined, [file("1.png"), file("titles.txt", "one\ntwo\n")]],
    ["bytes that are no text", undefined, [{ name: "a.txt", head: Uint8Array.of(97, 0xe9, 98, 99) }]],
    ["a text that is compressed still", undefined, [{ name: "a.txt.gz", head: Uint8Array.of(0x1f, 0x8b, 8) }]],
    ["nothing", undefined, []],
  ] as const)("%s: %s", (_, kind, files) => {
    expect(sniff(files)).toBe(kind);
  });

  test.for([
    ["names", "text"],
    ["tinyshakespeare", "text"],
    ["smiles", "molecules"],
    ["jsb-chorales", "music"],
    ["vglc/Super Mario Bros", "levels"],
    ["vglc/Super Mario Bros/Processed", "levels"],
    ["vglc/Super Mario Bros 2 (Japan)", "levels"],
    ["vglc/The Legend of Zelda", "levels"],
    ["mnist", undefined],
    ["optdigits", undefined],
    ["adult", undefined],
    ["dcss-tiles", undefined],
  ] as const)("the folder %s: %s", ([folder, kind], { skip }) => {
    const root = fileURLToPath(new URL(`../../../shared/data/${folder}/`, import.meta.url));
    skip(!existsSync(root), `needs ../shared/data/${folder}`);
    const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(
      sniff(
        files.map(({ parentPath, name }) => ({
          name: `${parentPath}/${name}`.slice(root.length),
          head: readFileSync(`${parentPath}/${name}`).subarray(0, 4096),
        })),
      ),
    ).toBe(kind);
  });
});
