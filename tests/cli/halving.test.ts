/** Successive halving from a user's side: rungs, survivors, the bits of those that go on, tasks by place. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { document, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();
const inside = { cwd: folder };
const file = {
  ...{ train: "gan", method: "halving", trials: 4, least: 20, eta: 2, seed: 5 },
  options: { preset: "ring", count: 500, threads: 1, steps: 80, "save-every": 30 },
  vary: {
    batch: { from: 4, to: 32, whole: true },
    "config.optimizers.*.learningRate.from": { from: 1e-4, to: 1e-2, scale: "log" },
  },
  metric: "reverseKl",
};
const resultOf = (sweep: string, trial: number) =>
  JSON.parse(readFileSync(join(folder, sweep, `trial-000${trial}`, "result.json"), "utf8"));

// biome-ignore lint/suspicious/noExplicitAny: documents are looked at by their keys
let found: any;

beforeAll(async () => {
  writeFileSync(join(folder, "halving.json"), JSON.stringify(file));
  found = await document(["sweep", "halving.json", "--out", "here"], inside);
}, 120_000);

test("the best half of each rung goes on", async () => {
  expect(found).toMatchObject({ method: "halving", goal: "least", finished: 1, dropped: 3, failed: 0, left: 0 });
  expect(
    found.rungs.map(({ steps, members }: { steps: number; members: number[] }) => [steps, members.length]),
  ).toEqual([
    [20, 4],
    [40, 2],
    [80, 1],
  ]);
  for (const [rung, { members }] of found.rungs.entries()) {
    const values = members.map((trial: number) => resultOf("here", trial).rungs[rung].value);
    expect(values.every(Number.isFinite)).toBe(true);
    const next = found.rungs[rung + 1]?.members;
    if (!next) continue;
    const order = [...members].sort(
      (a, b) => resultOf("here", a).rungs[rung].value - resultOf("here", b).rungs[rung].value,
    );
    expect(next).toEqual(order.slice(0, next.length));
  }
  expect(found.best.trial).toBe(found.rungs[2].members[0]);
  expect(found.trials.map(({ steps }: { steps: number }) => steps)).toEqual([80, 40, 20, 20]);
  const { runs } = await document(["runs", "here", "--by", "reverseKl"], inside);
  const states = runs.map(({ state }: { state: string }) => state).sort();
  expect(states).toEqual(["finished", "stopped", "stopped", "stopped"]);
});

test("one that went on has the bits of a training that was never stopped, its schedules too", async () => {
  const run = join("here", `trial-000${found.best.trial}`);
  const { args } = JSON.parse(readFileSync(join(folder, run, "trial.json"), "utf8"));
  const alone = await document([...args, "--model", join(run, "recipe.json"), "--out", "alone"], inside);
  expect(resultOf("here", found.best.trial).weightHash).toBe(alone.weightHash);
  const config = JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8"));
  expect(config.config.optimizers.generator.learningRate).toMatchObject({ kind: "cosine", steps: 80 });
  expect(existsSync(join(folder, run, "checkpoints", "step-00000080.safetensors"))).toBe(true);
});

test("by places, as tasks of dependent arrays run, it comes to the same; --print tells the next rung", async () => {
  const task = (rung: number, place: number) =>
    genloom(["sweep", "there", "--rung", String(rung), "--place", String(place)], inside);
  const lines = async () => {
    const { stdout } = await genloom(["sweep", "halving.json", "--out", "there", "--print"], inside);
    return [...stdout.matchAll(/--trial (\d+)$/gm)].map(([, trial]) => Number(trial));
  };
  expect(await lines()).toEqual([1, 2, 3, 4]);
  for (const place of [4, 2, 1]) expect((await task(1, place)).code).toBe(0);
  const early = await task(2, 1);
  expect([early.code, early.stderr]).toEqual([
    2,
    expect.stringMatching(/rung 1 has trials that have not ended: 3\nhint: genloom sweep there runs them here/),
  ]);
  await task(1, 3);
  expect(await lines()).toEqual(found.rungs[1].members);
  await task(2, 2);
  await task(2, 1);
  expect((await task(3, 1)).stderr).toMatch(new RegExp(`^trial ${found.best.trial} of 4, rung 3 of 3, to step 80: `));
  expect((await task(3, 2)).stderr).toBe("no trial has place 2\n");
  expect((await task(1, 1)).stderr).toBe("trial 1 has nothing left to do\n");
  const again = await document(["sweep", "there"], inside);
  const plain = ({ trials, rungs }: typeof found) => ({
    rungs,
    trials: trials.map(({ seconds: _, run: __, ...trial }: Record<string, unknown>) => trial),
  });
  expect(plain(again)).toEqual(plain(found));
}, 120_000);
