/**
 * `genloom evaluate`, and evaluations during `genloom train`: scores with floors and counts, what is kept in the run's
 * folder, the best checkpoint, early stopping and held-out records.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { formatNpy } from "#src/data/formats/npy";
import { document, expectFailure, freshFolder, genloom, start } from "./genloom.js";

const folder = freshFolder();
/** One cache for all commands, so that a classifier is trained once. */
const env = { GENLOOM_CACHE: join(folder, "cache") };
const run = join(folder, "digits");
const training = ["train", "gan", "--preset", "digits", "--count", "300", "--held-out", "0.5", "--threads", "1"];
const watched = ["--eval-every", "4", "--eval-samples", "100", "--keep-best", "kid"];

// biome-ignore lint/suspicious/noExplicitAny: tests look at documents by their keys
let trained: any;
beforeAll(async () => {
  trained = await document([...training, ...watched, "--steps", "12", "--seed", "3", "--out", run], { env });
}, 120_000);

const lines = (path: string) =>
  readFileSync(join(path, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("train", () => {
  test("evaluates at checkpoints, and tells how long it took", () => {
    const { evaluations, best, stoppedEarly, interrupted } = trained;
    expect(evaluations.map(({ step }: { step: number }) => step)).toEqual([4, 8, 12]);
    for (const { metrics, floors, seconds } of evaluations) {
      expect(Object.keys(floors)).toEqual(["kid", "fid", "clippedDensity", "clippedCoverage"]);
      for (const name of Object.keys(floors)) expect(metrics[name]).toBeTypeOf("number");
      expect(seconds).toBeGreaterThan(0);
    }
    const values = evaluations.map(({ metrics }: { metrics: { kid: number } }) => metrics.kid);
    expect(best).toMatchObject({ metric: "kid", value: Math.min(...values) });
    expect([stoppedEarly, interrupted]).toEqual([false, false]);
  });

  test("keeps them in metrics.jsonl, and the best checkpoint as a file of its own", async () => {
    const kept = lines(run).filter(({ evaluation }) => evaluation);
    expect(kept).toEqual(
      trained.evaluations.map(({ step, metrics, floors, seconds }: Record<string, unknown>) => ({
        ...{ step, evaluation: metrics, floors, seconds },
      })),
    );
    expect(lines(run).filter(({ discriminator }) => discriminator !== undefined)).toHaveLength(12);
    expect(JSON.parse(readFileSync(join(run, "best.json"), "utf8"))).toEqual(trained.best);
    const found = await document(["inspect", run]);
    expect(found.best).toEqual(trained.best);
  });

  test("the data of training are half, and the run knows the other half", async () => {
    const { data } = await document(["inspect", run]);
    expect(data).toMatchObject({ count: 300, heldOut: { count: 150, seed: 0 } });
  });

  test("its report has the best score and a curve", () => {
    const html = readFileSync(join(run, "report.html"), "utf8");
    expect(html).toContain("<h2>Evaluations during training</h2>");
    expect(html).toContain(`at step ${trained.best.step}, with a floor of`);
  });

  test("evaluations do not change the training; held-out records do", async () => {
    const plain = await document([...training, "--steps", "12", "--seed", "3", "--out", join(folder, "plain")]);
    expect(plain.weightHash).toBe(trained.weightHash);
    const all = [
      "train",
      "gan",
      "--preset",
      "digits",
      "--count",
      "300",
      "--threads",
      "1",
      "--steps",
      "12",
      "--seed",
      "3",
    ];
    const whole = await document([...all, "--out", join(folder, "whole")]);
    expect(whole.weightHash).not.toBe(trained.weightHash);
  }, 60_000);

  test("resumed, it has the evaluations, the best and the weights of an uninterrupted training", async () => {
    const path = join(folder, "resumed");
    await document([...training, ...watched, "--steps", "12", "--seed", "3", "--out", path], { env });
    // As if it had been killed after step 8.
    const resumed = await document(["train", "--resume", path, "--step", "8", "--threads", "1"], { env });
    expect(resumed.weightHash).toBe(trained.weightHash);
    const scores = (list: readonly { step: number; metrics: object }[]) =>
      list.map(({ step, metrics }) => ({ step, metrics }));
    expect(scores(resumed.evaluations)).toEqual(scores(trained.evaluations));
    if (trained.best.step !== 12) expect(resumed.best).toEqual(trained.best);
    expect(lines(path).filter(({ evaluation }) => evaluation)).toHaveLength(3);
  }, 120_000);

  test("killed and resumed, it has them too", async () => {
    const path = join(folder, "killed");
    const args = [...training, ...watched, "--steps", "12", "--seed", "3", "--out", path];
    const running = start([...args, "--jsonl"], { env });
    await running.written('"event":"evaluation","step":8');
    running.process.kill("SIGKILL");
    expect((await running.outcome).code).toBeNull();
    const resumed = await document(["train", "--resume", path, "--threads", "2"], { env });
    expect(resumed.weightHash).toBe(trained.weightHash);
    const scores = (list: readonly { step: number; metrics: object }[]) => list.map((one) => [one.step, one.metrics]);
    expect(scores(resumed.evaluations)).toEqual(scores(trained.evaluations));
    expect(resumed.best).toEqual(trained.best);
    expect(
      (await document(["sample", path, "--step", "best", "--count", "1", "--out", join(folder, "killed.npy")])).step,
    ).toBe(trained.best.step);
  }, 120_000);

  test("ends early when a score no longer improves, as a whole training", async () => {
    const path = join(folder, "early");
    // A model that learns nothing: its learning rate is as good as 0, and batch norm keeps its statistics.
    const text = readFileSync(join(run, "config.json"), "utf8");
    const { config } = JSON.parse(text, (key, value) => (key === "momentum" ? 1 : value));
    for (const optimizer of Object.values(config.optimizers) as { learningRate: number }[])
      optimizer.learningRate = 1e-30;
    const { ema: _, ...still } = config;
    writeFileSync(join(folder, "still.json"), JSON.stringify(still));
    const args = ["--data", "digits", "--count", "300", "--held-out", "150", "--model", join(folder, "still.json")];
    const early = ["--steps", "40", "--eval-every", "4", "--eval-samples", "100", "--patience", "2", "--out", path];
    const { code, stdout } = await genloom(["train", "gan", ...args, ...early, "--threads", "1", "--json"], { env });
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      steps: 12,
      stoppedEarly: true,
      interrupted: false,
      best: { step: 4, metric: "fid" },
    });
    expect(found.evaluations).toHaveLength(3);
    // A patience that ends with the last step ends nothing early.
    const last = early.map((one) => (one === "40" ? "12" : one === path ? join(folder, "last") : one));
    const whole = await genloom(["train", "gan", ...args, ...last, "--threads", "1"], { env });
    expect(whole.stdout).toMatch(/^done: 12 steps/m);
    expect(whole.stdout).toMatch(/^best fid: .* at step 4, of 3 evaluations$/m);
  }, 120_000);
});

