/** `genloom sample`: which samples of the seed's stream, temperatures, given latents, and options that are refused. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { formatNpy } from "#src/data/formats/npy";
import { document, expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const points = join(folder, "points");
const images = join(folder, "images");

beforeAll(async () => {
  await document(["train", "gan", ...quick, "--steps", "20", "--seed", "3", "--out", points]);
  await document([
    "train",
    "gan",
    "--data",
    "digits",
    "--count",
    "100",
    "--batch",
    "8",
    "--steps",
    "5",
    "--out",
    images,
  ]);
});

test("goes on in the seed's stream by --first, and draws at a temperature", async () => {
  const ask = async (...more: string[]) =>
    (await genloom(["sample", points, "--seed", "1", ...more])).stdout.trim().split("\n");
  const all = await ask("--count", "9");
  expect(await ask("--count", "2", "--first", "7")).toEqual(all.slice(7));
  const cold = await ask("--count", "9", "--temperature", "0.5");
  expect(cold).not.toEqual(all);
  expect(await ask("--count", "1", "--first", "8", "--temperature", "0.5")).toEqual(cold.slice(8));
  const { file } = await document(["sample", images, "--count", "2", "--first", "3", "--temperature", "0.5"]);
  expect(file).toBe(join(images, "samples", "seed-0-from-3-at-0.5.png"));
});

test("makes samples of the latents in a file", async () => {
  const file = join(folder, "latents.npy");
  const { latent } = JSON.parse(readFileSync(join(points, "config.json"), "utf8")).config;
  const latents = Float32Array.from({ length: 3 * latent }, (_, i) => Math.sin(i));
  writeFileSync(file, formatNpy(latents, [3, latent]));
  const found = await document(["sample", points, "--latents", file]);
  expect(found.shape).toEqual([3, 2]);
  writeFileSync(file, formatNpy(latents.subarray(latent), [2, latent]));
  expect((await document(["sample", points, "--latents", file])).samples).toEqual(found.samples.slice(1));
  writeFileSync(file, formatNpy(latents.subarray(1), [3 * latent - 1]));
  expectFailure(
    await genloom(["sample", points, "--latents", file]),
    2,
    /latents\.npy: latents must have shape \[count, \d+\], found \[\d+\]/,
    /a row of \d+ numbers/,
  );
  // As many values, but not a row for each sample.
  writeFileSync(file, formatNpy(latents, [latent, 3]));
  expectFailure(await genloom(["sample", points, "--latents", file]), 2, /must have shape \[count, \d+\]/, /a row/);
  writeFileSync(file, formatNpy(latents.subarray(latent, 2 * latent), [latent]));
  expect((await document(["sample", points, "--latents", file])).samples).toEqual(found.samples.slice(1, 2));
  writeFileSync(file, "1,2");
  expectFailure(await genloom(["sample", points, "--latents", file]), 3, /not an NPY file/, /numpy/);
});

test.each([
  [["--label", "3"], /this model was not trained with labels/, /leave out/],
  [["--temperature", "0"], /--temperature must be a number above 0, found 0/, /sequence models/],
  [["--temperature", "-1"], /--temperature.*It must be a number above 0/, /./],
  [["--latents", "x.npy", "--first", "2"], /'--latents <file>' cannot be used with option '--first <n>'/, /./],
  [["--means"], /a GAN has no means/, /leave out --means/],
])("refuses %s", async (more, message, hint) => {
  expectFailure(await genloom(["sample", points, ...more]), 2, message, hint);
});
