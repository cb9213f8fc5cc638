/** Tables with columns of different kinds on the command line: inspect, train, sample, conditions, filling in. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { peopleCsv } from "../tables/people.js";
import { expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const people = join(folder, "people.csv");
const text = peopleCsv(600);
writeFileSync(people, text);
const header = "age,city,joined,member,income";
const lines = (stdout: string) => stdout.trimEnd().split("\n");

/** Checks that a command fails with this exit code and a message that contains the text. */
async function fails(args: readonly string[], code: number, message: string): Promise<void> {
  const plain = message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  expectFailure(await genloom(args), code, new RegExp(plain), /./);
}

describe("inspect of a table", () => {
  test("tells what each column is taken for", async () => {
    const { stdout } = await genloom(["inspect", people]);
    expect(lines(stdout).map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
      ["600 rows"],
      ["age", "integer"],
      ["city", "category"],
      ["joined", "date"],
      ["member", "boolean"],
      ["income", "number"],
    ]);
  });
  test("as JSON, which --columns reads after an edit", async () => {
    const { columns } = JSON.parse((await genloom(["inspect", people, "--json"])).stdout);
    const edited = join(folder, "columns.json");
    const changed = columns.map((one: { name: string }) =>
      one.name === "income" ? { name: "income", kind: "identifier" } : one,
    );
    writeFileSync(edited, JSON.stringify({ columns: changed }));
    const run = join(folder, "edited");
    const train = [
      "train",
      "vae",
      "--data",
      people,
      "--columns",
      edited,
      "--steps",
      "2",
      "--threads",
      "1",
      "--out",
      run,
    ];
    expect((await genloom(train)).code).toBe(0);
    expect(lines((await genloom(["sample", run, "--count", "1"])).stdout)[0]).toBe("age,city,joined,member");
    writeFileSync(edited, '[{"name":"age","kind":"colour"}]');
    await fails(train, 3, "kind must be one of number, integer, date, category, boolean, identifier");
  });
});

describe.each([["gan"], ["vae"]])("a %s of a table", (family) => {
  const run = join(folder, family);
  beforeAll(async () => {
    const train = ["train", family, "--data", people, "--steps", "30", "--batch", "50", "--threads", "1", "--out", run];
    expect((await genloom(train)).code).toBe(0);
  });

  test("leaves rows and drawings of columns in its run", () => {
    expect(lines(readFileSync(join(run, "samples/step-00000030.csv"), "utf8"))[0]).toBe(header);
    const report = readFileSync(join(run, "report.html"), "utf8");
    for (const title of ["Rows", "Columns: data above, samples below", "Pairs of numbers"])
      expect(report).toContain(`<h2>${title}</h2>`);
  });

  test("is inspected, and goes on after an interruption with its columns", async () => {
    const found = JSON.parse((await genloom(["inspect", run, "--json"])).stdout);
    expect(found.data.table.columns.map(({ name }: { name: string }) => name)).toEqual(header.split(","));
    const resumed = await genloom(["train", family, "--resume", run, "--steps", "40", "--threads", "1", "--json"]);
    expect(JSON.parse(resumed.stdout).steps).toBe(40);
  });

  test("samples CSV with a header, the same for a seed, and its next rows", async () => {
    const all = lines((await genloom(["sample", run, "--count", "6", "--seed", "4"])).stdout);
    expect(all[0]).toBe(header);
    expect(all.length).toBe(7);
    const last = lines((await genloom(["sample", run, "--count", "2", "--seed", "4", "--first", "4"])).stdout);
    expect(last.slice(1)).toEqual(all.slice(5));
    const out = join(folder, `${family}.csv`);
    expect((await genloom(["sample", run, "--count", "6", "--seed", "4", "--out", out])).code).toBe(0);
    expect(lines(readFileSync(out, "utf8"))).toEqual(all);
  });

  test("samples rows that meet conditions, and says how many first draws did", async () => {
    const { stdout, stderr } = await genloom(["sample", run, "--count", "20", "--where", "member = yes and age >= 30"]);
    const rows = lines(stdout)
      .slice(1)
      .map((line) => line.split(","));
    expect(rows.length).toBe(20);
    expect(rows.every(([age, , , member]) => Number(age) >= 30 && member === "yes")).toBe(true);
    expect(stderr).toMatch(/[\d.]+% of first draws met the conditions/);
  });

  test("samples as many rows of each value", async () => {
    const { rows } = JSON.parse(
      (await genloom(["sample", run, "--count", "8", "--balance", "member", "--json"])).stdout,
    );
    expect(rows.filter((row: string[]) => row[3] === "yes").length).toBe(4);
  });

  test("fills in missing cells and leaves the others as they are", async () => {
    const gaps = join(folder, "gaps.csv");
    writeFileSync(gaps, "member,city,age,note\nyes,,55,a\n,Rome,31,b\n");
    const whole = "member,city,age,joined,income,note\nyes,,55,2007-07-01,3400.00,a\n,Rome,,2004-05-01,,b\n";
    await fails(["sample", run, "--fill", gaps], 3, 'the column "joined" is missing');
    writeFileSync(gaps, whole);
    const found = lines((await genloom(["sample", run, "--fill", gaps])).stdout);
    expect(found[0]).toBe("member,city,age,joined,income,note");
    expect(found[1]).toMatch(/^yes,(Oslo|Rome|Lima),55,2007-07-01,3400.00,a$/);
    expect(found[2]).toMatch(/^(yes|no),Rome,\d+,2004-05-01,[\d.]+,b$/);
  });

  test.each([
    [["--where", "city = Paris"], 'where: "Paris" is not one of Oslo, Rome, Lima'],
    [["--where", "town = Oslo"], 'where: no column is named "town"'],
    [["--where", "age > 500"], 'where: column "age" has values from'],
    [["--balance", "age"], '--balance must name a column of categories, found "age"'],
    [["--label", "3"], "--label is not an option of models of tables"],
    [["--out", "rows.png"], "--out must end in .csv for rows of a table"],
  ])("%j is refused", async (options, message) => await fails(["sample", run, ...options], 2, message));
});

