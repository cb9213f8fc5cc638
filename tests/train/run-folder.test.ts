/** Run folders: files that are kept, files that are removed, and recovery from a crash between any two writes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSafetensors, writeSafetensors } from "#src/data/formats/safetensors";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { RunFolder } from "#src/train/run-folder";
import { type NewRun, settingsText } from "#src/train/run-settings";
import { Values } from "#src/graph/values";

const settings: NewRun = {
  model: "gan",
  preset: "none",
  data: { source: "ring", name: "ring", count: 9, shape: [2], scale: 1, shift: 0, extent: [-1, 1], sha256: "" },
  steps: 100,
  batchSize: 4,
  seed: 1,
  deterministic: false,
  saveEvery: 10,
  keep: 3,
  config: { kind: "gan" },
};

const checkpoint = (step: number): Checkpoint => ({
  version: checkpointVersion,
  config: { kind: "gan" },
  shape: [2],
  data: "ring",
  range: { scale: 1, shift: 0 },
  extent: [-1, 1],
  batchSize: 4,
  seed: 1,
  step,
  history: [{ step, losses: { loss: 0.5 } }],
  tensors: new Map([["weight", new Values(Float32Array.of(step, 0.25), [2])]]),
});

/** A run with checkpoints of the given steps. */
async function runWith(...steps: number[]): Promise<RunFolder> {
  const run = await RunFolder.create(join(mkdtempSync(join(tmpdir(), "genloom-run-")), "run"), settings);
  for (const step of steps) await run.saveCheckpoint(checkpoint(step));
  return run;
}

const names = (run: RunFolder) => readdirSync(join(run.path, "checkpoints")).sort();
const firstValue = async (run: RunFolder, step?: number) =>
  (await run.loadCheckpoint(step)).tensors.get("weight")?.data[0];

const fileOf = (run: RunFolder, step: number) =>
  join(run.path, "checkpoints", `step-${String(step).padStart(8, "0")}.safetensors`);

describe("checkpoints", () => {
  test("are loaded as they were saved, each from one file", async () => {
    const run = await runWith(10);
    expect(await (await RunFolder.open(run.path)).loadCheckpoint()).toEqual(checkpoint(10));
    expect(names(run)).toEqual(["step-00000010.safetensors"]);
  });

  test("a run without one can be discarded, one with any cannot", async () => {
    const begun = await runWith(0);
    expect(await begun.discard()).toBe(false);
    expect(await firstValue(await RunFolder.open(begun.path))).toBe(0);
    const failed = await runWith();
    expect(await failed.discard()).toBe(true);
    expect(readdirSync(failed.path)).toEqual([]);
  });

  test("the last three are kept, by number and not in alphabetical order", async () => {
    const run = await runWith(5, 90, 100, 110, 99_999_999, 100_000_000);
    expect(await run.steps()).toEqual([110, 99_999_999, 100_000_000]);
    expect(names(run)).toHaveLength(3);
    expect(await firstValue(run)).toBe(100_000_000);
  });

  test("saving an earlier step than the newest removes the later ones", async () => {
    const run = await runWith(10, 20, 30);
    await run.saveCheckpoint(checkpoint(15));
    expect(await run.steps()).toEqual([10, 15]);
  });

  test("of a newer version are rejected, and no earlier one is suggested", async () => {
    const run = await runWith(5, 10);
    const { tensors, metadata } = readSafetensors(readFileSync(fileOf(run, 10)));
    const genloom = JSON.stringify({ ...JSON.parse(metadata.genloom), version: 2, genloom: "9.8.7" });
    writeFileSync(fileOf(run, 10), writeSafetensors(tensors, { ...metadata, genloom }));
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      code: "ERR_FILE_FORMAT",
      message: `${fileOf(run, 10)}: written in version 2 of the format, by genloom 9.8.7; this genloom, 0.1.0, knows version 1`,
      hint: "update genloom",
    });
  });

  test("none yet", async () => {
    const run = await runWith();
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      code: "ERR_FILE_NOT_FOUND",
      message: `${run.path}: no checkpoint yet`,
      hint: expect.stringContaining(`genloom train --resume ${run.path}`),
    });
  });

  test("under the name of another step, or of another run, are detected", async () => {
    const run = await runWith(10, 20);
    writeFileSync(fileOf(run, 20), readFileSync(fileOf(run, 10)));
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      code: "ERR_FILE_CORRUPT",
      message: expect.stringMatching(/step-00000020\.safetensors: corrupt: it is the checkpoint of step 10$/),
      hint: expect.stringContaining("--step 10"),
    });
    await run.saveCheckpoint({ ...checkpoint(20), seed: 2 });
    await expect(run.loadCheckpoint()).rejects.toThrow(
      /config\.json: corrupt: its seed is not that of the checkpoint of step 20/,
    );
    expect(await firstValue(run, 10)).toBe(10);
  });

  test.each([
    ["config.beta1", { config: { kind: "gan", beta1: 0.5 } as const }],
    ["model", { config: { kind: "vae" } as const }],
    ["seed", { seed: 3 }],
    ["batchSize", { batchSize: 5 }],
    ["data.name", { data: "grid" }],
    ["data.shape[0]", { shape: [3] }],
    ["data.scale", { range: { scale: 2, shift: 0 } }],
    ["data.shift", { range: { scale: 1, shift: 1 } }],
    ["data.extent[1]", { extent: [-1, 2] as const }],
  ])("that differ from config.json in %s are refused", async (field, other) => {
    const run = await RunFolder.create(join(mkdtempSync(join(tmpdir(), "genloom-run-")), "run"), {
      ...settings,
      config: { kind: "gan", beta1: 0.9 },
    });
    const same = { ...checkpoint(10), config: { kind: "gan", beta1: 0.9 } } as const;
    await run.saveCheckpoint(same);
    expect(await run.loadCheckpoint()).toEqual(same);
    await run.saveCheckpoint({ ...same, ...other });
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      code: "ERR_FILE_CORRUPT",
      message: `${run.path}/config.json: corrupt: its ${field} is not that of the checkpoint of step 10`,
    });
  });
});

