/** `genloom runs`: what it finds, how far runs have come, and their order by a metric. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { document, expectFailure, freshFolder, genloom, quick, start } from "./genloom.js";

const folder = freshFolder();
const inside = { cwd: folder };
const evaluated = ["--eval-every", "20", "--eval-samples", "200", "--eval-metrics", "fid,clippedCoverage"];

beforeAll(async () => {
  const train = (name: string, ...more: string[]) =>
    document(["train", "gan", ...quick, "--out", join("runs", name), ...more], inside);
  await train("plain", "--steps", "10", "--seed", "1");
  await train("short", "--steps", "20", "--seed", "2", ...evaluated);
  await train("deep/long", "--steps", "200", "--seed", "2", ...evaluated, "--keep-best", "fid");
  await train("half", "--steps", "40", "--stop-at", "20", "--seed", "2", ...evaluated);
  await train(
    "early",
    "--steps",
    "2000",
    "--seed",
    "2",
    ...evaluated,
    "--keep-best",
    "clippedCoverage",
    "--patience",
    "1",
  );
  mkdirSync(join(folder, "runs", "broken"));
  writeFileSync(join(folder, "runs", "broken", "config.json"), "{}");
}, 120_000);

// biome-ignore lint/suspicious/noExplicitAny: documents are looked at by their keys
type Run = any;
const names = ({ runs }: { runs: Run[] }) => runs.map(({ run }) => run.replaceAll("\\", "/"));

test("lists runs in folders of folders, with how far they have come", async () => {
  const found = await document(["runs"], inside);
  expect(names(found)).toEqual(
    ["broken", "deep/long", "early", "half", "plain", "short"].map((name) => `runs/${name}`),
  );
  const byName = Object.fromEntries(found.runs.map((run: Run) => [run.run.split("/").at(-1), run]));
  expect(byName.plain).toEqual({
    ...{
      run: "runs/plain",
      model: "gan",
      preset: "ring",
      data: "ring",
      seed: 1,
      step: 10,
      steps: 10,
      state: "finished",
    },
  });
  expect(byName.half).toMatchObject({ step: 20, steps: 40, state: "interrupted" });
  expect(byName.early).toMatchObject({ state: "ended early", steps: 2000 });
  expect(byName.broken).toMatchObject({ state: "unreadable", error: expect.stringMatching(/config\.json/) });
  const { stdout } = await genloom(["runs"], inside);
  expect(stdout).toMatch(/^run +model +preset +data +steps +state\n/);
  expect(stdout).toMatch(/^runs\/half +gan +ring +ring +20\/40 +interrupted$/m);
});

describe("--by", () => {
  test("the least FID first, those without one last; of the kept best checkpoint, otherwise of the last evaluation", async () => {
    const found = await document(["runs", "runs", "--by", "fid"], inside);
    expect(found).toMatchObject({ by: "fid", goal: "least" });
    const values = found.runs.map(({ value }: Run) => value).filter((value: number) => value !== undefined);
    expect(values.length).toBe(4);
    expect(values).toEqual([...values].sort((a: number, b: number) => a - b));
    expect(names(found).slice(4)).toEqual(["runs/broken", "runs/plain"]);
    const long = found.runs.find(({ run }: Run) => run.endsWith("long"));
    const best = JSON.parse(readFileSync(join(folder, "runs/deep/long/best.json"), "utf8"));
    expect(long).toMatchObject({ value: best.value, valueStep: best.step, floor: expect.any(Number) });
    expect(found.runs.find(({ run }: Run) => run.endsWith("half"))).toMatchObject({ valueStep: 20 });
  });

  test("the greatest coverage first; a loss by --goal", async () => {
    const cover = await document(["runs", "--by", "clippedCoverage"], inside);
    const values = cover.runs.map(({ value }: Run) => value).slice(0, 4);
    expect(cover.goal).toBe("greatest");
    expect(values).toEqual([...values].sort((a: number, b: number) => b - a));
    const loss = await document(["runs", "--by", "generator", "--goal", "greatest"], inside);
    expect(loss.runs.filter(({ value }: Run) => value !== undefined).length).toBe(5);
  });

  test("what genloom evaluate measured counts, too", async () => {
    const { metrics, step } = await document(["evaluate", "runs/plain", "--metrics", "fid", "--threads", "1"], inside);
    const found = await document(["runs", "runs/plain", "--by", "fid"], inside);
    expect(found.runs).toMatchObject([{ value: metrics.fid, valueStep: step }]);
  });

  test("mistakes", async () => {
    expectFailure(
      await genloom(["runs", "--by", "fed"], inside),
      2,
      /no run has been evaluated by fed/,
      /did you mean "fid"\? metrics of these runs: fid/,
    );
    expectFailure(
      await genloom(["runs", "--by", "generator"], inside),
      2,
      /--goal must be given for generator/,
      /least, greatest, floor/,
    );
    expectFailure(await genloom(["runs", "missing"], inside), 2, /missing: no such folder/, /folders that hold runs/);
    const empty = { cwd: freshFolder() };
    expect(await genloom(["runs"], empty)).toEqual({ code: 0, stdout: "no runs\n", stderr: "" });
  });
});

test("a run that is being trained is running", async () => {
  const running = start(
    ["train", "gan", ...quick, "--steps", "1000000", "--jsonl", "--out", join("runs", "busy")],
    inside,
  );
  await running.written('"event":"progress"');
  expect((await document(["runs", join("runs", "busy")], inside)).runs).toMatchObject([{ state: "running" }]);
  running.process.kill("SIGINT");
  await running.outcome;
  expect((await document(["runs", join("runs", "busy")], inside)).runs).toMatchObject([{ state: "interrupted" }]);
});
