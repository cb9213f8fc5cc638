/**
 * Pieces of bytes that are put aside one after another and read again by number: in memory up to a limit, beyond it in a
 * temporary file. Where the host allows it, the file loses its name as soon as it is open, and nothing of it is left whatever
 * becomes of the process. Needs node:fs.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPieces } from "./pieces.js";
import { openedFile } from "../formats/read-file.js";
import { writeError } from "../formats/safe-file.js";

/** Bytes that are written at a time. */
const blockBytes = 2 ** 20;

const hint =
  "records of images that are streamed are kept there: free some space, or name a folder on another disk by TMPDIR (Windows: TEMP)";

export class Spool {
  /** Where each piece starts, and behind them all where the next one will. */
  readonly #starts = [0];
  /** Pieces that are not in the file. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #file: TemporaryFile | undefined;

  /** @param mostInMemory bytes; 0 for a file from the first piece on */
  constructor(private readonly mostInMemory: number) {}

  /** Whether the pieces have become too many for memory. */
  get onDisk(): boolean {
    return this.#file !== undefined;
  }

  /** Puts a piece aside, which must not change then. Rejects with a BadFileError where the disk takes no more. */
  async add(piece: Uint8Array): Promise<void> {
    this.#starts.push(this.#bytes + piece.length);
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= (this.#file ? blockBytes : this.mostInMemory)) return;
    this.#file ??= await TemporaryFile.create();
    await this.#write(this.#file);
  }

  /** Ends adding: after it pieces can be read. */
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

  /** Gives back memory and disk. */
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
    /** Whether the host keeps the name of a file that is open. */
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
