/** Every option of a GAN's recipe in the description that `--model` takes: trained, resumed and read back alike. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { familyFrom } from "#binding";
import type { FamilyConfig } from "#src/train/family";
import { document, expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const file = (name: string, config: object) => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(config));
  return path;
};
const args = (...more: string[]) => ["train", "gan", ...quick, "--steps", "40", "--seed", "3", ...more];

const network = (units: number) => ({
  kind: "sequential",
  layers: [{ kind: "dense", units: 8 }, { kind: "leakyRelu" }, { kind: "dense", units }],
});
const falling = (from: number, to: number) => ({ kind: "cosine", from, to, steps: 40 });
const optimizer = { kind: "adam", learningRate: falling(2e-3, 5e-4), beta1: 0, beta2: falling(0.9, 0.99) };
const parts = { kind: "gan", latent: 2, generator: network(2), discriminator: network(1) } as const;

/** As in Huang et al. 2024, and with lazy regularisation. */
const relativistic: FamilyConfig = {
  ...parts,
  loss: { kind: "relativistic" },
  penalties: [
    { kind: "r1", weight: falling(0.5, 0.05) },
    { kind: "r2", weight: falling(0.5, 0.05), every: 4 },
  ],
  optimizers: { generator: optimizer, discriminator: optimizer },
  ema: { halfLife: falling(0, 200), rampUp: 0 },
};

const smoothed: FamilyConfig = {
  ...parts,
  loss: { kind: "nonSaturating", smoothing: 0.1 },
  penalties: [{ kind: "dragan", every: 2 }],
  ema: falling(0.5, 0.9),
};

const clipped: FamilyConfig = {
  ...parts,
  loss: { kind: "wasserstein" },
  clipWeights: 0.05,
  discriminatorSteps: 3,
  ema: { halfLife: 500 },
};

test.each(Object.entries({ relativistic, smoothed, clipped }))("%s", async (name, config) => {
  const run = join(folder, name);
  const trained = await document(args("--model", file(`${name}.json`, config), "--out", run));
  expect(trained.step ?? trained.steps).toBe(40);
  // The run has the whole description, whose model is equal.
  const { config: full } = await document(["inspect", run]);
  expect(full).toEqual(JSON.parse(JSON.stringify(familyFrom(config).config)));
  const again = file(`${name}-again.json`, full);
  expect((await document(args("--model", again, "--out", `${run}-again`))).weightHash).toBe(trained.weightHash);
  // Stopped at half-way and resumed, it ends with the same bits.
  const half = `${run}-half`;
  await document(args("--model", again, "--out", half, "--steps", "20"));
  const { weightHash } = await document(["train", "gan", "--resume", half, "--steps", "40", "--threads", "1"]);
  expect(weightHash).toBe(trained.weightHash);
});

test.each([
  [{ loss: { kind: "hinge", smoothing: 0.1 } }, /hinge: unknown option "smoothing"; it takes no options/],
  [{ loss: { kind: "minimax", smoothing: 2 } }, /minimax: smoothing must be a finite number >= 0 and < 1, found 2/],
  [{ penalties: [{ kind: "r1", every: 0 }] }, /r1: every must be an integer >= 1 and < 2147483648, found 0/],
  [{ penalties: [{ kind: "r1", weight: { kind: "cosin" } }] }, /unknown kind "cosin"; did you mean "cosine"\?/],
  [{ ema: { halfLife: -1 } }, /ema.halfLife must be a finite number > 0, found -1/],
  [{ clipWeights: 0 }, /clipWeights must be a finite number > 0, found 0/],
])("%j is refused", async (change, message) => {
  const path = file("wrong.json", { ...parts, ...change });
  expectFailure(await genloom(args("--model", path, "--out", join(folder, "wrong"))), 2, message, /./);
});

test("the description that a run keeps is the one that was given", () => {
  const { config } = JSON.parse(readFileSync(join(folder, "relativistic", "config.json"), "utf8"));
  expect(config.penalties).toEqual(relativistic.penalties);
});
