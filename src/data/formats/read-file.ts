/** Files and folders on disk, read whole or in pieces, and the errors if they cannot be read. Needs node:fs. */
import type { Dirent } from "node:fs";
import { type FileHandle, open, readdir, readFile } from "node:fs/promises";
import type { ByteSource } from "../streaming/pieces.js";
import { BadFileError, type ErrorCode } from "../../errors.js";

/** All bytes of a file. Rejects with a BadFileError if it cannot be read. */
export const readWhole = (path: string): Promise<Uint8Array> => readFile(path).catch(failed(path));

/** Entries of a folder, sorted by name. Rejects with a BadFileError if it cannot be read. */
export async function readFolder(path: string): Promise<Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(failed(path));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Opens a file for reading by offset. Rejects with a BadFileError if it cannot be opened. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, "r").catch(failed(path));
  try {
    const { size } = await file.stat();
    return openedFile(file, path, size);
  } catch (error) {
    await file.close();
    throw fileError(path, error);
  }
}

/** The bytes of an open file, by offset; `path` is used in messages. */
export const openedFile = (file: FileHandle, path: string, size: number): ByteSource => ({
  size,
  async read(offset, length) {
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done).catch(failed(path));
      if (bytesRead === 0)
        throw new BadFileError(`${path}: ends at byte ${offset + done}, it had ${size} bytes when it was opened`, {
          code: "ERR_FILE_TRUNCATED",
          hint: "a file must not change while training reads it",
        });
      done += bytesRead;
    }
    return bytes;
  },
  close: () => file.close(),
});

/** Converts a host's error about reading into one line with code and hint. */
export function fileError(path: string, error: unknown): BadFileError {
  const code = codeOf(error);
  const [rule, name, hint]: [string, ErrorCode, string] =
    code === "EACCES" || code === "EPERM"
      ? ["permission denied", "ERR_FILE_UNREADABLE", "make the file readable (chmod u+r), or use a copy of your own"]
      : code === "ENOENT"
        ? ["no such file or directory", "ERR_FILE_NOT_FOUND", "check the path"]
        : code === "ERR_FS_FILE_TOO_LARGE"
          ? ["larger than 2 GiB", "ERR_FILE_TOO_LARGE", "split the file, or keep fewer records"]
          : [`cannot be read (${code || String(error)})`, "ERR_FILE_UNREADABLE", "check the path and the disk"];
  return new BadFileError(`${path}: ${rule}`, { code: name, hint, cause: error });
}

/** The host's error code, such as ENOENT; empty if there is none. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}

const failed = (path: string) => (error: unknown) => {
  throw fileError(path, error);
};
