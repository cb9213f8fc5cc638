/** The best checkpoint of a run: its mark, a crash between its two files, damage, and evaluations among the metrics. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { RunFolder } from "#src/train/run-folder";
import { type NewRun, settingsText } from "#src/train/run-settings";
import { Values } from "#src/graph/values";

const settings: NewRun = {
  ...{ model: "gan", preset: "none", steps: 100, batchSize: 4, seed: 1, deterministic: false, saveEvery: 10, keep: 1 },
  data: {
    ...{ source: "ring", name: "ring", count: 9, shape: [2], scale: 1, shift: 0, extent: [-1, 1], sha256: "" },
    heldOut: { count: 3, seed: 0 },
  },
  config: { kind: "gan" },
  evaluation: { every: 10, samples: 100, metrics: ["fid"], best: "fid", patience: 3 },
};

const checkpoint = (step: number): Checkpoint => ({
  ...{ version: checkpointVersion, config: { kind: "gan" }, shape: [2], data: "ring", range: { scale: 1, shift: 0 } },
  ...{ extent: [-1, 1], batchSize: 4, seed: 1, step, history: [{ step, losses: { loss: 0.5 } }] },
  tensors: new Map([["weight", new Values(Float32Array.of(step, 0.25), [2])]]),
});

const made = () => RunFolder.create(join(mkdtempSync(join(tmpdir(), "genloom-best-")), "run"), settings);

describe("the best checkpoint", () => {
  test("stays while newer ones come and go", async () => {
    const run = await made();
    for (const step of [10, 20, 30]) {
      await run.saveCheckpoint(checkpoint(step));
      if (step === 20) await run.best.keep(checkpoint(20), { metric: "fid", value: 4.5 });
    }
    expect(await run.steps()).toEqual([30]);
    const again = await RunFolder.open(run.path);
    expect(again.settings.evaluation).toEqual(settings.evaluation);
    expect(again.settings.data.heldOut).toEqual({ count: 3, seed: 0 });
    expect(await again.loadCheckpoint("best")).toEqual(checkpoint(20));
    expect(await again.best.mark()).toEqual({ step: 20, metric: "fid", value: 4.5 });
    await again.best.remove();
    expect(await again.best.mark()).toBeUndefined();
    await expect(again.loadCheckpoint("best")).rejects.toThrow(`${run.path}: no best checkpoint`);
  });

  test("a crash between its two files leaves one that can be loaded", async () => {
    const run = await made();
    await run.best.keep(checkpoint(10), { metric: "fid", value: 4.5 });
    const mark = readFileSync(join(run.path, "best.json"));
    await run.best.keep(checkpoint(20), { metric: "fid", value: 4 });
    writeFileSync(join(run.path, "best.json"), mark);
    expect((await run.loadCheckpoint("best")).step).toBe(20);
  });

  test.each([
    ["best.json", "{", /best\.json: corrupt: not JSON/],
    ["best.json", '{"step":-1,"metric":"fid","value":1}', /best\.json: corrupt: step must be an integer from 0/],
    ["best.json", '{"step":99,"metric":"fid","value":1}', /it is the checkpoint of step 10, not 99/],
    ["best.safetensors", "", /best\.safetensors: empty file/],
  ])("a damaged %s is told: %s", async (name, text, error) => {
    const run = await made();
    await run.best.keep(checkpoint(10), { metric: "fid", value: 4.5 });
    writeFileSync(join(run.path, name), text);
    await expect(run.loadCheckpoint("best")).rejects.toThrow(error);
  });

  test("that of another run is rejected", async () => {
    const run = await made();
    await run.best.keep({ ...checkpoint(10), seed: 2 }, { metric: "fid", value: 4.5 });
    await expect(run.loadCheckpoint("best")).rejects.toThrow("its seed is not that of the checkpoint of step 10");
  });
});

describe("config.json", () => {
  test.each([
    [{ evaluation: { ...settings.evaluation, every: 0 } }, "evaluation.every must be an integer >= 1, found 0"],
    [{ evaluation: { ...settings.evaluation, often: 1 } }, 'unknown field "evaluation.often"'],
    [{ data: { ...settings.data, heldOut: { count: 3 } } }, "data.heldOut.seed is missing"],
  ])("with wrong settings of evaluations is rejected: %o", async (change, error) => {
    const run = await made();
    writeFileSync(join(run.path, "config.json"), await settingsText({ ...run.settings, ...change } as NewRun as never));
    await expect(RunFolder.open(run.path)).rejects.toThrow(error);
  });
});

describe("evaluations in metrics.jsonl", () => {
  const evaluation = (step: number) => ({ step, metrics: { fid: 100 / step }, floors: { fid: 1 }, seconds: 0.5 });

  test("stay up to the step that a training goes on from, without lines that a crash left incomplete", async () => {
    const run = await made();
    const history = [10, 20, 30].map((step) => ({ step, losses: { loss: step } }));
    for (const entry of history) {
      await run.appendMetrics([entry]);
      await run.appendEvaluation(evaluation(entry.step));
    }
    appendFileSync(join(run.path, "metrics.jsonl"), '{"step":40,"evaluation":{"fi');
    expect(await run.evaluations()).toEqual([10, 20, 30].map(evaluation));
    await run.rewriteMetrics(history.slice(0, 2), 25);
    expect(await run.evaluations()).toEqual([10, 20].map(evaluation));
    const lines = readFileSync(join(run.path, "metrics.jsonl"), "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([10, 20, 10, 20]);
  });

  test("are none without the file", async () => {
    const run = await made();
    rmSync(join(run.path, "metrics.jsonl"), { force: true });
    expect(await run.evaluations()).toEqual([]);
  });
});
