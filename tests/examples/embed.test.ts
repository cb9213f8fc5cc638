/** examples/embed in Chromium: sixteen samples on its canvas, with the exported module alone. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L } from "#binding";
import { serveFiles } from "../../scripts/file-server.js";
import { root } from "../../scripts/host.js";
import { chromiumHere, launchChromium, skipUnless } from "../export/hosts.js";
import { digitsGenerator } from "./generators.js";

const page = join(root, "examples/embed/index.html");

test("it is less than 15 lines long", async () => {
  expect((await readFile(page, "utf8")).trim().split("\n").length).toBeLessThan(15);
});

test.skipIf(skipUnless(chromiumHere))("shows the samples of a trained model", async () => {
  expect(chromiumHere, "Chromium or playwright-core is missing").toBe(true);
  const folder = await mkdtemp(join(tmpdir(), "genloom-embed-"));
  const generator = await digitsGenerator();
  const browser = await launchChromium();
  const server = await serveFiles({
    served: /^[a-z.]+$/,
    locate: (path) => ({ file: path || "index.html", folder }),
  });
  try {
    await copyFile(page, join(folder, "index.html"));
    await writeFile(join(folder, "generator.wasm"), generator.wasm);
    const tab = await (await browser.newContext()).newPage();
    const errors: string[] = [];
    tab.on("pageerror", (error: Error) => errors.push(error.message));
    await tab.goto(server.origin);
    await tab.waitForFunction("samples.width === 112 && samples.getContext('2d').getImageData(111, 111, 1, 1).data[3]");
    const pixels: number[] = await tab.evaluate("[...samples.getContext('2d').getImageData(0, 0, 112, 112).data]");
    const wanted = await generator.expected(7, 0, 16);
    for (let i = 0; i < wanted.length; i++) {
      const [sample, y, x] = [Math.floor(i / 784), Math.floor(i / 28) % 28, i % 28];
      const at = 4 * ((Math.floor(sample / 4) * 28 + y) * 112 + (sample % 4) * 28 + x);
      const [red, green, blue, alpha] = pixels.slice(at, at + 4);
      expect([green, blue, alpha]).toEqual([red, red, 255]);
      expect(Math.abs(red - wanted[i])).toBeLessThanOrEqual(0.51);
    }
    expect(errors).toEqual([]);
  } finally {
    server.close();
    await Promise.all([browser.close(), generator.close()]);
    await rm(folder, { recursive: true, force: true });
  }
});

test("reads the description of a module whose memory ends soon after it", async () => {
  const runtime = await createRuntime({ threads: 1, deterministic: true });
  const dots = datasets.from({ records: new Uint8Array(64).map((_, i) => i * 4), shape: [2, 2, 1] });
  const small = gan({
    latent: 1,
    generator: L.sequential(L.dense(4), L.reshape(2, 2, 1)),
    discriminator: L.sequential(L.flatten(), L.dense(1)),
  });
  const { model, done } = small.train(runtime, dots, { steps: 1, batchSize: 4 });
  await done;
  const script = /<script type="module">(.*)<\/script>/s.exec(await readFile(page, "utf8"))?.[1] ?? "";
  const samples = { getContext: () => ({ putImageData: () => shown++ }) };
  let shown = 0;
  const loaded = WebAssembly.instantiate(await model.export("wasm"));
  const host = {
    WebAssembly: { instantiateStreaming: () => loaded },
    fetch: () => undefined,
    ImageData: class {},
    samples,
  };
  await new Function(...Object.keys(host), `return (async () => {${script}})()`)(...Object.values(host));
  expect(samples).toMatchObject({ width: 8, height: 8 });
  expect(shown).toBe(16);
  await runtime.close();
});
