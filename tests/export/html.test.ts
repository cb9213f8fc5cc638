/** The export `html`: a page from a disk, in Chromium without the network, and its text. */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "#src/data/formats/read-png";
import { html } from "#src/export/html";
import { root } from "../../scripts/host.js";
import { type Browser, chromiumHere, type Tab, launchChromium, skipUnless } from "./hosts.js";
import { expected, type StandIn, standIn } from "./stand-in.js";

const hostile = "</script><script>document.title='broken'</script><b>&amp;";
const images: StandIn = {
  shape: [6, 5, 1],
  range: [0, 1],
  classNames: ["zero", hostile, "two"],
  latent: 20,
  limit: 10,
};
const points: StandIn = { shape: [2], range: [-2, 2], codec: "points", latent: 2, limit: 256 };
const columns = ["height", hostile, undefined];
const table: StandIn = { shape: [3], range: [0, 100], codec: "table", columns, family: "vae" };

const page = (of: StandIn, options?: Parameters<typeof html>[2]) => {
  const { wasm, description } = standIn(of);
  return html(wasm, description, options);
};

describe("the text", () => {
  const text = page(images, { title: hostile });

  test("loads nothing: no address, no file, and a policy that forbids both", () => {
    const withoutBytes = text.replace(/<script id="generator".*?<\/script>/s, "");
    expect(withoutBytes.length).toBeLessThan(text.length);
    expect(withoutBytes).not.toMatch(/https?:|\b(src|action)=|@import|url\(/);
    expect([...withoutBytes.matchAll(/href="(.*?)"/g)].map(([, address]) => address)).toEqual(["data:,"]);
    expect(text).toMatch(
      /content="default-src 'none'; script-src 'sha256-[^']+' 'wasm-unsafe-eval'; style-src 'sha256-/,
    );
  });

  test("has the hashes of its script and its style in the policy", () => {
    const hash = (part = "") => `'sha256-${createHash("sha256").update(part).digest("base64")}'`;
    expect(text).toContain(`script-src ${hash(/<script>(.*?)<\/script>/s.exec(text)?.[1])}`);
    expect(text).toContain(`style-src ${hash(/<style>(.*?)<\/style>/s.exec(text)?.[1])}`);
  });

  test("keeps names out of the markup", () => {
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toContain("<b>");
    expect(text).toContain("<title>&#60;/script&#62;");
  });

  test("weighs little beside the module", () => {
    const { wasm } = standIn(images);
    const around = text.length - Buffer.from(wasm).toString("base64").length;
    process.stdout.write(`export html: ${(around / 1000).toFixed(1)} kB around the module\n`);
    // With sine and logarithm that are the same on every processor, and the refusal of a big-endian one.
    expect(around).toBeLessThan(30_500);
  });

  test.each<[unknown, string]>([
    [{ titel: "x" }, 'export: unknown option "titel"; did you mean "title"? known options: title'],
    [{ title: 3 }, "export: title must be a string, found 3"],
  ])("refuses %j", (options, message) => {
    expect(() => page(images, options as never)).toThrow(message);
  });
});

describe.skipIf(skipUnless(chromiumHere))("Chromium, from a disk, without the network", () => {
  let browser: Browser;
  let folder: string;
  let pages = 0;
  beforeAll(async () => {
    expect(chromiumHere, "Chromium or playwright-core is missing").toBe(true);
    await mkdir(join(root, ".cache"), { recursive: true });
    folder = await mkdtemp(join(root, ".cache/export-html-"));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** A page that has drawn its first samples, or said why not. */
  async function opened(of: StandIn | string, options: object = {}) {
    const file = join(folder, `${pages++}.html`);
    await writeFile(file, typeof of === "string" ? of : page(of));
    const context = await browser.newContext({ offline: true, acceptDownloads: true, ...options });
    const tab = await context.newPage();
    const [errors, requests]: [string[], string[]] = [[], []];
    tab.on("pageerror", (error: Error) => errors.push(error.message));
    tab.on("console", (message: { type(): string; text(): string }) => {
      if (message.type() === "error") errors.push(message.text());
    });
    tab.on("request", (request: { url(): string }) => requests.push(request.url()));
    const start = performance.now();
    await tab.goto(pathToFileURL(file).href);
    await tab.locator("#status:not(:text('Starting'))").waitFor({ timeout: 10_000 });
    return { tab, context, errors, requests, milliseconds: performance.now() - start };
  }

  /** The pixels of a canvas, or of a part of it. */
  const pixelsOf = (tab: Tab, selector: string): Promise<{ width: number; height: number; data: number[] }> =>
    tab.evaluate((one: string) => {
      const canvas = document.querySelector(one) as HTMLCanvasElement;
      const { width, height } = canvas;
      return { width, height, data: [...(canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? [])] };
    }, selector);

  const grey = (value: number) => Math.min(255, Math.max(0, Math.floor(value * 255 + 0.5)));

  /** Checks the sheet of 8 x 8 images of 6 x 5 pixels, one pixel apart. */
  async function expectSheet(tab: Tab, seed: number, label?: number) {
    const { width, height, data } = await pixelsOf(tab, "#samples-view canvas");
    expect([width, height]).toEqual([8 * 6 - 1, 8 * 7 - 1]);
    for (const index of [0, 1, 9, 63]) {
      const values = expected(images, { seed, index, ...(label !== undefined && { label }) });
      const found = Array.from({ length: 30 }, (_, e) => {
        const [x, y] = [(index % 8) * 6 + (e % 5), Math.floor(index / 8) * 7 + Math.floor(e / 5)];
        return data[4 * (y * width + x)];
      });
      expect(found).toEqual([...values].map(grey));
    }
    expect(data[4 * 5 + 3]).toBe(0); // between images the page shows through
  }

  test("draws, by seed and class, saves what it shows, and asks for nothing", async () => {
    const { tab, context, errors, requests, milliseconds } = await opened(images);
    expect(milliseconds).toBeLessThan(2000);
    await expectSheet(tab, 0);
    const seed = tab.getByRole("spinbutton", { name: "Seed" });
    await seed.fill("7");
    await tab.getByText("64 samples, seed 7").waitFor();
    await expectSheet(tab, 7);
    await tab.getByRole("combobox", { name: "Class" }).selectOption(hostile);
    await tab.getByText(`64 samples of ${hostile}, seed 7`).waitFor();
    await expectSheet(tab, 7, 1);
    const [download] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("button", { name: "Save PNG" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("samples-seed-7.png");
    const png = decodePng(await readFile(await download.path()));
    const zoom = Math.floor(128 / 6);
    expect([png.width, png.height]).toEqual([8 * (5 * zoom + 4) - 4, 8 * (6 * zoom + 4) - 4]);
    expect(png.data[2 * zoom]).toBe(grey(expected(images, { seed: 7, index: 0, label: 1 })[2]));
    await tab.getByRole("button", { name: "Again" }).click();
    await tab.locator("#status", { hasNotText: "seed 7:" }).waitFor();
    await expectSheet(tab, Number(await seed.inputValue()), 1);
    await seed.fill("1.5");
    await seed.press("Enter");
    expect(await tab.title()).toBe("New images, drawn by this GAN");
    expect(errors).toEqual([]);
    expect(requests.filter((url) => !url.startsWith("file:") && !/^(data|blob):/.test(url))).toEqual([]);
    expect(requests.filter((url) => url.startsWith("file:"))).toHaveLength(1);
    await context.close();
  });

  /** The middle of a sample of the sheet, in the page's pixels. */
  const place = (tab: Tab, index: number): Promise<{ x: number; y: number }> =>
    tab.evaluate((one: number) => {
      const { clientWidth, clientHeight } = document.querySelector("#samples-view canvas") as HTMLElement;
      return { x: ((one % 8) + 0.5) * (clientWidth / 8), y: (Math.floor(one / 8) + 0.5) * (clientHeight / 8) };
    }, index);

  test("moves along latents by the keyboard alone", async () => {
    const { tab, context, errors } = await opened(images, { reducedMotion: "reduce" });
    const canvas = "#latent-view canvas";
    const value = async (e: number) => (await pixelsOf(tab, canvas)).data[4 * e];
    await tab.getByRole("button", { name: "Reset" }).focus();
    await tab.keyboard.press("Enter");
    await expect.poll(() => value(1)).toBe(0);
    const slider = tab.getByRole("slider", { name: "latent 2", exact: true });
    await slider.focus();
    for (let i = 0; i < 30; i++) await tab.keyboard.press("ArrowRight");
    await expect.poll(() => value(1)).toBe(grey(0.3));
    expect(await value(0)).toBe(0);
    expect(await tab.getByRole("slider").count()).toBe(8 + 1);
    // A sample's own latents, by a click on it and by its number: (31 seed + 7 index + e) mod 8 - 4.
    await tab.locator("#samples-view canvas").click({ position: await place(tab, 10) });
    expect(Number(await slider.inputValue())).toBe(3);
    const number = tab.getByRole("spinbutton", { name: "Sample" });
    expect(await number.inputValue()).toBe("10");
    await tab.getByRole("spinbutton", { name: "Seed" }).fill("1");
    await number.fill("13");
    expect(Number(await slider.inputValue())).toBe(((31 + 7 * 13 + 1) % 8) - 4);
    await tab.getByRole("button", { name: "Random" }).click();
    expect(await number.inputValue()).toBe("");
    expect(errors).toEqual([]);
    await context.close();
  });

  test("walks, pauses, and stands still where no motion is wanted", async () => {
    const moving = await opened(images);
    const position = (tab: Tab) => tab.getByRole("slider", { name: "Position" }).inputValue().then(Number);
    await moving.tab.locator("#walk-view").scrollIntoViewIfNeeded();
    const before = await position(moving.tab);
    await expect.poll(() => position(moving.tab)).toBeGreaterThan(before + 3);
    await moving.tab.getByRole("button", { name: "Pause" }).click();
    await moving.tab.waitForTimeout(100);
    const paused = await position(moving.tab);
    await moving.tab.waitForTimeout(300);
    expect(await position(moving.tab)).toBe(paused);
    expect(moving.errors).toEqual([]);
    expect(await moving.tab.locator("#status.failed").count()).toBe(0);
    await moving.context.close();

    const calm = await opened(images, { reducedMotion: "reduce" });
    await calm.tab.locator("#walk-view").scrollIntoViewIfNeeded();
    await calm.tab.waitForTimeout(300);
    expect(await position(calm.tab)).toBe(0);
    const first = (await pixelsOf(calm.tab, "#walk-view canvas")).data;
    await calm.tab.getByRole("slider", { name: "Position" }).fill("30");
    await expect.poll(async () => (await pixelsOf(calm.tab, "#walk-view canvas")).data).not.toEqual(first);
    await calm.context.close();
  });

  test("shows tables as rows with names, and saves them", async () => {
    const { tab, context, errors } = await opened(table);
    expect(await tab.getByRole("columnheader").allTextContents()).toEqual(["height", hostile, "3"]);
    const cells = (await tab.getByRole("cell").allTextContents()).map(Number);
    expect(cells).toHaveLength(60);
    const values = [0, 1].flatMap((index) => [...expected(table, { index })]);
    for (let i = 0; i < values.length; i++) expect(cells[i]).toBeCloseTo(values[i], 2);
    const [download] = await Promise.all([
      tab.waitForEvent("download"),
      tab.getByRole("button", { name: "Save CSV" }).click(),
    ]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(`height,"${hostile}",3`.replace(/"/g, /[",;]/.test(hostile) ? '"' : ""));
    expect(lines[2].split(",").map((text) => Math.fround(Number(text)))).toEqual([...expected(table, { index: 1 })]);
    expect(await tab.locator("#latent:visible, #walk:visible, #label-field:visible").count()).toBe(0);
    expect(errors).toEqual([]);
    await context.close();
  });

  test("shows points in a plane, and marks the one of the sliders", async () => {
    const { tab, context, errors } = await opened(points, { colorScheme: "dark", reducedMotion: "reduce" });
    /** Pixels in the blue of the accent. */
    const ink = (selector: string): Promise<number> =>
      tab.evaluate((one: string) => {
        const canvas = document.querySelector(one) as HTMLCanvasElement;
        const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        let count = 0;
        for (let i = 2; i < data.length; i += 4) if (data[i] > 240) count++;
        return count;
      }, selector);
    await expect.poll(() => ink("#samples-view canvas")).toBeGreaterThan(500);
    await tab.getByRole("button", { name: "Reset" }).click();
    await tab.getByRole("img", { name: "The sample of these latents: x 0, y 0" }).waitFor();
    expect(await ink("#latent-view canvas")).toBeGreaterThan(40);
    expect(errors).toEqual([]);
    await context.close();
  });

  test("says what is wrong where it cannot draw, and offers no class that the module refuses", async () => {
    const old = await opened(page({ ...images, version: 2 }));
    expect(await old.tab.getByRole("status").textContent()).toBe(
      "generator: the module must be a genloom-generator of version 1, found genloom-generator 2 of genloom 0.1.0",
    );
    const named = await opened({ ...images, namesOnly: true });
    expect(await named.tab.getByRole("combobox", { name: "Class" }).count()).toBe(0);
    await expectSheet(named.tab, 0);
    await Promise.all([old.context.close(), named.context.close()]);
  });

  /** The least contrast of a text to what is below it (WCAG 2.2: relative luminance). */
  const leastContrast = (tab: Tab): Promise<number> =>
    tab.evaluate(() => {
      const luminance = (colour: string) => {
        const [r, g, b] = (colour.match(/[\d.]+/g) ?? []).map((one) => {
          const c = Number(one) / 255;
          return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const below = (one: Element): string => {
        const colour = getComputedStyle(one).backgroundColor;
        return colour === "rgba(0, 0, 0, 0)" && one.parentElement ? below(one.parentElement) : colour;
      };
      const hasText = (one: Element) =>
        [...one.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim());
      const texts = [...document.body.querySelectorAll("*")].filter((one) => one.checkVisibility() && hasText(one));
      return Math.min(
        ...texts.map((one) => {
          const [a, b] = [luminance(getComputedStyle(one).color), luminance(below(one))].sort((x, y) => y - x);
          return (a + 0.05) / (b + 0.05);
        }),
      );
    });

  test.each([
    ["images", images],
    ["points", points],
    ["rows", table],
  ])("fits a phone and a desktop, light and dark: %s", async (_, of) => {
    const { tab, context } = await opened(of);
    for (const [width, height] of [
      [390, 844],
      [1280, 800],
    ]) {
      await tab.setViewportSize({ width, height });
      for (const colorScheme of ["light", "dark"]) {
        await tab.emulateMedia({ colorScheme });
        expect(await tab.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        expect(await leastContrast(tab)).toBeGreaterThan(4.5);
        const paper = await tab.evaluate(() =>
          getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number),
        );
        expect(paper[0] < 128).toBe(colorScheme === "dark");
      }
    }
    await context.close();
  });
});
