/**
 * Decompression of gzip, and of the raw deflate data within zip files, with the host's own DecompressionStream, available in
 * browsers, Node, Deno, Bun and edge hosts.
 */
import { BadFileError } from "../../errors.js";

/** Maximum decompressed bytes: guards against small files that expand enormously. */
const defaultLimit = 2 ** 31;

/** Whether the bytes start with gzip's magic number, 1f 8b (RFC 1952, 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Decompresses gzip data; returns any other bytes unchanged. `name` appears in messages. Files of several members (made
 * by joining files) are read if the host supports it: Node and Bun do, Deno reports them as corrupt.
 */
export async function gunzip(bytes: Uint8Array, name: string, limit = defaultLimit): Promise<Uint8Array> {
  const beyond = () =>
    new BadFileError(`${name}: gzip data decompress to more than ${limit} bytes`, {
      code: "ERR_FILE_TOO_LARGE",
      hint: "split the file, or keep fewer records",
    });
  return isGzip(bytes) ? decompress(bytes, "gzip", name, { limit, beyond }) : bytes;
}

/** What is decompressed, as it is called in messages. */
const kinds = { gzip: "gzip data", "deflate-raw": "deflate data" } as const;

/**
 * Decompresses data of one format.
 * @param limits of the decompressed bytes: a number, and the error if there are more
 * @throws BadFileError if they are damaged, and the error `beyond`
 */
export async function decompress(
  bytes: Uint8Array,
  format: keyof typeof kinds,
  name: string,
  { limit, beyond }: { readonly limit: number; readonly beyond: () => BadFileError },
): Promise<Uint8Array> {
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream(format)).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw damage(`${name}: ${kinds[format]}`, length, cause);
    });
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel().catch(() => undefined);
      throw beyond();
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

/** Hosts word a premature end of input differently, but all of them mention the end. */
function damage(data: string, length: number, cause: unknown): BadFileError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const early = /\bend\b|premature|truncated|incomplete/i.test(reason) && !/junk|trailing/i.test(reason);
  return early
    ? new BadFileError(`${data} end early, after ${length} decompressed bytes`, {
        code: "ERR_FILE_TRUNCATED",
        hint: "download or copy the file again: its end is missing",
        cause,
      })
    : new BadFileError(`${data} are corrupt or truncated after ${length} decompressed bytes (${reason})`, {
        code: "ERR_FILE_CORRUPT",
        hint: "download or copy the file again, and compare its checksum",
        cause,
      });
}
