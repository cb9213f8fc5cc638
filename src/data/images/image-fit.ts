/**
 * Conversion of images to records of one size and one number of channels: scaled, cropped, padded and blended over a
 * colour. Options are plain JSON, as a run stores them.
 */
import { UsageError } from "../../errors.js";
import type { Image } from "../formats/png.js";
import { checkCount } from "../count.js";
import { type Channels, type Colour, withChannels } from "./colour.js";
import { recordLength } from "../dataset.js";
import type { Dataset, Described } from "../training-data.js";
import { checkNumber, checkOptions, textOf } from "../../options.js";
import { resample } from "./resample.js";

/**
 * How an image becomes `size` x `size`:
 * - `auto`: an image that fits is centred on the background and not enlarged, which would blur it; any other as
 * `cover`;
 * - `cover`: scaled until it covers the square, then cropped on both sides (resize and centre crop of torchvision);
 * - `contain`: scaled until it fits, then padded with the background;
 * - `pad`: centred on the background, never scaled; larger images are rejected;
 * - `exact`: it must already have this size.
 */
export const fits = ["auto", "cover", "contain", "pad", "exact"] as const;

export interface ImageOptions {
  /** Height and width of the records; default: those of the images, which must then all be equal. */
  readonly size?: number;
  /** Default `auto`. */
  readonly fit?: (typeof fits)[number];
  /** 1 (grey), 3 (RGB) or 4 (RGB and alpha); default: those of the images, without alpha. */
  readonly channels?: Channels;
  /** Colour behind transparent pixels and around small images; default black. */
  readonly background?: Colour;
}

/** Maximum side of a record: with four channels it takes a gibibyte. */
const mostPixels = 16_384;

/** Throws TypeError for an unknown option or a value of the wrong type, RangeError for a value out of range. */
export function checkImageOptions(options: ImageOptions): void {
  checkOptions("images", options, ["size", "fit", "channels", "background"]);
  const { size, fit, channels, background } = options;
  if (size !== undefined) checkNumber("images", "size", size, { whole: true, atLeast: 1, atMost: mostPixels });
  if (fit !== undefined && !fits.includes(fit))
    throw new RangeError(`images: fit must be ${fits.map((one) => `"${one}"`).join(", ")}, found ${textOf(fit)}`);
  if (channels !== undefined && ![1, 3, 4].includes(channels))
    throw new RangeError(`images: channels must be 1 (grey), 3 (RGB) or 4 (RGB and alpha), found ${textOf(channels)}`);
  const isByte = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
  if (background !== undefined && !(Array.isArray(background) && background.length === 3 && background.every(isByte)))
    throw new TypeError(
      `images: background must be [red, green, blue], integers from 0 to 255, found ${textOf(background)}`,
    );
}

/** Default channels for images with 1 to 4 channels: the same without alpha. */
export const opaqueChannels = (channels: number): Channels => (channels < 3 ? 1 : 3);

/**
 * Why an image cannot become a record, as a rule and the value found; undefined if it can.
 * @example misfit({ width: 40, height: 30 }, { size: 32, fit: "exact" }) // "size must be 32 x 32 with fit exact, found 40 x 30"
 */
export function misfit({ width, height }: Pick<Image, "width" | "height">, options: ImageOptions): string | undefined {
  const { size, fit = "auto" } = options;
  if (size === undefined) return undefined;
  const found = `found ${width} x ${height}`;
  if (fit === "exact" && (width !== size || height !== size))
    return `size must be ${size} x ${size} with fit exact, ${found}`;
  if (fit === "pad" && Math.max(width, height) > size)
    return `size must be at most ${size} x ${size} with fit pad, ${found}`;
  return undefined;
}

