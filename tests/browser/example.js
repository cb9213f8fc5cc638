// The example page as its visitors have it: Start, Pause, Reset, the download, and its looks, wide and narrow, light and
// dark. Screenshots are left in .cache/browser.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../../scripts/host.js";

/** @typedef {{ isolated: { address: string }, plain: { address: string }, seconds: number, timed: boolean }} Setting */

export const pictures = join(root, ".cache/browser");

/**
 * Opens the page, and waits until it can train.
 * @param {any} context @param {string} address
 */
export async function openExample(context, address) {
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (/** @type {Error} */ error) => errors.push(error.message));
  await page.goto(address);
  const start = page.getByRole("button", { name: /Start training|Pause|Continue/ });
  await page.getByRole("button", { name: "Start training" }).click({ trial: true, timeout: 20_000 });
  return {
    page,
    errors,
    start,
    reset: page.getByRole("button", { name: "Reset" }),
    samples: page.getByRole("img", { name: /64 digits/ }),
    status: page.getByRole("status"),
    step: async () => Number((await page.locator("#step").textContent()).replaceAll(",", "")),
    untilStep: (/** @type {number} */ least) =>
      page.waitForFunction(
        (/** @type {number} */ wanted) =>
          Number(document.querySelector("#step")?.textContent?.replaceAll(",", "")) >= wanted,
        least,
        { timeout: 60_000 },
      ),
    untilStatus: (/** @type {RegExp} */ pattern) => page.getByRole("status").getByText(pattern).waitFor(),
  };
}

/** @param {any} context @param {Setting} setting */
export async function checkButtons(context, { isolated }) {
  const { page, errors, start, reset, samples, step, untilStep, untilStatus } = await openExample(
    context,
    isolated.address,
  );
  const picture = async () => (await samples.screenshot()).toString("base64");
  const untrained = await picture();
  await start.click();
  await untilStep(50);
  assert.notEqual(await picture(), untrained, "the samples change while it trains");

  await start.click();
  await untilStatus(/Paused at step/);
  const [pausedAt, paused] = [await step(), await picture()];
  await page.waitForTimeout(1000);
  assert.equal(await step(), pausedAt, "no step while it is paused");
  assert.equal(await picture(), paused, "the samples stay while it is paused");
  await start.click();
  await untilStep(pausedAt + 10);

  await reset.click();
  await untilStatus(/Ready/);
  assert.equal(await step(), 0, "Reset goes back to step 0");
  assert.notEqual(await picture(), paused);
  await page.waitForTimeout(500);
  assert.equal(await step(), 0, "nothing trains after Reset");
  await start.click();
  await untilStep(10);
  assert.deepEqual(errors, []);
}

/** @param {any} context @param {Setting} setting */
export async function checkDownload(context, { isolated }) {
  const { page, start, untilStep } = await openExample(context, isolated.address);
  await start.click();
  await untilStep(20);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download weights" }).click(),
  ]);
  assert.match(download.suggestedFilename(), /^digits-generator-\d+\.safetensors$/);
  const { readSafetensors } = await import("genloom");
  const { tensors, metadata } = readSafetensors(new Uint8Array(await readFile(await download.path())));
  assert.equal(JSON.parse(metadata.model ?? "").kind, "gan");
  assert.ok(tensors.size >= 6, `weights and biases of three layers, found ${[...tensors.keys()]}`);
  for (const [name, { data }] of tensors) {
    assert.match(name, /generator/, "the discriminator stays behind");
    assert.ok(data.every(Number.isFinite), `${name} is finite`);
    if (name.endsWith("weight"))
      assert.ok(
        data.some((value) => value !== 0),
        `${name} holds something`,
      );
  }
  return `${tensors.size} tensors`;
}

/** @param {any} context @param {Setting} setting */
export async function checkLooks(context, { isolated }) {
  const { page, start, untilStep, untilStatus } = await openExample(context, isolated.address);
  await start.click();
  await page.waitForTimeout(15_000);
  await untilStep(50);
  await start.click();
  await untilStatus(/Paused at step/);
  mkdirSync(pictures, { recursive: true });
  for (const [device, width, height] of [
    ["phone", 360, 780],
    ["desktop", 1280, 860],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${device}-${colorScheme}.png`), fullPage: true });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${device}: nothing is wider than the page, found ${overflow} px`);
    }
  }
  return `pictures in .cache/browser`;
}

/** Without the headers of isolation it trains on one lane, and says why. @param {any} context @param {Setting} setting */
export async function checkAlone(context, { plain }) {
  const { page, start, untilStep } = await openExample(context, plain.address);
  assert.match(await page.locator("#build").textContent(), /, 1 lane$/);
  assert.match(await page.locator("#reasons").textContent(), /COOP: same-origin/);
  await start.click();
  await untilStep(50);
}
