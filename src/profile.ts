/**
 * Timing of single commands. A run costs more than its commands: the call, lanes that have to wake, caches and branch
 * predictors that the host's code has emptied. That is some microseconds, as much as a small command takes, and differs
 * from run to run. So each command runs once, and then several times over in one call; the difference of the best of both
 * is its own time, in the middle of a program, with all lanes awake.
 */
import { Header, Opcode } from "../assembly/opcode.js";
import { isSingle } from "./compile/encode.js";
import type { Command } from "./compile/storage.js";

/** A command's share of a step. */
export interface ProfileEntry {
  readonly label: string;
  readonly milliseconds: number;
  readonly gflops: number;
  readonly gigabytes: number;
  readonly lanes: number;
}

/** Milliseconds that the repetitions of a short command take together. */
const span = 0.1;
/** The most of them: values that a command changes in place must not run away. */
const mostRepetitions = 16;

/**
 * Milliseconds of one iteration of each program, in turns: every round writes the values anew that the next one reads.
 * @param run runs the program at an address so many times
 */
export async function timeIterations(
  run: (program: number, times: number) => Promise<unknown>,
  programs: readonly number[],
  rounds: number,
): Promise<number[]> {
  const clock = async (program: number, times: number) => {
    const begin = performance.now();
    await run(program, times);
    return performance.now() - begin;
  };
  const timed = programs.map((program) => ({ program, more: 0, once: Infinity, often: Infinity }));
  for (const one of timed) {
    const first = await clock(one.program, 1);
    one.more = Math.min(mostRepetitions, Math.max(1, Math.ceil(span / first)));
  }
  for (let round = 0; round < rounds; round++) {
    for (const one of timed) {
      one.once = Math.min(one.once, await clock(one.program, 1));
      one.often = Math.min(one.often, await clock(one.program, 1 + one.more));
    }
  }
  return timed.map(({ more, once, often }) => Math.max(0, (often - once) / more));
}

/** Barriers of one iteration, the one at its end included. */
export function countBarriers(words: Int32Array): number {
  let count = 1;
  for (let at = 0; words[at] !== Opcode.End; at += words[at + Header.Words]) {
    if (words[at] === Opcode.Barrier) count++;
  }
  return count;
}

export function profileEntry(command: Command, milliseconds: number, lanes: number): ProfileEntry {
  const bytes = [...new Set([...command.reads, ...command.writes])].reduce((sum, one) => sum + one.bytes, 0);
  const per = (amount: number) => (milliseconds > 0 ? amount / milliseconds / 1e6 : 0);
  return {
    label: command.label,
    milliseconds,
    gflops: per(command.flops),
    gigabytes: per(bytes),
    lanes: isSingle(command) ? 1 : lanes,
  };
}

/** What lanes that come at the same time spend on meeting. */
export function barrierEntry(count: number, milliseconds: number, lanes: number): ProfileEntry {
  return { label: `barrier x ${count}`, milliseconds: count * milliseconds, gflops: 0, gigabytes: 0, lanes };
}

/** Whether an entry is work, and not the price of having it done by several lanes. */
export const isKernel = ({ label }: ProfileEntry) => !label.startsWith("barrier ");
