/** Conditional models on the command line: training, resuming, labels by number and name, sheets of classes, refusals. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "#src/data/formats/png";
import { decodePng } from "#src/data/formats/read-png";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const run = join(folder, "digits");
const train = ["train", "vae", "--preset", "mlp", "--data", "digits", "--count", "60", "--conditional"];
const settings = ["--batch", "10", "--seed", "3", "--threads", "1"];

beforeAll(async () => {
  const whole = await document([...train, "--steps", "4", "--save-every", "2", ...settings, "--out", run]);
  expect(whole).toMatchObject({ model: "vae", preset: "mlp", steps: 4 });
});

/** A folder of images in sub-folders that are named for their classes. */
function pictures(set = "pictures", names: readonly (string | undefined)[] = ["dark things", "bright"]): string {
  const path = join(folder, set);
  for (const [level, name] of names.entries()) {
    if (name === undefined) continue;
    mkdirSync(join(path, name), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const data = new Uint8Array(16 * 16).fill(200 * level + i);
      writeFileSync(join(path, name, `${i}.png`), encodePng({ width: 16, height: 16, channels: 1, data }));
    }
  }
  return path;
}

test("points of a table have the classes that a column names", async () => {
  const table = join(folder, "points.csv");
  const rows = Array.from({ length: 200 }, (_, i) => {
    const [x, y] = [(i * 7919) % 101, (i * 104_729) % 103].map((value) => value / 100 - 0.5);
    return i % 2 === 0 ? `${x},${y},"blue, dark"` : `${x + 9},${y - 9},red`;
  });
  writeFileSync(table, `x,y,label\n${rows.join("\n")}\n`);
  const path = join(folder, "points");
  const args = ["--preset", "points", "--data", table, "--conditional", "--steps", "300", "--threads", "1"];
  await document(["train", "gan", ...args, "--out", path]);
  const middle = async (label: string) => {
    const { stdout } = await genloom(["sample", path, "--label", label, "--count", "200", "--threads", "1"]);
    const [header, ...lines] = stdout.trimEnd().split("\n");
    expect(header).toBe("x,y");
    return lines.reduce((sum, line) => sum + Number(line.split(",")[0]), 0) / lines.length;
  };
  expect(await middle("blue, dark")).toBeLessThan(3);
  expect(await middle("red")).toBeGreaterThan(6);
  const unknown = await genloom(["sample", path, "--label", "green"]);
  expectFailure(
    unknown,
    2,
    /a label must be the name or the number of a class, found "green"/,
    /classes: blue, dark, red/,
  );
});

describe("other records than those of the training", () => {
  const named = join(folder, "vae-of-pictures");
  beforeAll(async () => {
    const args = ["--preset", "mlp", "--data", pictures(), "--conditional", "--steps", "2", "--batch", "8"];
    await document(["train", "vae", ...args, "--threads", "1", "--out", named]);
  });
  const evaluate = (on: string) => ["evaluate", named, "--on", on, "--metrics", "elbo", "--k", "2"];
  const error = (what: string, name: string) =>
    new RegExp(`^error: ${what}: records of .* must be of classes of the model, found "${name}"`, "m");
  const hint = /classes of the model: bright, dark things/;

  test("are of the classes that the names of their folders say, not their order", async () => {
    const of = async (name: string) => (await document(evaluate(pictures(`only ${name}`, [name])))).metrics.elbo;
    expect(await of("dark things")).not.toBe(await of("bright"));
    expectFailure(await genloom(evaluate(pictures("grey", ["grey"]))), 2, error("logLikelihood", "grey"), hint);
  });

  test("are scored as of a class by its name alone, even if the name is a number", async () => {
    const scores = async (name: string) =>
      (await document(["score", named, "--data", pictures(`only ${name}`, [name]), "--seed", "1"])).scores;
    expect(await scores("dark things")).not.toEqual(await scores("bright"));
    const numbered = ["score", named, "--data", pictures("numbers", ["1"])];
    const wanted = /score: a label must be the name or the number of a class, found "1"/;
    expectFailure(await genloom(numbered), 2, wanted, /classes: bright, dark things/);
  });

  test("are not those of a training that goes on if their classes have other names", async () => {
    const others = pictures("others", ["bright", "grey"]);
    const failed = await genloom(["train", "--from", named, "--data", others, "--out", join(folder, "swapped")]);
    const error = /others must have the classes bright, dark things of the model, in this order, found bright, grey/;
    expectFailure(failed, 2, error, /or train a new model/);
    expect(existsSync(join(folder, "swapped"))).toBe(false);
  });

  test("teach no classifier of the model's classes if they are of others", async () => {
    const others = pictures("others", ["bright", "grey"]);
    const failed = await genloom(["evaluate", named, "--features-from", others, "--metrics", "asked"]);
    const error = /asked must have a classifier of the model's classes, found one without "dark things"/;
    expectFailure(failed, 2, error, /train it on data with these classes: those of --features-from/);
    expect(failed.stderr).not.toContain("training a classifier");
  });
});

