/** Sweeps from a user's side: grids and random trials, stopping and going on, failures, what is printed for others to run. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { document, freshFolder, genloom, type Outcome, start } from "./genloom.js";

const folder = freshFolder();
const inside = { cwd: folder };

/** Options of trials that end in a second or two. */
const quick = { preset: "ring", count: 500, threads: 1 };

function write(name: string, value: object): string {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return name;
}

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), "utf8"));

/** Contents and times of all files of a folder. */
function filesOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(join(path, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      `${statSync(join(path, name)).mtimeMs} ${readFileSync(join(path, name)).toString("base64")}`,
    ]),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: documents are looked at by their keys
type Trial = any;

describe("grid", () => {
  const file = write("grid.json", {
    train: "gan",
    options: { ...quick, steps: 30 },
    vary: { batch: [8, 16], "config.optimizers.*.beta1": [0, 0.5] },
    metric: "fid",
  });

  test("trains and evaluates every combination, the best first", async () => {
    const found = await document(["sweep", file], inside);
    expect(found).toMatchObject({
      ...{ sweep: join("sweeps", "grid"), method: "grid", metric: "fid", goal: "least" },
      ...{ finished: 4, dropped: 0, failed: 0, left: 0, interrupted: false },
    });
    const values = found.trials.map(({ value }: Trial) => value);
    expect(values).toEqual([...values].sort((a: number, b: number) => a - b));
    expect(found.best).toEqual({ trial: found.trials[0].trial, value: values[0], run: found.trials[0].run });
    const settings = found.trials.map(({ trial, settings }: Trial) => [trial, ...Object.values(settings)]);
    expect(settings.sort()).toEqual([
      [1, 8, 0],
      [2, 8, 0.5],
      [3, 16, 0],
      [4, 16, 0.5],
    ]);
    expect(new Set(found.trials.map(({ seed }: Trial) => seed)).size).toBe(4);
  });

  test("each trial is a run with its settings, and the value is that of evaluate", async () => {
    const run = join("sweeps", "grid", "trial-0002");
    const config = readJson(run, "config.json");
    const { seed, settings, args } = readJson(run, "trial.json");
    expect(config).toMatchObject({ batchSize: 8, steps: 30, seed });
    expect(config.config.optimizers.generator.beta1).toBe(0.5);
    expect(config.config.optimizers.discriminator.beta1).toBe(0.5);
    expect(settings).toEqual({ batch: 8, "config.optimizers.*.beta1": 0.5 });
    const { metrics } = await document(["evaluate", run, "--metrics", "fid", "--threads", "1"], inside);
    expect(readJson(run, "result.json")).toMatchObject({ state: "finished", steps: 30, value: metrics.fid });
    // Its arguments are those of a training by hand.
    const recipe = join(run, "recipe.json");
    const again = await document([...args, "--model", recipe, "--out", "by-hand"], inside);
    expect(readJson(run, "result.json").weightHash).toBe(again.weightHash);
  });

  test("a finished sweep runs nothing again; another metric is measured without training", async () => {
    const sweep = join(folder, "sweeps", "grid");
    const before = filesOf(sweep);
    const { stderr, stdout } = await genloom(["sweep", file], inside);
    expect(filesOf(sweep)).toEqual(before);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^trial +state +steps +fid +batch +optimizers\.\*\.beta1 +seed\n.*finished/);
    expect((await genloom(["sweep", file, "--print"], inside)).stdout).toBe("");

    write("grid.json", { ...readJson("grid.json"), metric: "modes" });
    const measured = await document(["sweep", file], inside);
    expect(measured).toMatchObject({ metric: "modes", goal: "greatest", finished: 4 });
    const names = ["trial-0001", "trial-0004"].map((name) =>
      readdirSync(join(sweep, name, "checkpoints")).map(
        (one) => statSync(join(sweep, name, "checkpoints", one)).mtimeMs,
      ),
    );
    const times = Object.entries(before).filter(([name]) => /trial-000[14].checkpoints/.test(name));
    expect(names.flat()).toEqual(times.map(([, text]) => Number(text.split(" ")[0])));
  });

  test("the folder of another sweep is left alone", async () => {
    write("other.json", { ...readJson("grid.json"), vary: { batch: [8, 24] } });
    const before = filesOf(join(folder, "sweeps", "grid"));
    const { code, stderr } = await genloom(["sweep", "other.json", "--out", join("sweeps", "grid")], inside);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /^error: .*grid: it holds another sweep, of which trials\[0\]\.\w+.* differs\nhint: choose another --out/,
      ),
    ]);
    expect(filesOf(join(folder, "sweeps", "grid"))).toEqual(before);
    rmSync(join(folder, "sweeps", "grid", "sweep.json"));
    expect((await genloom(["sweep", file], inside)).stderr).toMatch(
      /trial-0001: the folder already contains a run\nhint: choose another --out/,
    );
  });
});

