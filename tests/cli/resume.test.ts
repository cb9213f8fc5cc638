/** Interrupting and going on: the same bits as without, whatever ended the process and however many lanes run. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
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

describe.each(["SIGINT", "SIGTERM"] as const)("%s", (signal) => {
  test("saves, exits 130, and --resume reaches the same end", async () => {
    const run = join(folder, signal);
    const running = start([...settings, "--jsonl", "--out", run]);
    await running.written('"step":8,');
    running.process.kill(signal);
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(130);
    expect(stderr).toMatch(/saving; press again to stop at once[\s\S]*go on by: genloom train gan --resume/);
    const last = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string);
    expect(last).toMatchObject({ event: "done", interrupted: true });
    expect(last.steps).toBeLessThan(steps);
    expect((await document(["inspect", run])).step).toBe(last.steps);
    expect((await document(["train", "gan", "--resume", run])).weightHash).toBe(wanted);
  });
});

test("a finished run goes on with more steps, or ends at once", async () => {
  const run = join(folder, "whole");
  expect(await document(["train", "gan", "--resume", run])).toMatchObject({ weightHash: wanted, steps });
  expect(await document(["train", "--resume", run, "--steps", "210"])).toMatchObject({ steps: 210 });
});

test("settings of a run cannot change under way", async () => {
  const { code, stderr } = await genloom(["train", "gan", "--resume", join(folder, "killed"), "--seed", "6"]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--seed cannot change when a run goes on/);
});
