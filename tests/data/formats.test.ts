/** IDX, NPY and gzip: what is written is read back, files of other programs are read, and every damage is named. */
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { gunzip } from "../../src/data/formats/gzip.js";
import { BadFileError } from "../../src/errors.js";
import { formatIdx, parseIdx } from "../../src/data/formats/idx.js";
import { formatNpy, parseNpy } from "../../src/data/formats/npy.js";

/** The BadFileError that `action` raises, as code and message. */
async function failure(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof BadFileError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.hint).not.toBe("");
    expect(error.message).not.toContain("\n");
    return `${error.code} ${error.message}`;
  }
  return "no error";
}

const idx = (...bytes: number[]) => Uint8Array.of(...bytes);
const images = formatIdx({ data: Uint8Array.from({ length: 24 }, (_, i) => i), shape: [2, 3, 4] });

describe("idx", () => {
  test.each([
    Uint8Array.of(0, 127, 255),
    Int8Array.of(-128, 0, 127),
    Int16Array.of(-32768, 5, 32767),
    Int32Array.of(-(2 ** 31), 5, 2 ** 31 - 1),
    Float32Array.of(-1.5, 0, 3.25),
    Float64Array.of(-1e300, 0, 0.1),
  ])("%o goes there and back", async (data) => {
    expect(await parseIdx(formatIdx({ data, shape: [3] }))).toEqual({ data, shape: [3] });
    expect(await parseIdx(gzipSync(formatIdx({ data, shape: [1, 3, 1] })))).toEqual({ data, shape: [1, 3, 1] });
  });

  test("is big-endian, as the format says", async () => {
    expect([...formatIdx({ data: Int16Array.of(1, -2), shape: [2] })]).toEqual([
      0, 0, 11, 1, 0, 0, 0, 2, 0, 1, 255, 254,
    ]);
    const float = await parseIdx(idx(0, 0, 13, 1, 0, 0, 0, 1, 0x3f, 0x80, 0, 0));
    expect(float).toEqual({ data: Float32Array.of(1), shape: [1] });
  });

  test("reads from the middle of a larger buffer", async () => {
    const larger = new Uint8Array(images.length + 7);
    larger.set(images, 5);
    expect((await parseIdx(larger.subarray(5, 5 + images.length))).shape).toEqual([2, 3, 4]);
  });

  test.each([
    ["empty", idx(), "ERR_FILE_EMPTY f: empty file (0 bytes)"],
    ["three bytes", idx(0, 0, 8), "ERR_FILE_TRUNCATED f: truncated: its header must have 4 bytes, found 3"],
    [
      "no dimensions",
      idx(0, 0, 8, 3, 0, 0, 0, 2),
      "ERR_FILE_TRUNCATED f: truncated: its header must have 16 bytes, found 8",
    ],
    [
      "magic",
      idx(0, 1, 8, 1, 0),
      "ERR_FILE_FORMAT f: not an IDX file: magic must be 0x000008NN or another type's, found 0x00010801",
    ],
    ["type", idx(0, 0, 10, 1, 0, 0, 0, 1, 9), "found 0x00000a01"],
    ["rank 0", idx(0, 0, 8, 0, 9), "found 0x00000800"],
    [
      "end missing",
      images.subarray(0, 30),
      "ERR_FILE_TRUNCATED f: truncated: by its header the elements of [2, 3, 4] must have 24 bytes, found 14",
    ],
    [
      "trailing",
      idx(...images, 1, 2),
      "ERR_FILE_TRAILING f: 2 trailing bytes: by its header the elements of [2, 3, 4] must have 24 bytes, found 26",
    ],
    [
      "no records",
      idx(0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 9),
      "ERR_FILE_EMPTY f: holds no elements: its header says [0, 9]",
    ],
    [
      "oversized",
      idx(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1),
      "ERR_FILE_TRUNCATED f: truncated: by its header the elements of [4294967295, 4294967295, 4294967295]",
    ],
  ])("names %s", async (_, bytes, message) => {
    expect(await failure(() => parseIdx(bytes, "f"))).toContain(message);
  });

  test("rejects arrays that it cannot write", () => {
    expect(() => formatIdx({ data: Uint16Array.of(1), shape: [1] })).toThrow(
      "data must have an element type that IDX has, found Uint16Array",
    );
    expect(() => formatIdx({ data: Uint8Array.of(1), shape: [2] })).toThrow("shape [2] must have 2 elements, found 1");
    expect(() => formatIdx({ data: Uint8Array.of(1), shape: [] })).toThrow(
      "shape must have 1 to 255 dimensions, found 0",
    );
  });
});

