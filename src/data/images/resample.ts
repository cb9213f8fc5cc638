/**
 * Images at another size: each new pixel is an average of the old pixels around it, weighted by a triangle that is two
 * new pixels wide if the image shrinks and two old pixels wide if it grows. That is bilinear interpolation with
 * antialiasing, the resizing of Pillow and torchvision; sums are kept exact between the two passes and rounded once.
 */
import type { Image } from "../formats/png.js";

/** Weights for one new position, for the old positions from `first` on. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

function tapsOf(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(from, Math.floor(centre + reach + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_weight, tap) =>
      Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}

/** Resamples the middle axis of [outer, from, inner]. */
function along(values: ArrayLike<number>, outer: number, from: number, to: number, inner: number): Float64Array {
  const out = new Float64Array(outer * to * inner);
  const taps = tapsOf(from, to);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const { first, weights } = taps[i];
      const at = (o * to + i) * inner;
      for (let tap = 0; tap < weights.length; tap++) {
        const row = (o * from + first + tap) * inner;
        for (let k = 0; k < inner; k++) out[at + k] += weights[tap] * values[row + k];
      }
    }
  }
  return out;
}

/**
 * Values [height, width, channels] of an image at another height and width, each channel by itself.
 * @example [...resized([0, 0, 80, 80], [1, 4, 1], [1, 2])].map(Math.round) // [11, 69]
 */
export function resized(
  values: ArrayLike<number>,
  [height, width, channels]: readonly [height: number, width: number, channels: number],
  [toHeight, toWidth]: readonly [height: number, width: number],
): ArrayLike<number> {
  const wide = toWidth === width ? values : along(values, height, width, toWidth, channels);
  return toHeight === height ? wide : along(wide, 1, height, toHeight, toWidth * channels);
}

/**
 * The image at width x height. Colours are weighted by their alpha, so the colour of transparent pixels does not affect
 * their neighbours.
 * @example [...resample({ width: 4, height: 1, channels: 1, data: Uint8Array.of(0, 0, 80, 80) }, 2, 1).data] // [11, 69]
 */
export function resample(image: Image, width: number, height: number): Image {
  const { channels, data } = image;
  if (width === image.width && height === image.height) return image;
  const alpha = channels % 2 === 0;
  const values = Float64Array.from(data);
  if (alpha) {
    for (let i = 0; i < values.length; i++)
      if (i % channels !== channels - 1) values[i] *= data[i - (i % channels) + channels - 1] / 255;
  }
  const out = Float64Array.from(resized(values, [image.height, image.width, channels], [height, width]));
  if (alpha) {
    for (let i = 0; i < out.length; i++) {
      const opacity = out[i - (i % channels) + channels - 1] / 255;
      if (i % channels !== channels - 1) out[i] = opacity > 0 ? out[i] / opacity : 0;
    }
  }
  return { width, height, channels, data: Uint8Array.from(out, (value) => Math.min(255, Math.floor(value + 0.5))) };
}
