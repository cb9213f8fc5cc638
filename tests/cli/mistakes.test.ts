/** What users get wrong on the command line and in their files: each a one-line error with a hint and the right exit code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "vitest";
import { expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const out = (name: string) => ["--out", join(folder, name)];

/** Writes a file into the test's folder and gives its path. */
function file(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
}

describe("usage: exit code 2", () => {
  test.each([
    ["an unknown command", ["trian"], /unknown command 'trian'/, /did you mean train/],
    [
      "an unknown option",
      ["train", "gan", "--stpes", "3"],
      /unknown option '--stpes'/,
      /did you mean --steps|Did you mean one of/i,
    ],
    ["an unknown model", ["train", "gna"], /'gna' is invalid.*Allowed choices are gan/, /help/],
    ["an unknown preset", ["train", "gan", "--preset", "rings"], /no preset is named "rings"/, /digits, .*ring, grid/],
    [
      "an unknown data set",
      ["train", "gan", "--data", "digit"],
      /no data set or file is named "digit"/,
      /did you mean digits/,
    ],
    ["a preset that needs data", ["train", "gan", "--preset", "mnist"], /preset mnist needs data/, /--data/],
    [
      "a number that is none",
      ["train", "gan", "--steps", "many"],
      /'--steps <n>' argument 'many' is invalid.*integer >= 1/,
      /help/,
    ],
    [
      "a number too small",
      ["train", "gan", "--batch", "0"],
      /'--batch <n>' argument '0' is invalid.*integer >= 1/,
      /help/,
    ],
    [
      "options that exclude each other",
      ["train", "gan", "--json", "--jsonl"],
      /'--json' cannot be used with option '--jsonl'/,
      /help/,
    ],
    [
      "wide that is neither",
      ["doctor", "--wide", "yes"],
      /'--wide <when>' argument 'yes' is invalid.*auto, on, off/,
      /help/,
    ],
    ...[["train", "gan"], ["doctor"], ["sample", "x"], ["evaluate", "x"]].map(
      (command) =>
        [
          `more lanes than there are for ${command[0]}`,
          [...command, "--threads", "100000"],
          /'--threads <n>' argument '100000' is invalid.*integer >= 1 and <= \d+/,
          /help/,
        ] as [string, string[], RegExp, RegExp],
    ),
    [
      "more lanes than there are in a list",
      ["bench", "--threads", "1,100000"],
      /argument '1,100000' is invalid.*integer >= 1 and <= \d+/,
      /help/,
    ],
    [
      "more records than memory holds",
      ["train", "gan", "--count", "99999999999"],
      /digits: count must be at most 5478274, the limit of memory, found 99999999999/,
      /count/,
    ],
    [
      "images that no memory holds",
      ["train", "gan", "--count", "20", "--size", "16384"],
      /digits as images of \[16384, 16384, 1\]: count must be at most 15, the limit of memory, found 20/,
      /size/,
    ],
    [
      "an image larger than any",
      ["train", "gan", "--size", "99999999999"],
      /images: size must be an integer >= 1 and <= 16384, found 99999999999/,
      /--data/,
    ],
    ["a colour that is none", ["train", "gan", "--background", "#ff"], /colour such as #rrggbb or #rgb/, /help/],
    ["a missing argument", ["sample"], /missing required argument 'saved'/, /help/],
    ["an ending that no format has", ["sample", "x", "--out", "x.gif"], /ends in \.png, \.npy, \.csv/, /help/],
  ])("%s", async (_, args, error, hint) => {
    expectFailure(await genloom(args), 2, error, hint);
  });

  const model = (change: object) => {
    const gan = {
      kind: "gan",
      latent: 2,
      loss: { kind: "nonSaturating" },
      penalties: [],
      ema: 0,
      discriminatorSteps: 1,
    };
    const adam = { kind: "adam", learningRate: 0.001 };
    const dense = (units: number) => ({
      kind: "sequential",
      layers: [{ kind: "dense", units: 8 }, { kind: "relu" }, { kind: "dense", units }],
    });
    return JSON.stringify({
      ...gan,
      generator: dense(2),
      discriminator: dense(1),
      optimizers: { generator: adam, discriminator: adam },
      ...change,
    });
  };

  test.each([
    [
      "shapes that do not fit",
      { generator: { kind: "dense", units: 3 } },
      /the generator's output per record must have shape \[2\] like the data, found \[3\]/,
    ],
    [
      "an unknown option of a layer",
      { generator: { kind: "dense", units: 2, biass: true } },
      /dense: unknown option "biass"/,
    ],
    [
      "an unknown layer",
      { discriminator: { kind: "densse", units: 1 } },
      /unknown kind "densse"; did you mean "dense"\? known kinds: appended, augment, .*dense/,
    ],
    ["a value outside of its range", { ema: 1 }, /ema must be a finite number >= 0 and < 1, found 1/],
  ])("%s", async (name, change, error) => {
    const path = file(`${name.replaceAll(" ", "-")}.json`, model(change));
    expectFailure(
      await genloom(["train", "gan", ...quick, "--steps", "2", "--model", path, ...out(name)]),
      2,
      error,
      /fix|check/,
    );
  });

  test("a description of another model", async () => {
    const path = file("vae.json", JSON.stringify({ kind: "vae" }));
    expectFailure(
      await genloom(["train", "gan", ...quick, "--model", path, ...out("other")]),
      2,
      /kind must be "gan", found "vae"/,
      /"kind": "gan"/,
    );
  });
});

describe("bad files: exit code 3", () => {
  const image = new Uint8Array(16 + 4 * 784).fill(7);
  image.set([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28]);
  const npy = (values: readonly number[]) => {
    const head = `\u0093NUMPY\u0001\u0000v\u0000${"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".padEnd(117)}\n`;
    return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(Float32Array.from(values).buffer)]);
  };

  test.each([
    ["NaN in .csv", "nan.csv", "1,2\n3,nan\n", /nan\.csv: .*nan/i],
    ["NaN in .npy", "nan.npy", npy([1, 2, 3, Number.NaN, 5, 6]), /nan\.npy: .*NaN/],
    ["an empty file", "empty.csv", "", /empty\.csv: .*empty/],
    ["a table without records", "names.csv", "x,y\n", /names\.csv: .*(no|empty|record)/],
    ["a ragged table", "ragged.csv", "1,2\n3\n", /ragged\.csv: /],
    ["a truncated IDX file", "short-idx3-ubyte", image.subarray(0, 1000), /short-idx3-ubyte: .*truncated/],
    ["a truncated .npy file", "short.npy", npy([1, 2, 3]), /short\.npy: .*truncated/],
    [
      "a corrupt .gz file",
      "bad.npy.gz",
      Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
      /bad\.npy\.gz: gzip data end early/,
    ],
    ["a file of no known kind", "some.bin", Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), /some\.bin: /],
  ])("%s", async (name, path, contents, error) => {
    const failed = await genloom(["train", "gan", "--data", file(path, contents), ...out(name)]);
    expectFailure(failed, 3, error, /./);
  });

  test("a file that is not there, and a folder without data", async () => {
    expectFailure(
      await genloom(["train", "gan", "--data", join(folder, "none.csv")]),
      3,
      /none\.csv: no such file/,
      /./,
    );
    mkdirSync(join(folder, "void"));
    expectFailure(
      await genloom(["train", "gan", "--data", join(folder, "void")]),
      3,
      /void: directory without data/,
      /PNG/,
    );
  });

  test("a description that is not JSON", async () => {
    expectFailure(
      await genloom(["train", "gan", ...quick, "--model", file("broken.json", "{"), ...out("broken")]),
      3,
      /broken\.json: not JSON/,
      /config\.json/,
    );
  });
});
