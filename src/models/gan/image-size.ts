/** Sizes of images that the convolutional networks accept: a power of two from 16 to 128. */
const sizes = [16, 32, 64, 128];

/** Throws RangeError if the size is not one of these; `what` begins the message. */
export function checkSize(what: string, size: number): void {
  if (!sizes.includes(size)) throw new RangeError(`${what}: size must be 16, 32, 64 or 128, found ${size}`);
}

/**
 * The size for images [height, width, channels]: the next power of two, or the one below if a quarter of the next would
 * be padding.
 * @example [28, 20, 40, 300].map((side) => imageSize([side, side, 1])) // [32, 16, 32, 128]
 */
export function imageSize([height, width]: readonly number[]): number {
  const side = Math.max(height, width);
  return (
    sizes.find((size) => side <= size && side >= 0.75 * size) ?? sizes.findLast((size) => size <= side) ?? sizes[0]
  );
}
