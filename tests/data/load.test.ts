import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtinNames, datasets, parseDataset } from "../../src/data/index.js";
import { type LoadOptions, loadDataset } from "../../src/data/load.js";
import { GenloomError } from "../../src/errors.js";
import { formatIdx } from "../../src/data/formats/idx.js";
import { formatNpy } from "../../src/data/formats/npy.js";
import { encodePng } from "../../src/data/formats/png.js";
import { fileError } from "../../src/data/formats/read-file.js";

const shared = fileURLToPath(new URL("../../../shared/data/", import.meta.url));
const images = formatIdx({ data: Uint8Array.from({ length: 5 * 6 }, (_, i) => 8 * i), shape: [5, 2, 3] });
const labels = formatIdx({ data: Uint8Array.of(3, 1, 0, 1, 2), shape: [5] });

let folder = "";
const path = (...names: string[]) => join(folder, ...names);

/** Writes files into a new folder and returns its path. */
async function holding(name: string, files: Record<string, Uint8Array | string>): Promise<string> {
  await mkdir(path(name), { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(path(name, file), content);
  return path(name);
}

/** The GenloomError that loading raises. */
async function failure(source: string, options: LoadOptions = {}) {
  try {
    await loadDataset(source, options);
  } catch (error) {
    if (!(error instanceof GenloomError)) throw error;
    const { exitCode, code, message, hint } = error;
    expect(message).not.toContain("\n");
    expect(hint).not.toBe("");
    return { exitCode, code, message: message.replaceAll(folder, ""), hint };
  }
  throw new Error(`${source} was loaded`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "genloom-data-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("by name", () => {
  test.each(builtinNames)("%s", async (name) => {
    const data = await loadDataset(name, { count: 20, seed: 3 });
    expect(data).toMatchObject({ name, count: 20 });
    expect(data.records).toEqual(datasets[name]({ count: 20, seed: 3 }).records);
  });

  test("with a range, or another size", async () => {
    const digits = await loadDataset("digits", { count: 10, range: [0, 1] });
    expect([digits.scale * 255 + digits.shift, digits.shift]).toEqual([1, 0]);
    expect((await loadDataset("bars", { size: 3 })).count).toBe(14);
  });

  test("an unknown name lists what is known, and what is near", async () => {
    const { exitCode, code, message, hint } = await failure("digts");
    expect([exitCode, code, message]).toEqual([2, "ERR_UNKNOWN_DATA", 'data: no data set or file is named "digts"']);
    expect(hint).toMatch(/^did you mean digits\? known data sets: digits, ring, grid/);
    expect((await failure("Moon")).hint).toMatch(/^did you mean moons\?/);
    expect((await failure("imagenet")).hint).toMatch(/^known data sets: digits/);
  });

  test("options that break their rules are a matter of usage", async () => {
    expect(await failure("bars", { size: 99 })).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("found 99"),
    });
    expect(await failure("moons", { seed: -1 })).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("found -1"),
    });
    expect(await failure("digits", { count: 1, range: [1, 1] })).toMatchObject({ exitCode: 2, code: "ERR_USAGE" });
    expect(await failure("ring", { count: 0 })).toMatchObject({
      exitCode: 2,
      code: "ERR_USAGE",
      message: expect.stringContaining("found 0"),
    });
  });
});

