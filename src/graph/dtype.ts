/** Element types. */
import { textOf } from "../options.js";

export type DType = "f32" | "i32" | "u8";

export const anyType: readonly DType[] = ["f32", "i32", "u8"];

/** Returns the dtype. Throws TypeError if it is not one. */
export function checkDType(what: string, dtype: unknown): DType {
  if (anyType.includes(dtype as DType)) return dtype as DType;
  throw new TypeError(`${what}: dtype must be "f32", "i32" or "u8", found ${textOf(dtype)}`);
}

/** Bytes of one element. */
export const elementBytes: Readonly<Record<DType, number>> = { f32: 4, i32: 4, u8: 1 };