describe("a run", () => {
  test("resumed it ends where it would have, and its samples are of the classes that are asked for", async () => {
    const half = join(folder, "half");
    await document([...train, "--steps", "2", ...settings, "--out", half]);
    const resumed = await document(["train", "--resume", half, "--steps", "2", "--threads", "2"]);
    const inspected = await document(["inspect", half]);
    expect(resumed.weightHash).toBe(inspected.weightHash);
    const from = await document(["train", "--resume", run, "--step", "2"]);
    expect(from.weightHash).toBe((await document(["inspect", run])).weightHash);
    const drawn = await document(["sample", run, "--count", "5", "--seed", "2", "--out", join(folder, "a.npy")]);
    expect(drawn.labels).toHaveLength(5);
    const asked = await document(["sample", run, "--count", "5", "--label", "3", "--out", join(folder, "b.npy")]);
    expect(asked.labels).toEqual([3, 3, 3, 3, 3]);
    const later = await document([
      "sample",
      run,
      "--count",
      "2",
      "--seed",
      "2",
      "--first",
      "3",
      "--out",
      join(folder, "c.npy"),
    ]);
    expect(later.labels).toEqual(drawn.labels.slice(3));
    const bytes = (name: string) => readFileSync(join(folder, name));
    expect(bytes("c.npy").subarray(128)).toEqual(bytes("a.npy").subarray(128 + 3 * 784 * 4));
  });

  test("a sheet has a row for each class", async () => {
    const file = join(folder, "sheet.png");
    const found = await document(["sample", run, "--label-grid", "--count", "3", "--out", file]);
    expect(found).toMatchObject({ count: 30, labels: Array.from({ length: 30 }, (_, i) => Math.floor(i / 3)) });
    const { width, height } = await decodePng(readFileSync(file), file);
    // Images of 28 pixels, twice as large, with 4 between them.
    expect([width, height]).toEqual([3 * 60 + 4, 10 * 60 + 4]);
    await document(["sample", run, "--label-grid"]);
    expect(existsSync(join(run, "samples", "seed-0-by-class.png"))).toBe(true);
    const preview = join(run, "samples", "step-00000004.png");
    expect((await decodePng(readFileSync(preview), preview)).height).toBe(10 * 60 + 4);
  });

  test("evaluate, export and the report work", async () => {
    const { metrics } = await document(["evaluate", run, "--samples", "20", "--k", "2"]);
    expect(metrics.elbo).toBeTypeOf("number");
    const file = join(folder, "digits.wasm");
    await document(["export", run, "--format", "wasm", "--out", file]);
    const { instance } = await WebAssembly.instantiate(readFileSync(file));
    expect(Object.keys(instance.exports)).toContain("labels");
    expect(readFileSync(join(run, "report.html"), "utf8")).toContain("Reconstructions");
  });
});

