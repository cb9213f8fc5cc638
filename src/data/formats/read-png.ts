/** Reader of PNG images, to 8 bits per channel. Needs node:zlib. */
import { convertIndexedToRgb, decode } from "fast-png";
import { BadFileError } from "../../errors.js";
import { type Image, isPng } from "./png.js";
import { checkedPng, TooLarge } from "./png-chunks.js";

/**
 * Decodes a PNG to 8 bits per channel: palettes become RGB(A), 1, 2 and 4 bit grey is scaled to 0 to 255, 16 bit is
 * rounded. `name` is used in the message of the BadFileError for damaged bytes.
 */
export function decodePng(bytes: Uint8Array, name = "PNG data"): Image {
  if (bytes.length === 0)
    throw new BadFileError(`${name}: empty file (0 bytes)`, { code: "ERR_FILE_EMPTY", hint: "save the image again" });
  if (!isPng(bytes))
    throw new BadFileError(`${name}: not a PNG file: wrong signature`, {
      code: "ERR_FILE_FORMAT",
      hint: "convert the image to PNG",
    });
  try {
    const png = decode(checkedPng(bytes), { checkCrc: true });
    const { width, height } = png;
    if (png.palette !== undefined) {
      checkIndices(png.data, png.depth, png.palette.length);
      const data = Uint8Array.from(convertIndexedToRgb(png));
      return { width, height, channels: data.length / (width * height), data };
    }
    const data = toBytes(png.data, png.depth, width * png.channels, height);
    return { width, height, channels: png.channels, data };
  } catch (cause) {
    if (cause instanceof TooLarge)
      throw new BadFileError(`${name}: the image is too large: ${cause.message}`, {
        code: "ERR_FILE_TOO_LARGE",
        hint: "scale the image down first",
      });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BadFileError(`${name}: PNG data are truncated or corrupt (${reason})`, {
      code: "ERR_FILE_CORRUPT",
      hint: "save or copy the image again",
      cause,
    });
  }
}

/** Throws if a pixel has a colour index outside the palette. */
function checkIndices(data: ArrayLike<number>, depth: number, colours: number): void {
  if (depth !== 8) return;
  for (let i = 0; i < data.length; i++)
    if (data[i] >= colours) throw new Error(`pixel ${i} has colour ${data[i]} of a palette of ${colours}`);
}

/** Unpacks grey with less than 8 bits: most significant bits first, each row starting on a new byte. */
function toBytes(data: ArrayLike<number>, depth: number, rowLength: number, rows: number): Uint8Array {
  if (depth === 8) return Uint8Array.from(data);
  if (depth === 16) return Uint8Array.from(data, (value) => Math.floor(value / 257 + 0.5));
  const rowBytes = Math.ceil((rowLength * depth) / 8);
  const most = 2 ** depth - 1;
  const bytes = new Uint8Array(rowLength * rows);
  for (let i = 0; i < bytes.length; i++) {
    const bit = (i % rowLength) * depth;
    const packed = data[Math.floor(i / rowLength) * rowBytes + (bit >> 3)];
    bytes[i] = (((packed >> (8 - depth - (bit & 7))) & most) * 255) / most;
  }
  return bytes;
}
