/** Bytes as base64 and back (RFC 4648), in hosts of any age. */

/** The text of bytes. */
export function base64Of(bytes: Uint8Array): string {
  const parts: string[] = [];
  // A multiple of three bytes, so that texts can be joined; few enough to be arguments of a call.
  for (let from = 0; from < bytes.length; from += 8190)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(from, from + 8190))));
  return parts.join("");
}

/** The bytes of a text. */
export function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> };
  if (fromBase64) return fromBase64.call(Uint8Array, text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
