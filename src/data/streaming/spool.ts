/**
 * Temporary storage for pieces of bytes that are added one by one and read again by number: in memory up to a limit,
 * then in a temporary file. If the host allows it, the file is unlinked as soon as it is open, so that nothing is left
 * however the process ends. Needs node:fs.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPieces } from "./pieces.js";
import { openedFile } from "../formats/read-file.js";
import { writeError } from "../formats/safe-file.js";

/** Bytes per write. */
const blockBytes = 2 ** 20;

const hint =
  "image records that do not fit in memory are stored there: free some space, or set TMPDIR (Windows: TEMP) to a folder on another disk";

/** Pieces of bytes, appended once and then read in any order. */
export class Spool {
  /** Offset of each piece, followed by the offset of the next one. */
  readonly #starts = [0];
  /** Pieces that are not in the file yet. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #file: TemporaryFile | undefined;

  /** @param mostInMemory bytes; 0 to use a file from the first piece on */
  constructor(private readonly mostInMemory: number) {}

  /** Whether the pieces have exceeded the memory limit. */
  get onDisk(): boolean {
    return this.#file !== undefined;
  }

  /** Adds a piece, which must not change afterwards. Rejects with a BadFileError if the disk cannot store it. */
  async add(piece: Uint8Array): Promise<void> {
    this.#starts.push(this.#bytes + piece.length);
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= (this.#file ? blockBytes : this.mostInMemory)) return;
    this.#file ??= await TemporaryFile.create();
    await this.#write(this.#file);
  }

  /** Ends adding; pieces can be read afterwards. */
  async end(): Promise<void> {
    if (this.#file) await this.#write(this.#file);
  }

  /** Calls `take` with each of these pieces, in any order. */
  async read(numbers: ArrayLike<number>, take: (i: number, piece: Uint8Array) => void): Promise<void> {
    if (this.#file === undefined) {
      for (let i = 0; i < numbers.length; i++) take(i, this.#held[numbers[i]]);
      return;
    }
    const startOf = (i: number) => this.#starts[numbers[i]];
    const lengthOf = (i: number) => this.#starts[numbers[i] + 1] - startOf(i);
    await readPieces(this.#file.bytes(this.#bytes), { count: numbers.length, startOf, lengthOf }, take);
  }

  /** Releases memory and disk. */
  async close(): Promise<void> {
    this.#held = [];
    await this.#file?.close();
  }

  get #bytes(): number {
    return this.#starts[this.#starts.length - 1];
  }

  async #write(file: TemporaryFile): Promise<void> {
    const held = this.#held;
    [this.#held, this.#heldBytes] = [[], 0];
    for (let first = 0, end = 0; first < held.length; first = end) {
      for (let bytes = 0; end < held.length && bytes < blockBytes; end++) bytes += held[end].length;
      await file.append(Buffer.concat(held.slice(first, end)));
    }
  }
}

class TemporaryFile {
  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    /** Whether the open file still has a name, because the host cannot unlink it. */
    private readonly named: boolean,
  ) {}

  static async create(): Promise<TemporaryFile> {
    const path = join(tmpdir(), `genloom-${randomUUID()}.tmp`);
    const file = await open(path, "wx+", 0o600).catch((error: unknown) => {
      throw writeError(path, error, { hint });
    });
    const named = await rm(path).then(
      () => false,
      () => true,
    );
    return new TemporaryFile(path, file, named);
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.file.appendFile(bytes).catch((error: unknown) => {
      throw writeError(this.path, error, { hint });
    });
  }

  bytes = (size: number) => openedFile(this.file, this.path, size);

  async close(): Promise<void> {
    await this.file.close();
    if (this.named) await rm(this.path, { force: true });
  }
}
