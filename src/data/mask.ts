/** Masks: which values of the records are known. */
import { textOf } from "../options.js";

/** The mask of records that are read during training. */
export interface MaskSource {
  /** The masks of these records, in this order, row-major: 1 for each known value, else 0. */
  read(indices: Int32Array): Promise<Uint8Array>;
}

/** Returns the mask; throws TypeError if it is not one, RangeError if it does not hold `values` zeros and ones. */
export function checkedMask(name: string, mask: unknown, values: number): Uint8Array {
  if (!(mask instanceof Uint8Array))
    throw new TypeError(`dataset ${name}: the mask must be a Uint8Array, found ${textOf(mask)}`);
  if (mask.length !== values)
    throw new RangeError(
      `dataset ${name}: ${values} values must have a mask of ${values} values, found ${mask.length}`,
    );
  const odd = mask.findIndex((one) => one > 1);
  if (odd >= 0) throw new RangeError(`dataset ${name}: mask values must be 0 or 1, found ${mask[odd]} at index ${odd}`);
  return mask;
}

/** The masks of some records of `length` values. */
export function maskRows(mask: Uint8Array, indices: ArrayLike<number>, length: number): Uint8Array {
  const out = new Uint8Array(indices.length * length);
  for (let i = 0; i < indices.length; i++)
    out.set(mask.subarray(indices[i] * length, (indices[i] + 1) * length), i * length);
  return out;
}