describe("files", () => {
  test("an MNIST folder, gzipped or not, with its labels", async () => {
    const mnist = await holding("mnist", {
      "train-images-idx3-ubyte.gz": gzipSync(images),
      "train-labels-idx1-ubyte": labels,
      "t10k-images.idx3-ubyte": images,
    });
    const data = await loadDataset(mnist);
    expect(data).toMatchObject({ count: 5, shape: [2, 3, 1], classes: 4, extent: [0, 255] });
    expect(data.labels).toEqual(Int32Array.of(3, 1, 0, 1, 2));
    expect(Array.from(data.records.subarray(0, 4))).toEqual([0, 8, 16, 24]);
    expect((await loadDataset(mnist, { part: "test" })).labels).toBeUndefined();
    expect((await loadDataset(join(mnist, "train-images-idx3-ubyte.gz"), { count: 2 })).labels).toEqual(
      Int32Array.of(3, 1),
    );
  });

  test("an IDX file with channels has its labels beside it, too", async () => {
    const colours = formatIdx({ data: Uint8Array.from({ length: 36 }, (_, i) => i), shape: [3, 2, 2, 3] });
    const tiles = await holding("tiles", {
      "tiles-images-idx4-ubyte": colours,
      "tiles-labels-idx1-ubyte": formatIdx({ data: Uint8Array.of(1, 0, 1), shape: [3] }),
    });
    const data = await loadDataset(join(tiles, "tiles-images-idx4-ubyte"));
    expect(data).toMatchObject({ count: 3, shape: [2, 2, 3], classes: 2 });
    expect(data.labels).toEqual(Int32Array.of(1, 0, 1));
  });

  test("one half of MNIST does not stand for the other", async () => {
    const half = await holding("half", { "train-images-idx3-ubyte": images });
    await expect(loadDataset(half, { part: "test" })).rejects.toThrow("no test set among them");
  });

  test("NPY: u8 images, binary ones, f32 rows", async () => {
    const from = await holding("npy", { "rows.npy": formatNpy(Float32Array.of(1, 2, 3, 4), [2, 2]) });
    expect(await loadDataset(from)).toMatchObject({ count: 2, shape: [2], scale: 1, shift: 0, extent: [1, 4] });
    expect(await loadDataset(join(from, "rows.npy"), { shape: [1, 2, 1] })).toMatchObject({ shape: [1, 2, 1] });
    const binary = formatIdx({ data: Uint8Array.of(0, 1, 1, 0), shape: [2, 2] });
    expect(await parseDataset(binary)).toMatchObject({ extent: [0, 1], scale: 1, shift: 0 });
  });

  test("CSV with labels, gzipped, as images with a range", async () => {
    const from = await holding("csv", { "table.csv.gz": gzipSync("0,8,16,4,1\n16,0,0,2,0\n") });
    const data = await loadDataset(join(from, "table.csv.gz"), { label: "last", shape: [2, 2, 1], range: [0, 1] });
    expect(data).toMatchObject({ count: 2, shape: [2, 2, 1], scale: 1 / 16, shift: 0, classes: 2 });
  });

  test("a folder of PNG images, and one of folders by class", async () => {
    const png = (value: number, channels = 1) =>
      encodePng({ width: 2, height: 1, channels, data: new Uint8Array(2 * channels).fill(value) });
    const opaque = encodePng({ width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 255) });
    const flat = await holding("flat", { "b.png": png(20), "a.png": png(10), "notes.txt": "" });
    expect(await loadDataset(flat)).toMatchObject({
      count: 2,
      shape: [1, 2, 1],
      records: Uint8Array.of(10, 10, 20, 20),
    });
    await holding("classes/dog", { "1.png": opaque });
    await holding("classes/cat", { "1.png": opaque, "2.png": opaque });
    const data = await loadDataset(path("classes"));
    expect(data).toMatchObject({ count: 3, shape: [1, 1, 3], labels: Int32Array.of(0, 0, 1), classes: 2 });
    expect(data.classNames).toEqual(["cat", "dog"]);
    const mixed = await holding("mixed", { "a.png": png(1), "b.png": png(1, 3) });
    expect(await loadDataset(mixed)).toMatchObject({ count: 2, shape: [1, 2, 3] });
  });

  test("a file says its format by its ending, or else by its first bytes", async () => {
    const npy = formatNpy(Float32Array.of(1, 2), [2, 1]);
    const from = await holding("endings", {
      array: npy,
      "array.csv": npy,
      "table.npy": "1,2\n",
      unknown: "hello",
      "t.txt": "1 \n2",
    });
    expect((await loadDataset(join(from, "array"))).count).toBe(2);
    expect((await loadDataset(join(from, "t.txt"))).count).toBe(2);
    expect((await failure(join(from, "array.csv"))).message).toBe("/endings/array.csv: not a text file: byte 7 is 0");
    expect((await failure(join(from, "table.npy"))).message).toContain("not an NPY file");
    expect((await failure(join(from, "unknown"))).message).toBe("/endings/unknown: format not recognised");
  });
});

