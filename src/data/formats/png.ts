/** PNG images, and sheets of samples as one image. Grey, grey with alpha, RGB and RGBA with 8 bits per channel. */
import { convertIndexedToRgb, decode, encode, hasPngSignature } from "fast-png";
import { BadFileError } from "../../errors.js";
import { checkedPng, TooLarge } from "./png-chunks.js";

/** Pixels row by row from the top, channels interleaved. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: number;
  readonly data: Uint8Array;
}

export interface GridOptions {
  /** Shape of the samples, [n, height, width, channels] or [n, height, width]; channels 1, 3 or 4. */
  shape: readonly number[];
  /** Values mapped to black and white; default [-1, 1], the range of tanh. Values outside are clamped. */
  range?: readonly [low: number, high: number];
  /** Samples per row; default: the square root of n, rounded up. */
  columns?: number;
  /** Pixels between and around samples; default 2. */
  padding?: number;
  /** Grey level between the samples, 0 to 255; default 255, so that samples with a black background stand out. */
  background?: number;
  /** Integer enlargement of each pixel; default 1. */
  zoom?: number;
}

/** Whether the bytes start with PNG's signature. */
export function isPng(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && hasPngSignature(bytes);
}

/** Encodes an image as PNG. Throws a RangeError if data and size disagree. */
export function encodePng({ width, height, channels, data }: Image): Uint8Array {
  if (![1, 2, 3, 4].includes(channels)) throw new RangeError(`encodePng: channels must be 1 to 4, found ${channels}`);
  if (!(width >= 1 && height >= 1))
    throw new RangeError(`encodePng: size must be at least 1 x 1, found ${width} x ${height}`);
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `encodePng: ${width} x ${height} x ${channels} must have ${width * height * channels} bytes, found ${data.length}`,
    );
  }
  return encode({ width, height, channels, data, depth: 8 });
}

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

/**
 * Tiles samples into one image, row by row.
 * @param samples n x height x width x channels values
 * @example isPng(encodePng(grid(new Float32Array(16 * 4), { shape: [16, 2, 2, 1] }))) // true
 */
export function grid(samples: Float32Array | Uint8Array, options: GridOptions): Image {
  const [count, height, width, channels = 1] = options.shape;
  const { range = [-1, 1], padding = 2, background = 255, zoom = 1 } = options;
  const [low, high] = range;
  if (options.shape.length < 3 || options.shape.length > 4 || ![1, 3, 4].includes(channels) || !(count >= 1)) {
    throw new RangeError(`grid: shape must be [n, height, width, 1 | 3 | 4], found [${options.shape.join(", ")}]`);
  }
  if (samples.length !== count * height * width * channels) {
    throw new RangeError(
      `grid: shape [${options.shape.join(", ")}] must have ${count * height * width * channels} values, found ${samples.length}`,
    );
  }
  if (!(high > low)) throw new RangeError(`grid: range must rise, found [${low}, ${high}]`);
  const columns = Math.min(options.columns ?? Math.ceil(Math.sqrt(count)), count);
  if (!(columns >= 1 && Number.isInteger(zoom) && zoom >= 1 && padding >= 0)) {
    throw new RangeError(
      `grid: columns and zoom must be at least 1, padding at least 0, found ${columns}, ${zoom}, ${padding}`,
    );
  }
  const rows = Math.ceil(count / columns);
  const sheetWidth = columns * (width * zoom + padding) + padding;
  const sheetHeight = rows * (height * zoom + padding) + padding;
  const data = new Uint8Array(sheetWidth * sheetHeight * channels).fill(background);
  const gain = 255 / (high - low);
  for (let i = 0; i < count; i++) {
    const top = padding + Math.floor(i / columns) * (height * zoom + padding);
    const left = padding + (i % columns) * (width * zoom + padding);
    for (let y = 0; y < height * zoom; y++) {
      for (let x = 0; x < width * zoom; x++) {
        const from = ((i * height + Math.floor(y / zoom)) * width + Math.floor(x / zoom)) * channels;
        const to = ((top + y) * sheetWidth + left + x) * channels;
        for (let c = 0; c < channels; c++) {
          // A NaN becomes 0.
          data[to + c] = Math.min(255, Math.max(0, Math.floor((samples[from + c] - low) * gain + 0.5)));
        }
      }
    }
  }
  return { width: sheetWidth, height: sheetHeight, channels, data };
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
