/** Decompression of the bytes that the build embeds in JavaScript modules. */

/** Bytes from base64 of their deflate-raw form. */
export async function inflate(bytes: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
