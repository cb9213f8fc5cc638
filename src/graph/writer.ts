/** Writer of command words; assembly/opcode.ts defines the meaning of each word. */
import { Header, type Opcode } from "../../assembly/opcode.js";
import type { Draws } from "./draws.js";
import { type Motion, type Place, resolve } from "./storage.js";

const floatCell = new Float32Array(1);
const bitsCell = new Int32Array(floatCell.buffer);

/** The bits of an f32. */
export function floatBits(value: number): number {
  floatCell[0] = value;
  return bitsCell[0];
}

/** Header fields of a command other than opcode and length. */
export interface CommandHeader {
  readonly flags?: number;
  readonly id: number;
  readonly work?: number;
}

/** Maximum work that the 32-bit header word holds; a larger value would not make a program pause any sooner. */
const mostWork = 0x7fffffff;

/** A word whose value changes from iteration to iteration of a loop. */
export interface MovedWord {
  /** Index of the word in the program. */
  readonly at: number;
  /** Value of the word in the first iteration of all loops, without the motions' shifts. */
  readonly start: number;
  readonly motions: readonly Motion[];
  /** See `RowWord`. */
  readonly rowStride: number;
}

/** A word that depends on the first row of a program that computes rows of a block: its value is increased by `stride` per row. */
export interface RowWord {
  /** Index of the word in the program. */
  readonly at: number;
  /** Value for row 0. */
  readonly start: number;
  readonly stride: number;
}

/**
 * Appends words to a list. A function gives the addresses, so the same commands can be written for another memory
 * layout.
 */
export class Writer {
  readonly words: number[] = [];
  readonly moved: MovedWord[] = [];
  readonly rowWords: RowWord[] = [];
  #command = 0;

  constructor(private readonly address: (place: Place) => number) {}

  /** Number of words of the current command so far: the offset of its next word. */
  get offset(): number {
    return this.words.length - this.#command;
  }

  integers(...values: readonly number[]): void {
    this.words.push(...values);
  }

  float(value: number): void {
    this.words.push(floatBits(value));
  }

  /** Writes the address of a place, plus `bytes`. */
  place(place: Place, bytes = 0): void {
    const { place: root, motions } = resolve(place);
    this.moving(this.address(root) + bytes, motions);
  }

  /** Writes a word that begins at `start` and changes by `motions`. */
  moving(start: number, motions: readonly Motion[], rowStride = 0): void {
    let first = start;
    for (const { stride, shift = 0, slots } of motions) first += stride * (slots ? shift % slots : shift);
    if (motions.length > 0) this.moved.push({ at: this.words.length, start, motions, rowStride });
    this.inRow(first, rowStride);
  }

  /** Writes a word that is `start` for row 0 of a block, and increases by `stride` for every row. */
  inRow(start: number, stride: number): void {
    if (stride > 0) this.rowWords.push({ at: this.words.length, start, stride });
    this.words.push(start);
  }

  /** Writes the number of the first element of a draw. */
  draw({ start, motions, rowStride }: Draws): void {
    this.moving(start, motions, rowStride);
  }

  /** Sets a word of the current command that was not known when it was written. */
  patch(offset: number, value: number): void {
    this.words[this.#command + offset] = value;
  }

  command(opcode: Opcode, { flags = 0, id, work = 0 }: CommandHeader, body: () => void): void {
    this.#command = this.words.length;
    this.integers(opcode, 0, flags, id, Math.min(Math.ceil(work), mostWork));
    body();
    this.patch(Header.Words, this.offset);
  }
}
