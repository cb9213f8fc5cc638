/** Samples of an exported generator as pixels and as PNG files, with nothing but what every host has. */
import type { Samples } from "./js-generator.js";
import { isImage, shapeText } from "../graph/shape.js";
import { checkNumber, checkOptions } from "../options.js";

/** Pixels row by row from the top, channels interleaved: 1 grey, 3 RGB, 4 RGBA. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

export interface SheetOptions {
  /** Images per row; default: the square root of their number, rounded up. */
  readonly columns?: number;
  /** Pixels between images; default 2. */
  readonly gap?: number;
  /** Integer enlargement of each pixel; default 1. */
  readonly zoom?: number;
}

/**
 * Images side by side; one image alone is the image itself.
 * @param samples [n, height, width] or [n, height, width, 1, 3 or 4]
 * @param range the values that become black and white; values outside are clamped, NaN becomes black
 * @throws RangeError if samples are not images
 */
export function sheetOf(
  { data, shape }: Samples,
  [low, high]: readonly [number, number],
  options: SheetOptions = {},
): Pixels {
  checkOptions("sheet", options, ["columns", "gap", "zoom"]);
  const [count, ...record] = shape;
  if (!isImage(record))
    throw new RangeError(
      `sheet: images must have shape [n, height, width] or [n, height, width, 1, 3 or 4], found ${shapeText(shape)}`,
    );
  const [rows, across, channels = 1] = record;
  const { columns = Math.ceil(Math.sqrt(count)), gap = 2, zoom = 1 } = options;
  checkNumber("sheet", "columns", columns, { whole: true, atLeast: 1 });
  checkNumber("sheet", "gap", gap, { whole: true, atLeast: 0 });
  checkNumber("sheet", "zoom", zoom, { whole: true, atLeast: 1 });
  const lines = Math.ceil(count / columns);
  const [width, height] = [columns * (across * zoom + gap) - gap, lines * (rows * zoom + gap) - gap];
  const pixels = new Uint8Array(width * height * channels).fill(128);
  const gain = 255 / (high - low);
  for (let i = 0; i < count; i++) {
    const top = Math.floor(i / columns) * (rows * zoom + gap);
    const left = (i % columns) * (across * zoom + gap);
    for (let y = 0; y < rows * zoom; y++) {
      for (let x = 0; x < across * zoom; x++) {
        const from = ((i * rows + Math.floor(y / zoom)) * across + Math.floor(x / zoom)) * channels;
        const to = ((top + y) * width + left + x) * channels;
        for (let c = 0; c < channels; c++)
          pixels[to + c] = Math.min(255, Math.max(0, Math.floor((data[from + c] - low) * gain + 0.5)));
      }
    }
  }
  return { width, height, channels, data: pixels };
}

/** Pixels as RGBA, the form of a canvas. */
export function rgbaOf({ width, height, channels, data }: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; i++)
    for (let c = 0; c < Math.max(3, channels); c++) out[4 * i + c] = data[i * channels + (channels === 1 ? 0 : c)];
  return out;
}

/**
 * Pixels as the bytes of a PNG file (PNG specification, third edition): rows without filters, compressed by the host.
 * The library's own encoder weighs 30 kB, more than all other code around a generator.
 */
export async function encodePng({ width, height, channels, data }: Pixels): Promise<Uint8Array<ArrayBuffer>> {
  const row = width * channels;
  const filtered = new Uint8Array(height * (row + 1));
  for (let y = 0; y < height; y++) filtered.set(data.subarray(y * row, (y + 1) * row), y * (row + 1) + 1);
  const zlib = new Blob([filtered]).stream().pipeThrough(new CompressionStream("deflate"));
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits per channel
  header.setUint8(9, { 1: 0, 3: 2, 4: 6 }[channels] ?? 0); // colour type
  const parts = [
    Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", new Uint8Array(await new Response(zlib).arrayBuffer())),
    chunk("IEND", new Uint8Array()),
  ];
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Length, type, data and CRC-32 of type and data (section 5.3). */
function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  let crc = -1;
  for (const byte of bytes.subarray(4, -4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 && 0xedb88320);
  }
  view.setUint32(data.length + 8, ~crc);
  return bytes;
}
