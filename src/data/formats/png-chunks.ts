/**
 * Checks of a PNG file before any of it is decompressed (PNG specification, third edition, sections 5, 10 and 11): a
 * small file may claim gigabytes of pixels, decompress to gigabytes of data, or hide them in chunks that are not
 * needed. Needs node:zlib.
 */
import { inflateSync } from "node:zlib";

/** Maximum bytes of decompressed rows: a square image of 11,000 pixels in RGBA. */
const mostBytes = 2 ** 29;

/** Chunks needed for the pixels; all others (profiles, texts, animations) are skipped unread. */
const needed = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** Allowed bit depths for each colour type, and its number of channels. */
const kinds: Readonly<Record<number, { readonly depths: readonly number[]; readonly channels: number }>> = {
  0: { depths: [1, 2, 4, 8, 16], channels: 1 },
  2: { depths: [8, 16], channels: 3 },
  3: { depths: [1, 2, 4, 8], channels: 1 },
  4: { depths: [8, 16], channels: 2 },
  6: { depths: [8, 16], channels: 4 },
};

/** Adam7: first pixel and spacing of the pixels in each pass, across and down. */
const passes = [
  [0, 8, 0, 8],
  [4, 8, 0, 8],
  [0, 4, 4, 8],
  [2, 4, 0, 4],
  [0, 2, 2, 4],
  [1, 2, 0, 2],
  [0, 1, 1, 2],
] as const;

/**
 * The file without the chunks that its pixels do not need. Throws an Error (a reason, without the file's name) if the
 * file breaks a rule, or its rows are not as long as its header says.
 */
export function checkedPng(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, 8)];
  const data: Uint8Array[] = [];
  const seen = new Map<string, number>();
  for (let at = 8; !seen.has("IEND"); ) {
    if (at + 12 > bytes.length) throw new Error(`its end is missing after ${bytes.length} bytes`);
    const length = view.getUint32(at);
    const end = at + 12 + length;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (end > bytes.length) throw new Error(`chunk ${type} has ${length} bytes, the file ends before`);
    if (needed.has(type)) {
      kept.push(bytes.subarray(at, end));
      if (type === "IDAT") data.push(bytes.subarray(at + 8, end - 4));
      if (type !== "IDAT" && seen.has(type)) throw new Error(`it has two ${type} chunks`);
      if (seen.size === 0 && (type !== "IHDR" || length !== 13)) throw new Error("it does not begin with a header");
      seen.set(type, length);
    } else if ((bytes[at + 4] & 32) === 0) throw new Error(`critical chunk ${JSON.stringify(type)} is unknown`);
    at = end;
  }
  if (!seen.has("IHDR")) throw new Error("it has no header");
  checkRows(view, seen, data);
  return Buffer.concat(kept);
}

function checkRows(view: DataView, seen: ReadonlyMap<string, number>, data: readonly Uint8Array[]): void {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  const kind = kinds[type];
  if (width === 0 || height === 0) throw new Error(`its size is ${width} x ${height}`);
  if (!kind?.depths.includes(depth))
    throw new Error(`colour type ${type} with bit depth ${depth} is not allowed in PNG`);
  const palette = seen.get("PLTE") ?? 0;
  if (type === 3 && (palette === 0 || palette % 3 !== 0)) throw new Error(`its palette has ${palette} bytes`);
  const grids = interlaced === 0 ? ([[0, 1, 0, 1]] as const) : passes;
  let expected = 0;
  for (const [x, across, y, down] of grids) {
    const [columns, rows] = [Math.ceil((width - x) / across), Math.ceil((height - y) / down)];
    if (columns > 0 && rows > 0) expected += rows * (1 + Math.ceil((columns * kind.channels * depth) / 8));
  }
  if (expected > mostBytes)
    throw new TooLarge(`pixels must have at most ${mostBytes} bytes, found ${expected} for ${width} x ${height}`);
  const found = inflatedLength(Buffer.concat(data), expected);
  if (found !== expected)
    throw new Error(
      `rows of ${width} x ${height} pixels must have ${expected} bytes, found ${found > expected ? "more" : found}`,
    );
}

/** Thrown for an image that exceeds the size limit. */
export class TooLarge extends Error {}

/** Length of zlib data after decompression, counted up to one above `most`. */
function inflatedLength(data: Uint8Array, most: number): number {
  try {
    return inflateSync(data, { maxOutputLength: most + 1 }).length;
  } catch (error) {
    if (error instanceof RangeError) return most + 1;
    throw error;
  }
}