describe("score of rows", () => {
  const run = join(folder, "vae");
  const by = ["--data", people, "--by", "likelihood-ratio", "--samples", "4", "--threads", "1"];

  test("by a likelihood ratio, which has the background of the training data", async () => {
    const whole = JSON.parse((await genloom(["score", run, ...by, "--fields", "--count", "40", "--json"])).stdout);
    expect(whole).toMatchObject({ measure: "likelihood-ratio", samples: 4, count: 40 });
    expect(whole.fields[0]).toHaveLength(5);
    const plain = JSON.parse(
      (await genloom(["score", run, "--data", people, "--samples", "4", "--count", "40", "--threads", "1", "--json"]))
        .stdout,
    );
    // The background of a row is a log density, so the difference is at most what spikes and intervals have above 1.
    const differences = whole.scores.map((score: number, i: number) => score - plain.scores[i]);
    expect(new Set(differences.map((one: number) => one.toFixed(3))).size).toBeGreaterThan(10);
    expect(Math.max(...differences)).toBeLessThan(3 * Math.log(32 / 2));
  });

  test("a saved model needs records for the background, and GANs have no likelihood", async () => {
    const saved = join(folder, "saved.safetensors");
    expect((await genloom(["export", run, "--format", "safetensors", "--out", saved])).code).toBe(0);
    await fails(["score", saved, ...by], 2, "--by likelihood-ratio needs records that tell how usual each value is");
    expect((await genloom(["score", saved, ...by, "--on", people, "--count", "4"])).code).toBe(0);
    await fails(["score", join(folder, "gan"), ...by], 2, "score:");
  });
});