describe("the best checkpoint", () => {
  test("is what --step best uses in sample, export, evaluate and inspect", async () => {
    const { step } = trained.best;
    const out = join(folder, "best.npy");
    expect((await document(["sample", run, "--step", "best", "--count", "3", "--out", out])).step).toBe(step);
    const same = join(folder, "same.npy");
    await document(["sample", run, "--step", String(step), "--count", "3", "--out", same]);
    expect(readFileSync(out)).toEqual(readFileSync(same));
    await document(["export", run, "--step", "best", "--out", join(folder, "best.wasm")]);
    expect((await document(["inspect", run, "--step", "best"])).step).toBe(step);
    const found = await document(["evaluate", run, "--step", "best", "--metrics", "kid", "--samples", "20"], { env });
    expect(found.step).toBe(step);
  }, 120_000);

  test("is missing in a run that kept none: exit code 3", async () => {
    const failed = await genloom(["sample", join(folder, "plain"), "--step", "best"]);
    expectFailure(failed, 3, /no best checkpoint/, /--keep-best fid/);
    expectFailure(await genloom(["sample", run, "--step", "worst"]), 2, /It must be an integer >= 0/, /./);
  });
});

describe("evaluate", () => {
  // biome-ignore lint/suspicious/noExplicitAny: tests look at documents by their keys
  let found: any;
  beforeAll(async () => {
    found = await document(["evaluate", run, "--threads", "1"], { env });
  }, 120_000);

  test("gives every score with its floor, multiple and counts, and what judged", () => {
    const { metrics, floors, multiples, counts, heldOut, features, classifier } = found;
    for (const name of ["fid", "kid", "clippedDensity", "clippedCoverage", "certain"]) {
      expect(metrics[name], name).toBeTypeOf("number");
      expect(floors[name], name).toBeTypeOf("number");
      expect(counts[name]).toMatchObject({ samples: 150, heldOut: 150 });
    }
    expect(multiples.fid).toBeCloseTo(metrics.fid / floors.fid, 9);
    expect(counts.fid.training).toBe(150);
    expect(metrics).toMatchObject({ classesOf: 10 });
    expect(metrics.classCounts).toHaveLength(10);
    expect(heldOut).toEqual({ source: "records that the run held out", count: 150 });
    expect(features).toMatchObject({ kind: "classifier", network: "pooled", seed: 0, accuracy: expect.any(Number) });
    expect(classifier).toMatchObject({ network: "strided", seed: 1 });
    expect(features.weightHash).toMatch(/^[0-9a-f]{64}$/);
    expect(features.weightHash).not.toBe(classifier.weightHash);
    expect(readdirSync(env.GENLOOM_CACHE).length).toBeGreaterThanOrEqual(2);
  });

  test("gives the same again, by classifiers that are trained again or kept", async () => {
    const again = await document(["evaluate", run, "--threads", "2"], { env });
    expect(again.metrics).toEqual(found.metrics);
    const fresh = await document(["evaluate", run, "--threads", "2"], {
      env: { GENLOOM_CACHE: join(folder, "other") },
    });
    expect(fresh.features.weightHash).toBe(found.features.weightHash);
    expect(fresh.metrics).toEqual(found.metrics);
  }, 240_000);

  test("a damaged classifier is trained again, and a cache that cannot be written is done without", async () => {
    const cache = join(folder, "damaged");
    const pooled = readdirSync(env.GENLOOM_CACHE).find((name) => name.includes("pooled")) as string;
    const bytes = readFileSync(join(env.GENLOOM_CACHE, pooled));
    bytes[bytes.length - 5] ^= 1;
    const one = ["evaluate", run, "--metrics", "kid", "--threads", "1"];
    await document([...one, "--features", "pixels"], { env: { GENLOOM_CACHE: cache } });
    expect(existsSync(cache)).toBe(false);
    writeFileSync(join(folder, "a-file"), "");
    mkdirSync(cache);
    writeFileSync(join(cache, pooled), bytes);
    const mended = await document(one, { env: { GENLOOM_CACHE: cache } });
    expect(mended.metrics.kid).toBe(found.metrics.kid);
    expect(readFileSync(join(cache, pooled))).toEqual(readFileSync(join(env.GENLOOM_CACHE, pooled)));
    const { code, stderr } = await genloom([...one, "--json"], { env: { GENLOOM_CACHE: join(folder, "a-file") } });
    expect(code).toBe(0);
    expect(stderr).toContain("the classifier is not kept for the next time");
  }, 240_000);

  test("its results are in the folder, in inspect and in the report, in words and as a table", async () => {
    const file = join(run, "evaluations", "step-00000012.json");
    expect(existsSync(file)).toBe(true);
    expect((await document(["inspect", run])).evaluations).toContain(12);
    await document(["evaluate", run, "--metrics", "fid", "--threads", "1"], { env });
    const { metrics, floors } = JSON.parse(readFileSync(file, "utf8"));
    expect(Object.keys(metrics)).toEqual(["fid"]);
    const html = readFileSync(join(run, "report.html"), "utf8");
    expect(html.match(/<h2>Evaluation<\/h2>/g)).toHaveLength(1);
    const [score, floor] = [metrics.fid, floors.fid].map((value) => String(Number(value.toPrecision(4))));
    expect(html).toMatch(new RegExp(`FID ${score}, [\\d.,]+ times the floor of ${floor}: `));
    expect(html).toContain('<tr><th scope="row">fid</th>');
    expect(html.trimEnd().endsWith("</html>")).toBe(true);
  }, 60_000);

  test("as text: a table with floors", async () => {
    const { stdout } = await genloom(["evaluate", run, "--metrics", "fid,certain", "--threads", "1"], { env });
    expect(stdout).toMatch(
      /^ +score +floor +multiple\nfid +[\d.]+ +[\d.]+ +[\d.]+ {2}150 samples, 150 training records\n/,
    );
    expect(stdout).toContain("floors: 150 records, records that the run held out");
  }, 60_000);

  test("takes held-out data by --on, pixels as features, and the number of samples", async () => {
    const args = ["--on", "digits", "--features", "pixels", "--samples", "300", "--metrics", "kid,recall"];
    const other = await document(["evaluate", run, ...args, "--threads", "1"], { env });
    expect(other.heldOut.source).toBe("digits");
    expect(other.features).toEqual({ kind: "pixels" });
    expect(other.counts.kid).toEqual({ samples: 300, training: 150, heldOut: 300 });
    const more = await genloom(["evaluate", run, "--features", "pixels", "--samples", "200", "--metrics", "kid"], {
      env,
    });
    expect(more.stderr).toContain("floors are those of 150 held-out records, scores those of 200 samples");
  }, 60_000);

  test("without the training data, other data still give likelihoods, and named scores say what is missing", async () => {
    const file = join(folder, "moved.npy");
    writeFileSync(
      file,
      formatNpy(
        Float32Array.from({ length: 60 * 16 }, (_, i) => Math.abs(Math.sin(i))),
        [60, 4, 4, 1],
      ),
    );
    const path = join(folder, "vae");
    await document(["train", "vae", "--data", file, "--steps", "2", "--threads", "1", "--out", path]);
    renameSync(file, join(folder, "there.npy"));
    const on = ["evaluate", path, "--on", join(folder, "there.npy"), "--k", "2"];
    const { code, stdout, stderr } = await genloom([...on, "--json"], { env });
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("scores that compare with the training data are left out: ");
    expect(JSON.parse(stdout).metrics.elbo).toBeTypeOf("number");
    expectFailure(await genloom([...on, "--metrics", "kid"], { env }), 3, /moved\.npy: no such file/, /./);
  }, 60_000);

  test("compares features that another program computed", async () => {
    const write = (name: string, rows: number, shift: number) => {
      const values = Float32Array.from({ length: rows * 2 }, (_, i) => Math.sin(i * 12.9898 + rows) * 3 + shift);
      writeFileSync(join(folder, name), formatNpy(values, [rows, 2]));
      return join(folder, name);
    };
    const files = [write("data.npy", 50, 0), write("samples.npy", 40, 1), write("held.npy", 45, 0)];
    const args = ["evaluate", run, "--metrics", "fid,coverage", "--features"];
    const { metrics, floors, counts } = await document([...args, files.join()]);
    expect(metrics.fid).toBeGreaterThan(floors.fid);
    expect(counts.fid).toEqual({ samples: 40, training: 50, heldOut: 45 });
    expect((await document([...args, files.slice(0, 2).join()])).floors).toEqual({});
    // What a third file would have shown is left out, not computed against the training data themselves.
    const two = await genloom(["evaluate", run, "--metrics", "all", "--features", files.slice(0, 2).join(), "--json"]);
    expect(Object.keys(JSON.parse(two.stdout).metrics)).not.toContain("copies");
    expect(two.stderr).toContain("copies is left out: it needs records that the model was not trained on");
    expectFailure(
      await genloom([...args, files[0]]),
      2,
      /--features must name two or three \.npy files, found 1/,
      /samples\.npy/,
    );
  }, 60_000);
});

