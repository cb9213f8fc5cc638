/** Interrupting and going on: the same bits as without, whatever ended the process and however many lanes run. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { respan } from "#src/train/respan";
import { RunFolder } from "#src/train/run-folder";
import { document, freshFolder, genloom, quick, start } from "./genloom.js";

const folder = freshFolder();
const steps = 200;
const settings = ["train", "gan", ...quick, "--steps", String(steps), "--save-every", "7", "--seed", "5"];
let wanted = "";

beforeAll(async () => {
  wanted = (await document([...settings, "--out", join(folder, "whole")])).weightHash;
});

test("one weight hash for 1, 2 and 3 threads", async () => {
  for (const threads of ["2", "3"]) {
    const args = settings.map((one, i) => (settings[i - 1] === "--threads" ? threads : one));
    expect((await document([...args, "--out", join(folder, `threads-${threads}`)])).weightHash).toBe(wanted);
  }
});

test("kill -9 at a random moment, then --resume", async () => {
  const run = join(folder, "killed");
  const running = start([...settings, "--jsonl", "--out", run]);
  // A checkpoint is there from step 7 on; from then on any moment will do.
  await running.written('"step":8,');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  running.process.kill("SIGKILL");
  expect((await running.outcome).code).toBeNull();
  // What a crash in the middle of a line would leave.
  writeFileSync(join(run, "metrics.jsonl"), `${readFileSync(join(run, "metrics.jsonl"), "utf8")}{"step":1`);
  const resumed = await document(["train", "gan", "--resume", run, "--threads", "2"]);
  expect(resumed).toMatchObject({ weightHash: wanted, steps });
  const metrics = (name: string) => readFileSync(join(folder, name, "metrics.jsonl"), "utf8");
  expect(metrics("killed")).toBe(metrics("whole"));
});

describe.each(["SIGINT", "SIGTERM", "SIGUSR2"] as const)("%s", (signal) => {
  test("saves, exits 130, and --resume reaches the same end", async () => {
    const run = join(folder, signal);
    const running = start([...settings, "--jsonl", "--out", run]);
    await running.written('"step":8,');
    running.process.kill(signal);
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/saving; press again to stop at once[\s\S]*resume with: genloom train gan --resume/);
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
    expect(last).toMatchObject({ event: "done", interrupted: true });
    expect(last.steps).toBeLessThan(steps);
    expect((await document(["inspect", run])).step).toBe(last.steps);
    expect((await document(["train", "gan", "--resume", run])).weightHash).toBe(wanted);
  });
});

test("two signals at once, as a group of processes gets them, are one: it saves", async () => {
  const run = join(folder, "twice");
  const running = start([...settings, "--jsonl", "--out", run]);
  await running.written('"step":8,');
  running.process.kill("SIGINT");
  running.process.kill("SIGTERM");
  const { code, stdout } = await running.outcome;
  expect(code).toBe(130);
  expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) as string)).toMatchObject({ event: "done", interrupted: true });
});

describe("--stop-at", () => {
  test("ends early with the schedules of all steps; going on, the run reaches the same end", async () => {
    const run = join(folder, "stopped");
    const args = [...settings, "--out", run, "--stop-at"];
    const { stdout, stderr, code } = await genloom([...args, "33", "--json"]);
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ steps: 33, interrupted: false })]);
    expect(stderr).toMatch(/resume with: genloom train gan --resume/);
    expect((await document(["inspect", run])).step).toBe(33);
    expect((await document(["train", "--resume", run, "--stop-at", "100"])).steps).toBe(100);
    expect(await document(["train", "--resume", run])).toMatchObject({ weightHash: wanted, steps });
  });

  test("is a step of the training that is left", async () => {
    const run = join(folder, "stopped-wrong");
    for (const [args, rule] of [
      [[...settings, "--out", run, "--stop-at", "201"], "a step from 0 to 200, found 201"],
      [["train", "--resume", join(folder, "stopped"), "--stop-at", "9"], "a step from 200 to 200, found 9"],
    ] as const) {
      const { code, stderr } = await genloom(args);
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`train: --stop-at must be ${rule}\nhint: --steps is the total`),
      ]);
    }
    expect(existsSync(run)).toBe(false);
  });
});

test("a finished run goes on with more steps, or ends at once", async () => {
  const run = join(folder, "whole");
  expect(await document(["train", "gan", "--resume", run])).toMatchObject({ weightHash: wanted, steps });
  expect(await document(["train", "--resume", run, "--steps", "210"])).toMatchObject({ steps: 210 });
});

describe("another number of steps", () => {
  /** Where the schedules of both rates and of the penalty end. */
  const ends = (run: string) => {
    const steps = [...readFileSync(join(run, "config.json"), "utf8").matchAll(/"kind": "cosine",[^}]*"steps": (\d+)/g)];
    return steps.map(([, number]) => Number(number));
  };
  const short = ["train", "gan", ...quick, "--save-every", "10", "--seed", "5"];

  test("spans the schedules anew, says so, and goes on so when it is stopped", async () => {
    const run = join(folder, "longer");
    const first = await document([...short, "--steps", "20", "--out", run]);
    expect(ends(run)).toEqual([20, 20, 20]);
    const { stdout, stderr, code } = await genloom(["train", "--resume", run, "--steps", "40", "--json"]);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /schedules that ended at step 20 now end at step 40: from step 20 on they are those of a training of 40 steps/,
    );
    expect(ends(run)).toEqual([40, 40, 40]);
    const longer = JSON.parse(stdout);
    expect(longer.steps).toBe(40);
    // At a rate of 0 nothing would have moved.
    expect(longer.weightHash).not.toBe(first.weightHash);

    // Killed before its first checkpoint: config.json has the new steps, the checkpoint the old ones.
    const killed = join(folder, "killed-early");
    await document([...short, "--steps", "20", "--out", killed]);
    const opened = await RunFolder.open(killed);
    const { settings } = opened;
    await opened.update({ ...settings, steps: 40, config: respan(settings.config, 20, 40) });
    expect((await document(["train", "--resume", killed])).weightHash).toBe(longer.weightHash);
  });

  test("that is less than it has is refused, and nothing is touched", async () => {
    const run = join(folder, "whole");
    const before = readFileSync(join(run, "config.json"), "utf8");
    const { code, stderr } = await genloom(["train", "--resume", run, "--steps", "5"]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(
        /--steps must be at least the step of .*, \d+, found 5\nhint: --steps is the total number of steps of the run; --step N/,
      ),
    ]);
    expect(readFileSync(join(run, "config.json"), "utf8")).toBe(before);
  });
});

test("a run that is being trained is left alone", async () => {
  const run = join(folder, "busy");
  const running = start([...settings.map((one) => (one === String(steps) ? "1000000" : one)), "--jsonl", "--out", run]);
  await running.written('"event":"progress"');
  for (const args of [
    ["train", "gan", "--resume", run],
    ["train", "gan", ...quick, "--out", run],
  ]) {
    const { code, stderr } = await genloom(args);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/process \d+ on .* is training into it\nhint: wait for it/),
    ]);
  }
  running.process.kill("SIGINT");
  const { code, stdout } = await running.outcome;
  expect(code).toBe(130);
  // Its lock is gone with it, and is no file of the run.
  expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) as string).files).not.toContain(".lock");
  expect(existsSync(join(run, ".lock"))).toBe(false);
});

test("settings of a run cannot change under way", async () => {
  const { code, stderr } = await genloom(["train", "gan", "--resume", join(folder, "killed"), "--seed", "6"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--seed cannot change when a run is resumed/);
});
