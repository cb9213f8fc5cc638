/** Encodes a program as words: its commands in waves, with barriers between waves. */
import { Flag, Layout, LoopWord, Opcode } from "../../assembly/opcode.js";
import type { Loop, Place } from "../graph/storage.js";
import type { Command } from "../graph/command.js";
import { type RowWord, Writer } from "../graph/writer.js";

/** A wave: commands that do not depend on each other. */
export type Wave = readonly Command[];

/** Below this amount of work, which takes about as long as a barrier, one lane runs a command alone. */
export const singleWork = 16384;

/** Whether lane 0 runs the command alone because it has too little work for several lanes. */
export function isSingle(command: Command): boolean {
  return command.body ? command.body.waves.flat().every(isSingle) : command.work < singleWork;
}

/** A program as the kernels read it. */
export interface Encoded {
  readonly words: Int32Array;
  /** Index of the first word of the wave that was asked for. */
  readonly start: number;
  /** The words that change with the first row of a part of a block. */
  readonly rowWords: readonly RowWord[];
}

/**
 * A whole program, with the start of wave number `from`. There is a barrier between two waves if either of them has work for
 * more lanes than lane 0.
 */
export function encode(waves: readonly Wave[], address: (place: Place) => number, from = 0): Encoded {
  const writer = new Writer(address);
  const around: Loop[] = [];
  let id = 0;
  let start = 0;

  const put = (list: readonly Wave[]): void => {
    let open = false;
    list.forEach((wave, at) => {
      const shared = wave.some((command) => !isSingle(command));
      if (at > 0 && (shared || open)) writer.command(Opcode.Barrier, { id }, () => {});
      open = shared;
      if (list === waves && at === from) start = writer.words.length;
      for (const command of wave) {
        const begin = writer.words.length;
        const flags = isSingle(command) && !command.body ? Flag.Single : 0;
        const work = command.body ? 0 : command.work;
        writer.command(command.opcode, { flags, id: id++, work }, () => command.words(writer));
        if (command.body) putIterations(command, command.body, begin);
      }
    });
  };

  const putIterations = (
    command: Command,
    { loop, waves: list }: NonNullable<Command["body"]>,
    begin: number,
  ): void => {
    const first = writer.words.length;
    if (around.length === Layout.MostLoops)
      throw new RangeError(`compile: a program must have at most ${Layout.MostLoops} nested loops, found more`);
    around.push(loop);
    put(list);
    const next = writer.words.length;
    const moved = writer.moved.filter(({ at, motions }) => at >= first && motions.some((one) => one.loop === loop));
    writer.command(Opcode.Next, { id }, () => {
      writer.integers(loop.length, next - first, Number(!isSingle(command)), moved.length);
      for (const { at, start: from, motions, rowStride } of moved) {
        writer.integers(next - at);
        writer.inRow(from, rowStride);
        writer.integers(motions.length);
        for (const { loop: of, stride, shift = 0, slots = 0 } of motions)
          writer.integers(around.indexOf(of), stride, shift, slots);
      }
    });
    writer.words[begin + LoopWord.Skip] = writer.words.length - begin;
    around.pop();
  };

  put(waves);
  writer.command(Opcode.End, { id }, () => {});
  return { words: Int32Array.from(writer.words), start, rowWords: writer.rowWords };
}
