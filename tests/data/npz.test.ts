/** NPZ: arrays in zip files of NumPy and of this test, the choice of records and labels, and every damage. */
import { crc32 as nodeCrc32, deflateRawSync, gunzipSync, gzipSync } from "node:zlib";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/data/formats/crc32.js";
import { formatNpy } from "../../src/data/formats/npy.js";
import { parseNpz } from "../../src/data/formats/npz.js";
import { loadDataset, openDataset } from "../../src/data/load.js";
import { parseDataset } from "../../src/data/parse.js";
import { BadFileError } from "../../src/errors.js";

interface Member {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** Sizes in the directory; default: the true ones. */
  readonly size?: number;
  /** Bytes of extra fields in the local header alone: NumPy's has 20, of zip64. */
  readonly extra?: number;
}

/** Little-endian fields of [bytes, value]. */
const fields = (...list: readonly (readonly [bytes: number, value: number])[]) =>
  Buffer.concat(
    list.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );

/** A zip file, by APPNOTE 4.3. */
function zip(members: readonly Member[], { comment = "", count = members.length } = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, method = 8, flags = 0, crc = crc32(bytes), size = bytes.length, extra = 0 } of members) {
    const packed = method === 8 ? deflateRawSync(bytes) : Buffer.from(bytes);
    const path = Buffer.from(name);
    const shared = [
      [2, 20],
      [2, flags],
      [2, method],
      [4, 0],
      [4, crc],
    ] as const;
    const localSize = extra > 0 ? 0xffffffff : size;
    const local = fields(
      [4, 0x04034b50],
      ...shared,
      [4, extra > 0 ? 0xffffffff : packed.length],
      [4, localSize],
      [2, path.length],
      [2, extra],
    );
    directory.push(
      fields(
        [4, 0x02014b50],
        [2, 20],
        ...shared,
        [4, packed.length],
        [4, size],
        [2, path.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, at],
      ),
      path,
    );
    const part = Buffer.concat([local, path, Buffer.alloc(extra), packed]);
    parts.push(part);
    at += part.length;
  }
  const entries = Buffer.concat(directory);
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, entries.length],
    [4, at],
    [2, comment.length],
  );
  return Buffer.concat([...parts, entries, end, Buffer.from(comment)]);
}

const array = (shape: readonly number[], first = 0) =>
  formatNpy(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => first + i),
    shape,
  );
const of = (name: string, shape: readonly number[], first = 0): Member => ({
  name: `${name}.npy`,
  bytes: array(shape, first),
});

async function failure(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof BadFileError)) throw error;
    expect(error.hint).not.toBe("");
    expect(error.message).not.toContain("\n");
    return `${error.code} ${error.message}`;
  }
  return "no error";
}

/** Written by numpy 2.4.6: x = arange(24, u1) of [4, 2, 3], y = [0, 1, 2, 1] of i8; gzipped to be short. */
const numpy = {
  savez:
    "H4sIAAAAAAACAwvwZmbRZYAARQbXxmDu/1DAyiDCUKGXV1DJyCDAMAOqBEZP9gv1DYhkZChjqFZPSS1OLlK3UlCvKTVU11FQT8svKilKzIvPL0pJBYm7JeYUpwLFizMSC1KBfA0THQUjHQVjTR2FWgXyABcDIxMzCysbOwcnFzcPLx+/gKCQsIiomHgAinf2Hfk/Gdk7lTDvLIAqWYDPOzaZFkR6hwKfQL0DBYxQmgmNH+DNyKTLjBpPM6DRwcqAAA1gDeBYQ9cCCosFUC+jajkPJCshWljZILYzMaQB6WVg0wACBr9WIgIAAA==",
  compressed:
    "H4sIAAAAAAACAwvwZmbRZWBg4ABiRQbXxmDu/1DAyiDCUKGXV1DJyCDAMIMBAhKh9Ow34q+kBU6eCDgWsHbepKg5MUvyli6IC85asW7xgnnT4kOCpswQnx8/ZRKXULn3GU0/1i7xdBWxJUw/pdSsuNysuI7NsuLayvWEUY/NTS1NLMysjM9PL08uzq6O0VExUTDQsJAhAMVd+478n4zsrkqYuxZA3eODz115kzMXEnYX2EkiDHpsGgktl3wyaoBOYGTSZUYNHJD/QWHByoAADYwgEhxU6FpA7gY5bQGGFpAhlRAtrGwgISYgTAPS0mDTAOoPHqyXAQAA",
};

