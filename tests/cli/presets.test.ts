/** `genloom presets`: the list, and presets written out, edited and trained. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { presetList } from "#src/presets/index";
import { document, expectFailure, freshFolder, genloom } from "./genloom.js";

const folder = freshFolder();

/** Writes a preset to a file, and returns the file's path and the recipe. */
async function written(name: string, args: readonly string[]) {
  const { code, stdout, stderr } = await genloom(["presets", name, ...args]);
  expect(code, stderr).toBe(0);
  const file = join(folder, `${name.replace("/", "-")}.json`);
  writeFileSync(file, stdout);
  return { file, recipe: JSON.parse(stdout) };
}

const train = (kind: string, args: readonly string[], out: string) =>
  document(["train", kind, ...args, "--threads", "1", "--seed", "2", "--out", join(folder, out)]);

test("all presets are listed, with data, steps and batch size", async () => {
  const { presets } = await document(["presets"]);
  expect(presets).toHaveLength(presetList().length);
  expect(presets).toContainEqual({
    ...{ preset: "vae/points", data: "moons", steps: 4000, batchSize: 128 },
    summary: "points in few dimensions, normal likelihood with a learned variance",
  });
  const { stdout } = await genloom(["presets"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(presets.length + 1);
  expect(lines[0]).toMatch(/^preset +data +steps +batch$/);
  expect(lines.find((line) => line.startsWith("gan/r3gan "))).toMatch(/ --data +\d+ +16 {2}images from --data/);
});

describe.each([
  ["gan/digits", ["--count", "60"]],
  ["gan/ring", ["--count", "60"]],
  ["vae/points", ["--count", "60"]],
  ["rbm/bars", []],
])("%s", (name, options) => {
  test("written out, it trains to the same weights as by its name, for any number of steps", async () => {
    const [kind, preset] = name.split("/");
    const { file, recipe } = await written(name, options);
    expect(recipe).toMatchObject({ format: "genloom-recipe", version: 1, preset: name });
    const count = options.filter((_, i) => options[i] === "--count" || options[i - 1] === "--count");
    const common = [...count, "--steps", "3", "--batch", "8"];
    const named = await train(kind, ["--preset", preset, ...options, "--steps", "3", "--batch", "8"], `${name}-named`);
    const own = await train(kind, ["--model", file, ...common], `${name}-own`);
    expect(own.weightHash).toBe(named.weightHash);
  }, 60_000);
});

describe("images from --data", () => {
  const images = join(folder, "images.npy");
  /** 30 grey images of 14 x 12, which become 16 x 16. */
  const header = `${"{'descr': '|u1', 'fortran_order': False, 'shape': (30, 14, 12), }".padEnd(117)}\n`;
  writeFileSync(
    images,
    Buffer.concat([
      Buffer.from([0x93, ...Buffer.from("NUMPY"), 1, 0, header.length & 255, header.length >> 8]),
      Buffer.from(header),
      Buffer.from(Uint8Array.from({ length: 30 * 14 * 12 }, (_, i) => (i * 31) % 255)),
    ]),
  );

  test.each(["dcgan", "sngan", "wgan-gp", "r3gan"])(
    "gan/%s, by its name and written out",
    async (preset) => {
      const { file, recipe } = await written(`gan/${preset}`, ["--data", images]);
      expect(recipe).toMatchObject({ data: images, images: { size: 16 }, normalisation: { range: [-1, 1] } });
      const short = ["--steps", "2", "--batch", "2"];
      const named = await train("gan", ["--preset", preset, "--data", images, ...short], `${preset}-named`);
      const own = await train("gan", ["--model", file, ...short], `${preset}-own`);
      expect(own.weightHash).toBe(named.weightHash);
    },
    120_000,
  );

  test("for a shape alone, with the data named in training, and edited", async () => {
    const { file, recipe } = await written("gan/dcgan", ["--shape", "14,12,1", "--count", "30"]);
    expect(recipe).not.toHaveProperty("data");
    expect(recipe.images).toEqual({ size: 16 });
    const short = ["--data", images, "--steps", "2", "--batch", "2"];
    const named = await train("gan", ["--preset", "dcgan", ...short], "shape-named");
    expect((await train("gan", ["--model", file, ...short], "shape-own")).weightHash).toBe(named.weightHash);
    writeFileSync(file, JSON.stringify({ ...recipe, steps: 2, batchSize: 2, config: { ...recipe.config, ema: 0 } }));
    const edited = await train("gan", ["--model", file, "--data", images], "edited");
    expect(edited.steps).toBe(2);
    expect(edited.weightHash).not.toBe(named.weightHash);
    const { batchSize, config } = JSON.parse(readFileSync(join(folder, "edited", "config.json"), "utf8"));
    expect([batchSize, config.ema]).toEqual([2, 0]);
  }, 120_000);
});

describe("wrong edits are named", () => {
  const base = () => written("gan/ring", ["--count", "60"]);
  test.each<[string, (recipe: Record<string, never>) => object, RegExp]>([
    ["an unknown field", (recipe) => ({ ...recipe, stpes: 3 }), /: unknown option "stpes"; did you mean "steps"\?/],
    ["steps", (recipe) => ({ ...recipe, steps: 0 }), /: steps must be an integer >= 1 and <= 2147483647, found 0$/],
    ["normalisation", (recipe) => ({ ...recipe, normalisation: "none" }), /: normalisation must be .*, found "none"$/],
    [
      "its range",
      (recipe) => ({ ...recipe, normalisation: { range: [1, -1] } }),
      /: normalisation\.range must be two rising numbers, found \[1, -1\]$/,
    ],
    ["a version", (recipe) => ({ ...recipe, version: 2 }), /: version must be 1, found 2$/],
    [
      "a part of the model",
      (recipe) => ({ ...recipe, config: { ...(recipe.config as object), loss: { kind: "hinged" } } }),
      /^error: loss: unknown kind "hinged"; did you mean "hinge"\?/,
    ],
    [
      "an option of the model",
      (recipe) => ({ ...recipe, config: { ...(recipe.config as object), latnt: 3 } }),
      /^error: gan: unknown option "latnt"; did you mean "latent"\?/,
    ],
  ])("%s", async (_, edit, message) => {
    const { file, recipe } = await base();
    writeFileSync(file, JSON.stringify(edit(recipe)));
    expectFailure(await genloom(["train", "gan", "--model", file]), 2, message, /fix .*gan-ring\.json/);
  });

  test("a preset beside a recipe, another family", async () => {
    const { file } = await base();
    expectFailure(
      await genloom(["train", "gan", "--model", file, "--preset", "ring"]),
      2,
      /--preset cannot be combined with a recipe/,
      /leave out --preset/,
    );
    expectFailure(await genloom(["train", "vae", "--model", file]), 2, /kind must be "vae", found "gan"/, /"kind"/);
  });
});

test("a preset that does not exist, or without data, or for the wrong shape", async () => {
  expectFailure(
    await genloom(["presets", "gan/dcgn"]),
    2,
    /no preset is named "gan\/dcgn"; did you mean "gan\/dcgan"\?/,
    /gan\/ring/,
  );
  expectFailure(await genloom(["presets", "gan/dcgan"]), 2, /gan\/dcgan needs data or a shape/, /--shape 32,32,1/);
  expectFailure(await genloom(["presets", "gan/dcgan", "--shape", "7"]), 2, /must be square images/, /another --shape/);
  expectFailure(await genloom(["presets", "gan/dcgan", "--shape", "x"]), 2, /shape such as 32,32,1/, /--help/);
  expectFailure(
    await genloom(["presets", "gan/ring", "--shape", "2", "--data", "ring"]),
    2,
    /--shape cannot be combined with --data/,
    /shape/,
  );
});
