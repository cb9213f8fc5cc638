/** Reading gzip through the host's own DecompressionStream, present in browsers, Node, Deno, Bun and edge hosts. */
import { BadFileError } from "../../errors.js";

/** Decompressed bytes that are accepted: guards against small files that unfold without end. */
const defaultLimit = 2 ** 31;

/** Whether the bytes start with gzip's magic number, 1f 8b (RFC 1952, 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip data, and returns any other bytes as they are. `name` stands in the messages. Files of several members
 * (made by joining files) are read where the host reads them: Node and Bun do, Deno takes them for corrupt.
 */
export async function gunzip(bytes: Uint8Array, name: string, limit = defaultLimit): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw gzipError(name, length, cause);
    });
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel().catch(() => undefined);
      throw new BadFileError(`${name}: gzip data unfold to more than ${limit} bytes`, {
        code: "ERR_FILE_TOO_LARGE",
        hint: "split the file, or keep fewer records",
      });
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}

/** Hosts word the end of input differently; all of them name the end. */
function gzipError(name: string, length: number, cause: unknown): BadFileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const early = /\bend\b|premature|truncated|incomplete/i.test(reason) && !/junk|trailing/i.test(reason);
  return early
    ? new BadFileError(`${name}: gzip data end early, after ${length} unpacked bytes`, {
        code: "ERR_FILE_TRUNCATED",
        hint: "fetch or copy the file again: its end is missing",
        cause,
      })
    : new BadFileError(`${name}: gzip data are corrupt or cut short after ${length} unpacked bytes (${reason})`, {
        code: "ERR_FILE_CORRUPT",
        hint: "fetch or copy the file again, and check its sum",
        cause,
      });
}