describe("reads", () => {
  test.each(["savez", "compressed"] as const)("numpy's %s", async (name) => {
    const data = await parseDataset(gunzipSync(Buffer.from(numpy[name], "base64")), { name: "f.npz" });
    expect(data).toMatchObject({ count: 4, shape: [2, 3, 1], classes: 3 });
    expect(data.records).toEqual(Uint8Array.from({ length: 24 }, (_, i) => i));
    expect([...(data.labels ?? [])]).toEqual([0, 1, 2, 1]);
  });

  test.each([0, 8])("members of method %i, by the bytes alone, with a comment, gzipped", async (method) => {
    const bytes = zip([{ name: "any.npy", bytes: array([3, 2]), method, extra: 20 }], { comment: "made here" });
    for (const file of [bytes, gzipSync(bytes), Buffer.concat([Buffer.alloc(7), bytes]).subarray(7)]) {
      const data = await parseDataset(file);
      expect(data).toMatchObject({ count: 3, shape: [2] });
      expect([...data.records]).toEqual([0, 1, 2, 3, 4, 5]);
    }
  });

  test("one of a folder, and not in pieces", async () => {
    const folder = await mkdtemp(join(tmpdir(), "genloom-npz-"));
    try {
      const path = join(folder, "points.npz");
      await writeFile(path, zip([of("x", [3, 2])]));
      expect((await loadDataset(folder)).count).toBe(3);
      expect((await openDataset(path)).count).toBe(3);
      await expect(openDataset(path, { stream: true })).rejects.toThrow(
        "only IDX and .npy files can be read in pieces",
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("chooses", () => {
  const chosen = async (...members: Member[]) => {
    const { array: found, labels } = await parseNpz(zip(members), "f");
    return [found.data[0], labels && [...labels]];
  };

  test("the only array, whatever its name", async () => {
    expect(await chosen(of("y", [2], 7), { name: "readme.txt", bytes: Buffer.from("hello") })).toEqual([7, undefined]);
  });

  test("the first name that there is", async () => {
    const names = ["arr_0", "data", "images", "x_train", "x"];
    for (let count = 1; count <= names.length; count++) {
      const members = names.slice(0, count).map((name, i) => of(name, [2, 2], i));
      expect(await chosen(of("other", [9]), ...members)).toEqual([count - 1, undefined]);
    }
  });

  test("labels of which there is one for each record", async () => {
    expect(await chosen(of("x", [3, 2]), of("y", [3], 4))).toEqual([0, [4, 5, 6]]);
    expect(await chosen(of("x", [3, 2]), of("y_train", [3, 1], 4))).toEqual([0, [4, 5, 6]]);
    expect(await chosen(of("x", [3, 2]), of("y_train", [4]), of("labels", [3], 1))).toEqual([0, [1, 2, 3]]);
    // Those that belong to the records by name come first, and must fit.
    expect(await chosen(of("x_train", [3, 2]), of("y", [3], 7), of("y_train", [3], 1))).toEqual([0, [1, 2, 3]]);
    const short = zip([of("x", [3, 2]), of("y", [4]), of("labels", [3], 1)]);
    expect(await failure(() => parseDataset(short, { name: "f.npz" }))).toContain(
      "ERR_FILE_LABELS f.npz: y must have 3 labels like the records, found 4",
    );
    expect(await chosen(of("arr_0", [3, 2]), of("arr_1", [3, 2]))).toEqual([0, undefined]);
    expect(await chosen(of("arr_0", [3, 2]), of("arr_1", [3], 0.5))).toEqual([0, undefined]);
    expect(await chosen(of("arr_0", [3, 2]), of("arr_1", [3], -1))).toEqual([0, undefined]);
  });

  test("a file of labels before a member", async () => {
    const labels = array([3], 5);
    const data = await parseDataset(zip([of("x", [3, 2]), of("y", [3])]), { labels });
    expect([...(data.labels ?? [])]).toEqual([5, 6, 7]);
  });
});

describe("names", () => {
  const good = zip([of("x", [3, 2])]);
  const x = of("x", [3, 2]);
  test.each([
    [
      "other bytes",
      Buffer.from("hello"),
      "ERR_FILE_FORMAT f.npz: a zip file must start with PK\\x03\\x04, found 0x68 0x65 0x6c 0x6c",
    ],
    [
      "a missing end",
      good.subarray(0, -1),
      "ERR_FILE_TRUNCATED f.npz: truncated: a zip file must end with its directory, found none",
    ],
    ["trailing bytes", Buffer.concat([good, Buffer.of(1)]), "ERR_FILE_TRUNCATED f.npz: truncated: a zip file must end"],
    ["no members", zip([]), "ERR_FILE_FORMAT f.npz: an .npz file must have .npy members, found none"],
    [
      "no arrays",
      zip([
        { name: "word/document.xml", bytes: Buffer.from("<a/>") },
        { name: "word/", bytes: Buffer.of() },
      ]),
      "found word/document.xml",
    ],
    [
      "no known name",
      zip([of("a", [2]), of("b", [2])]),
      "ERR_FILE_FORMAT f.npz: one array must be named x, x_train, images, data, arr_0, found a, b",
    ],
    ["many members", zip(Array.from({ length: 12 }, (_, i) => of(`a${i}`, [1]))), "a8, a9, … (12 in all)"],
    [
      "zip64 by its sizes",
      zip([{ ...x, size: 0xffffffff }]),
      "ERR_FILE_TOO_LARGE f.npz: a zip file must have at most 4 GiB and 65,534 members, found zip64",
    ],
    ["zip64 by its count", zip([x], { count: 0xffff }), "found zip64"],
    [
      "too many entries",
      zip([x], { count: 2 }),
      "ERR_FILE_CORRUPT f.npz: the zip file's directory must have 2 entries, found 1",
    ],
    [
      "encryption",
      zip([{ ...x, flags: 1 }]),
      "ERR_FILE_FORMAT f.npz/x.npy: the zip flags must be those of a member without encryption, found an encrypted one",
    ],
    [
      "another method",
      zip([{ ...x, method: 12 }]),
      "ERR_FILE_FORMAT f.npz/x.npy: the zip method must be 0 (stored) or 8 (deflated), found 12",
    ],
    ["a checksum", zip([{ ...x, crc: 1 }]), "ERR_FILE_CORRUPT f.npz/x.npy: the checksum must be 0x00000001, found 0x"],
    [
      "a size",
      zip([{ ...x, size: 9999 }]),
      "ERR_FILE_CORRUPT f.npz/x.npy: by the zip file's directory it must have 9999 bytes, found 152",
    ],
    [
      "a bomb",
      zip([{ ...x, size: 9 }]),
      "ERR_FILE_CORRUPT f.npz/x.npy: by the zip file's directory it must have 9 bytes, found more",
    ],
    ["a member's header", Buffer.from(good).fill(0xff, 4, 30), "ERR_FILE_CORRUPT f.npz/x.npy: must end before byte"],
    ["deflate data", Buffer.from(good).fill(0xff, 35, 60), "f.npz/x.npy: deflate data are corrupt or truncated"],
    [
      "an array",
      zip([{ name: "x.npy", bytes: array([3, 2]).subarray(0, -4) }]),
      "ERR_FILE_TRUNCATED f.npz/x.npy: truncated: by its header",
    ],
  ])("%s", async (_, bytes, message) => {
    expect(await failure(() => parseDataset(bytes, { name: "f.npz" }))).toContain(message);
  });
});

test("every bit that is flipped is noticed, or changes nothing", async () => {
  const good = zip([of("x", [3, 2])]);
  const records = [...(await parseNpz(good)).array.data];
  for (let at = 0; at < good.length; at++) {
    const bytes = Buffer.from(good);
    bytes[at] ^= 1 << (at % 8);
    const found = await parseNpz(bytes, "f").catch((error: unknown) => {
      if (!(error instanceof BadFileError)) throw error;
      return undefined;
    });
    if (found) expect([...found.array.data]).toEqual(records);
  }
});

test("the checksum is that of zlib", () => {
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) >> 3);
  if (nodeCrc32 !== undefined) expect(crc32(bytes)).toBe(nodeCrc32(bytes));
});
