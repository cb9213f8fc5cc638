/**
 * Kills at random moments of a training that saves after every step: whatever was being written, the run is resumed with
 * the bits of an uninterrupted one. `GENLOOM_KILLS=N` changes their number (default 10), `GENLOOM_KILLS_SEED` the moments.
 */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { randomOf } from "../saved/mutations.js";
import { document, freshFolder, start } from "./genloom.js";

const kills = Number(process.env.GENLOOM_KILLS ?? 10);
const random = randomOf(Number(process.env.GENLOOM_KILLS_SEED ?? 1));

test(`${kills} kills, each at a random moment after the first step of a life`, { timeout: 3_600_000 }, async () => {
  const folder = freshFolder();
  const model = join(folder, "model.json");
  const dense = (units: number) => ({ kind: "dense", units });
  writeFileSync(
    model,
    JSON.stringify({ kind: "gan", latent: 2, generator: dense(2), discriminator: dense(1), ema: 0.9 }),
  );
  const settings = [
    "train",
    "gan",
    "--data",
    "ring",
    "--count",
    "64",
    "--batch",
    "8",
    "--model",
    model,
    "--threads",
    "1",
  ];
  const run = join(folder, "killed");
  const every = ["--save-every", "1"];
  let args = [...settings, ...every, "--steps", "1000000", "--out", run];
  const steps: number[] = [];
  for (let i = 0; i < kills; i++) {
    const running = start([...args, "--jsonl"]);
    await running.written('"event":"progress"');
    await new Promise((wake) => setTimeout(wake, random() * 60));
    running.process.kill("SIGKILL");
    expect((await running.outcome).code).toBeNull();
    args = ["train", "--resume", run, "--threads", "1"];
    steps.push((await document(["inspect", run, "--threads", "1"])).step);
  }
  // Each life went on from where the one before it was killed.
  for (let i = 1; i < kills; i++) expect(steps[i]).toBeGreaterThanOrEqual(steps[i - 1]);
  const last = steps.at(-1) as number;
  expect(last).toBeGreaterThan(kills);
  const ended = await document(["inspect", run, "--threads", "1"]);
  const whole = await document([...settings, "--steps", String(last), "--out", join(folder, "whole")]);
  expect(ended.weightHash).toBe(whole.weightHash);
});
