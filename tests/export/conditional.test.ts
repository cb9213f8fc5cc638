/** Exports of conditional models: the module and the JavaScript around it have the samples and scores of the model itself. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L, rbm, vae } from "#binding";
import { declarationsOf } from "#src/export/js-declarations";
import { html } from "#src/export/html";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import { root } from "../../scripts/host.js";
import { chromiumHere, launchChromium, skipUnless } from "./hosts.js";
import { imported } from "./imported.js";

// The bits of the module are those of the plain SIMD build.
const runtime = await createRuntime({ threads: 2, deterministic: true });
afterAll(() => runtime.close());

const plain = datasets.bars({ size: 4 });
const bars = { ...plain, classNames: ["bars", "stripes"] };
const join2 = () => L.joinLabel(2, 3);

const models = {
  gan: gan({
    latent: 4,
    classes: 2,
    generator: L.sequential(join2(), L.dense(16), L.conditionalBatchNorm(2), L.relu(), L.dense(16), L.reshape(4, 4, 1)),
    discriminator: L.sequential(L.flatten(), L.projection(2)),
  }),
  vae: vae({
    latent: 3,
    classes: 2,
    encoder: L.sequential(L.flatten(), join2(), L.dense(6)),
    decoder: L.sequential(join2(), L.dense(12), L.film(2), L.relu(), L.dense(16)),
  }),
  rbm: rbm({ hidden: 6, classes: 2 }),
} as const;

describe.each(Object.entries(models))("%s", (name, family) => {
  test("samples of every class, latents, classes and scores are those of the model", async () => {
    const training = family.train(runtime, bars, { steps: 5, batchSize: 16, seed: 5 });
    await training.done;
    const { model } = training;
    const { bytes, description } = await exportWasm(model, { score: true });
    expect(description.records).toMatchObject({ classes: 2, classNames: ["bars", "stripes"] });
    expect(description.labelled).toEqual(name === "rbm" ? ["decode"] : ["decode", "score"]);
    const { decode, generate, interpolate, labels, latents, score } = await imported(js(bytes, description));

    for (const [count, first] of [
      [300, 0],
      [20, 250],
      [1, 7],
    ]) {
      const seed = 9;
      expect((await generate(count, { seed, first })).data).toEqual((await model.sample(count, { seed, first })).data);
      for (const label of [0, "stripes"])
        expect((await generate(count, { seed, first, label })).data).toEqual(
          (await model.sample(count, { seed, first, labels: label })).data,
        );
      expect(await labels(count, { seed, first })).toEqual(model.drawnLabels(count, { seed, first }));
    }
    const { data: drawn } = await latents(3, { seed: 9 });
    for (const label of [1, [0, 1, 0], ["bars", "stripes", "stripes"]])
      expect((await decode(drawn, { label })).data).toEqual((await model.generate(drawn, { labels: label })).data);
    const [from, to] = [drawn.slice(0, description.latent), drawn.slice(-description.latent)];
    // A VAE interpolates means, which its samples of bits are as well.
    const walk = await interpolate(from, to, { steps: 3, label: 1 });
    expect(walk.data).toEqual((await model.interpolate(from, to, { steps: 3, labels: 1 })).data);
    const records = Float32Array.from(bars.records.subarray(0, 160));
    const given = Array.from(bars.labels as Int32Array).slice(0, 10);
    const options = name === "rbm" ? {} : { label: given };
    const wanted = await model.score(records, name === "rbm" ? {} : { labels: given });
    expect(await score(records, options)).toEqual(wanted.data);

    await expect(generate(1, { label: 2 })).rejects.toThrow(
      "label must be a class from 0 to 1, or -1 in generate for samples of all classes, found 2",
    );
    expect(await generate(3, { seed: 2, label: -1 })).toEqual(await generate(3, { seed: 2 }));
    await expect(decode(drawn, { label: -1 })).rejects.toThrow("decode: label must be an integer >= 0");
    await expect(generate(1, { label: "dots" })).rejects.toThrow(
      'label must be one of "bars", "stripes", found "dots"',
    );
    await expect(decode(drawn)).rejects.toThrow(
      "decode: label must be a class, or one class for each row, found undefined",
    );
    await expect(decode(drawn, { label: [0] })).rejects.toThrow("decode: label must be one class, or 3, found 1");
    await expect(decode(drawn, { label: 5 })).rejects.toThrow("found 5");
    if (name === "rbm") await expect(score(records, { label: 0 })).rejects.toThrow("score: label must be undefined");
    else await expect(score(records)).rejects.toThrow("score: label must be a class");
  });

  test("the types name the classes where functions take them", async () => {
    const training = family.train(runtime, bars, { steps: 1, batchSize: 4, seed: 5 });
    await training.done;
    const { description } = await exportWasm(training.model, { score: true });
    const types = declarationsOf(description);
    expect(types).toContain('readonly label?: number | "bars" | "stripes";');
    expect(types).toContain(
      'decode(latents: ArrayLike<number>, options: { readonly label: (number | "bars" | "stripes")',
    );
    expect(types).toContain("export function labels(");
    expect(types.includes("score(records: ArrayLike<number>, options")).toBe(name !== "rbm");
  });
});

test("a discriminator with an auxiliary classifier scores records without their classes", async () => {
  const family = gan({
    latent: 2,
    classes: 2,
    auxiliary: 0.5,
    generator: L.sequential(join2(), L.dense(16), L.reshape(4, 4, 1)),
    discriminator: L.sequential(L.flatten(), L.dense(3)),
  });
  const training = family.train(runtime, bars, { steps: 2, batchSize: 16, seed: 5 });
  await training.done;
  const { bytes, description } = await exportWasm(training.model, { score: true });
  expect(description.labelled).toEqual(["decode"]);
  const { score } = await imported(js(bytes, description));
  const records = Float32Array.from(bars.records.subarray(0, 64));
  expect(await score(records)).toEqual((await training.model.score(records)).data);
});

test.skipIf(skipUnless(chromiumHere))(
  "the page's samples, sliders and walk are of the class that is chosen",
  async () => {
    const training = models.gan.train(runtime, plain, { steps: 5, batchSize: 16, seed: 5 });
    await training.done;
    const { bytes, description } = await exportWasm(training.model);
    await mkdir(join(root, ".cache"), { recursive: true });
    const folder = await mkdtemp(join(root, ".cache/export-page-"));
    const browser = await launchChromium();
    try {
      const file = join(folder, "page.html");
      await writeFile(file, html(bytes, description));
      const context = await browser.newContext({ offline: true, reducedMotion: "reduce" });
      const tab = await context.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error: Error) => errors.push(error.message));
      await tab.goto(pathToFileURL(file).href);
      await tab.getByText("64 samples, seed 0").waitFor();
      const pixels = (selector: string): Promise<string> =>
        tab.evaluate((one: string) => (document.querySelector(one) as HTMLCanvasElement).toDataURL(), selector);
      const views = ["#samples-view canvas", "#latent-view canvas", "#walk-view canvas"];
      // The sliders and the walk begin with sample 0 of its drawn class; each choice of a class shows another sample.
      const seen: string[][] = [];
      for (const label of ["0", "1"]) {
        // Classes without names are shown by their numbers.
        await tab.getByRole("combobox", { name: "Class" }).selectOption(label);
        await tab.getByText(`64 samples of ${label}, seed 0`).waitFor();
        await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        seen.push(await Promise.all(views.map(pixels)));
      }
      for (const [i, view] of views.entries()) expect(seen[0][i], view).not.toBe(seen[1][i]);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
);
