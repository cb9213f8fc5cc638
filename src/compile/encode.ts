/** Writes commands as words: see assembly/opcode.ts for what each word means. */
import { Flag, Header, Layout, LoopWord, Opcode } from "../../assembly/opcode.js";
import { type Command, type Loop, type Motion, type Place, resolve } from "./storage.js";

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

/** A word that differs from turn to turn of a loop. */
interface MovedWord {
  /** Its number in the whole program. */
  readonly at: number;
  /** Its value in the first turn of all loops, without the motions' shifts. */
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

/** A wave: commands that do not depend on each other. */
export type Wave = readonly Command[];

/** Work below which one lane does a command alone: about what a barrier costs. */
export const singleWork = 16384;

export function isSingle(command: Command): boolean {
  return command.body ? command.body.waves.flat().every(isSingle) : command.work < singleWork;
}

/** Words of a whole program. Waves are parted by barriers wherever more than lane 0 has work beside one. */
export function encode(waves: readonly Wave[], address: (place: Place) => number): Int32Array {
  const writer = new Writer(address);
  const around: Loop[] = [];
  let id = 0;

  const put = (list: readonly Wave[]): void => {
    let open = false;
    list.forEach((wave, at) => {
      const shared = wave.some((command) => !isSingle(command));
      if (at > 0 && (shared || open)) writer.command(Opcode.Barrier, { id }, () => {});
      open = shared;
      for (const command of wave) {
        const start = writer.words.length;
        const flags = isSingle(command) && !command.body ? Flag.Single : 0;
        const work = command.body ? 0 : command.work;
        writer.command(command.opcode, { flags, id: id++, work }, () => command.words(writer));
        if (command.body) putTurns(command, command.body, start);
      }
    });
  };

  const putTurns = (command: Command, { loop, waves: list }: NonNullable<Command["body"]>, start: number): void => {
    const first = writer.words.length;
    if (around.length === Layout.MostLoops)
      throw new RangeError(`a program has at most ${Layout.MostLoops} loops within each other`);
    around.push(loop);
    put(list);
    const next = writer.words.length;
    const moved = writer.moved.filter(({ at, motions }) => at >= first && motions.some((one) => one.loop === loop));
    writer.command(Opcode.Next, { id }, () => {
      writer.integers(loop.turns, next - first, Number(!isSingle(command)), moved.length);
      for (const { at, start: from, motions } of moved) {
        writer.integers(next - at, from, motions.length);
        for (const { loop: of, stride, shift = 0, slots = 0 } of motions)
          writer.integers(around.indexOf(of), stride, shift, slots);
      }
    });
    writer.words[start + LoopWord.Skip] = writer.words.length - start;
    around.pop();
  };

  put(waves);
  writer.command(Opcode.End, { id }, () => {});
  return Int32Array.from(writer.words);
}
