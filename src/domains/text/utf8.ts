/** Bytes of a text file as text: UTF-8, with or without a byte order mark, with any ends of lines. */
import { BadFileError } from "../../errors.js";

/**
 * The text of UTF-8 bytes, without a byte order mark, its lines ended by "\n".
 * @param name file name, used in messages
 * @throws BadFileError that names the first byte, from 0, that is not UTF-8, or is 0
 */
export function textOfBytes(bytes: Uint8Array, name: string): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw notText(name, "it begins like UTF-16", "save it as UTF-8");
  const zero = bytes.indexOf(0);
  if (zero >= 0) throw notText(name, `byte ${zero} is 0`, "texts are files of characters, such as .txt");
  const wrong = firstInvalid(bytes);
  if (wrong >= 0) {
    const line = bytes.subarray(0, wrong).reduce((lines, byte) => lines + (byte === 0x0a ? 1 : 0), 1);
    throw notText(
      name,
      `byte ${wrong} (0x${bytes[wrong].toString(16).padStart(2, "0")}), in line ${line}, is not UTF-8`,
      "save it as UTF-8; a text in Latin-1 becomes that by: iconv -f latin1 -t utf-8",
    );
  }
  return new TextDecoder().decode(bytes).replace(/\r\n?/g, "\n");
}

const notText = (name: string, rule: string, hint: string) =>
  new BadFileError(`${name}: not a text in UTF-8: ${rule}`, { code: "ERR_FILE_FORMAT", hint });

/** Lowest and highest second byte after these first ones; after others it is 0x80 to 0xbf. */
const secondBytes: ReadonlyMap<number, readonly [low: number, high: number]> = new Map([
  [0xe0, [0xa0, 0xbf]],
  [0xed, [0x80, 0x9f]],
  [0xf0, [0x90, 0xbf]],
  [0xf4, [0x80, 0x8f]],
]);

/** Number of bytes of a character by its first byte; 0 if none begins with it. */
const bytesOf = (first: number): number =>
  first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;

/** Position of the first byte of a character that is not well-formed (Unicode 15, table 3-7), or -1. */
function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = bytesOf(bytes[at]);
    if (length === 0) return at;
    for (let i = 1; i < length; i++) {
      const [low, high] = (i === 1 && secondBytes.get(bytes[at])) || [0x80, 0xbf];
      const byte = bytes[at + i];
      // Beyond the end there is no byte, and no comparison holds.
      if (!(byte >= low && byte <= high)) return at;
    }
    at += length;
  }
  return -1;
}
