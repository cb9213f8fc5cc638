/** A file of the disk, read in pieces. Needs node:fs. */
import { open } from "node:fs/promises";
import type { ByteSource } from "../data/pieces.js";
import { BadFileError } from "../errors.js";

/** Opens a file for reading by offset. Rejects with the host's own error where it cannot be opened. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path, "r");
  const { size } = await file.stat();
  return {
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0)
          throw new BadFileError(`${path}: ends at byte ${offset + done}, it had ${size} bytes when it was opened`, {
            code: "ERR_FILE_TRUNCATED",
            hint: "a file must not change while it is trained on",
          });
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}
