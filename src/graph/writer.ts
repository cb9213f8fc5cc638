/** Writes the words of commands: see assembly/opcode.ts for what each word means. */
import { Header, type Opcode } from "../../assembly/opcode.js";
import type { Place } from "./storage.js";

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

/** Grows a list of words. Addresses come from a function, so the same commands can be written for other places. */
export class Writer {
  readonly words: number[] = [];
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

  place(place: Place): void {
    this.words.push(this.address(place));
  }

  addressOf(place: Place): number {
    return this.address(place);
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