describe("bad input, exit code 3", () => {
  test.each<[string, Record<string, Uint8Array | string>, string, string]>([
    ["empty file", { "x.csv": "" }, "ERR_FILE_EMPTY", "/x.csv: empty file (0 bytes)"],
    [
      "truncated",
      { "a-idx3-ubyte": images.subarray(0, 30) },
      "ERR_FILE_TRUNCATED",
      "/a-idx3-ubyte: truncated: by its header the elements of [5, 2, 3]",
    ],
    ["trailing bytes", { "a.idx": Uint8Array.of(...images, 1) }, "ERR_FILE_TRAILING", "/a.idx: 1 trailing bytes"],
    ["wrong magic", { "a.idx": "hello world" }, "ERR_FILE_FORMAT", "/a.idx: not an IDX file"],
    [
      "corrupt gzip",
      { "a.csv.gz": gzipSync("1,2\n").subarray(0, 12) },
      "ERR_FILE_TRUNCATED",
      "/a.csv.gz: gzip data end early",
    ],
    [
      "labels as images",
      { "l-idx1-ubyte": labels },
      "ERR_FILE_FORMAT",
      "/l-idx1-ubyte: holds 5 single values, not records",
    ],
    [
      "NaN in CSV",
      { "x.csv": "1,2\n3,nan\n" },
      "ERR_FILE_VALUE",
      "/x.csv: line 2, column 2: nan is not a finite number",
    ],
    [
      "NaN in NPY",
      { "x.npy": formatNpy(Float32Array.of(1, 2, 3, Number.NaN), [2, 2]) },
      "ERR_FILE_VALUE",
      "/x.npy: record 1, index 1: NaN is not a finite number",
    ],
    [
      "beyond f32",
      { "x.idx": formatIdx({ data: Float64Array.of(1, 1e300), shape: [2, 1] }) },
      "ERR_FILE_VALUE",
      "/x.idx: record 1, index 0: 1e+300 is beyond the range of f32",
    ],
  ])("%s", async (name, files, code, message) => {
    const from = await holding(`bad ${name}`, files);
    const error = await failure(join(from, Object.keys(files)[0]));
    expect([error.exitCode, error.code]).toEqual([3, code]);
    expect(error.message.replace(`/bad ${name}`, "")).toContain(message);
  });

  test("labels that do not fit the images", async () => {
    const few = formatIdx({ data: Uint8Array.of(1, 2), shape: [2] });
    const negative = formatIdx({ data: Int8Array.of(0, 1, -1, 0, 0), shape: [5] });
    const of = (bytes: Uint8Array) => ({ "train-images-idx3-ubyte": images, "train-labels-idx1-ubyte": bytes });
    expect(await failure(await holding("few", of(few)))).toMatchObject({
      exitCode: 3,
      code: "ERR_FILE_LABELS",
      message: "/few/train-labels-idx1-ubyte: 5 records must have 5 labels, found [2]",
    });
    expect((await failure(await holding("negative", of(negative)))).message).toContain(
      "label 2 must be an integer from 0 to 65535, found -1",
    );
  });

  test("no such path", async () => {
    expect(await failure(path("none.npy"))).toMatchObject({
      exitCode: 3,
      code: "ERR_FILE_NOT_FOUND",
      message: "/none.npy: no such file or directory",
    });
    expect((await failure("data/none")).hint).toMatch(/known data sets: digits/);
  });

  test("a directory without data, or with too many", async () => {
    const empty = await holding("nothing", { "readme.txt": "hello" });
    expect(await failure(empty)).toMatchObject({
      exitCode: 3,
      code: "ERR_DIRECTORY_WITHOUT_DATA",
      message: "/nothing: directory without data (1 entries, no train set among them)",
    });
    const many = await holding("many", { "a.csv": "1", "b.npy": "" });
    expect(await failure(many)).toMatchObject({
      exitCode: 3,
      code: "ERR_DIRECTORY_WITHOUT_DATA",
      message: "/many: the folder must contain one data file, found 2",
      hint: "give the path of one file: a.csv, b.npy",
    });
  });

  test("permission denied, as the host says it", async ({ skip }) => {
    skip(process.getuid === undefined || process.getuid() === 0, "root may read every file");
    const from = await holding("locked", { "x.csv": "1,2\n" });
    await chmod(join(from, "x.csv"), 0);
    expect(await failure(join(from, "x.csv"))).toMatchObject({
      exitCode: 3,
      code: "ERR_FILE_UNREADABLE",
      message: "/locked/x.csv: permission denied",
    });
  });

  test.each([
    ["EACCES", "ERR_FILE_UNREADABLE", "x: permission denied"],
    ["EPERM", "ERR_FILE_UNREADABLE", "x: permission denied"],
    ["ENOENT", "ERR_FILE_NOT_FOUND", "x: no such file or directory"],
    ["EIO", "ERR_FILE_UNREADABLE", "x: cannot be read (EIO)"],
    ["ERR_FS_FILE_TOO_LARGE", "ERR_FILE_TOO_LARGE", "x: larger than 2 GiB"],
  ])("the host's %s", (code, expected, message) => {
    const cause = Object.assign(new Error(code), { code });
    const error = fileError("x", cause);
    expect([error.code, error.message, error.exitCode, error.cause]).toEqual([expected, message, 3, cause]);
    expect(error.hint).not.toBe("");
  });

  test("options that do not fit the file are a matter of usage", async () => {
    const from = await holding("usage", { "x.csv": "1,2\n3,4\n" });
    const file = join(from, "x.csv");
    expect(await failure(file, { shape: [3] })).toMatchObject({
      exitCode: 2,
      code: "ERR_USAGE",
      message: "/usage/x.csv: records of [2] cannot be read as [3]",
    });
    expect(await failure(file, { range: [1, 0] })).toMatchObject({
      exitCode: 2,
      code: "ERR_USAGE",
      message: expect.stringContaining("found [1, 0]"),
    });
    expect(await failure(file, { label: "kind" })).toMatchObject({
      exitCode: 2,
      code: "ERR_USAGE",
      message: expect.stringContaining("no label column"),
    });
  });
});