test("classes have the names of sub-folders", async () => {
  const named = join(folder, "named");
  const data = pictures();
  await document([
    "train",
    "gan",
    "--preset",
    "dcgan",
    "--data",
    data,
    "--conditional",
    "--steps",
    "1",
    "--batch",
    "4",
    "--out",
    named,
  ]);
  const out = join(folder, "dark.npy");
  const dark = await document(["sample", named, "--count", "2", "--label", "dark things", "--out", out]);
  // Names in order: bright, dark things.
  expect(dark.labels).toEqual([1, 1]);
  expect((await document(["sample", named, "--count", "1", "--label", "0", "--out", out])).labels).toEqual([0]);
  const refused = await genloom(["sample", named, "--label", "grey"]);
  expectFailure(
    refused,
    2,
    /a label must be the name or the number of a class, found "grey"/,
    /classes: bright, dark things/,
  );
  expectFailure(
    await genloom(["sample", named, "--label", "2"]),
    2,
    /from 0 to 1 or the name of a class, found 2/,
    /./,
  );
  await document(["sample", named, "--label", "dark things"]);
  expect(existsSync(join(named, "samples", "seed-0-of-dark_things.png"))).toBe(true);
});

describe("what is wrong is named", () => {
  const table = join(folder, "table.csv");
  const rows = (label: (i: number) => string) => Array.from({ length: 30 }, (_, i) => `${i / 7},${i % 5}${label(i)}`);
  const write = (name: string, header: string, label: (i: number) => string) => {
    writeFileSync(join(folder, name), `${[header, ...rows(label)].join("\n")}\n`);
    return join(folder, name);
  };

  test("data without labels", async () => {
    const plain = write("plain.csv", "a,b", () => "");
    expectFailure(
      await genloom(["train", "gan", "--data", plain, "--conditional", "--out", join(folder, "x")]),
      2,
      /--conditional needs data with labels, and .*plain\.csv has none/,
      /leave out --conditional/,
    );
    expect(existsSync(join(folder, "x"))).toBe(false);
  });

  test("labels that have changed, another number of classes, --conditional where it cannot be", async () => {
    write("table.csv", "a,b,label", (i) => `,${i % 3}`);
    const own = join(folder, "table-run");
    const few = ["--steps", "1", "--batch", "4"];
    await document(["train", "gan", "--data", table, "--conditional", ...few, "--out", own]);
    const more = write("more.csv", "a,b,label", (i) => `,${i % 4}`);
    expectFailure(
      await genloom(["train", "--from", own, "--data", more, "--out", join(folder, "y")]),
      2,
      /must have 3 classes like the model, found 4/,
      /./,
    );
    write("table.csv", "a,b,label", (i) => `,${(i + 1) % 3}`);
    expectFailure(await genloom(["train", "--resume", own]), 3, /their contents have changed/, /original data/);
    expectFailure(
      await genloom(["train", "--resume", own, "--conditional"]),
      2,
      /--conditional cannot change when a run is resumed/,
      /leave it out/,
    );
    expectFailure(
      await genloom(["train", "gan", "--model", join(own, "config.json"), "--conditional", "--data", more]),
      2,
      /--conditional cannot be combined with --model/,
      /conditional if it has classes/,
    );
  });

  test("--label-grid of a model without classes", async () => {
    const plain = join(folder, "plain");
    await document(["train", "vae", "--preset", "points", "--count", "50", "--steps", "1", "--out", plain]);
    expectFailure(await genloom(["sample", plain, "--label-grid"]), 2, /was not trained with labels/, /--label-grid/);
  });
});

test("a preset is printed in its conditional form, which trains like the preset", async () => {
  const file = join(folder, "recipe.json");
  const { stdout } = await genloom([
    "presets",
    "gan/digits",
    "--data",
    "digits",
    "--count",
    "50",
    "--conditional",
    "--steps",
    "2",
  ]);
  writeFileSync(file, stdout);
  expect(JSON.parse(stdout).config.classes).toBe(10);
  const common = ["--data", "digits", "--count", "50", "--steps", "2", "--seed", "1"];
  const byName = await document([
    "train",
    "gan",
    "--preset",
    "digits",
    "--conditional",
    ...common,
    "--out",
    join(folder, "p1"),
  ]);
  const byFile = await document(["train", "gan", "--model", file, ...common, "--out", join(folder, "p2")]);
  expect(byFile.weightHash).toBe(byName.weightHash);
  const refused = await genloom(["presets", "gan/dcgan", "--shape", "32,32,1", "--conditional"]);
  expectFailure(refused, 2, /--conditional cannot be combined with --shape/, /give --data/);
});
