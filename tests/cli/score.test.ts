/** `genloom score`: numbers for records and their values from every family, thresholds, known anomalies, files, refusals. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { formatNpy, parseNpy } from "#src/data/formats/npy";
import { encodePng } from "#src/data/formats/png";
import { document, expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const at = (name: string) => join(folder, name);
const table = at("people.csv");
const strange = at("strange.csv");
const texts = at("names.txt");
const header = 'age,"income, yearly"';

/** Two columns of other sizes: 40 +- 12 and 60,000 +- 10,000, by sums of twelve even steps. */
const person = (i: number) => {
  const normal = (k: number) =>
    Array.from({ length: 12 }, (_, j) => ((i * (j + k) * 7919 + j * 104_729) % 1009) / 1009).reduce((a, b) => a + b) -
    6;
  return `${40 + 12 * normal(3)},${60_000 + 10_000 * normal(17)}`;
};
const people = (count: number, first = 1) => Array.from({ length: count }, (_, i) => person(first + i));

/** Trains a model with few steps; returns the path of its run. */
async function trained(name: string, ...args: string[]): Promise<string> {
  await document(["train", ...args, "--threads", "1", "--out", at(name)]);
  return at(name);
}

/** The newest checkpoint of a run, which is a saved model. */
const checkpointOf = (run: string) =>
  join(run, "checkpoints", readdirSync(join(run, "checkpoints")).sort().at(-1) ?? "");

const score = (run: string, ...args: string[]) => genloom(["score", run, "--threads", "1", ...args]);
const scored = (run: string, ...args: string[]) => document(["score", run, "--threads", "1", ...args]);
const rowsOf = (text: string) =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));

beforeAll(async () => {
  writeFileSync(table, `${header}\n${people(400).join("\n")}\n`);
  const others = ["40,160000,1", "140,60000,1", "-60,20000,1"];
  const usual = people(30, 500).map((one) => `${one},0`);
  writeFileSync(strange, `${header},label\n${[...usual, ...others].join("\n")}\n`);
  writeFileSync(
    texts,
    `${Array.from({ length: 60 }, (_, i) => ["anna", "bob", "maria", "peter"][i % 4]).join("\n")}\n`,
  );
  await trained("vae", "vae", "--data", table, "--steps", "300", "--held-out", "0.25", "--seed", "1");
  await trained("rbm", "rbm", "--data", "bars", "--steps", "4000");
  await trained("gan", "gan", ...quick.slice(0, 6), "--steps", "30");
  await trained("sequence", "sequence", "--data", texts, "--steps", "30");
}, 120_000);