describe("real data", () => {
  test("MNIST", async ({ skip }) => {
    skip(!existsSync(join(shared, "mnist")), "needs ../shared/data/mnist");
    const data = await loadDataset(join(shared, "mnist"));
    expect(data).toMatchObject({ count: 60_000, shape: [28, 28, 1], classes: 10 });
    expect(Array.from(data.labels?.subarray(0, 8) ?? [])).toEqual([5, 0, 4, 1, 9, 2, 1, 3]);
    const sum = (data.records as Uint8Array).reduce((total, pixel) => total + pixel, 0);
    expect(sum / data.records.length / 255).toBeCloseTo(0.1307, 4);
    expect((await loadDataset(join(shared, "mnist"), { part: "test" })).count).toBe(10_000);
  });

  test("optdigits", async ({ skip }) => {
    skip(!existsSync(join(shared, "optdigits")), "needs ../shared/data/optdigits");
    const file = join(shared, "optdigits", "digits.csv.gz");
    const data = await loadDataset(file, { label: "last", shape: [8, 8, 1], range: [0, 1] });
    expect(data).toMatchObject({ count: 1797, shape: [8, 8, 1], classes: 10, extent: [0, 16], scale: 1 / 16 });
    expect((data.records as Float32Array).reduce((total, value) => total + value, 0)).toBe(561_718);
    const perClass = Array.from({ length: 10 }, (_, digit) => data.labels?.filter((label) => label === digit).length);
    expect(perClass).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
  });
});