/** The image as a record. `channels` is the final number; `misfit` must have returned undefined. */
export function fitted(image: Image, channels: Channels, { size, fit = "auto", background }: ImageOptions): Image {
  const colour = background ?? [0, 0, 0];
  const whole = withChannels(image, channels, colour);
  if (size === undefined) return whole;
  const { width, height } = whole;
  const inside = Math.max(width, height) <= size;
  const scale =
    fit === "contain"
      ? size / Math.max(width, height)
      : fit === "cover" || !inside
        ? size / Math.min(width, height)
        : 1;
  const scaled = (length: number) => Math.max(1, Math.floor(length * scale + 0.5));
  const paint = withChannels(
    { width: 1, height: 1, channels: 3, data: Uint8Array.from(colour) },
    channels,
    colour,
  ).data;
  // If alpha is kept, the padding around the image is transparent, whatever the background.
  return centred(resample(whole, scaled(width), scaled(height)), size, channels === 4 ? new Uint8Array(4) : paint);
}

/** Crops to size x size around the centre, or pads with `paint`, one pixel. */
function centred(image: Image, size: number, paint: Uint8Array): Image {
  const { width, height, channels } = image;
  if (width === size && height === size) return image;
  const data = new Uint8Array(size * size * channels);
  for (let i = 0; i < data.length; i += channels) data.set(paint, i);
  const [left, top] = [Math.floor((size - width) / 2), Math.floor((size - height) / 2)];
  const [first, end] = [Math.max(0, left), Math.min(size, left + width)];
  for (let y = Math.max(0, top); y < Math.min(size, top + height); y++) {
    const from = ((y - top) * width + first - left) * channels;
    data.set(image.data.subarray(from, from + (end - first) * channels), (y * size + first) * channels);
  }
  return { width: size, height: size, channels, data };
}

/** The effect of options on records. */
export interface RecordFit {
  readonly shape: readonly number[];
  apply(record: Uint8Array): Uint8Array;
}

/**
 * The effect of these options on the records of a data set, u8 or not; undefined if they change nothing. Throws
 * UsageError if the records are not images of bytes [height, width, 1 to 4], or do not fit.
 */
export function recordFit(
  { name, shape, extent, mask }: Described & { readonly mask?: unknown },
  bytes: boolean,
  options: ImageOptions,
): RecordFit | undefined {
  checkImageOptions(options);
  const [height, width, from] = shape;
  const channels = options.channels ?? opaqueChannels(from);
  const made = [options.size ?? height, options.size ?? width, channels];
  if (shape.length === 3 && made.every((length, axis) => length === shape[axis])) return undefined;
  if (!bytes || shape.length !== 3 || from > 4) {
    throw new UsageError(`${name}: size, fit, channels and background apply to images of bytes only`, {
      hint: `its records are [${shape.join(", ")}]: remove these options`,
    });
  }
  if (mask)
    throw new UsageError(`${name}: images with unknown values cannot be resized`, {
      hint: "leave out size, fit, channels and background, or the mask",
    });
  const wrong = misfit({ width, height }, options);
  if (wrong !== undefined) throw new UsageError(`${name}: ${wrong}`, { hint: "choose another --size or --fit" });
  // Binary images hold 0 and 1, so their background is scaled to that range.
  const background = options.background?.map((value) => (value * extent[1]) / 255) as Colour | undefined;
  const own = { ...options, ...(background === undefined ? {} : { background }) };
  return { shape: made, apply: (data) => fitted({ width, height, channels: from, data }, channels, own).data };
}

/**
 * The records of a data set converted to images with these options; the same data set if they change nothing.
 * @throws UsageError if its records are not images of bytes, or do not fit
 * @example fitImages(datasets.digits({ count: 2 }), { size: 32 }).shape // [32, 32, 1]
 */
export function fitImages(data: Dataset, options: ImageOptions): Dataset {
  const { records, count } = data;
  const fit = recordFit(data, records instanceof Uint8Array, options);
  if (fit === undefined) return data;
  const [from, to] = [recordLength(data.shape), recordLength(fit.shape)];
  checkCount(`${data.name} as images of [${fit.shape.join(", ")}]`, count, to);
  const made = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) made.set(fit.apply(records.subarray(i * from, (i + 1) * from) as Uint8Array), i * to);
  return Object.freeze({ ...data, records: made, shape: Object.freeze(fit.shape) });
}
