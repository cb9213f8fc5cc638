/** Molecules as data: the codec of SMILES, `.smi` files, drawings, and scores. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { smilesCodec, smilesCodecFrom, smilesCodecOf } from "../../src/data/codecs/smiles.js";
import { drawMolecule, drawSheet, moleculesHtml } from "../../src/domains/molecules/draw.js";
import { molecules, provideOpenChemLib, readSmi } from "../../src/domains/molecules/index.js";
import {
  canonicalForm,
  needOpenChemLib,
  type OpenChemLib,
  openChemLib,
} from "../../src/domains/molecules/open-chem-lib.js";
import { moleculeScores } from "../../src/domains/molecules/scores.js";
import { writeSmi } from "../../src/domains/molecules/write-smi.js";
import { optionalPackage } from "../../src/domains/optional-package.js";
import { BadFileError, UsageError } from "../../src/errors.js";
import { knownMolecules } from "./molecules-known.js";

const training = fileURLToPath(new URL("../../../shared/data/smiles/qm9-train-50k.smi", import.meta.url));
const bytesOf = (text: string) => new TextEncoder().encode(text);
const library: OpenChemLib = await import("openchemlib");

describe("codec", () => {
  const codec = smilesCodecOf(knownMolecules);

  test("tokens go there and back", () => {
    for (const smiles of knownMolecules) {
      const tokens = codec.encode(smiles);
      expect(codec.decode(tokens)).toBe(smiles);
      expect(codec.decode(Uint8Array.from([...tokens, 0, 0, 1]))).toBe(smiles);
      expect(Math.min(...tokens)).toBeGreaterThan(0);
      expect(Math.max(...tokens)).toBeLessThan(codec.vocabulary);
    }
  });

  test("whole atoms, elements and ring closures are one token each", () => {
    const texts = ["C%10CC%10", "ClBr[nH+]", "[N+](=O)[O-]", "C%(123)"];
    const tokens = (text: string) => smilesCodecOf(texts).encode(text).length;
    expect(texts.map(tokens)).toEqual([5, 3, 6, 2]);
    expect(smilesCodecOf(["SiSe"]).config.tokens).toEqual(["Se", "Si"]);
  });

  test("texts in another order give the same tokens", () => {
    const turned = smilesCodecOf(knownMolecules.toReversed());
    expect(turned.config).toEqual(codec.config);
  });

  test("any sequence of tokens is the encoding of its text", () => {
    const all = Array.from({ length: codec.vocabulary - 1 }, (_, i) => i + 1);
    const pairs = all.flatMap((first) => all.map((second) => [first, second]));
    const changed = pairs.filter((pair) => codec.encode(codec.decode(pair)).join() !== pair.join());
    expect(changed).toEqual([]);
  });

  test("is restored from its JSON", () => {
    const restored = smilesCodecFrom(JSON.parse(JSON.stringify(codec.config)));
    expect(restored.config).toEqual(codec.config);
    expect(restored.encode(knownMolecules[20])).toEqual(codec.encode(knownMolecules[20]));
    expect(restored).toMatchObject({ ended: true, vocabulary: codec.vocabulary });
  });

  test("names what it cannot do", () => {
    expect(() => codec.encode("CC[Au]C")).toThrow('column 3: token "[Au]" is not in the vocabulary');
    expect(() => codec.decode([1, 999])).toThrow(`smiles: token 1 must be 0 to ${codec.vocabulary - 1}, found 999`);
    expect(() => smilesCodec([])).toThrow("a vocabulary must have 1 to 65535 tokens, found 0");
    expect(() => smilesCodec(["C", "O", "C"])).toThrow('tokens must differ, found "C" twice');
    expect(() => smilesCodec(["C", "CC"])).toThrow('each token must be one of SMILES, found "CC"');
    expect(() => smilesCodec(["!"])).toThrow('each token must be one of SMILES, found "!"');
    expect(() => smilesCodecFrom({ kind: "characters", tokens: ["C"] })).toThrow('found kind "characters"');
    expect(() => smilesCodecFrom({ kind: "smiles", tokens: [1] })).toThrow(TypeError);
  });
});

describe(".smi files", () => {
  const texts = async (file: string | Uint8Array) => {
    const { codec, sequences } = await readSmi(typeof file === "string" ? bytesOf(file) : file, "a.smi");
    return sequences.map((tokens) => codec.decode(tokens));
  };

  test("names, comments, blank lines, line ends, a header and gzip are read", async () => {
    expect(await texts("CCO\tethanol 1\r\n\r\n# comment\r\n  C1CC1 \r\nN")).toEqual(["CCO", "C1CC1", "N"]);
    expect(await texts("\ufeffSMILES name\nCC x\n")).toEqual(["CC"]);
    expect(await texts("C\rN\r")).toEqual(["C", "N"]);
    expect(await texts(gzipSync("CC\nC=C\n"))).toEqual(["CC", "C=C"]);
  });

  test("what is written is read back", async () => {
    expect(await texts(writeSmi(knownMolecules))).toEqual(knownMolecules);
    expect(await molecules.writers.smi({ codec: smilesCodec(["C"]), texts: ["C", "CC"] })).toBe("C\nCC\n");
  });

  test("a model's codec is used, and named where it does not suffice", async () => {
    const codec = smilesCodec(["C", "O"]);
    const read = await readSmi(bytesOf("CO\n"), "a.smi", { codec });
    expect(read).toMatchObject({ name: "a.smi", codec, sequences: [[1, 2]] });
    await expect(readSmi(bytesOf("CO\n\n CN\n"), "a.smi", { codec })).rejects.toThrow(
      'a.smi: row 3, column 3: token "N" is not in the vocabulary: C O',
    );
  });

  test.each([
    ["", "ERR_FILE_EMPTY", "a.smi: holds no molecules"],
    ["# only\n\n", "ERR_FILE_EMPTY", "a.smi: holds no molecules"],
    ["CC\nCC\0", "ERR_FILE_FORMAT", "a.smi: not a text file: byte 5 is 0"],
    ["CC\n# x\nCC[O", "ERR_FILE_VALUE", 'a.smi: row 3, column 3: this "[" has no "]"'],
    ["CC\nwater\n", "ERR_FILE_VALUE", 'a.smi: row 2, column 1: "w" is not part of SMILES'],
    ["C,1\n", "ERR_FILE_VALUE", 'a.smi: row 1, column 2: "," is not part of SMILES'],
  ])("%j: %s", async (file, code, message) => {
    const error = await texts(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BadFileError);
    expect(error).toMatchObject({ code, message, hint: expect.stringContaining("SMILES") });
  });

  test("the 50,000 molecules of QM9", async ({ skip }) => {
    skip(!existsSync(training), "needs ../shared/data/smiles");
    const { codec, sequences } = await readSmi(readFileSync(training), "qm9-train-50k.smi");
    expect(sequences).toHaveLength(50_000);
    expect(codec.vocabulary).toBe(21);
    expect(writeSmi(sequences.map((tokens) => codec.decode(tokens)))).toBe(readFileSync(training, "utf8"));
  });
});

describe("drawings", () => {
  const codec = smilesCodec(["C"]);
  const shown = ["C[C@H](N)C(=O)O", "c1ccccc1O", "C1CC"];

  test("a drawing has its atoms, and no shapes for pointers", () => {
    const svg = drawMolecule(library, shown[0]) as string;
    expect(svg.match(/<svg /g)).toHaveLength(1);
    expect(svg).toContain('viewBox="-8 -8 200 150"');
    expect(svg).toMatch(/>O</);
    expect(svg).not.toMatch(/class="event"|[>]\?</);
    expect(drawMolecule(library, "C1CC")).toBeUndefined();
  });

  test("a sheet holds all, with texts, and marks what is not valid", async () => {
    const texts = [...shown, "C<&", "C".repeat(40)];
    const svg = (await molecules.writers.svg({ codec, texts })) as string;
    expect(svg.match(/<g transform/g)).toHaveLength(5);
    expect(svg.match(/not valid/g)).toHaveLength(2);
    expect(svg).toContain(`>${shown[1]}</text>`);
    expect(svg).toContain("C&#60;&#38;");
    expect(svg).toContain(`${"C".repeat(25)}…<title>${"C".repeat(40)}</title>`);
    const ids = [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(drawSheet(library, [])).toContain("</svg>");
  });

  test("HTML has an image and a text for each, and fetches nothing", async () => {
    const html = await molecules.html({ codec, texts: [...shown, "C<script>"] });
    expect(html.match(/<img [^>]*src="data:image\/svg\+xml,/g)).toHaveLength(2);
    expect(html.match(/<figcaption/g)).toHaveLength(4);
    expect(html.match(/not valid/g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|src="(?!data:)|href=/);
  });

  test("without OpenChemLib there are texts, and an error that names it", () => {
    const html = moleculesHtml(undefined, ["CC", "C<"]);
    expect(html).toContain("drawings of molecules need the package openchemlib, which is not installed");
    expect(html).toContain("<code>CC</code>");
    expect(html).toContain("C&#60;");
    const error = (() => {
      try {
        return needOpenChemLib(undefined);
      } catch (reason) {
        return reason;
      }
    })();
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ hint: "npm install openchemlib" });
  });

  test("a page may give the package itself", async () => {
    expect((await openChemLib())?.version).toBe(library.version);
    try {
      provideOpenChemLib({ ...library, version: "of the page" });
      const { judges } = await molecules.scores({ codec, texts: ["C"] }, { training: [], heldOut: [] });
      expect(judges?.[1]).toContain("OpenChemLib of the page");
    } finally {
      provideOpenChemLib(library);
    }
  });

  test("a package that is not installed is no error", async () => {
    expect(await optionalPackage("genloom-has-no-such-package")).toBeUndefined();
    expect(await optionalPackage("node:path")).toHaveProperty("join");
  });
});

describe("scores", () => {
  const data = { training: ["CCO", "c1ccccc1"], heldOut: ["CCN", "CCO", "NCC", "C1CC1"] };

  test("of forms by OpenChemLib", async () => {
    const texts = ["OCC", "C1=CC=CC=C1", "CCN", "NCC", "C1CC", "CC(C)(C)(C)C", "CCCl", "CCCl"];
    const { metrics, floors, judges } = await moleculeScores(library, texts, data);
    expect(metrics).toEqual({ valid: 6 / 8, unique: 4 / 6, novel: 2 / 4 });
    expect(floors).toEqual({ valid: 1, unique: 3 / 4, novel: 2 / 3 });
    expect(judges?.join()).toContain(`OpenChemLib ${library.version}`);
  });

  test("of strings without it, which the judges say", async () => {
    const texts = ["OCC", "CCO", "CCN", "NCC", "C1CC"];
    const { metrics, judges } = await moleculeScores(undefined, texts, data);
    expect(metrics).toEqual({ valid: 4 / 5, unique: 1, novel: 3 / 4 });
    expect(judges?.join()).toContain("comparison of the strings, because the package openchemlib");
  });

  test("what has no valid molecule has zeros, what has no samples is refused", async () => {
    const none = { training: [], heldOut: [] };
    const { metrics, floors } = await moleculeScores(library, ["C1", "", "c"], none);
    expect(metrics).toEqual({ valid: 0, unique: 0, novel: 0 });
    expect(floors).toEqual({});
    await expect(moleculeScores(library, [], none)).rejects.toThrow("scores must have at least one sample, found 0");
  });

  test("forms see through Kekulé forms, the order of atoms and stereo", () => {
    const form = (smiles: string) => canonicalForm(library, smiles);
    expect(form("c1ccccc1C")).toBe(form("CC1=CC=CC=C1"));
    expect(form("CN(=O)=O")).toBe(form("[O-][N+](C)=O"));
    expect(form("F/C=C/F")).toBe(form("F\\C=C\\F"));
    expect(form("F/C=C/F")).not.toBe(form("F/C=C\\F"));
    expect(form("C[C@H](F)Cl")).not.toBe(form("C[C@@H](F)Cl"));
  });
});
