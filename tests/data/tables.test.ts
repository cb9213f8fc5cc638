/** Tables of features: scaled by column, brought back in their own units. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { dataset, datasets, ownUnits, parseDataset, standardise, withRange } from "#src/data/index";
import { loadDataset } from "#src/data/load";
import { formatNpy } from "#src/data/formats/npy";
import { encodePng } from "#src/data/formats/png";
import { decodePng } from "#src/data/formats/read-png";

const parse = (text: string) => parseDataset(new TextEncoder().encode(text), { name: "people.csv" });
const table = () => parse("age,income\n20,1000\n30,3000\n40,8000\n");

describe("tables", () => {
  test("know their columns", async () => {
    const { columns } = await table();
    expect(columns).toEqual([
      { name: "age", low: 20, high: 40, mean: 30, deviation: expect.closeTo(Math.sqrt(200 / 3)), scale: 1, offset: 0 },
      {
        name: "income",
        low: 1000,
        high: 8000,
        mean: 4000,
        deviation: expect.closeTo(Math.sqrt(26e6 / 3)),
        scale: 1,
        offset: 0,
      },
    ]);
  });

  test("are standardised by column, and come back", async () => {
    const data = standardise(await table());
    const column = (i: number) => [data.records[i], data.records[2 + i], data.records[4 + i]];
    expect(column(0)).toEqual([expect.closeTo(-1.2247449), 0, expect.closeTo(1.2247449)]);
    expect(column(1).reduce((a, b) => a + b)).toBeCloseTo(0, 6);
    expect([...ownUnits(data.records, data)].map((value) => Math.round(value * 100) / 100)).toEqual([
      20, 1000, 30, 3000, 40, 8000,
    ]);
  });

  test("get a range by column", async () => {
    const data = withRange(await table(), -1, 1);
    expect([...data.records]).toEqual([-1, -1, 0, expect.closeTo(-3 / 7), 1, 1]);
    expect(data.extent).toEqual([-1, 1]);
    // The second scaling starts from the data's own units, not from the first.
    expect([...withRange(standardise(data), 0, 1).records]).toEqual([
      expect.closeTo(0),
      expect.closeTo(0),
      expect.closeTo(0.5),
      expect.closeTo(2 / 7),
      expect.closeTo(1),
      expect.closeTo(1),
    ]);
  });

  test("a constant column goes to the low end, or to 0", async () => {
    const data = await parse("a,b\n5,1\n5,2\n");
    expect([...withRange(data, -1, 1).records]).toEqual([-1, -1, -1, 1]);
    expect([...standardise(data).records]).toEqual([0, -1, 0, 1]);
  });

  test("streamed ones give the same records", async () => {
    const values = Float32Array.from([20, 1000, 30, 3000, 40, 8000]);
    const bytes = formatNpy(values, [3, 2]);
    const streamed = standardise(await datasets.streamFile(new Blob([new Uint8Array(bytes)]), { name: "t.npy" }));
    const inMemory = standardise(await parseDataset(bytes, { name: "t.npy" }));
    expect([...(await streamed.stream.read(Int32Array.of(0, 1, 2)))]).toEqual([...inMemory.records]);
    expect(streamed.columns).toEqual(inMemory.columns);
  });

  test("bits, pixels and points that are built in are none", async () => {
    expect((await parse("0,1\n1,0\n")).columns).toBeUndefined();
    const pixels = Array.from({ length: 2 }, (_, row) => Array.from({ length: 64 }, (_, i) => (i + row) % 17).join());
    expect((await parse(`${pixels.join("\n")}\n`)).columns).toBeUndefined();
    expect(datasets.moons({ count: 10 }).columns).toBeUndefined();
  });
});

describe("labels", () => {
  test.each([65536, 3_000_000, 2_000_000_000])("%d is refused", async (label) => {
    await expect(parse(`x,label\n1,0\n2,${label}\n`)).rejects.toThrow(`integer from 0 to 65535, found "${label}"`);
    expect(() => dataset({ records: Float32Array.of(1), shape: [1], labels: [label] })).toThrow("from 0 to 65535");
  });
  test("65535 is the last", async () => {
    expect((await parse("x,label\n1,0\n2,65535\n")).classes).toBe(65536);
  });
});

describe("folders of images: none is left out unsaid", () => {
  const png = encodePng({ width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 1, 2, 3) });
  function folder(files: readonly string[]): string {
    const path = mkdtempSync(join(tmpdir(), "genloom-images-"));
    for (const file of files) {
      mkdirSync(join(path, file, ".."), { recursive: true });
      writeFileSync(join(path, file), png);
    }
    return path;
  }

  test.each([
    [["cover.png", "cat/a.png", "cat/b.png", "dog/a.png"], /1 image in the folder itself and 3 images in cat, dog/],
    [["cat/a.png", "cat/more/b.png"], /1 image in cat[/\\]more/],
    [["a.png", "b.jpg"], /b\.jpg: not a PNG image/],
    [["a.png", "b.csv"], /must contain either a data file or PNG images, found b\.csv and 1 PNG images/],
  ])("%j", async (files, message) => {
    await expect(loadDataset(folder(files))).rejects.toThrow(message);
  });

  test("links to classes are classes, links to nothing are errors", async () => {
    const path = folder(["dog/a.png"]);
    symlinkSync(folder(["a.png", "b.png"]), join(path, "cat"));
    const data = await loadDataset(path);
    expect(data.classNames).toEqual(["cat", "dog"]);
    expect([...(data.labels ?? [])]).toEqual([0, 0, 1]);
    symlinkSync("nowhere", join(path, "cow"));
    await expect(loadDataset(path)).rejects.toThrow(/cow: a link whose target does not exist/);
  });
});

describe("files that claim more than they hold", () => {
  test("a quoted cell of 10 MB", async () => {
    expect((await parse(`"${"a".repeat(1e7)}",b\n1,2\n`)).count).toBe(1);
  });

  test("a quoted cell of 10 MB of quotes, and one that is not closed", async () => {
    const quotes = '""'.repeat(5e6);
    expect((await parse(`"${quotes}",b\n1,2\n`)).columns?.[0].name).toBe('"'.repeat(5e6));
    await expect(parse(`"${quotes},b\n1,2\n`)).rejects.toThrow("line 1, column 1: missing closing quote");
  });

  test("quoted cells between tabs, empty ones before them too", async () => {
    const { columns, records } = await parse('"a"\t "b, c" \td\n1\t"2"\t3\n4\t5\t"6"\n');
    expect(columns?.map(({ name }) => name)).toEqual(["a", "b, c", "d"]);
    expect([...records]).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(parse('a\tb\n\t"2"\n')).rejects.toThrow("line 2, column 1: empty cell");
  });

  test.each(["6 4, 4", "4L4,", `${"1,".repeat(65)}`])("an .npy shape (%s)", async (shape) => {
    const bytes = formatNpy(new Float32Array(24), [24]);
    const header = new TextDecoder("latin1").decode(bytes.subarray(0, 128)).replace("(24,)", `(${shape})`);
    const text = Uint8Array.from(header, (character) => character.charCodeAt(0));
    new DataView(text.buffer).setUint16(8, text.length - 10, true);
    const file = new Uint8Array([...text, ...bytes.subarray(128)]);
    await expect(parseDataset(file, { name: "x.npy" })).rejects.toMatchObject({ code: "ERR_FILE_CORRUPT" });
  });

  /** An image's bytes with another IDAT chunk; its checksum is never come to. */
  function withRows(rows: Uint8Array): Uint8Array {
    const whole = encodePng({ width: 4, height: 4, channels: 1, data: new Uint8Array(16) });
    const data = deflateSync(rows);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const parts = [whole.subarray(0, 33), length, Buffer.from("IDAT"), data, Buffer.alloc(4), whole.subarray(-12)];
    return Buffer.concat(parts);
  }
  test("an image that unfolds to more, or to less, than its size", () => {
    expect(() => decodePng(withRows(new Uint8Array(1e6)))).toThrow(
      "rows of 4 x 4 pixels must have 20 bytes, found more",
    );
    expect(() => decodePng(withRows(new Uint8Array(19)))).toThrow("rows of 4 x 4 pixels must have 20 bytes, found 19");
  });
});