describe("held-out records", () => {
  const images = join(folder, "images.npy");
  const pixels = Uint8Array.from({ length: 80 * 64 }, (_, i) => (i * 2654435761) >>> 24);
  const args = ["train", "gan", "--held-out", "0.25", "--steps", "4", "--threads", "1", "--data"];

  test("are the same of streamed data, and when a run goes on from another", async () => {
    writeFileSync(images, formatNpy(Float32Array.from(pixels), [80, 8, 8, 1]));
    const memory = await document([...args, images, "--out", join(folder, "memory")]);
    const streamed = await document([...args, images, "--stream", "--out", join(folder, "streamed")]);
    expect(streamed.weightHash).toBe(memory.weightHash);
    const again = await document(["train", "--resume", join(folder, "streamed"), "--steps", "6", "--threads", "1"]);
    const longer = await document(["train", "--resume", join(folder, "memory"), "--steps", "6", "--threads", "1"]);
    expect(again.weightHash).toBe(longer.weightHash);
    const other = join(folder, "other-run");
    await document([
      "train",
      "--from",
      join(folder, "memory"),
      "--data",
      images,
      "--held-out",
      "30",
      "--steps",
      "2",
      "--out",
      other,
    ]);
    expect((await document(["inspect", other])).data).toMatchObject({ count: 80, heldOut: { count: 30, seed: 0 } });
    const found = await document(["evaluate", join(folder, "streamed"), "--metrics", "kid"]);
    expect(found.counts.kid).toEqual({ samples: 20, training: 60, heldOut: 20 });
  }, 60_000);

  test("of a folder of MNIST files are its test half, without being asked for", async () => {
    const mnist = join(folder, "mnist");
    mkdirSync(mnist);
    const write = (name: string, shape: readonly number[], values: Uint8Array) => {
      const header = Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((length) => [0, 0, 0, length])]);
      writeFileSync(join(mnist, name), Buffer.concat([header, values]));
    };
    write("train-images-idx3-ubyte", [60, 8, 8], pixels.subarray(0, 60 * 64));
    write(
      "train-labels-idx1-ubyte",
      [60],
      Uint8Array.from({ length: 60 }, (_, i) => i % 3),
    );
    write("t10k-images-idx3-ubyte", [15, 8, 8], pixels.subarray(60 * 64, 75 * 64));
    write(
      "t10k-labels-idx1-ubyte",
      [15],
      Uint8Array.from({ length: 15 }, (_, i) => i % 3),
    );
    const run = join(folder, "mnist-run");
    await document(["train", "gan", "--data", mnist, "--steps", "2", "--threads", "1", "--out", run]);
    const found = await document(["evaluate", run, "--metrics", "kid", "--features", "pixels"], { env });
    expect(found.heldOut).toEqual({ source: `the test half of ${mnist}`, count: 15 });
    expect(found.counts.kid).toEqual({ samples: 15, training: 60, heldOut: 15 });
  }, 60_000);
});

test("samples of a conditional model are judged by the class that was asked for", async () => {
  const path = join(folder, "conditional");
  const data = ["--data", "digits", "--count", "300", "--held-out", "0.5"];
  await document(["train", "vae", ...data, "--conditional", "--steps", "60", "--threads", "1", "--out", path]);
  const { metrics, floors, counts } = await document(["evaluate", path, "--metrics", "asked"], { env });
  // Of ten classes, chance is right in a tenth.
  expect(metrics.asked).toBeGreaterThan(0.5);
  expect(floors.asked).toBeGreaterThan(0.5);
  expect(counts.asked).toEqual({ samples: 150, heldOut: 150 });
}, 120_000);
