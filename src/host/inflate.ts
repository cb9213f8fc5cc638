/** Decompression of the bytes that the build embeds in JavaScript modules. */

/** Bytes from base64 of their deflate-raw form. */
export async function inflate(bytes: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // By parts, because test environments that imitate a page have no Response.
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
