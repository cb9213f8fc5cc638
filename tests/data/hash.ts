/** SHA-256 of an array's bytes as they stand in memory, for tests of "same seed, same bits". */
import { createHash } from "node:crypto";

export function hash(array: Uint8Array | Float32Array | Int32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");
}
