/**
 * Chunks of a Standard MIDI File, checked before they are parsed: `midi-file` reads past the end of a file that was cut off
 * without a word, and stops at chunks that the standard says to skip.
 */
import { BadFileError, type ErrorCode } from "../../errors.js";

/** Whether the bytes begin like a MIDI file. */
export const isMidi = (bytes: Uint8Array): boolean => idAt(bytes, 0) === "MThd";

/**
 * The file with its header and tracks only.
 * @throws BadFileError for what is not a MIDI file, or one that ends early; it names file and byte
 */
export function checkedMidi(bytes: Uint8Array, name: string): Uint8Array {
  if (bytes.length === 0) throw broken(`${name}: empty file (0 bytes)`, "ERR_FILE_EMPTY");
  if (!isMidi(bytes)) {
    const found = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    throw broken(`${name}: not a MIDI file: it must begin with MThd, found ${found}`, "ERR_FILE_FORMAT");
  }
  const kept: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    if (from + 8 > bytes.length) {
      if (kept.length > 1) break; // some programs add a few bytes at the end
      throw early(name, bytes.length, "within the head of a chunk");
    }
    const id = idAt(bytes, from);
    const length = view(bytes).getUint32(from + 4);
    const end = from + 8 + length;
    if (id === "MThd" || id === "MTrk") {
      if (end > bytes.length) throw early(name, bytes.length, `of ${end}, within a chunk ${id}`);
      kept.push(bytes.subarray(from, end));
    }
    from = end;
  }
  checkHeader(kept, name);
  const whole = new Uint8Array(kept.reduce((sum, chunk) => sum + chunk.length, 0));
  kept.reduce((offset, chunk) => {
    whole.set(chunk, offset);
    return offset + chunk.length;
  }, 0);
  return whole;
}

function checkHeader([head, ...tracks]: readonly Uint8Array[], name: string): void {
  if (head.length < 14) throw broken(`${name}: the header must have 6 bytes, found ${head.length - 8}`);
  const [format, count, division] = [8, 10, 12].map((offset) => view(head).getUint16(offset));
  if (format > 1)
    throw broken(
      `${name}: the format must be 0 or 1, found ${format}`,
      "ERR_FILE_FORMAT",
      "save each of its pieces as a file of its own",
    );
  if (tracks.length < count)
    throw broken(`${name}: ends after ${tracks.length} of ${count} tracks`, "ERR_FILE_TRUNCATED");
  if (division === 0 || division >= 0x8000)
    throw broken(
      `${name}: times must be in ticks of a quarter note, found ${division === 0 ? "0 ticks" : "times in frames of SMPTE"}`,
      "ERR_FILE_FORMAT",
      "save the file with times in ticks per beat",
    );
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const idAt = (bytes: Uint8Array, from: number) => String.fromCharCode(...bytes.subarray(from, from + 4));

const early = (name: string, length: number, where: string) =>
  broken(`${name}: the file ends early, at byte ${length} ${where}`, "ERR_FILE_TRUNCATED");

const broken = (
  message: string,
  code: ErrorCode = "ERR_FILE_CORRUPT",
  hint = "save or copy the file again, or leave it out",
) => new BadFileError(message, { code, hint });
