/** Mistakes in the file of a sweep: what was wrong, and where, before anything is trained. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "#src/cli/cli";
import { expectFailure, freshFolder, genloom, type Outcome } from "./genloom.js";

const folder = freshFolder();
const path = join(folder, "sweep.json");

/** Runs the command line in this process, which takes less time than one of its own. */
async function here(args: readonly string[]): Promise<Outcome> {
  const text = { stdout: "", stderr: "" };
  const to = (name: keyof typeof text) => ({
    write: (written: string) => {
      text[name] += written;
    },
  });
  const code = await runCli(args, { stdout: to("stdout"), stderr: to("stderr"), env: {} });
  return { code, ...text };
}

const ring = { preset: "ring", steps: 10 };
const halving = { method: "halving", options: ring, vary: { batch: [1, 2] }, least: 5, metric: "fid" };

test.each<[value: unknown, message: string]>([
  [[], "a sweep must be an object, found []"],
  [{ trian: "gan" }, 'unknown option "trian"; did you mean "train"?'],
  [{ train: "gam" }, 'train must be one of gan, vae, rbm, sequence, found "gam"'],
  [{ method: "radom" }, 'method must be one of "grid", "random", "halving", found "radom"; did you mean "random"?'],
  [{ method: "random" }, 'trials must be an integer >= 1 for the method "random", found none'],
  [{ method: "grid", trials: 3 }, "trials must be left out of a grid, which has one per combination, found 3"],
  [{ method: "random", trials: 0 }, "trials must be an integer >= 1 and <= 10000, found 0"],
  [{ seed: -1 }, "seed must be an integer from 0 to 2^53 - 1, found -1"],
  [{ options: { stepz: 5 } }, 'options has an unknown option "stepz" of genloom train; did you mean "steps"?'],
  [{ options: { steps: 0 } }, "options.steps must be an integer >= 1, found 0"],
  [{ options: { threads: [1, {}] } }, "options.threads must be a string, a number, true, false or a list of them"],
  [{ options: { wide: "yes" } }, 'options.wide must be one of auto, on, off, found "yes"'],
  [{ options: { conditional: "yes" } }, 'options.conditional must be true or false, found "yes"'],
  [{ options: { steps: true } }, "options.steps must be a string or a number, found true"],
  [{ options: { out: "x" } }, "options.out must be left out: every trial has a folder of its own"],
  [{ vary: { json: [true] } }, "vary.json must be left out: it is an option of the sweep"],
  [{ vary: { batch: [8, "many"] } }, 'vary.batch must be an integer >= 1, found "many"'],
  [{ vary: { batch: [] } }, "vary.batch must have at least one value, found none"],
  [{ vary: { batch: 8 } }, 'vary.batch must be a list or { "from", "to" }, found 8'],
  [{ vary: { batch: { from: 8, to: 64 } } }, "vary.batch must have a count of values in a grid, found none"],
  [{ vary: { batch: { from: 8, to: 4, count: 2 } } }, "vary.batch.to must be a finite number > 8, found 4"],
  [
    { vary: { batch: { from: 0, to: 4, scale: "log", count: 2 } } },
    "vary.batch.from must be a finite number > 0, found 0",
  ],
  [{ vary: { batch: { from: 1.5, to: 4, count: 2 } } }, "vary.batch must be an integer >= 1, found 1.5"],
  [{ vary: { batch: { from: 1, to: 4, step: 2 } } }, 'vary.batch: unknown option "step"'],
  [{ options: { batch: 8 }, vary: { batch: [8] } }, "batch must be in options or in vary, found in both"],
  [
    { options: { from: "x", data: "ring" }, vary: { "config.ema": [0] } },
    "a model of --from has no recipe, found a path",
  ],
  [
    { options: ring, vary: { "config.emma": [0] } },
    'found no "emma" in config of the recipe; did you mean "ema"? fields: kind, latent',
  ],
  [{ metric: "sharpness" }, 'goal must be "least", "greatest" or "floor" for the metric sharpness'],
  [{ metric: 5 }, "metric must be a name, found 5"],
  [{ goal: "most" }, 'goal must be one of "least", "greatest", "floor", found "most"'],
  [{ evaluate: { sample: 5 } }, 'evaluate has an unknown option "sample" of genloom evaluate; did you mean "samples"?'],
  [{ launch: "nice" }, 'launch must be a list of words, found "nice"'],
  [{ least: 5 }, 'least must be left out unless the method is "halving", found 5'],
  [{ ...halving, metric: undefined }, 'metric must be given for the method "halving", found none'],
  [{ ...halving, least: 11 }, "least must be an integer >= 1 and <= 10, found 11"],
  [{ ...halving, least: undefined }, "least must be an integer >= 1 and <= 10, found undefined"],
  [{ ...halving, options: {} }, "options.steps must be an integer >= 1, found undefined"],
  [{ ...halving, options: {}, vary: { steps: [1, 2] } }, "steps must be the same for all trials"],
  [{ ...halving, eta: 1 }, "eta must be an integer >= 2, found 1"],
])("%j", async (value, message) => {
  writeFileSync(path, JSON.stringify(value));
  const outcome = await here(["sweep", path, "--out", join(folder, "out")]);
  expectFailure(outcome, 2, /./, /fix .*; docs\/cluster\.md describes the file/);
  expect(outcome.stderr).toContain(`error: ${path}: `);
  expect(outcome.stderr).toContain(message);
  expect(existsSync(join(folder, "out"))).toBe(false);
});

test("files that are no sweeps, and options that do not go together", async () => {
  expectFailure(
    await genloom(["sweep", join(folder, "missing.json")]),
    3,
    /missing\.json: no such file/,
    /check the path/,
  );
  writeFileSync(path, '{ "train": "gan", }');
  expectFailure(await genloom(["sweep", path]), 3, /sweep\.json: not JSON: /, /"train": "gan"/);
  writeFileSync(path, JSON.stringify({ train: "gan", options: ring, vary: { batch: [8] }, slurm: { array: "1-2" } }));
  const out = ["--out", join(folder, "slurm")];
  expectFailure(
    await genloom(["sweep", path, ...out, "--slurm"]),
    2,
    /slurm\.array must be left out/,
    /options of sbatch/,
  );
  expectFailure(await genloom(["sweep", path, "--submit"]), 2, /--submit needs --slurm/, /--slurm --submit/);
  expectFailure(await genloom(["sweep", path, "--rung", "1"]), 2, /--rung and --place need each other/, /--trial/);
  expectFailure(
    await genloom(["sweep", path, ...out, "--rung", "2", "--place", "1"]),
    2,
    /--rung must be a number from 1 to 1, found 2/,
    /halving/,
  );
  expectFailure(await genloom(["sweep", join(folder, "slurm"), ...out]), 2, /--out cannot be combined/, /leave it out/);
  writeFileSync(join(folder, "slurm", "sweep.json"), "{");
  expectFailure(await genloom(["sweep", join(folder, "slurm")]), 3, /sweep\.json: corrupt: not JSON/, /restore/);
});
