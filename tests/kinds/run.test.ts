/** A user's own layer and loss in a run folder: trained, killed, resumed and loaded, to the same bits. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { document, expectFailure, freshFolder, genloom, quick, start } from "../cli/genloom.js";

const own = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const kinds = own("own.js");
const folder = freshFolder();
const [model, whole, killed] = ["model.json", "whole", "killed"].map((name) => join(folder, name));
const steps = 200;
const settings = [
  ...["train", "gan", ...quick, "--model", model, "--steps", String(steps)],
  ...["--save-every", "7", "--seed", "5", "--kinds", kinds],
];

/** What a fresh process of a user's own makes of a run. */
const load = async (run: string, ...args: string[]): Promise<{ samples?: number[]; error?: string }> =>
  JSON.parse((await promisify(execFile)(process.execPath, [own("load.js"), run, ...args])).stdout);

beforeAll(async () => {
  const hidden = (units: number, beta?: number) => [
    { kind: "dense", units },
    { kind: "swish", ...(beta && { beta }) },
  ];
  const network = (beta: number | undefined, units: number) => ({
    kind: "sequential",
    layers: [...hidden(16, beta), { kind: "residual", layer: { kind: "swish" } }, { kind: "dense", units }],
  });
  const config = {
    ...{ kind: "gan", latent: 4, generator: network(1.5, 2), discriminator: network(undefined, 1) },
    loss: { kind: "focal", gamma: 1 },
  };
  writeFileSync(model, JSON.stringify(config));
  await document([...settings, "--out", whole]);
});

test("the run holds the options that were given and those that were not", () => {
  const { config } = JSON.parse(readFileSync(join(whole, "config.json"), "utf8"));
  expect(config.loss).toEqual({ kind: "focal", gamma: 1 });
  expect(config.generator.layers[1]).toEqual({ kind: "swish", beta: 1.5 });
  expect(config.discriminator.layers[1]).toEqual({ kind: "swish", beta: 1 });
});

test("killed in the middle and resumed, it ends with the same bits", async () => {
  const running = start([...settings, "--jsonl", "--out", killed]);
  // A checkpoint is there from step 7 on; from then on any moment will do.
  await running.written('"step":8,');
  running.process.kill("SIGKILL");
  expect((await running.outcome).code).toBeNull();
  const before = (await document(["inspect", killed, "--kinds", kinds])).step;
  expect(before).toBeLessThan(steps);
  const { weightHash } = await document(["train", "gan", "--resume", killed, "--kinds", kinds, "--threads", "2"]);
  expect(weightHash).toBe((await document(["inspect", whole, "--kinds", kinds])).weightHash);
});

test("a fresh process that defines the kinds samples the same bits", async () => {
  const { samples } = await load(killed, kinds);
  expect(samples).toHaveLength(16);
  expect(await load(whole, kinds)).toEqual({ samples });
  const { samples: drawn } = await document(["sample", whole, "--count", "8", "--seed", "3", "--kinds", kinds]);
  expect(drawn.flat()).toEqual(samples);
});

test("one that does not is told what to do", async () => {
  const rule = /layer: unknown kind "swish"; .*defineKind\("layer", …\) before load and resume/;
  expect((await load(whole)).error).toMatch(rule);
  for (const args of [
    ["sample", whole],
    ["train", "--resume", whole],
    ["evaluate", whole],
  ])
    expectFailure(await genloom(args), 3, rule, /give the module that defines it with --kinds FILE/);
  expectFailure(
    await genloom(settings.slice(0, -2)),
    2,
    rule,
    /fix .*model.json, or give the module that defines its kinds with --kinds FILE/,
  );
});

test("a module that cannot be loaded is named", async () => {
  const broken = join(folder, "broken.mjs");
  for (const [text, rule] of [
    ['throw new Error("not today");', /broken.mjs: cannot be loaded: not today/],
    ['import { defineKind } from "genloom"; defineKind("layr", {});', /unknown role "layr"; did you mean "layer"\?/],
    [
      'import { defineKind, layers } from "genloom"; defineKind("layer", { kind: "dense", make: () => layers.relu() });',
      /defineKind: the layer "dense" is one of genloom's/,
    ],
  ] as const) {
    writeFileSync(broken, text);
    expectFailure(await genloom(["sample", whole, "--kinds", broken]), 2, rule, /--kinds needs a JavaScript module/);
  }
  const missing = await genloom(["sample", whole, "--kinds", join(folder, "none.js")]);
  expectFailure(missing, 2, /none.js: cannot be loaded: /, /--kinds needs a JavaScript module/);
});