describe("gzip", () => {
  const packed = gzipSync(images);
  test("passes other bytes through, unpacks gzip, also in several members", async () => {
    expect(await gunzip(images, "f")).toBe(images);
    expect(await gunzip(packed, "f")).toEqual(images);
    expect((await gunzip(Buffer.concat([packed, packed]), "f")).length).toBe(2 * images.length);
  });

  test("names every damage", async () => {
    expect(await failure(() => gunzip(packed.subarray(0, 20), "f"))).toMatch(
      /^ERR_FILE_TRUNCATED f: gzip data end early/,
    );
    expect(await failure(() => gunzip(packed.subarray(0, -2), "f"))).toMatch(/^ERR_FILE_TRUNCATED/);
    const flipped = Uint8Array.from(packed);
    flipped[flipped.length - 6] ^= 1;
    expect(await failure(() => gunzip(flipped, "f"))).toMatch(
      /^ERR_FILE_CORRUPT f: gzip data are corrupt or truncated/,
    );
    expect(await failure(() => gunzip(Buffer.concat([packed, Buffer.from("rest")]), "f"))).toMatch(/^ERR_FILE_CORRUPT/);
    expect(await failure(() => gunzip(packed, "f", 10))).toBe(
      "ERR_FILE_TOO_LARGE f: gzip data decompress to more than 10 bytes",
    );
  });
});

/** Written by numpy 2.4.6 (numpy.lib.format.write_array), gzipped to be short. */
const numpy = {
  f4: "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYIsGdgaADiA0DM4MDAoOAAAAvAsHaYAAAA",
  f8BigEndian:
    "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYosH8ApT9A6R8Q2gEq78ACoQGW4PT6sAAAAA==",
  f2: "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYGBgsGGwY7BgcGRwCWtgHljAAAAA==",
  f2BigEndian:
    "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XZqSuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgYGCwYbBjsGBwZHBgCdiT9AjAAAAA==",
  u1: "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgZGJmYWVgB+ntfPhgAAAA==",
  i4BigEndian:
    "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6XaaKuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDrv////8F4n9A/J8BAhiBmAkA9qIVaJgAAAA=",
  i8: "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TaaGuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDrr//IeDff1TAAAWMUJoJSgMAekpyfbAAAAA=",
  b1: "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF6TZKiuo6Cell9UUpSYF59flJIKEndLzClOBYoXZyQWpAL5GkY6CsaaOgq1CmQDLgZGEAQASRzSOYYAAAA=",
  f4Fortran:
    "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loG6TZqKuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKxpo6CrUK5AMuBjA4YA8kQNiBgaEBSCs4AACHKnrkmAAAAA==",
  u1Fortran3:
    "H4sIAAAAAAACA5vsF+obEMnIUMZQrZ6SWpxcpG6loF5Taqiuo6Cell9UUpSYF59flJIKEg8pKk0FChdnJBakArkaRjoKxjoKJpo6CrUKZAIuBh4WAQ4RRl5WQU5RJj42IS4xZn52YW5xACBx9EuYAAAA",
  version2:
    "H4sIAAAAAAACA5vsF+obEMnEUMLAwFCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAIuBjBosAcSDkAExA1AvMABAOM6NlmYAAAA",
  version3:
    "H4sIAAAAAAACA5vsF+obEMnMUMLAwFCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkaRjoKxpo6CrUKZAIuBjBosAcSDkAExA1AvMABAMEYaDqYAAAA",
};

const fromNumpy = (name: keyof typeof numpy) => gunzipSync(Buffer.from(numpy[name], "base64"));
const npy = formatNpy(Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5), [2, 3]);

/** An NPY file of version 1 with this dict and as many bytes of elements. */
function handmade(dict: string, elementBytes: number): Uint8Array {
  const bytes = new Uint8Array(10 + dict.length + elementBytes);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 1, 0, dict.length & 255, dict.length >> 8, ...Buffer.from(dict)]);
  return bytes;
}

