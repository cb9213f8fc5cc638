/** Commands: what a program executes, and the storages that each reads and writes. */
import type { Opcode } from "../../assembly/opcode.js";
import type { Loop, Storage } from "./storage.js";
import type { Writer } from "./writer.js";

export interface Command {
  readonly opcode: Opcode;
  /** What it computes, for listings and errors. */
  readonly label: string;
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  /** Commands that must end before this one begins, in addition to those that write what this one reads. */
  readonly after: Command[];
  /** Approximate number of elementary operations; decides whether lanes share the command. */
  readonly work: number;
  /** Floating-point operations of the mathematical definition. */
  readonly flops: number;
  /** [output, input] pairs that may share memory if the input is not needed afterwards. */
  readonly shares: readonly (readonly [out: Storage, input: Storage])[];
  /** Writes the command's own words, after the header. */
  words(writer: Writer): void;
  /** What a loop repeats: the waves between it and its `Next`. */
  readonly body?: { readonly loop: Loop; readonly waves: readonly (readonly Command[])[] };
}

/**
 * All commands of some waves, with the commands of a loop directly after it. The index of a command in this list is its
 * number in the program.
 */
export function commandsOf(waves: readonly (readonly Command[])[]): Command[] {
  return waves.flat().flatMap((command) => [command, ...(command.body ? commandsOf(command.body.waves) : [])]);
}
