/**
 * Conversion of images to another number of channels: alpha blending over a background, colour to grey and grey to
 * colour.
 */
import type { Image } from "../formats/png.js";

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Supported numbers of channels: grey, RGB, or RGB with alpha. */
export type Channels = 1 | 3 | 4;

/** Luma of ITU-R BT.601, the conversion to grey in Pillow and torchvision. */
const luma = ([red, green, blue]: readonly number[]) => 0.299 * red + 0.587 * green + 0.114 * blue;

/**
 * The image with 1, 3 or 4 channels. With 1 and 3, transparent pixels are blended over `background`; with 4, alpha is
 * kept.
 * @example [...withChannels({ width: 1, height: 1, channels: 4, data: Uint8Array.of(200, 100, 0, 51) }, 3, [0, 0, 0]).data] // [40, 20, 0]
 */
export function withChannels(image: Image, channels: Channels, background: Colour): Image {
  if (image.channels === channels) return image;
  const { width, height, data: from } = image;
  const [grey, alpha] = [image.channels < 3, image.channels % 2 === 0];
  const data = new Uint8Array(width * height * channels);
  const pixel = [0, 0, 0];
  for (let p = 0; p < width * height; p++) {
    const at = p * image.channels;
    const opacity = alpha ? from[at + image.channels - 1] : 255;
    for (let c = 0; c < 3; c++) {
      const value = from[at + (grey ? 0 : c)];
      pixel[c] = channels === 4 ? value : (value * opacity + background[c] * (255 - opacity)) / 255;
    }
    if (channels === 1) data[p] = Math.floor(luma(pixel) + 0.5);
    else for (let c = 0; c < 3; c++) data[p * channels + c] = Math.floor(pixel[c] + 0.5);
    if (channels === 4) data[p * 4 + 3] = opacity;
  }
  return { width, height, channels, data };
}
