/** Links that someone planted in a run folder are not followed when files are written, added to, or removed. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { appendSafely, writeSafely } from "#src/data/formats/safe-file";
import { Values } from "#src/graph/values";
import { type Checkpoint, checkpointVersion } from "#src/train/checkpoint";
import { RunFolder } from "#src/train/run-folder";
import { lockRun } from "#src/train/run-lock";

const data = { source: "ring", name: "ring", count: 9, shape: [2], scale: 1, shift: 0, sha256: "" };
const settings = {
  ...{ model: "gan", preset: "none", steps: 9, batchSize: 4, seed: 1, deterministic: false, saveEvery: 1, keep: 1 },
  data: { ...data, extent: [-1, 1] },
  config: { kind: "gan" },
} as const;
const checkpoint = (step: number): Checkpoint => ({
  ...{ version: checkpointVersion, config: { kind: "gan" }, shape: [2], data: "ring", range: { scale: 1, shift: 0 } },
  ...{ extent: [-1, 1], batchSize: 4, seed: 1, step, history: [] },
  tensors: new Map([["weight", new Values(new Float32Array(2), [2])]]),
});

let run: RunFolder;
/** A folder and a file elsewhere, which must stay as they are. */
let elsewhere: string;
let victim: string;
const inRun = (...path: string[]) => join(run.path, ...path);
const bait = "do not touch";

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), "genloom-links-"));
  elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  victim = join(elsewhere, "victim");
  for (const name of ["victim", ".victim.1.tmp", "step-00000001.safetensors"])
    writeFileSync(join(elsewhere, name), bait);
  run = await RunFolder.create(join(folder, "run"), settings as never);
});

/** Puts a link in a file's place. */
const plant = (target: string, ...path: string[]) => {
  rmSync(inRun(...path), { force: true });
  symlinkSync(target, inRun(...path));
};
const untouched = () => {
  expect(readdirSync(elsewhere).sort()).toEqual([".victim.1.tmp", "step-00000001.safetensors", "victim"]);
  for (const name of readdirSync(elsewhere)) expect(readFileSync(join(elsewhere, name), "utf8")).toBe(bait);
};
const refused = { name: "BadFileError", code: "ERR_FILE_UNWRITABLE", message: expect.stringContaining(": a link") };

describe("in the place of a file", () => {
  test.each([
    ["config.json", () => run.update(run.settings), ["config.json"]],
    ["report.html", () => run.writeReport("report"), ["report.html"]],
    ["metrics.jsonl, rewritten", () => run.rewriteMetrics([]), ["metrics.jsonl"]],
    ["a checkpoint", () => run.saveCheckpoint(checkpoint(3)), ["checkpoints", "step-00000003.safetensors"]],
    ["a sample", () => run.writeSample(3, Uint8Array.of(1)), ["samples", "step-00000003.png"]],
  ] as const)("%s: the link is replaced", async (_, write, path) => {
    plant(victim, ...path);
    await write();
    untouched();
    expect(lstatSync(inRun(...path)).isFile()).toBe(true);
  });

  test("metrics.jsonl, added to: refused", async () => {
    plant(victim, "metrics.jsonl");
    await expect(run.appendMetrics([{ step: 1, losses: {} }])).rejects.toMatchObject(refused);
    plant(join(elsewhere, "new"), "metrics.jsonl");
    await expect(run.appendMetrics([{ step: 1, losses: {} }])).rejects.toMatchObject(refused);
    untouched();
  });

  test("the lock: the link is replaced", async () => {
    plant(victim, ".lock");
    const lock = await lockRun(run.path);
    expect(lstatSync(inRun(".lock")).isFile()).toBe(true);
    await lock.release();
    expect(existsSync(inRun(".lock"))).toBe(false);
    plant(victim, ".lock.takeover");
    await (await lockRun(run.path)).release();
    untouched();
  });

  test("a temporary file: the link is removed", async () => {
    plant(victim, `.config.json.${process.pid}.tmp`);
    plant(victim, `.lock.${process.pid}.tmp`);
    await run.update(run.settings);
    await (await lockRun(run.path)).release();
    untouched();
    expect(readdirSync(run.path).sort()).toEqual(["checkpoints", "config.json", "samples"]);
  });
});

describe("in the place of a folder", () => {
  test.each(["checkpoints", "samples"])("%s: nothing is written there, and nothing removed", async (name) => {
    rmSync(inRun(name), { recursive: true });
    plant(elsewhere, name);
    await expect(run.update(run.settings)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(name),
    });
    const writes = {
      checkpoints: () => run.saveCheckpoint(checkpoint(3)),
      samples: () => run.writeSample(3, Uint8Array.of(1)),
    };
    await expect(writes[name as keyof typeof writes]()).rejects.toMatchObject(refused);
    untouched();
  });

  test("planted before the run is created", async () => {
    const path = `${run.path}-2`;
    mkdirSync(path);
    symlinkSync(elsewhere, join(path, "checkpoints"));
    await expect(RunFolder.create(path, settings as never)).rejects.toMatchObject(refused);
    untouched();
  });
});

test("old checkpoints that are links are removed, not their targets", async () => {
  plant(join(elsewhere, "step-00000001.safetensors"), "checkpoints", "step-00000001.safetensors");
  await run.saveCheckpoint(checkpoint(3));
  untouched();
  expect(readdirSync(inRun("checkpoints"))).toEqual(["step-00000003.safetensors"]);
});

test("the run folder itself may be a link: that is its user's choice", async () => {
  const path = `${run.path}-moved`;
  renameSync(run.path, path);
  symlinkSync(path, run.path);
  await run.saveCheckpoint(checkpoint(3));
  await run.appendMetrics([{ step: 1, losses: {} }]);
  expect((await (await RunFolder.open(run.path)).loadCheckpoint()).step).toBe(3);
});

test("a file that is written in another folder may replace a link, and be added to only if it is none", async () => {
  const link = inRun("link");
  symlinkSync(victim, link);
  await expect(appendSafely(link, "x")).rejects.toMatchObject(refused);
  await writeSafely(link, "x");
  untouched();
});
