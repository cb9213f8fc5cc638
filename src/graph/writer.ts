/** Writes the words of commands: see assembly/opcode.ts for what each word means. */
import { Header, type Opcode } from "../../assembly/opcode.js";
import { type Motion, type Place, resolve } from "./storage.js";

const floatCell = new Float32Array(1);
const bitsCell = new Int32Array(floatCell.buffer);

/** The bits of an f32. */
export function floatBits(value: number): number {
  floatCell[0] = value;
  return bitsCell[0];
}

/** What a command's header holds beside opcode and length. */
interface CommandHeader {
  readonly flags?: number;
  readonly id: number;
  readonly work?: number;
}

/** The header has 32 bits for it; more would not pause any sooner. */
const mostWork = 0x7fffffff;

/** A word that differs from iteration to iteration of a loop. */
interface MovedWord {
  /** Its number in the whole program. */
  readonly at: number;
  /** Its value in the first iteration of all loops, without the motions' shifts. */
  readonly start: number;
  readonly motions: readonly Motion[];
}

/** Grows a list of words. Addresses come from a function, so the same commands can be written for other places. */
export class Writer {
  readonly words: number[] = [];
  readonly moved: MovedWord[] = [];
  #command = 0;

  constructor(private readonly address: (place: Place) => number) {}

  /** Words of the present command so far: the offset at which the next one goes. */
  get offset(): number {
    return this.words.length - this.#command;
  }

  integers(...values: readonly number[]): void {
    this.words.push(...values);
  }

  float(value: number): void {
    this.words.push(floatBits(value));
  }

  /** The address of a place, or of what lies some bytes further. */
  place(place: Place, bytes = 0): void {
    const { place: root, motions } = resolve(place);
    this.moving(this.address(root) + bytes, motions);
  }

  /** A word that is `start` and moves. */
  moving(start: number, motions: readonly Motion[]): void {
    let first = start;
    for (const { stride, shift = 0, slots } of motions) first += stride * (slots ? shift % slots : shift);
    if (motions.length > 0) this.moved.push({ at: this.words.length, start, motions });
    this.words.push(first);
  }

  /** Fills in a word of the present command that was not known yet. */
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