describe("random", () => {
  const random = { train: "gan", options: { ...quick, steps: 5 }, method: "random", seed: 7 };
  const vary = { batch: { from: 4, to: 32, whole: true, scale: "log" }, "eval-samples": [50, 60], "eval-every": [5] };

  test("the same seed gives the same trials; more of them are added at the end", async () => {
    const file = write("random.json", { ...random, vary, trials: 2 });
    await genloom(["sweep", file, "--print"], inside);
    const two = readJson("sweeps", "random", "sweep.json").trials;
    write("random.json", { ...random, vary, trials: 4 });
    await genloom(["sweep", file, "--print"], inside);
    const four = readJson("sweeps", "random", "sweep.json").trials;
    expect(four.slice(0, 2)).toEqual(two);
    expect(four.length).toBe(4);
    await genloom(["sweep", file, "--print", "--out", "again"], inside);
    expect(readJson("again", "sweep.json").trials).toEqual(four);
  });

  test("a metric that the training measures is taken from it", async () => {
    const options = { ...random.options, "eval-every": 5, "eval-samples": 100, "eval-metrics": ["fid", "kid"] };
    const file = write("measured.json", { ...random, options, vary: {}, trials: 1, metric: "kid" });
    const found = await document(["sweep", file], inside);
    expect(found.trials[0]).toMatchObject({ state: "finished", value: expect.any(Number) });
    expect(existsSync(join(folder, found.trials[0].run, "evaluations"))).toBe(false);
  });
});

describe("eight trials", () => {
  const file = write("eight.json", {
    train: "gan",
    options: { ...quick, steps: 150, "save-every": 50 },
    vary: { batch: [8, 16, 24, 32], "config.ema": [0.9, 0.99] },
    metric: "generator",
    goal: "least",
  });
  const run = (number: number) => join(folder, "sweeps", "eight", `trial-000${number}`);
  const ended = () => [1, 2, 3, 4, 5, 6, 7, 8].filter((number) => existsSync(join(run(number), "result.json")));

  /** Waits until a file is there. */
  async function appeared(path: string): Promise<void> {
    for (let i = 0; !existsSync(path); i++) {
      if (i > 600) throw new Error(`${path} has not appeared`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test("stopped in the middle and continued: no finished trial runs again, the others reach the same end", async () => {
    const running = start(["sweep", file], inside);
    await appeared(join(run(4), "config.json"));
    running.process.kill("SIGINT");
    const { code, stderr, stdout }: Outcome = await running.outcome;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/saving; press again[\s\S]*trial 4 of 8: interrupted; the same command goes on with it/);
    expect(stderr).toMatch(/go on with: genloom sweep eight\.json\n$/);
    expect(stdout).toMatch(/4 +interrupted/);
    expect(ended()).toEqual([1, 2, 3]);
    const before = [1, 2, 3].map((number) => filesOf(run(number)));

    const rest = await genloom(["sweep", file, "--json"], inside);
    expect(rest.code, rest.stderr).toBe(0);
    expect(rest.stderr.match(/^trial \d/gm)).toEqual(
      ["4", "4", "5", "5", "6", "6", "7", "7", "8", "8"].map((n) => `trial ${n}`),
    );
    expect(JSON.parse(rest.stdout)).toMatchObject({ finished: 8, failed: 0, left: 0, goal: "least" });
    expect([1, 2, 3].map((number) => filesOf(run(number)))).toEqual(before);
    // Interrupted and resumed, the fourth has the bits of a training without a pause.
    const { args } = readJson("sweeps", "eight", "trial-0004", "trial.json");
    const alone = await document([...args, "--model", join(run(4), "recipe.json"), "--out", "fourth"], inside);
    expect(readJson("sweeps", "eight", "trial-0004", "result.json").weightHash).toBe(alone.weightHash);
  }, 120_000);
});

describe("trials that fail", () => {
  test("are recorded with exit code and error, the sweep goes on, and --retry runs them again", async () => {
    const model = {
      kind: "gan",
      latent: 2,
      generator: { kind: "dense", units: 2 },
      discriminator: { kind: "dense", units: 1 },
    };
    write("model.json", model);
    const file = write("failing.json", {
      train: "gan",
      options: { data: "ring", count: 100, steps: 5, model: "model.json", threads: 1 },
      vary: { "generator.units": [3, 2] },
      metric: "discriminator",
      goal: "least",
    });
    const found = await document(["sweep", file], inside);
    expect(found).toMatchObject({ finished: 1, failed: 1, left: 0, best: { trial: 2 } });
    expect(found.trials.at(-1)).toMatchObject({
      ...{ trial: 1, state: "failed", exitCode: 2 },
      error: expect.stringMatching(/generator/),
      hint: expect.any(String),
    });
    const log = readFileSync(join(folder, "sweeps", "failing", "trial-0001", "train.log"), "utf8");
    expect(log).toContain(found.trials.at(-1).error);
    // Neither runs again, until it is asked for.
    expect((await genloom(["sweep", file], inside)).stderr).toBe("");
    const retried = await genloom(["sweep", file, "--retry"], inside);
    expect(retried.stderr).toMatch(/^trial 1 of 2: .*\ntrial 1 of 2: failed with exit code 2: /);
    const alone = await genloom(["sweep", file, "--trial", "1", "--retry"], inside);
    expect(alone.code).toBe(2);
  });

  test("if all fail, so does the sweep", async () => {
    const file = write("all.json", {
      train: "gan",
      options: { ...quick, steps: 5 },
      vary: { data: ["missing-1", "missing-2"] },
    });
    const { code, stderr } = await genloom(["sweep", file], inside);
    expect([code, stderr]).toEqual([
      expect.any(Number),
      expect.stringMatching(
        /error: sweep: no trial has finished; the first failed with: .*missing-1.*\nhint: its messages/,
      ),
    ]);
    expect(code).toBeGreaterThan(0);
  });

  test("a metric that no trial can have ends the sweep at once", async () => {
    const file = write("metric.json", {
      train: "gan",
      options: { ...quick, steps: 5 },
      vary: { batch: [8, 16] },
      metric: "sharpness",
      goal: "least",
    });
    const { code, stderr } = await genloom(["sweep", file], inside);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /error: sweep: metric must be one of the trial's, found sharpness\nhint: measured here: .*modes.*discriminator, generator/,
      ),
    ]);
    expect(existsSync(join(folder, "sweeps", "metric", "trial-0002", "config.json"))).toBe(false);
  });
});

