/**
 * PNG images, written, and sheets of samples as one image. Grey, grey with alpha, RGB and RGBA with 8 bits per channel. In any host;
 * `read-png.ts` needs node:zlib.
 */
import { encode, hasPngSignature } from "fast-png";

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