describe("a VAE of a table", () => {
  test("anomalies are above the threshold of the held-out records, and rank first", async () => {
    const found = await scored(at("vae"), "--data", strange, "--anomaly", "1");
    const { scores, threshold, ...rest } = found;
    expect(rest).toMatchObject({
      ...{ run: at("vae"), step: 300, measure: "likelihood", samples: 64, count: 33, quantile: 0.99 },
      ...{ heldOut: { source: "records that the run held out", count: 100 }, anomalies: 3 },
      ...{ auroc: 1, averagePrecision: 1 },
    });
    expect(scores).toHaveLength(33);
    expect(scores.slice(30).every((one: number) => one > threshold)).toBe(true);
    expect(found.above).toBeCloseTo(scores.filter((one: number) => one > threshold).length / 33, 12);
  });

  test("the threshold is the score that a share of the held-out records is not above", async () => {
    const held = await scored(at("vae"), "--data", table, "--on", table, "--quantile", "0.9");
    expect(held.heldOut).toEqual({ source: table, count: 400 });
    const sorted = [...held.scores].sort((a: number, b: number) => a - b);
    expect(held.threshold).toBe(sorted[359]);
    expect(held.above).toBe(40 / 400);
    const all = await scored(at("vae"), "--data", table, "--on", table, "--quantile", "1");
    expect([all.threshold, all.above]).toEqual([sorted[399], 0]);
  });

  test("writes csv with a column for each field by its name, to stdout or a file, and npy", async () => {
    const { code, stdout, stderr } = await score(at("vae"), "--data", strange, "--fields", "--anomaly", "1");
    expect(code, stderr).toBe(0);
    expect(stdout.split("\n")[0]).toBe(`score,above,${header}`);
    expect(stderr).toContain("AUROC 1.0000 (chance: 0.5), average precision 1.0000 (chance: 0.0909)");
    const rows = rowsOf(stdout);
    expect(rows).toHaveLength(33);
    expect(rows.slice(30).map(([, above]) => above)).toEqual([1, 1, 1]);
    // The column that is strange has the higher score.
    expect(rows[30][3]).toBeGreaterThan(rows[30][2]);
    expect(rows[31][2]).toBeGreaterThan(rows[31][3]);
    const file = await scored(at("vae"), "--data", strange, "--fields", "--out", at("scores.csv"));
    expect(file).toMatchObject({ file: at("scores.csv"), count: 33 });
    expect(file).not.toHaveProperty("scores");
    expect(readFileSync(at("scores.csv"), "utf8")).toBe(stdout);
    await scored(at("vae"), "--data", strange, "--fields", "--out", at("fields.npy"));
    const { data, shape } = parseNpy(readFileSync(at("fields.npy")), "fields.npy");
    expect(shape).toEqual([33, 3]);
    expect(Array.from(data)).toEqual(rows.flatMap(([own, , ...fields]) => [own, ...fields].map(Math.fround)));
    const plain = await scored(at("vae"), "--data", strange, "--fields");
    expect(plain.fields.map((one: number[]) => one.map(Math.fround))).toEqual(rows.map((row) => row.slice(2)));
    await scored(at("vae"), "--data", strange, "--out", at("scores.npy"));
    expect(parseNpy(readFileSync(at("scores.npy")), "scores.npy").shape).toEqual([33]);
  });

  test("by elbo, with other latents, and only the first records", async () => {
    const elbo = await scored(at("vae"), "--data", strange, "--by", "elbo", "--samples", "8");
    expect(elbo).toMatchObject({ measure: "elbo", samples: 8 });
    const first = await scored(at("vae"), "--data", strange, "--by", "elbo", "--samples", "8", "--count", "5");
    expect(first.scores).toEqual(elbo.scores.slice(0, 5));
    const seed = await scored(at("vae"), "--data", strange, "--by", "elbo", "--samples", "8", "--seed", "1");
    expect(seed.scores).not.toEqual(elbo.scores);
  });

  test("a saved model has the same scores, and a threshold only of --on", async () => {
    const run = await scored(at("vae"), "--data", strange, "--on", table);
    const saved = checkpointOf(at("vae"));
    const own = await scored(saved, "--data", strange, "--on", table);
    expect(own.scores).toEqual(run.scores);
    expect(own.threshold).toBe(run.threshold);
    const without = await score(saved, "--data", strange);
    expect(without.stdout.split("\n")[0]).toBe("score");
    expect(without.stderr).toContain("a saved model does not know its data; --on gives held-out records");
    expect(await scored(saved, "--data", strange)).not.toHaveProperty("threshold");
    expectFailure(
      await score(saved, "--data", strange, "--quantile", "0.9"),
      2,
      /a saved model does not know its data/,
      /--on/,
    );
  });

  test.each([
    [["--data", strange, "--anomaly", "7"], 2, /--anomaly must name classes of .*, by number, found 7/, /0 to 1/],
    [["--data", strange, "--anomaly", "0,1"], 2, /of some records of .* and not of all, found 33 of 33/, /./],
    [
      ["--data", table, "--anomaly", "1"],
      2,
      /--anomaly needs records with labels, and .*people\.csv has none/,
      /label/,
    ],
    [["--data", strange, "--by", "free-energy"], 2, /--by must be likelihood or elbo of a VAE, found free-energy/, /./],
    [["--data", strange, "--by", "size"], 2, /'--by <measure>' argument 'size' is invalid/, /./],
    [["--data", strange, "--label", "1"], 2, /this model was not trained with labels/, /leave out/],
    [
      ["--data", "digits"],
      2,
      /digits: records must have shape \[2\] like the model's, found \[28, 28, 1\]/,
      /same kind/,
    ],
    [["--data", strange, "--out", "x.txt"], 2, /ends in \.csv, \.npy/, /./],
    [["--data", strange, "--quantile", "1.5"], 2, /It must be a number above 0, at most 1/, /./],
    [["--data", at("none.csv")], 3, /none\.csv: no such file/, /./],
    [[], 2, /required option '--data <source>' not specified/, /./],
  ])("refuses %j", async (args, code, message, hint) => {
    expectFailure(await score(at("vae"), ...args), code, message, hint);
  });

  test.each([
    ["no records", `${header}\n`, 3, /holds column names but no records/],
    ["an empty cell", `${header}\n1,2\n,3\n`, 3, /line 3, column 1: empty cell/],
    ["other columns", `"income, yearly",age\n1,2\n3,4\n`, 2, /column 1 must be "age" like the model's/],
    [
      "values that f32 cannot square",
      `${header}\n1,2\n1e30,3\n`,
      2,
      /the likelihood of record 1 must be a finite number/,
    ],
  ])("refuses a table with %s", async (name, text, code, message) => {
    const file = at(`${name}.csv`);
    writeFileSync(file, text);
    expectFailure(await score(at("vae"), "--data", file), code, message, /./);
  });
});

test("an RBM: free energies, and how strange each bit is given the others", async () => {
  // Whole rows, and the same with one bit turned.
  const rows = ["1111000011110000", "1111000011110001"].map((bits) => bits.split("").join(","));
  const npy = at("bits.npy");
  const bits = Float32Array.from(rows.join(",").split(","), Number);
  writeFileSync(npy, formatNpy(bits, [2, 4, 4, 1]));
  const found = await scored(at("rbm"), "--data", npy, "--fields");
  expect(found).toMatchObject({
    measure: "free-energy",
    count: 2,
    heldOut: { source: "the training data", count: 30 },
  });
  expect(found.scores[1]).toBeGreaterThan(found.scores[0]);
  const [, turned] = found.fields;
  expect(turned.indexOf(Math.max(...turned))).toBe(15);
  expect((await score(at("rbm"), "--data", "bars")).stderr).toContain("there are no held-out records");
  expect((await score(at("rbm"), "--data", npy, "--fields")).stdout).toMatch(/^score,above,value0,.*,value15\n/);
});

test("a GAN: minus the discriminator's logit, and no fields", async () => {
  const found = await scored(at("gan"), "--data", "ring", "--count", "50");
  expect(found).toMatchObject({ measure: "discriminator", count: 50, heldOut: { source: "new records of ring" } });
  expect(found).not.toHaveProperty("samples");
  expectFailure(await score(at("gan"), "--data", "ring", "--fields"), 2, /a GAN has no scores of fields/, /--fields/);
  expectFailure(
    await score(at("gan"), "--data", "ring", "--samples", "3"),
    2,
    /discriminator draws none/,
    /leave it out/,
  );
});

test("a sequence model: by records or tokens, and each token", async () => {
  const odd = at("odd.txt");
  writeFileSync(odd, "anna\nbob\nnnana\n");
  const found = await scored(at("sequence"), "--data", odd, "--on", texts, "--fields");
  expect(found).toMatchObject({ measure: "likelihood", count: 3, heldOut: { source: texts, count: 60 } });
  expect(found.scores[2]).toBeGreaterThan(found.scores[0]);
  for (const [i, row] of found.fields.entries())
    expect(row.reduce((sum: number, one: number) => sum + one, 0)).toBeCloseTo(found.scores[i], 4);
  const each = await scored(at("sequence"), "--data", odd, "--by", "token-likelihood");
  // With the ends: 5, 4 and 6 tokens.
  for (const [i, tokens] of [5, 4, 6].entries()) expect(each.scores[i]).toBeCloseTo(found.scores[i] / tokens, 5);
  const { stdout } = await score(at("sequence"), "--data", odd, "--fields");
  expect(stdout).toMatch(/^score,above,token0,token1,/);
});

test("windows of a text are scored once for each token", async () => {
  const text = at("story.txt");
  writeFileSync(text, "It was late, and the lamp by the door had burned low. Nobody came,\n".repeat(60));
  const run = await trained("story", "sequence", "--data", text, "--steps", "2", "--held-out", "0.1");
  const { shape } = (await document(["inspect", run])).data;
  const { count } = await scored(run, "--data", text);
  expect(count).toBe(Math.floor((67 * 60) / shape[0]));
});

describe("images", () => {
  /** Images in sub-folders that are named for their classes. */
  const pictures = at("pictures");
  beforeAll(async () => {
    for (const [level, name] of ["dark things", "bright"].entries()) {
      mkdirSync(join(pictures, name), { recursive: true });
      for (let i = 0; i < 3; i++) {
        const data = new Uint8Array(32 * 32).fill(200 * level + i);
        writeFileSync(join(pictures, name, `${i}.png`), encodePng({ width: 32, height: 32, channels: 1, data }));
      }
    }
    await trained("digits", "vae", "--data", "digits", "--count", "100", "--steps", "20");
    const conditional = ["--preset", "mlp", "--data", "digits", "--count", "60", "--conditional"];
    await trained("conditional", "vae", ...conditional, "--steps", "4");
  }, 120_000);

  test("from folders, resized, with classes by name; the brightest are strange to a model of digits", async () => {
    const args = ["--data", pictures, "--anomaly", "bright"];
    const { stderr } = await score(at("digits"), ...args);
    expect(stderr).toMatch(/images of .* are resized from \[32, 32, 1\] to \[28, 28, 1\]/);
    expect(await scored(at("digits"), ...args)).toMatchObject({ count: 6, anomalies: 3, auroc: 1 });
    const saved = await scored(checkpointOf(at("digits")), ...args);
    expect(saved).toMatchObject({ count: 6, auroc: 1 });
    expectFailure(
      await score(at("digits"), "--data", pictures, "--anomaly", "grey"),
      2,
      /--anomaly must name classes of .*, by name or number, found grey/,
      /classes: bright, dark things/,
    );
  });

  test("of a conditional model: by their own classes, or one that is given", async () => {
    const run = at("conditional");
    const own = await scored(run, "--data", "digits", "--count", "20");
    const three = await scored(run, "--data", "digits", "--count", "20", "--label", "3");
    expect(three.scores).not.toEqual(own.scores);
    expect(three.scores.filter((one: number, i: number) => one === own.scores[i]).length).toBeGreaterThan(0);
    const bare = at("bare");
    mkdirSync(bare, { recursive: true });
    const data = new Uint8Array(32 * 32).fill(9);
    writeFileSync(join(bare, "0.png"), encodePng({ width: 32, height: 32, channels: 1, data }));
    expectFailure(
      await score(run, "--data", bare),
      2,
      /this model has classes, and the records have no labels/,
      /label/,
    );
    expect((await scored(run, "--data", bare, "--label", "3")).count).toBe(1);
    expectFailure(
      await score(run, "--data", bare, "--label", "17"),
      2,
      /score: a label must be an integer from 0 to 9.*, found 17/,
      /give --label one of the model's classes: 0/,
    );
    // Classes of other names than the model's, which are numbers.
    expectFailure(
      await score(run, "--data", pictures),
      2,
      /a label must be the name or the number of a class/,
      /number/,
    );
  });
});
