import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { encodePng, grid, type Image, isPng } from "../../src/data/formats/png.js";
import { decodePng } from "../../src/data/formats/read-png.js";

describe("png", () => {
  test.each([1, 2, 3, 4])("%i channels go there and back", (channels) => {
    const data = Uint8Array.from({ length: 6 * channels }, (_, i) => (37 * i) & 255);
    const bytes = encodePng({ width: 3, height: 2, channels, data });
    expect(isPng(bytes)).toBe(true);
    expect(decodePng(bytes)).toEqual({ width: 3, height: 2, channels, data });
  });

  test("16 bits are rounded to 8", () => {
    const bytes = encode({ width: 3, height: 1, channels: 1, depth: 16, data: Uint16Array.of(0, 32896, 65535) });
    expect(decodePng(bytes).data).toEqual(Uint8Array.of(0, 128, 255));
  });

  test("1-bit grey and palettes become 8-bit", () => {
    // Written by hand: a 9 x 2 bit grey image, and a 2 x 1 image of palette red, blue.
    const bits = png({ width: 9, height: 2, depth: 1, colour: 0 }, [], [0, 0b10101010, 0x80, 0, 0b00001111, 0]);
    const row = [255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255, 0];
    expect(decodePng(bits)).toEqual({ width: 9, height: 2, channels: 1, data: Uint8Array.from(row) });
    const palette = chunk("PLTE", [255, 0, 0, 0, 0, 255]);
    const indexed = png({ width: 2, height: 1, depth: 8, colour: 3 }, palette, [0, 1, 0]);
    expect(decodePng(indexed)).toEqual({ width: 2, height: 1, channels: 3, data: Uint8Array.of(0, 0, 255, 255, 0, 0) });
  });

  test("damage is named", () => {
    const bytes = encodePng({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(9) });
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === 45 ? byte ^ 1 : byte));
    const codes = [new Uint8Array(0), Uint8Array.of(1, 2, 3), bytes.subarray(0, 40), flipped].map((damaged) => {
      try {
        decodePng(damaged, "f");
      } catch (error) {
        const { code, exitCode, message } = error as { code: string; exitCode: number; message: string };
        expect([exitCode, message.startsWith("f: ")]).toEqual([3, true]);
        return code;
      }
      return "no error";
    });
    expect(codes).toEqual(["ERR_FILE_EMPTY", "ERR_FILE_FORMAT", "ERR_FILE_CORRUPT", "ERR_FILE_CORRUPT"]);
  });

  test("what cannot be an image is a RangeError", () => {
    expect(() => encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(3) })).toThrow(
      "2 x 2 x 1 must have 4 bytes, found 3",
    );
    expect(() => encodePng({ width: 1, height: 1, channels: 5, data: new Uint8Array(5) })).toThrow(
      "must be 1 to 4, found 5",
    );
    expect(() => encodePng({ width: 0, height: 1, channels: 1, data: new Uint8Array(0) })).toThrow("found 0 x 1");
  });
});

describe("grid", () => {
  const at = (image: Image, x: number, y: number) => image.data[(y * image.width + x) * image.channels];

  test("places samples row by row, with padding around and between", () => {
    const sheet = grid(Float32Array.of(-1, 0, 1), { shape: [3, 1, 1, 1], columns: 2, padding: 1, background: 7 });
    expect(sheet).toMatchObject({ width: 5, height: 5, channels: 1 });
    expect([at(sheet, 1, 1), at(sheet, 3, 1), at(sheet, 1, 3), at(sheet, 3, 3), at(sheet, 0, 0)]).toEqual([
      0, 128, 255, 7, 7,
    ]);
  });

  test("takes other ranges, clamps, and turns NaN to black", () => {
    const values = Float32Array.of(0, 0.5, 1, 2, -3, Number.NaN);
    const sheet = grid(values, { shape: [1, 1, 6], range: [0, 1], padding: 0 });
    expect([...sheet.data]).toEqual([0, 128, 255, 255, 0, 0]);
    const bytes = grid(Uint8Array.of(0, 77, 255), { shape: [1, 1, 3], range: [0, 255], padding: 0 });
    expect([...bytes.data]).toEqual([0, 77, 255]);
  });

  test("keeps channels together and enlarges by whole pixels", () => {
    const sheet = grid(Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1), {
      shape: [1, 1, 2, 3],
      range: [0, 1],
      padding: 0,
      zoom: 2,
    });
    expect(sheet).toMatchObject({ width: 4, height: 2, channels: 3 });
    const row = [0, 51, 102, 0, 51, 102, 153, 204, 255, 153, 204, 255];
    expect([...sheet.data]).toEqual([...row, ...row]);
  });

  test("a square sheet by default, that encodes", () => {
    const sheet = grid(new Float32Array(10 * 784), { shape: [10, 28, 28, 1] });
    expect([sheet.width, sheet.height]).toEqual([4 * 30 + 2, 3 * 30 + 2]);
    expect(decodePng(encodePng(sheet))).toEqual(sheet);
  });

  test.each([
    [{ shape: [4] }, "shape must be [n, height, width, 1 | 3 | 4], found [4]"],
    [{ shape: [1, 2, 2, 2] }, "found [1, 2, 2, 2]"],
    [{ shape: [1, 3, 3] }, "shape [1, 3, 3] must have 9 values, found 4"],
    [{ shape: [1, 2, 2], range: [1, 1] as const }, "range must rise, found [1, 1]"],
    [{ shape: [1, 2, 2], columns: 0 }, "at least 1"],
    [{ shape: [1, 2, 2], zoom: 1.5 }, "at least 1"],
  ])("rejects %o", (options, message) => {
    expect(() => grid(new Float32Array(4), options)).toThrow(RangeError);
    expect(() => grid(new Float32Array(4), options)).toThrow(message);
  });
});

/** A PNG chunk: length, name, data, checksum (PNG specification, 5.3). */
function chunk(name: string, data: readonly number[]): number[] {
  const body = [...Buffer.from(name), ...data];
  return [...word(data.length), ...body, ...word(crc32(body))];
}

/** `rows` hold a filter byte (0) before each row; they are stored, not compressed (RFC 1951, 3.2.4). */
function png(
  { width, height, depth, colour }: { width: number; height: number; depth: number; colour: number },
  extra: readonly number[],
  rows: readonly number[],
): Uint8Array {
  const { length } = rows;
  const stored = [
    0x78,
    1,
    1,
    length & 255,
    length >> 8,
    ~length & 255,
    (~length >> 8) & 255,
    ...rows,
    ...word(adler32(rows)),
  ];
  return Uint8Array.from([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk("IHDR", [...word(width), ...word(height), depth, colour, 0, 0, 0]),
    ...extra,
    ...chunk("IDAT", stored),
    ...chunk("IEND", []),
  ]);
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

function crc32(bytes: readonly number[]): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function adler32(bytes: readonly number[]): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return ((b << 16) | a) >>> 0;
}