describe("a crash while step 20 is saved", () => {
  test.each([
    ["before anything was written", 0],
    ["in the middle", 0.5],
    ["before the file got its name", 1],
  ])("%s: step 10 is loaded, and leftovers are removed", async (_, share) => {
    const bytes = readFileSync(fileOf(await runWith(20), 20));
    const run = await runWith(10);
    const left = join(run.path, "checkpoints/.step-00000020.safetensors.123.tmp");
    writeFileSync(left, bytes.subarray(0, Math.floor(bytes.length * share)));
    expect(await firstValue(await RunFolder.open(run.path))).toBe(10);
    await run.update(run.settings);
    expect(existsSync(left)).toBe(false);
    await run.saveCheckpoint(checkpoint(20));
    expect(await firstValue(run)).toBe(20);
    expect(names(run)).toEqual(["step-00000010.safetensors", "step-00000020.safetensors"]);
  });
});

describe("config.json", () => {
  const config = (run: RunFolder) => join(run.path, "config.json");
  const edited = async (change: (text: string) => string) => {
    const run = await runWith(10);
    writeFileSync(config(run), change(readFileSync(config(run), "utf8")));
    return RunFolder.open(run.path);
  };

  test("has a digest: no digit changes without a word, spaces may", async () => {
    const changed = { code: "ERR_FILE_CORRUPT", message: expect.stringMatching(/config\.json: corrupt: .*SHA-256/) };
    for (const [from, to] of [
      ['"saveEvery": 10', '"saveEvery": 11'],
      ['"source": "ring"', '"source": "rinh"'],
      ['"shift": 0', '"shift": -0'],
      ['"steps": 100', '"steps": 100, "extra": 1'],
    ] as const)
      await expect(edited((text) => text.replace(from, to))).rejects.toMatchObject(changed);
    const spaced = await edited((text) => JSON.stringify(JSON.parse(text), null, 7));
    expect(spaced.settings).toEqual((await runWith()).settings);
  });

  test.each([
    ["an unknown field", { extra: 1 }, /unknown field "extra"/],
    ["an unknown field of the data", { data: { ...settings.data, extra: 1 } }, /unknown field "data\.extra"/],
    ["steps that are none", { steps: 0.5 }, /steps must be an integer >= 1, found 0\.5/],
    [
      "a scale of 0",
      { data: { ...settings.data, scale: 0 } },
      /data\.range\.scale must be a finite number except 0, found 0/,
    ],
    [
      "images that cannot be",
      { data: { ...settings.data, images: { size: 0 } } },
      /data\.images: images: size must be/,
    ],
  ])("with %s is refused, whatever its digest", async (_, wrong, rule) => {
    const run = await runWith();
    writeFileSync(config(run), await settingsText({ ...run.settings, ...wrong } as never));
    await expect(RunFolder.open(run.path)).rejects.toMatchObject({
      code: "ERR_FILE_CORRUPT",
      message: expect.stringMatching(rule),
    });
  });

  test.each([
    [0, /written by an older genloom \(version 0 of the format, genloom 0\.0\.9; 1 and 2 are known\)/, /older/],
    [3, /written by a newer genloom \(version 3 of the format, genloom 0\.0\.9; 1 and 2 are known\)/, /update/],
    ["2", /written by a newer genloom \(version "2" of the format/, /update/],
    [undefined, /written by a newer genloom/, /update/],
  ])("of version %s says which version made it", async (version, message, hint) => {
    const run = await runWith();
    writeFileSync(config(run), JSON.stringify({ ...run.settings, version, genloom: "0.0.9" }));
    await expect(RunFolder.open(run.path)).rejects.toMatchObject({
      code: "ERR_FILE_FORMAT",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});

test("metrics are rewritten from the history of the checkpoint that a run resumes from", async () => {
  const run = await runWith();
  const entries = [1, 2, 3].map((step) => ({ step, losses: { loss: step / 2 } }));
  await run.appendMetrics(entries.slice(0, 1));
  await run.appendMetrics(entries.slice(1));
  const file = join(run.path, "metrics.jsonl");
  expect(readFileSync(file, "utf8")).toBe('{"step":1,"loss":0.5}\n{"step":2,"loss":1}\n{"step":3,"loss":1.5}\n');
  await run.rewriteMetrics(entries.slice(0, 2));
  expect(readFileSync(file, "utf8")).toBe('{"step":1,"loss":0.5}\n{"step":2,"loss":1}\n');
});

test("a folder that already contains a run is rejected and not changed", async () => {
  const run = await runWith(10);
  await expect(RunFolder.create(run.path, { ...settings, seed: 2 })).rejects.toThrow(
    /the folder already contains a run/,
  );
  expect((await RunFolder.open(run.path)).settings.seed).toBe(1);
  expect(existsSync(join(run.path, "checkpoints", "step-00000010.safetensors"))).toBe(true);
});
