/**
 * Zip files (PKWARE's APPNOTE 6.3.10): the members' names from the directory at the end, and their contents, stored or deflated. Not
 * zip64, not encrypted. Portable.
 */
import { BadFileError } from "../../errors.js";
import { crc32 } from "./crc32.js";
import { decompress } from "./gzip.js";
import { isZip, zipSignature as signature } from "./zip-signature.js";

/** A file within a zip file, by its entry of the directory. */
export interface ZipMember {
  readonly name: string;
  /** 0: stored, 8: deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Offset of its local header. */
  readonly offset: number;
}

/** Bytes of the three records without names, extra fields and comments. */
const length = { local: 30, entry: 46, end: 22 } as const;
/** What stands for a size or an offset that only zip64's extra fields have. */
const beyond32Bits = 0xffffffff;
const most16Bits = 0xffff;
/** Maximum bytes of a member: guards against small files that expand enormously. */
const mostBytes = 2 ** 31;

/**
 * The members of a zip file, without folders, in the order of its directory.
 * @param name used in messages
 * @throws BadFileError if the file is no zip file, is truncated, or is zip64
 */
export function zipMembers(bytes: Uint8Array, name: string): ZipMember[] {
  if (!isZip(bytes))
    throw new BadFileError(`${name}: a zip file must start with PK\\x03\\x04, found ${firstBytes(bytes)}`, {
      code: "ERR_FILE_FORMAT",
      hint: "save the arrays with numpy.savez or numpy.savez_compressed",
    });
  const view = viewOf(bytes);
  const end = directoryEnd(view, name);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count === most16Bits || at === beyond32Bits) throw zip64(name);
  const members: ZipMember[] = [];
  for (let i = 0; i < count; i++) {
    if (at + length.entry > end || view.getUint32(at, true) !== signature.entry) throw badDirectory(name, i, count);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const [crc, packedBytes, unpackedBytes] = [16, 20, 24].map((field) => view.getUint32(at + field, true));
    const offset = view.getUint32(at + 42, true);
    if ([packedBytes, unpackedBytes, offset].includes(beyond32Bits)) throw zip64(name);
    const path = new TextDecoder().decode(bytes.subarray(at + length.entry, at + length.entry + nameBytes));
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    const method = view.getUint16(at + 10, true);
    if (!path.endsWith("/"))
      members.push({ name: path, method, encrypted, crc, packedBytes, bytes: unpackedBytes, offset });
    at += length.entry + nameBytes + extraBytes + commentBytes;
  }
  return members;
}

/**
 * The contents of a member.
 * @param file the whole zip file
 * @param name of the zip file, used in messages
 * @throws BadFileError if the member is encrypted, damaged, or compressed in another way than by deflate
 */
export async function readMember(file: Uint8Array, member: ZipMember, name: string): Promise<Uint8Array> {
  const path = `${name}/${member.name}`;
  if (member.encrypted)
    throw new BadFileError(
      `${path}: the zip flags must be those of a member without encryption, found an encrypted one`,
      {
        code: "ERR_FILE_FORMAT",
        hint: "unpack it with its password, and give the unpacked file",
      },
    );
  if (member.method !== 0 && member.method !== 8)
    throw new BadFileError(`${path}: the zip method must be 0 (stored) or 8 (deflated), found ${member.method}`, {
      code: "ERR_FILE_FORMAT",
      hint: "save the arrays with numpy.savez or numpy.savez_compressed",
    });
  if (member.bytes > mostBytes)
    throw new BadFileError(`${path}: a zip member must have at most ${mostBytes} bytes, found ${member.bytes}`, {
      code: "ERR_FILE_TOO_LARGE",
      hint: "save the records alone as one .npy array, which can be read in pieces",
    });
  const packed = packedOf(file, member, path);
  const wrongSize = (found: number | string) =>
    damaged(`${path}: by the zip file's directory it must have ${member.bytes} bytes, found ${found}`);
  const limits = { limit: member.bytes, beyond: () => wrongSize("more") };
  const bytes = member.method === 0 ? packed : await decompress(packed, "deflate-raw", path, limits);
  if (bytes.length !== member.bytes) throw wrongSize(bytes.length);
  const crc = crc32(bytes);
  if (crc === member.crc) return bytes;
  throw damaged(`${path}: the checksum must be ${hex(member.crc)}, found ${hex(crc)}`);
}

/** The bytes of a member as they are in the file. Its local header may have other extra fields than the directory has. */
function packedOf(file: Uint8Array, { offset, packedBytes }: ZipMember, path: string): Uint8Array {
  const view = viewOf(file);
  if (offset + length.local > file.length || view.getUint32(offset, true) !== signature.local)
    throw damaged(`${path}: its zip header must be at byte ${offset}, found none`);
  const start = offset + length.local + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packedBytes <= file.length) return file.subarray(start, start + packedBytes);
  throw damaged(`${path}: must end before byte ${file.length}, found its end at byte ${start + packedBytes}`);
}

/** Offset of the record at the end, which may be followed by a comment of at most 65,535 bytes. */
function directoryEnd(view: DataView, name: string): number {
  const last = view.byteLength - length.end;
  for (let at = last; at >= Math.max(0, last - most16Bits); at--) {
    if (view.getUint32(at, true) !== signature.end) continue;
    if (at + length.end + view.getUint16(at + 20, true) === view.byteLength) return at;
  }
  throw new BadFileError(`${name}: truncated: a zip file must end with its directory, found none`, {
    code: "ERR_FILE_TRUNCATED",
    hint: "download or copy the file again: its end is missing",
  });
}

const zip64 = (name: string) =>
  new BadFileError(`${name}: a zip file must have at most 4 GiB and 65,534 members, found zip64`, {
    code: "ERR_FILE_TOO_LARGE",
    hint: "save the records alone as one .npy array, which can be read in pieces",
  });

const damaged = (message: string) =>
  new BadFileError(message, { code: "ERR_FILE_CORRUPT", hint: "download or save the file again" });

const badDirectory = (name: string, i: number, count: number) =>
  damaged(`${name}: the zip file's directory must have ${count} entries, found ${i}`);

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength);
const hex = (crc: number) => `0x${crc.toString(16).padStart(8, "0")}`;
const firstBytes = (bytes: Uint8Array) =>
  Array.from(bytes.subarray(0, 4), (byte) => `0x${byte.toString(16)}`).join(" ");
