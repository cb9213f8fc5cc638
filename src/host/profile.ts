/**
 * Timing of single commands. A run costs more than its command: the call, lanes that have to wake, branch predictors and
 * first-level caches that the host's code has emptied. That is some microseconds, as much as a small command takes, and
 * differs from command to command. So a short command is also run several times over in one call, and the difference is
 * its time in the middle of a program, with all lanes awake. A long one is run once: a second run would find operands in
 * the caches that a step has to fetch (a step of `mlp-gan`, 8.3 ms: 6.3 by differences, 8.0 by single runs), and what
 * an empty run costs is taken off.
 */
import { Header, Opcode } from "../../assembly/opcode.js";
import { isSingle } from "../compile/encode.js";
import type { Command } from "../graph/storage.js";

/** A command's share of a step. */
export interface ProfileEntry {
  readonly label: string;
  readonly milliseconds: number;
  readonly gflops: number;
  readonly gigabytes: number;
  readonly lanes: number;
}

/** Milliseconds from which on a command is long; the repetitions of a short one take as much together. */
const long = 0.1;
/** The most of them: values that a command changes in place must not run away. */
const mostRepetitions = 16;
/**
 * Milliseconds of whole steps before each round, so that lanes are awake and on cores of their own as in a training.
 * Whether it helps was not to be seen on a machine that others used.
 */
const settling = 5;

export interface CommandTimes {
  /** Milliseconds that each program takes beside an empty one. */
  readonly milliseconds: readonly number[];
  /** Of an empty program's iteration: the barrier at its end. */
  readonly barrier: number;
}

/**
 * Times programs of one command each, in turns: every round writes the values anew that the next one reads.
 * @param run runs the program at an address so many times
 * @param addresses those of the whole step, of a program without commands, and of programs of one command each
 */
export async function timeCommands(
  run: (program: number, times: number) => Promise<unknown>,
  { step, empty, programs, rounds }: { step: number; empty: number; programs: readonly number[]; rounds: number },
): Promise<CommandTimes> {
  const clock = async (program: number, times: number) => {
    const begin = performance.now();
    await run(program, times);
    return performance.now() - begin;
  };
  const timed = [empty, ...programs].map((program) => ({ program, more: 0, once: Infinity, often: Infinity }));
  for (const one of timed) {
    await clock(one.program, 1);
    const second = await clock(one.program, 1);
    one.more = second >= long ? 0 : Math.min(mostRepetitions, Math.ceil(long / second));
  }
  // An empty run is never long: what one costs now and then is an interruption.
  timed[0].more = mostRepetitions;
  const steps = Math.ceil(settling / Math.max(await clock(step, 1), 0.01));
  for (let round = 0; round < rounds; round++) {
    await run(step, steps);
    for (const one of timed) {
      one.once = Math.min(one.once, await clock(one.program, 1));
      if (one.more > 0) one.often = Math.min(one.often, await clock(one.program, 1 + one.more));
    }
  }
  const [price, ...own] = timed;
  const barrier = Math.max(0, (price.often - price.once) / price.more);
  return {
    milliseconds: own.map(({ more, once, often }) =>
      Math.max(0, more > 0 ? (often - once) / more - barrier : once - price.once),
    ),
    barrier,
  };
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
