/** Run folders: files that are kept, files that are removed, and recovery from a crash between any two writes. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { RunFolder, type RunSettings } from "#src/train/run-folder";
import { Values } from "#src/graph/values";

const settings: RunSettings = {
  format: "genloom-run",
  version: 1,
  genloom: "0.0.0",
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
  config: { kind: "gan" },
  shape: [2],
  data: "ring",
  range: { scale: 1, shift: 0 },
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

describe("checkpoints", () => {
  test("are loaded as they were saved", async () => {
    const run = await runWith(10);
    expect(await (await RunFolder.open(run.path)).loadCheckpoint()).toEqual({
      ...checkpoint(10),
      version: checkpointVersion,
    });
  });

  test("the last three are kept, by number and not in alphabetical order", async () => {
    const run = await runWith(5, 90, 100, 110, 99_999_999, 100_000_000);
    expect(await run.steps()).toEqual([110, 99_999_999, 100_000_000]);
    expect(names(run)).toHaveLength(6);
    expect(await firstValue(run)).toBe(100_000_000);
  });

  test("saving an earlier step than the newest removes the later ones", async () => {
    const run = await runWith(10, 20, 30);
    await run.saveCheckpoint(checkpoint(15));
    expect(await run.steps()).toEqual([10, 15]);
  });

  test.each([
    [1, /written by an older genloom \(version 1 of the format, 2 is known\)/, /train again/],
    [3, /written by a newer genloom \(version 3 of the format, 2 is known\)/, /update/],
    ["2", /written by a newer genloom \(version "2" of the format/, /update/],
    [undefined, /written by a newer genloom/, /update/],
  ])("of version %s is rejected, because its random numbers differ", async (version, message, hint) => {
    const run = await runWith(10);
    const file = join(run.path, "checkpoints/step-00000010.json");
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version }));
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      code: "ERR_FILE_FORMAT",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  test("none yet", async () => {
    await expect((await runWith()).loadCheckpoint()).rejects.toThrow(/no checkpoint yet/);
  });
});

describe("a crash while step 20 is saved", () => {
  const tensors = "step-00000020.safetensors";
  const state = "step-00000020.json";

  /** Reduces a run with steps 10 and 20 to the files that a crash leaves, then opens it like the next process. */
  async function afterCrash(leave: (folder: string) => void): Promise<RunFolder> {
    const whole = await runWith(10, 20);
    const run = await runWith(10);
    const [from, to] = [whole, run].map(({ path }) => join(path, "checkpoints"));
    for (const name of [tensors, state]) writeFileSync(join(to, `whole-${name}`), readFileSync(join(from, name)));
    leave(to);
    return RunFolder.open(run.path);
  }

  const part = (folder: string, name: string, share: number) => {
    const bytes = readFileSync(join(folder, `whole-${name}`));
    return bytes.subarray(0, Math.floor(bytes.length * share));
  };

  test.each([
    [
      "before anything was renamed",
      (folder: string) => writeFileSync(join(folder, `.${tensors}.123.tmp`), part(folder, tensors, 0.5)),
    ],
    ["between tensors and state", (folder: string) => writeFileSync(join(folder, tensors), part(folder, tensors, 1))],
    [
      "while the state was written",
      (folder: string) => {
        writeFileSync(join(folder, tensors), part(folder, tensors, 1));
        writeFileSync(join(folder, `.${state}.123.tmp`), part(folder, state, 0.5));
      },
    ],
  ])("%s: step 10 is loaded, and leftovers are removed", async (_, leave) => {
    const run = await afterCrash(leave);
    expect(await firstValue(run)).toBe(10);
    await run.sweep();
    await run.saveCheckpoint(checkpoint(20));
    expect(await firstValue(run)).toBe(20);
    expect(names(run).filter((name) => !name.startsWith("whole-"))).toEqual([
      "step-00000010.json",
      "step-00000010.safetensors",
      state,
      tensors,
    ]);
  });

  test("after it: step 20 is loaded", async () => {
    const run = await afterCrash((folder) => {
      for (const name of [tensors, state]) writeFileSync(join(folder, name), part(folder, name, 1));
    });
    expect(await firstValue(run)).toBe(20);
  });

  test("tensors of another checkpoint are detected", async () => {
    const run = await afterCrash((folder) => {
      writeFileSync(join(folder, tensors), readFileSync(join(folder, "step-00000010.safetensors")));
      writeFileSync(join(folder, state), part(folder, state, 1));
    });
    await expect(run.loadCheckpoint()).rejects.toMatchObject({
      message: expect.stringMatching(/its size or hash differs from that in step-00000020\.json/),
      hint: expect.stringContaining("--step 10"),
    });
    expect(await firstValue(run, 10)).toBe(10);
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
  expect(existsSync(join(run.path, "checkpoints", "step-00000010.json"))).toBe(true);
});
