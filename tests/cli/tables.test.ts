/** Tables on the command line, and what a user may do to its output and its paths. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { settingsText } from "#src/train/run-settings";
import { expectFailure, freshFolder, genloom, program } from "./genloom.js";

/** What the tests change of a config.json. */
interface Settings {
  model: string;
  data: { columns: { scale: number }[] };
}

const folder = freshFolder();
const table = join(folder, "people.csv");
// Two columns of other sizes: 40 +- 12 and 60,000 +- 10,000, by sums of twelve even steps.
const row = (i: number) => {
  const normal = (k: number) =>
    Array.from({ length: 12 }, (_, j) => ((i * (j + k) * 7919 + j * 104_729) % 1009) / 1009).reduce((a, b) => a + b) -
    6;
  return `${40 + 12 * normal(3)},${60_000 + 10_000 * normal(17)}`;
};
writeFileSync(table, `age,"income, yearly"\n${Array.from({ length: 500 }, (_, i) => row(i + 1)).join("\n")}\n`);

describe("a table", () => {
  test("trains a VAE whose samples have its means, deviations and names", async () => {
    const run = join(folder, "vae");
    expect(
      (await genloom(["train", "vae", "--data", table, "--steps", "1500", "--threads", "1", "--out", run])).code,
    ).toBe(0);
    const { stdout } = await genloom(["sample", run, "--count", "2500", "--threads", "1"]);
    const [header, ...rows] = stdout.trimEnd().split("\n");
    expect(header).toBe('age,"income, yearly"');
    const { metrics } = JSON.parse((await genloom(["evaluate", run, "--k", "5", "--threads", "1", "--json"])).stdout);
    for (const i of [0, 1]) {
      const deviation = metrics.dataColumnDeviations[i];
      const mean = rows.reduce((sum, line) => sum + Number(line.split(",")[i]), 0) / rows.length;
      // Five standard errors of 2,500 samples around the data's own mean, and as much again for the model.
      expect(Math.abs(mean - metrics.dataColumnMeans[i])).toBeLessThan((10 * deviation) / 50);
      expect(metrics.columnDeviations[i] / deviation).toBeGreaterThan(0.85);
      expect(metrics.columnDeviations[i] / deviation).toBeLessThan(1.15);
    }
  }, 120_000);

  test("goes on with, and is measured by, a table of the same columns in the same order", async () => {
    const run = join(folder, "vae");
    const own = readFileSync(table, "utf8").trimEnd().split("\n").slice(1);
    const write = (name: string, header: string, rows: string[]) => {
      writeFileSync(join(folder, name), `${header}\n${rows.join("\n")}\n`);
      return join(folder, name);
    };
    const turned = write(
      "turned.csv",
      '"income, yearly",age',
      own.map((line) => line.split(",").reverse().join(",")),
    );
    const bare = join(folder, "bare.csv");
    writeFileSync(bare, own.slice(0, 100).join("\n"));
    const goOn = (data: string, out: string) =>
      genloom(["train", "--from", run, "--data", data, "--steps", "2", "--threads", "1", "--out", join(folder, out)]);
    const error = /turned\.csv: column 1 must be "age" like the model's, found "income, yearly"/;
    expectFailure(await goOn(turned, "never"), 2, error, /age, income, yearly, in this order/);
    expectFailure(await genloom(["evaluate", run, "--on", turned]), 2, error, /in this order/);
    expect(existsSync(join(folder, "never"))).toBe(false);
    expect((await goOn(bare, "on-bare")).code).toBe(0); // columns without names are taken as they come
    expect((await goOn(write("same.csv", 'age,"income, yearly"', own.slice(0, 50)), "on-same")).code).toBe(0);
  });

  test.each([
    [
      "a column's scale",
      (config: Settings) => (config.data.columns[1].scale *= 5),
      /its data\.columns\[1\]\.scale is not that of the checkpoint/,
    ],
    [
      "a column less",
      (config: Settings) => config.data.columns.pop(),
      /its data\.columns\[1\] is not that of the checkpoint/,
    ],
    ["another model", (config: Settings) => (config.model = "toString"), /its model is not that of the checkpoint/],
  ])("%s changed in config.json is found, although its digest is right", async (_, change, message) => {
    const run = join(folder, "vae");
    const file = join(run, "config.json");
    const before = readFileSync(file, "utf8");
    const { sha256: _digest, ...config } = JSON.parse(before);
    change(config);
    writeFileSync(file, await settingsText(config));
    try {
      expectFailure(await genloom(["sample", run, "--count", "1", "--threads", "1"]), 3, message, /restore/);
      expectFailure(await genloom(["train", "--resume", run, "--steps", "1501"]), 3, message, /restore/);
    } finally {
      writeFileSync(file, before);
    }
  });

  test("is no data of an RBM", async () => {
    expectFailure(
      await genloom(["train", "rbm", "--data", table, "--steps", "3"]),
      2,
      /must be bits, probabilities/,
      /--data/,
    );
  });
});

