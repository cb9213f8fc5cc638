/** An exported generator in a user's code: `export.js` writes it and its declarations. */
import { decode, describe, generate, interpolate, labels, load, toImageData, toPng } from "./generator.js";

export const about = describe();
export const drawn = generate(4, { label: 3 });
export const classes = labels(4);
export const decoded = decode([0, 0], { label: 1 });
export const path = interpolate([0, 0], [1, 1], { label: 1 });
export const picture = drawn.then((samples) => toImageData(samples));
export const file = drawn.then((samples) => toPng(samples));
export const ready = load(new Uint8Array(8));
