/** Folders of PNG images that are streamed from a temporary file give what they give in memory, and leave nothing behind. */
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LoadOptions, loadDataset, openDataset } from "#src/data/load";
import { type BadImage, fromPngFolder } from "#src/data/formats/png-folder";
import { inMemory } from "#src/data/stream";
import { closeData, isStreamed, type StreamedDataset, type TrainingData } from "#src/data/training-data";
import { encodePng } from "#src/data/formats/png";

let folder: string;
const usualFolder = process.env.TMPDIR;
const path = (...names: string[]) => join(folder, ...names);
const temporary = () => readdirSync(path("tmp"));
/** Temporary files that this process holds open; undefined where the host does not tell. */
const held = () =>
  existsSync("/proc/self/fd")
    ? readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(path("tmp"));
        } catch {
          return false;
        }
      }).length
    : undefined;

const png = (seed: number, channels: number, width = 12, height = 9) =>
  encodePng({
    width,
    height,
    channels,
    data: Uint8Array.from(
      { length: width * height * channels },
      (_, i) => (i * 73 + seed * 31 + ((i * i) % 101)) & 255,
    ),
  });

async function write(name: string, files: Record<string, Uint8Array>): Promise<void> {
  for (const [file, bytes] of Object.entries(files)) {
    await mkdir(path(name, file, ".."), { recursive: true });
    await writeFile(path(name, file), bytes);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "genloom-png-stream-"));
  await mkdir(path("tmp"));
  process.env.TMPDIR = path("tmp");
  await write("grey", { "b.png": png(1, 1), "a.PNG": png(2, 2), "c.png": png(3, 1) });
  await write("mixed", { "a.png": png(1, 1), "b.png": png(2, 4), "c.png": png(3, 2), "d.png": png(4, 3) });
  await write("classes", {
    "dog/1.png": png(1, 3),
    "dog/2.png": png(2, 3),
    "cat/2.png": png(3, 1),
    "cat/10.png": png(4, 4),
    "empty/notes.txt": png(5, 1),
  });
  await write("broken", {
    "a.png": png(1, 3, 40, 30),
    "b.png": png(2, 3),
    "c.png": png(3, 3).subarray(0, 70),
    "d.png": png(4, 1),
    "e.png": new Uint8Array(0),
  });
});
afterAll(async () => {
  if (usualFolder === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usualFolder;
  await rm(folder, { recursive: true, force: true });
});

/** The folder streamed, and nothing of it to be seen on the disk. */
async function streamed(name: string, options: LoadOptions = {}): Promise<StreamedDataset> {
  const data = await openDataset(path(name), { ...options, stream: true });
  expect([isStreamed(data), temporary()]).toEqual([true, []]);
  return data as StreamedDataset;
}

const allOf = (data: TrainingData) => inMemory(data, Number.POSITIVE_INFINITY);

describe.each(["grey", "mixed", "classes"])("%s", (name) => {
  test.each<LoadOptions>([
    {},
    { range: [0, 1] },
    { count: 2 },
    { images: { channels: 1 } },
    { images: { channels: 3, background: [200, 10, 90] } },
    { images: { channels: 4 } },
    { images: { background: [255, 255, 255] } },
    { images: { size: 8 } },
    { images: { size: 16, background: [9, 8, 7] } },
    { images: { size: 7, fit: "contain", channels: 3 } },
    { images: { size: 16, fit: "cover" } },
  ])("as in memory, %o", async (options) => {
    const data = await streamed(name, options);
    expect(await allOf(data)).toEqual(await loadDataset(path(name), options));
    await closeData(data);
  });
});

test("records come in any order, their labels by folder", async () => {
  const data = await streamed("classes");
  const memory = await loadDataset(path("classes"));
  expect(data).toMatchObject({ count: 4, shape: [9, 12, 3], classes: 2, classNames: ["cat", "dog"] });
  expect(data.labels).toEqual(Int32Array.of(0, 0, 1, 1));
  const found = await data.stream.read(Int32Array.of(3, 0, 3));
  const record = (index: number) => memory.records.subarray(index * 324, (index + 1) * 324);
  expect([...found]).toEqual([...record(3), ...record(0), ...record(3)]);
  await closeData(data);
});

describe("images that cannot be used", () => {
  test.each<LoadOptions>([{}, { images: { size: 12, fit: "pad" } }])("the same error, %o", async (options) => {
    const failure = (stream: boolean) =>
      openDataset(path("broken"), { ...options, stream }).then(
        () => "no error",
        ({ code, message, hint, list }) => ({ code, message, hint, list }),
      );
    expect(await failure(true)).toEqual(await failure(false));
    expect(await failure(true)).toMatchObject({
      list: expect.arrayContaining([expect.stringMatching(/e\.png: empty/)]),
    });
    expect([temporary(), held() ?? 0]).toEqual([[], 0]);
  });

  test("are left out alike", async () => {
    const told: string[][] = [];
    const skipBad = (bad: readonly BadImage[]) => told.push(bad.map(({ error }) => error.message));
    const data = await streamed("broken", { skipBad });
    expect(await allOf(data)).toEqual(await loadDataset(path("broken"), { skipBad }));
    expect(told[0]).toEqual(told[1]);
    expect([data.count, told[0].length]).toEqual([2, 3]);
    await closeData(data);
  });
});

describe("the temporary file", () => {
  test("is open until the data set is closed", async ({ skip }) => {
    skip(held() === undefined, "needs /proc");
    const data = await streamed("mixed");
    expect(held()).toBe(1);
    await closeData(data);
    expect(held()).toBe(0);
  });

  test("is made when the records take more than memory is meant for", async () => {
    const bytes = 3 * 12 * 9;
    for (const [mostInMemory, onDisk] of [
      [bytes, false],
      [bytes - 1, true],
    ] as const) {
      const data = (await fromPngFolder(path("grey"), { mostInMemory })) as TrainingData;
      expect(isStreamed(data)).toBe(onDisk);
      expect(await allOf(data)).toEqual(await loadDataset(path("grey")));
      await closeData(data);
    }
  });

  test("counts with the channels that records have in the end: grey images beside a coloured one take thrice their bytes", async () => {
    await write("one", { "a.png": png(1, 1), "b.png": png(2, 1), "c.png": png(3, 3) });
    const data = (await fromPngFolder(path("one"), { mostInMemory: 3 * 3 * 12 * 9 - 1 })) as TrainingData;
    expect(isStreamed(data)).toBe(true);
    expect(await allOf(data)).toEqual(await loadDataset(path("one")));
    await closeData(data);
  });

  test("needs a folder to be in", async () => {
    process.env.TMPDIR = path("nowhere");
    try {
      await expect(openDataset(path("grey"), { stream: true })).rejects.toMatchObject({
        exitCode: 3,
        message: expect.stringMatching(/nowhere.genloom-[-0-9a-f]+\.tmp: no such folder/),
        hint: expect.stringMatching(/TMPDIR/),
      });
    } finally {
      process.env.TMPDIR = path("tmp");
    }
  });
});
