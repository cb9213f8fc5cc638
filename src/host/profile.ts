/**
 * Timing of single commands. A run costs more than its command: the call, waking the lanes, cold branch predictors and
 * L1 caches. That overhead is some microseconds, as much as a small command takes, and varies by command. So a short
 * command is timed once and repeated several times in one call; the difference is its time inside a program, with all
 * lanes awake. A long command is run once, and the time of an empty run is subtracted: a second run would find operands
 * in the caches that a step has to fetch (a step of `mlp-gan`, 8.3 ms: 6.3 by differences, 8.0 by single runs).
 */
import { Header, Opcode } from "../../assembly/opcode.js";
import { isSingle } from "../compile/encode.js";
import type { Command } from "../graph/command.js";

/** A command and its time in a step. */
export interface ProfileEntry {
  readonly label: string;
  readonly milliseconds: number;
  readonly gflops: number;
  readonly gigabytes: number;
  readonly lanes: number;
}

/** Commands of at least so many milliseconds are long; a short one is repeated until it takes as long in total. */
const long = 0.1;
/** Largest number of repetitions, so that values that a command updates in place do not overflow. */
const mostRepetitions = 16;
/**
 * Milliseconds of whole steps before each round, so that lanes are awake and each on its own core as during training.
 * No effect was measurable on a shared machine.
 */
const settling = 5;

export interface CommandTimes {
  /** Milliseconds of each program, without those of an empty program. */
  readonly milliseconds: readonly number[];
  /** Milliseconds of an empty program's iteration, which is the barrier at its end. */
  readonly barrier: number;
}

/**
 * Times programs of one command each, one after another in every round, so that each reads freshly computed values.
 * @param run runs the program at an address `times` times
 * @param addresses addresses of the whole step, of a program without commands, and of the programs of one command each
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
  // An empty run is never long: if one seemed so, it was interrupted.
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

/** Number of barriers in one iteration, including the one at its end. */
export function countBarriers(words: Int32Array): number {
  let count = 1;
  for (let at = 0; words[at] !== Opcode.End; at += words[at + Header.Words]) {
    if (words[at] === Opcode.Barrier) count++;
  }
  return count;
}

/** The row of a command in a profile. */
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

/** Time that lanes spend at barriers even if they arrive at the same time. */
export function barrierEntry(count: number, milliseconds: number, lanes: number): ProfileEntry {
  return { label: `barrier x ${count}`, milliseconds: count * milliseconds, gflops: 0, gigabytes: 0, lanes };
}

/** Whether an entry is a command, as opposed to the cost of barriers. */
export const isKernel = ({ label }: ProfileEntry) => !label.startsWith("barrier ");