describe("a run that learned nothing", () => {
  test("is neither sampled nor evaluated: exit code 4", async () => {
    const run = join(folder, "diverged");
    const model = join(folder, "vae", "config.json");
    const config = JSON.parse(execFileSync("cat", [model], { encoding: "utf8" })).config;
    config.optimizer = { kind: "sgd", learningRate: 1e30 };
    const file = join(folder, "model.json");
    writeFileSync(file, JSON.stringify(config));
    const trained = await genloom([
      "train",
      "vae",
      "--data",
      table,
      "--model",
      file,
      "--steps",
      "5",
      "--threads",
      "1",
      "--out",
      run,
    ]);
    expect(trained.code).toBe(4);
    for (const command of ["sample", "evaluate"])
      expect((await genloom([command, run, "--threads", "1"])).code).toBe(4);
  });
});

describe("paths and numbers", () => {
  test.each([
    ["--out", ""],
    ["--threads", "100000"],
    ["--steps", "99999999999"],
    ["--seed", "9007199254740992"],
  ])("%s %j", async (option, value) => {
    expectFailure(await genloom(["train", "gan", option, value]), 2, /is invalid/, /help/);
  });

  test("a link to nothing as --out", async () => {
    const link = join(folder, "link");
    symlinkSync("nowhere", link);
    expectFailure(
      await genloom(["train", "gan", "--preset", "ring", "--steps", "1", "--out", link]),
      3,
      /a link whose target does not exist/,
      /remove/,
    );
  });

  /** Of a shell's line, in which $G is the program: its exit code, and what it says on stderr. */
  const shell = (line: string) => {
    const { status, stderr } = spawnSync("sh", ["-c", line], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, G: program },
      timeout: 60_000,
    });
    return { status, stderr };
  };
  const start = `"${process.execPath}" "$G"`;

  test.skipIf(process.platform === "win32")(
    "a working folder that was deleted, and a folder that none can be made in",
    () => {
      const train = "train gan --preset ring --steps 1 --threads 1";
      const deleted = shell(`mkdir gone && cd gone && rmdir ../gone && ${start} ${train}`);
      expect(deleted).toEqual({
        status: 3,
        stderr: expect.stringMatching(/^error: .*no folder can be created here\nhint: .*\n$/),
      });
      if (!existsSync("/proc/self")) return;
      const proc = shell(`${start} ${train} --out /proc/x`);
      expect(proc).toEqual({
        status: 3,
        stderr: expect.stringMatching(/^error: \/proc\/x: cannot be created.*\nhint: .*\n$/),
      });
    },
  );

  const writers = [
    "--help",
    "sample vae --threads 1",
    "evaluate vae --threads 1 --quiet",
    "inspect vae --threads 1 --json",
    "train gan --preset ring --steps 1 --threads 1 --json --quiet --out full",
  ];
  test.skipIf(!existsSync("/dev/full")).each(writers)("a full disk under the stdout of %s", (line) => {
    expect(shell(`rm -rf full; ${start} ${line} > /dev/full`)).toEqual({
      status: 3,
      stderr: expect.stringMatching(/^error: standard output: no space left on the disk\nhint: [^\n]*\n$/),
    });
  });

  test.skipIf(process.platform === "win32").each(writers)("a reader of %s that has left is no error", (line) => {
    // The reader is gone before the program starts.
    const piped = `rm -rf full; { sleep 1; ${start} ${line}; echo $? > code; } | true; cat code; rm -f code`;
    expect(
      execFileSync("sh", ["-c", piped], { cwd: folder, encoding: "utf8", env: { ...process.env, G: program } }),
    ).toBe("0\n");
  });
});
