import { describe, expect, test } from "vitest";
import { BadFileError } from "#src/errors";
import { readSafetensors, writeSafetensors } from "#src/data/formats/safetensors";
import { type TypedArray, Values } from "#src/graph/values";
import { randomSource } from "../kernels/harness.js";

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

  const one = { data: Float32Array.of(1), shape: [1] };
  const written = (tensors: unknown, metadata?: unknown) =>
    writeSafetensors(tensors as ReadonlyMap<string, Values<TypedArray>>, metadata as Record<string, string>);

  test.each<[string, unknown, unknown, ErrorConstructor, RegExp]>([
    [
      "a wrong length",
      new Map([["x", { data: new Float32Array(2), shape: [3] }]]),
      {},
      RangeError,
      /x \[3\] must have 3 values, found 2/,
    ],
    ["the name of the remarks", new Map([["__metadata__", one]]), {}, RangeError, /no array can be named __metadata__/],
    ["a name that is no text", new Map([[7, one]]), {}, TypeError, /names must be strings, found 7/],
    ["half a surrogate pair", new Map([["\ud800", one]]), {}, RangeError, /a name is not well-formed/],
    [
      "f64",
      new Map([["x", { data: Float64Array.of(1), shape: [1] }]]),
      {},
      TypeError,
      /data of x must be .*, found Float64Array/,
    ],
    ["i16", new Map([["x", { data: Int16Array.of(1), shape: [1] }]]), {}, TypeError, /found Int16Array/],
    ["u16", new Map([["x", { data: Uint16Array.of(1), shape: [1] }]]), {}, TypeError, /found Uint16Array/],
    ["u32", new Map([["x", { data: Uint32Array.of(1), shape: [1] }]]), {}, TypeError, /found Uint32Array/],
    ["i8", new Map([["x", { data: Int8Array.of(1), shape: [1] }]]), {}, TypeError, /found Int8Array/],
    ["i64", new Map([["x", { data: BigInt64Array.of(1n), shape: [1] }]]), {}, TypeError, /found BigInt64Array/],
    [
      "clamped",
      new Map([["x", { data: Uint8ClampedArray.of(1), shape: [1] }]]),
      {},
      TypeError,
      /found Uint8ClampedArray/,
    ],
    [
      "a view of no type",
      new Map([["x", { data: new DataView(new ArrayBuffer(1)), shape: [1] }]]),
      {},
      TypeError,
      /found DataView/,
    ],
    ["a plain array", new Map([["x", { data: [1], shape: [1] }]]), {}, TypeError, /found object/],
    ["no array", new Map([["x", undefined]]), {}, TypeError, /data of x must be .*, found undefined/],
    [
      "no shape",
      new Map([["x", { data: Float32Array.of(1) }]]),
      {},
      TypeError,
      /the shape of x must .*, found \[undefined\]/,
    ],
    [
      "a broken length",
      new Map([["x", { data: Float32Array.of(1), shape: [0.5, 2] }]]),
      {},
      TypeError,
      /found \[0.5,2\]/,
    ],
    [
      "negative lengths",
      new Map([["x", { data: Float32Array.of(1), shape: [-1, -1] }]]),
      {},
      TypeError,
      /found \[-1,-1\]/,
    ],
    [
      "lengths as texts",
      new Map([["x", { data: Float32Array.of(1), shape: ["1"] }]]),
      {},
      TypeError,
      /the shape of x must consist of/,
    ],
    [
      "a typed shape",
      new Map([["x", { data: Float32Array.of(1), shape: Int32Array.of(1) }]]),
      {},
      TypeError,
      /the shape of x must consist of/,
    ],
    ["no map", { x: one }, {}, TypeError, /tensors must be a Map of arrays/],
    ["a number as a remark", new Map(), { step: 100 }, TypeError, /metadata.step must be a string, found number 100/],
    [
      "nothing as a remark",
      new Map(),
      { step: undefined },
      TypeError,
      /metadata.step must be a string, found undefined/,
    ],
    [
      "an object as a remark",
      new Map(),
      { run: { step: "1" } },
      TypeError,
      /metadata.run must be a string, found object/,
    ],
    ["a map of remarks", new Map(), new Map([["step", "1"]]), TypeError, /metadata must be an object of strings/],
    ["a list of remarks", new Map(), ["step"], TypeError, /metadata must be an object of strings/],
    ["a text of remarks", new Map(), "step", TypeError, /metadata must be an object of strings, found step/],
    ["null for remarks", new Map(), null, TypeError, /metadata must be an object of strings, found null/],
    ["half a pair in a remark", new Map(), { a: "\udc00" }, RangeError, /metadata.a is not well-formed/],
    ["half a pair in a key", new Map(), { "\ud800a": "" }, RangeError, /a key of metadata is not well-formed/],
    [
      "100 MB of remarks",
      new Map(),
      { a: "a".repeat(100_000_000) },
      RangeError,
      /a header of 100000000 bytes, found 100000\d+ bytes/,
    ],
  ])("refuses to write %s", (_, tensors, metadata, type, message) => {
    expect(() => written(tensors, metadata)).toThrow(type);
    expect(() => written(tensors, metadata)).toThrow(message);
  });

  test("whatever is written is read again: 500 random maps, some of them not to be written", () => {
    const next = randomSource(7);
    const below = (count: number) => Math.floor(next() * count);
    const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
    const texts = [
      "",
      "a",
      "weight/0",
      "__proto__",
      "constructor",
      "toJSON",
      "é",
      "😀",
      '"\\\n\u0000',
      "__metadata__",
      "\ud800",
    ];
    const text = () => pick(texts) + (next() < 0.5 ? below(50) : "");
    const kinds = [Float32Array, Int32Array, Uint8Array, Float64Array, Int16Array, Uint8ClampedArray] as const;
    let [done, refused] = [0, 0];
    for (let i = 0; i < 500; i++) {
      const tensors = new Map<string, Values<TypedArray>>();
      for (let n = below(6); n > 0; n--) {
        const shape = Array.from({ length: below(4) }, () => below(4));
        const size = shape.reduce((product, length) => product * length, 1) + (next() < 0.02 ? 1 : 0);
        const Kind = next() < 0.95 ? pick(kinds.slice(0, 3)) : pick(kinds);
        const bytes = Uint8Array.from({ length: 8 * (size + 1) }, () => below(256));
        tensors.set(text(), new Values(new Kind(bytes.buffer, 8, size) as TypedArray, shape));
      }
      const metadata: Record<string, string> = Object.create(null);
      for (let n = below(3); n > 0; n--) metadata[text()] = next() < 0.98 ? text() : (7 as unknown as string);
      let bytes: Uint8Array;
      try {
        bytes = writeSafetensors(tensors, metadata);
      } catch (error) {
        expect(error instanceof TypeError || error instanceof RangeError, String(error)).toBe(true);
        refused++;
        continue;
      }
      const found = readSafetensors(bytes);
      expect(Object.entries(found.metadata).sort()).toEqual(Object.entries(metadata).sort());
      expect([...found.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
      for (const [name, { data, shape }] of tensors) {
        const read = found.tensors.get(name) as Values<TypedArray>;
        expect(read.shape).toEqual(shape);
        expect(read.data.constructor).toBe(data.constructor);
        expect(Buffer.from(read.data.buffer, read.data.byteOffset, read.data.byteLength)).toEqual(
          Buffer.from(data.buffer, data.byteOffset, data.byteLength),
        );
      }
      done++;
    }
    expect(done).toBeGreaterThan(150);
    expect(refused).toBeGreaterThan(50);
  });

  test("every truncation is an error", () => {
    const bytes = writeSafetensors(some);
    for (let length = 0; length < bytes.length; length++)
      expect(failure(bytes.subarray(0, length)), String(length)).toMatch(/^ERR_FILE_(EMPTY|TRUNCATED)/);
  });

  test.each([
    [
      "a header of endless length",
      Uint8Array.from([255, 255, 255, 255, 255, 255, 255, 255, 0x7b]),
      /CORRUPT.*18446744073709551615/,
    ],
    [
      "a text",
      new TextEncoder().encode("First Citizen:"),
      /FORMAT.*must be a safetensors file, found one that begins with "First Ci"/,
    ],
    [
      "a picture",
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13),
      /FORMAT.*must be a safetensors file/,
    ],
    ["no JSON", file("{"), /CORRUPT.*not JSON/],
    ["bytes that are not UTF-8", file("").fill(0), /CORRUPT.*not JSON/],
    ["a list for a header", file([]), /CORRUPT.*not a JSON object/],
    ["an entry that is none", file({ x: 3 }), /CORRUPT.*entry of x/],
    ["an unknown element type", file({ x: entry(0, 4, [2], "F16") }, [0, 0, 0, 0]), /FORMAT.*"F16"/],
    ["a negative length", file({ x: entry(0, 4, [-1]) }, [0, 0, 0, 0]), /CORRUPT.*shape of x/],
    ["no offsets", file({ x: { dtype: "F32", shape: [1] } }), /CORRUPT.*offsets of x/],
    [
      "offsets that fall",
      file({ x: entry(4, 0, [1]) }, [0, 0, 0, 0]),
      /CORRUPT.*must have 4 bytes, found offsets for -4/,
    ],
    [
      "offsets that do not fit the shape",
      file({ x: entry(0, 4, [2]) }, [0, 0, 0, 0]),
      /CORRUPT.*must have 8 bytes, found offsets for 4/,
    ],
    ["offsets behind the end", file({ x: entry(0, 8) }, [0, 0, 0, 0]), /TRUNCATED.*x ends at byte 8/],
    ["overlapping arrays", file({ x: entry(0, 8), y: entry(4, 12) }, new Array(12).fill(0)), /CORRUPT.*y overlaps/],
    ["a gap", file({ x: entry(0, 4), y: entry(8, 12) }, new Array(12).fill(0)), /CORRUPT.*4 bytes before y/],
    ["bytes left over", file({ x: entry(0, 4) }, new Array(6).fill(0)), /TRAILING.*2 bytes/],
    ["remarks that are no texts", file({ __metadata__: { a: 1 } }), /CORRUPT.*__metadata__/],
  ])("%s is an error", (_, bytes, message) => {
    expect(failure(bytes)).toMatch(message);
  });
});