describe("elsewhere", () => {
  const file = write("elsewhere.json", {
    train: "gan",
    options: { ...quick, steps: 5 },
    vary: { batch: [8, 16] },
    metric: "modes",
  });
  const sweep = join(folder, "sweeps", "elsewhere");

  test("--print gives complete commands, which any shell runs, from any folder", async () => {
    const { stdout, stderr } = await genloom(["sweep", file, "--print"], inside);
    const lines = stdout.trimEnd().split("\n");
    expect([lines.length, stderr]).toEqual([2, ""]);
    execFileSync("sh", ["-c", lines[1]], { stdio: "pipe" });
    expect(existsSync(join(sweep, "trial-0002", "result.json"))).toBe(true);
    expect((await genloom(["sweep", file, "--print"], inside)).stdout).toBe(`${lines[0]}\n`);
  });

  test("--slurm writes an array of what is left, and --submit says if there is no Slurm", async () => {
    const found = await document(["sweep", file, "--slurm"], inside);
    const script = join("sweeps", "elsewhere", "sweep.sbatch");
    expect(found).toEqual({
      sweep: join("sweeps", "elsewhere"),
      tasks: 1,
      script,
      submit: ["sbatch", "--parsable", script],
      jobs: [],
    });
    const text = readFileSync(join(folder, script), "utf8");
    expect(text).toMatch(/^#!\/bin\/sh\n#SBATCH --job-name=elsewhere\n#SBATCH --array=1\n/);
    execFileSync("sh", [join(folder, script)], { env: { ...process.env, SLURM_ARRAY_TASK_ID: "1" }, stdio: "pipe" });
    expect(existsSync(join(sweep, "trial-0001", "result.json"))).toBe(true);
    expect(await document(["sweep", file, "--slurm"], inside)).toMatchObject({ tasks: 0 });

    write("none.json", { ...readJson("elsewhere.json") });
    const { code, stderr } = await genloom(["sweep", "none.json", "--slurm", "--submit"], {
      ...inside,
      env: { PATH: folder },
    });
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/^error: sweep: sbatch is not installed here\nhint: --slurm without --submit/),
    ]);
  });

  test("a training is started by the words of launch, an evaluation is not", async () => {
    const launch = [
      "env",
      "GENLOOM_LAUNCHED=1",
      "sh",
      "-c",
      'echo "by $GENLOOM_LAUNCHED" >> launched.txt; exec "$@"',
      "sh",
    ];
    const value = { ...readJson("elsewhere.json"), launch };
    expect(await document(["sweep", write("launched.json", value)], inside)).toMatchObject({ finished: 2 });
    expect(readFileSync(join(folder, "launched.txt"), "utf8")).toBe("by 1\nby 1\n");
    const missing = write("no-launcher.json", { ...value, launch: ["no-such-program"] });
    const { code, stderr } = await genloom(["sweep", missing], inside);
    expect([code, stderr]).toEqual([
      6,
      expect.stringMatching(/error: sweep: no-such-program cannot be started: .*\nhint: see the field launch/),
    ]);
  });

  test("--trial runs one, and a trial that another process trains is left to it", async () => {
    const busy = write("busy.json", { train: "gan", options: { ...quick, steps: 1_000_000 }, vary: { batch: [8] } });
    const running = start(["sweep", busy, "--trial", "1"], inside);
    const lock = join(folder, "sweeps", "busy", "trial-0001", ".lock");
    for (let i = 0; !existsSync(lock) && i < 400; i++) await new Promise((resolve) => setTimeout(resolve, 50));
    const { code, stderr, stdout } = await genloom(["sweep", busy], inside);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/trial 1 of 1: left to another process, which trains it\n1 trials are left/),
    ]);
    expect(stdout).toMatch(/1 +running/);
    running.process.kill("SIGTERM");
    expect((await running.outcome).code).toBe(130);
    expect((await genloom(["sweep", busy, "--trial", "2"], inside)).stderr).toMatch(
      /--trial must be a number from 1 to 1 in .*, found 2/,
    );
  });
});
