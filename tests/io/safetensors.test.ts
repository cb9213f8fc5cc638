import { describe, expect, test } from "vitest";
import { BadFileError } from "#src/errors";
import { readSafetensors, writeSafetensors } from "#src/io/safetensors";
import { type TypedArray, Values } from "#src/values";

const some = new Map<string, Values<TypedArray>>([
  ["b/weight", new Values(Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e-45, 3), [2, 3])],
  ["bytes", new Values(Uint8Array.of(0, 255, 7), [3])],
  ["a scalar", new Values(Float32Array.of(0.1), [])],
  ["counts", new Values(Int32Array.of(-1, 2 ** 31 - 1), [2, 1])],
  ["nothing", new Values(new Float32Array(0), [0, 5])],
  ["__proto__", new Values(Float32Array.of(4), [1])],
]);

/** A file from a header (an object, or bytes as text) and its data. */
function file(header: unknown, data: readonly number[] = []): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = "F32") => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function failure(bytes: Uint8Array): string {
  try {
    readSafetensors(bytes, "f");
  } catch (error) {
    if (!(error instanceof BadFileError)) throw error;
    expect(error.exitCode).toBe(3);
    expect(error.hint).not.toBe("");
    expect(error.message).not.toContain("\n");
    return `${error.code} ${error.message}`;
  }
  return "no error";
}

describe("safetensors", () => {
  test("gives back what was written, bit for bit", () => {
    const { tensors, metadata } = readSafetensors(writeSafetensors(some, { step: "7" }));
    expect([...tensors.keys()].sort()).toEqual([...some.keys()].sort());
    for (const [name, { data, shape }] of some) {
      const found = tensors.get(name) as Values<TypedArray>;
      expect(found.shape).toEqual(shape);
      expect(found.data.constructor).toBe(data.constructor);
      const bits = (array: TypedArray) => [...new Uint8Array(array.buffer, array.byteOffset, array.byteLength)];
      expect(bits(found.data)).toEqual(bits(data));
    }
    expect(metadata).toEqual({ step: "7" });
  });

  test("reads the same from a Node buffer inside of a larger one", () => {
    const bytes = writeSafetensors(some);
    const larger = Buffer.alloc(bytes.length + 11, 9);
    larger.set(bytes, 11);
    expect(readSafetensors(larger.subarray(11)).tensors.get("counts")?.data).toEqual(Int32Array.of(-1, 2 ** 31 - 1));
  });

  test("writes the layout of the format: header, padding, aligned data in the order of names", () => {
    const bytes = writeSafetensors(
      new Map<string, Values<TypedArray>>([
        ["y", new Values(Uint8Array.of(5), [1])],
        ["x", new Values(Float32Array.of(1), [1])],
      ]),
    );
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect((8 + length) % 8).toBe(0);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))).toEqual({
      x: { dtype: "F32", shape: [1], data_offsets: [0, 4] },
      y: { dtype: "U8", shape: [1], data_offsets: [4, 5] },
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 0x80, 0x3f, 5]);
  });

  test("the order of a map does not matter", () => {
    expect(writeSafetensors(new Map([...some].reverse()))).toEqual(writeSafetensors(some));
  });

  test("refuses to write what no reader could read", () => {
    expect(() => writeSafetensors(new Map([["x", new Values(new Float32Array(2), [3])]]))).toThrow(
      /x \[3\] has 3 values, found 2/,
    );
    expect(() => writeSafetensors(new Map([["__metadata__", new Values(new Float32Array(1), [1])]]))).toThrow(
      RangeError,
    );
  });

  test("every truncation is an error", () => {
    const bytes = writeSafetensors(some);
    for (let length = 0; length < bytes.length; length++)
      expect(failure(bytes.subarray(0, length)), String(length)).toMatch(/^ERR_FILE_(EMPTY|TRUNCATED)/);
  });

  test.each([
    [
      "a header of endless length",
      Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 1]),
      /CORRUPT.*18446744073709551615/,
    ],
    ["no JSON", file("{"), /CORRUPT.*not JSON/],
    ["bytes that are not UTF-8", file("").fill(0), /CORRUPT.*not JSON/],
    ["a list for a header", file([]), /CORRUPT.*not a JSON object/],
    ["an entry that is none", file({ x: 3 }), /CORRUPT.*entry of x/],
    ["an unknown element type", file({ x: entry(0, 4, [2], "F16") }, [0, 0, 0, 0]), /FORMAT.*"F16"/],
    ["a negative length", file({ x: entry(0, 4, [-1]) }, [0, 0, 0, 0]), /CORRUPT.*shape of x/],
    ["no offsets", file({ x: { dtype: "F32", shape: [1] } }), /CORRUPT.*offsets of x/],
    ["offsets that fall", file({ x: entry(4, 0, [1]) }, [0, 0, 0, 0]), /CORRUPT.*needs 4 bytes, its offsets give -4/],
    ["offsets that do not fit the shape", file({ x: entry(0, 4, [2]) }, [0, 0, 0, 0]), /CORRUPT.*needs 8 bytes/],
    ["offsets behind the end", file({ x: entry(0, 8) }, [0, 0, 0, 0]), /TRUNCATED.*x ends at byte 8/],
    ["overlapping arrays", file({ x: entry(0, 8), y: entry(4, 12) }, new Array(12).fill(0)), /CORRUPT.*y overlaps/],
    ["a gap", file({ x: entry(0, 4), y: entry(8, 12) }, new Array(12).fill(0)), /CORRUPT.*4 bytes before y/],
    ["bytes left over", file({ x: entry(0, 4) }, new Array(6).fill(0)), /TRAILING.*2 bytes/],
    ["remarks that are no texts", file({ __metadata__: { a: 1 } }), /CORRUPT.*__metadata__/],
  ])("%s is an error", (_, bytes, message) => {
    expect(failure(bytes)).toMatch(message);
  });
});
