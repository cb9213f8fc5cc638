/** A whole program as words: its commands in waves, with barriers between them. */
import { Flag, Opcode } from "../../assembly/opcode.js";
import type { Command, Place } from "../graph/storage.js";
import { Writer } from "../graph/writer.js";

/** A wave: commands that do not depend on each other. */
export type Wave = readonly Command[];

/** Work below which one lane does a command alone: about what a barrier costs. */
export const singleWork = 16384;

export const isSingle = (command: Command) => command.work < singleWork;

/** Words of a whole program. Waves are parted by barriers wherever more than lane 0 has work beside one. */
export function encode(waves: readonly Wave[], address: (place: Place) => number): Int32Array {
  const writer = new Writer(address);
  let id = 0;
  let open = false;
  for (const wave of waves) {
    const shared = wave.some((command) => !isSingle(command));
    if (id > 0 && (shared || open)) writer.command(Opcode.Barrier, { id }, () => {});
    open = shared;
    for (const command of wave) {
      const flags = isSingle(command) ? Flag.Single : 0;
      writer.command(command.opcode, { flags, id: id++, work: command.work }, () => command.words(writer));
    }
  }
  writer.command(Opcode.End, { id }, () => {});
  return Int32Array.from(writer.words);
}