describe("npy", () => {
  const half = [0, 0.5, 1, 1.5, 2, 2.5];
  const whole = [0, 1, 2, 3, 4, 5];
  const centred = [-3, -2, -1, 0, 1, 2];
  test.each([
    ["f2", Float32Array.from(half)],
    ["f2BigEndian", Float32Array.from(half)],
    ["f4", Float32Array.from(half)],
    ["f8BigEndian", Float64Array.from(half)],
    ["u1", Uint8Array.from(whole)],
    ["i4BigEndian", Int32Array.from(centred)],
    ["i8", Float64Array.from(centred)],
    ["f4Fortran", Float32Array.from(half)],
    ["version2", Float32Array.from(whole)],
    ["version3", Float32Array.from(whole)],
  ] as const)("reads numpy's %s", (name, data) => {
    expect(parseNpy(fromNumpy(name))).toEqual({ data, shape: [2, 3] });
  });

  test("reads numpy's booleans and Fortran order of three axes", () => {
    expect(parseNpy(fromNumpy("b1"))).toEqual({ data: Uint8Array.of(0, 1, 0, 1, 0, 1), shape: [2, 3], boolean: true });
    const data = Uint8Array.from({ length: 24 }, (_, i) => i);
    expect(parseNpy(fromNumpy("u1Fortran3"))).toEqual({ data, shape: [2, 3, 4] });
  });

  test.each(["<", ">"])("reads all halves of byte order %s exactly", (order) => {
    const bytes = handmade(`{'descr': '${order}f2', 'fortran_order': False, 'shape': (65536,), }`, 2 * 65_536);
    const view = new DataView(bytes.buffer, bytes.length - 2 * 65_536);
    for (let bits = 0; bits < 65_536; bits++) view.setUint16(2 * bits, bits, order === "<");
    const { data } = parseNpy(bytes);
    const expected = Float32Array.from({ length: 65_536 }, (_, bits) => {
      const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
      if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
      return sign * (exponent === 0 ? fraction / 2 ** 24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
    });
    expect(data.constructor).toBe(Float32Array);
    expect(data.findIndex((value, bits) => !Object.is(value, expected[bits]))).toBe(-1);
  });

  test("writes what numpy writes, byte for byte", () => {
    expect(npy).toEqual(new Uint8Array(fromNumpy("f4")));
    expect(parseNpy(formatNpy(Float32Array.of(1, 2), [2]))).toEqual({ data: Float32Array.of(1, 2), shape: [2] });
    expect(() => formatNpy(Float32Array.of(1), [2])).toThrow("shape [2] must have 2 elements, found 1");
  });

  test.each([
    ["empty", new Uint8Array(0), "ERR_FILE_EMPTY f: empty file (0 bytes)"],
    ["magic", images, "ERR_FILE_FORMAT f: not an NPY file"],
    ["magic alone", npy.subarray(0, 6), "ERR_FILE_TRUNCATED f: truncated: its header must have 10 bytes, found 6"],
    [
      "version",
      Uint8Array.from(npy, (byte, i) => (i === 6 ? 9 : byte)),
      "ERR_FILE_FORMAT f: NPY version must be 1, 2 or 3, found 9.0",
    ],
    ["header's end", npy.subarray(0, 40), "ERR_FILE_TRUNCATED f: truncated: its header must have 128 bytes, found 40"],
    [
      "elements' end",
      npy.subarray(0, 140),
      "ERR_FILE_TRUNCATED f: truncated: by its header the elements of [2, 3] must have 24 bytes, found 12",
    ],
    ["trailing", Uint8Array.of(...npy, 0), "ERR_FILE_TRAILING f: 1 trailing bytes"],
    ["no dict", handmade("{}", 0), "ERR_FILE_CORRUPT f: NPY header has no valid descr, fortran_order, shape"],
    ["shape", handmade("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }", 8), "no valid shape"],
    [
      "oversized",
      handmade("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999), }", 8),
      "ERR_FILE_TRUNCATED",
    ],
    [
      "none",
      handmade("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 2), }", 0),
      "ERR_FILE_EMPTY f: holds no elements",
    ],
    ["objects", handmade("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 8), "found |O"],
    [
      "complex",
      handmade("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 8),
      "ERR_FILE_FORMAT f: element type must be one of b1, u1, i1",
    ],
    [
      "structured",
      handmade("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", 4),
      "found a structured type",
    ],
  ])("names %s", async (_, bytes, message) => {
    expect(await failure(() => parseNpy(bytes, "f"))).toContain(message);
  });

  test("refuses 64-bit integers that f64 cannot hold", async () => {
    const bytes = handmade("{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }", 16);
    bytes[bytes.length - 1] = 0x7f;
    expect(await failure(() => parseNpy(bytes, "f"))).toBe(
      "ERR_FILE_VALUE f: 64-bit integer at element 1 is beyond 2^53",
    );
  });
});