describe("evaluations", () => {
  const run = join(folder, "evaluated");
  test("during a training, by columns and pairs of columns; the best checkpoint is kept", async () => {
    const train = [
      "train",
      "vae",
      "--data",
      people,
      "--held-out",
      "0.2",
      "--steps",
      "40",
      "--batch",
      "50",
      "--threads",
      "1",
    ];
    const watched = [
      "--eval-every",
      "20",
      "--keep-best",
      "tvComplement",
      "--eval-samples",
      "200",
      "--out",
      run,
      "--json",
    ];
    const { evaluations, best } = JSON.parse((await genloom([...train, ...watched])).stdout);
    expect(evaluations.map(({ step }: { step: number }) => step)).toEqual([20, 40]);
    expect(Object.keys(evaluations[0].metrics).sort()).toEqual([
      "contingencySimilarity",
      "correlationSimilarity",
      "ksComplement",
      "tvComplement",
    ]);
    expect(best.value).toBe(
      Math.max(...evaluations.map((one: { metrics: Record<string, number> }) => one.metrics.tvComplement)),
    );
    await fails([...train, "--eval-every", "20", "--eval-metrics", "fid", "--out", `${run}2`], 2, "found fid");
  });

  test("of a run: every measure beside its floor and the copula's, in words and in the report", async () => {
    const found = JSON.parse((await genloom(["evaluate", run, "--json"])).stdout);
    for (const part of ["metrics", "floors", "copula"])
      for (const name of ["ksComplement", "tvComplement", "contingencySimilarity", "trainSyntheticTestReal", "copies"])
        expect([part, name, found[part][name] >= 0 && found[part][name] <= 1]).toEqual([part, name, true]);
    expect(found.heldOut.count).toBe(120);
    expect(found.comparison.prediction.target).toBe("member");
    const { stdout } = await genloom(["evaluate", run, "--target", "city"]);
    expect(stdout).toMatch(/samples +floor +copula/);
    expect(stdout).toMatch(/predicts city in held-out rows/);
    expect(readFileSync(join(run, "report.html"), "utf8")).toContain("<h2>Evaluation</h2>");
    await fails(["evaluate", run, "--target", "town"], 2, "town");
    await fails(["evaluate", run, "--metrics", "fid"], 2, "--metrics must be all for models of tables");
  });

  test("of a conditional model: the share of first draws that have the value they were asked for", async () => {
    const { metrics } = JSON.parse((await genloom(["evaluate", join(folder, "gan"), "--on", people, "--json"])).stdout);
    expect(metrics.conditionsHeld).toBeGreaterThan(0);
    expect(metrics.conditionsHeld).toBeLessThanOrEqual(1);
  });
});

describe("tables that cannot be learned", () => {
  test.each([
    ["one column", "city\nOslo\nRome\nOslo\n", 2, "at least two columns must have values that differ"],
    ["only identifiers", "a,b\nann,q\nbob,r\ncid,s\n", 2, "at least two columns must have values that differ, found 0"],
    ["all values missing", "a,b\nNA,?\n?,NA\n", 2, "at least two columns must have values that differ, found 0"],
    ["one row", "a,b,c\nx,1,2\n", 2, "at least two rows must be given, found 1"],
    ["a row that is too short", "a,b\nx,y\nz\n", 3, "row 2 has 1 cells, and the header 2"],
  ])("%s", async (name, content, code, message) => {
    const file = join(folder, `${name.replaceAll(" ", "-")}.csv`);
    writeFileSync(file, content);
    await fails(["train", "gan", "--data", file, "--steps", "1", "--out", join(folder, "none")], code, message);
  });

  test("a column that changes its type in row 20,000", async () => {
    const file = join(folder, "change.csv");
    const rows = Array.from(
      { length: 20_050 },
      (_, i) => `${i === 19_999 ? "many" : (i * 7919) % 1009},${i % 2 ? "a" : "b"}`,
    );
    writeFileSync(file, `size,kind\n${rows.join("\n")}\n`);
    const train = ["train", "gan", "--data", file, "--steps", "1", "--out", join(folder, "none")];
    await fails(train, 3, 'row 20000, column "size": "many" is not a number');
  });

  test("options of tables for other models", async () => {
    const run = join(folder, "ring");
    await genloom(["train", "gan", "--preset", "ring", "--steps", "2", "--threads", "1", "--out", run]);
    await fails(["sample", run, "--where", "a = b"], 2, "--where is an option of models of tables");
  });
});
