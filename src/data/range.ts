/** Checks that values are in the range that a model accepts. */
import type { Described } from "./dataset.js";

/** Throws RangeError if normalised values may be outside [low, high]; the message starts with `what`, the caller. */
export function checkRange(what: string, data: Described, [low, high]: readonly [number, number]): void {
  const ends = data.extent.map((raw) => raw * data.scale + data.shift);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  // The scaling may round the ends by a few parts in 10^16.
  if (least >= low - 1e-9 && most <= high + 1e-9) return;
  throw new RangeError(
    `${what} must lie in [${low}, ${high}], found [${least}, ${most}] in ${data.name}; use withRange(data, ${low}, ${high})`,
  );
}

/** The same for values themselves, [n]; f32 values may be outside by a rounding error. */
export function checkValues(what: string, values: Float32Array, [low, high]: readonly [number, number]): void {
  const outside = values.find((value) => value < low - 1e-6 || value > high + 1e-6);
  if (outside === undefined) return;
  throw new RangeError(`${what} must lie in [${low}, ${high}], found ${outside}; use withRange(data, ${low}, ${high})`);
}
