/**
 * Timing of single commands. A run takes longer than its command: the call, waking the lanes, and branch predictors and
 * first-level caches emptied by the host's code add some microseconds, as much as a small command, and differently for
 * each command. So a short command is also run several times in one call; the difference is its time in the middle of a
 * program, with all lanes awake. A long command is run once, because a second run would find operands in the caches
 * that a step must fetch (a step of `mlp-gan`, 8.3 ms: 6.3 by differences, 8.0 by single runs); the time of an empty
 * run is subtracted.
 */
import { Header, Opcode } from "../../assembly/opcode.js";
import { isSingle } from "../compile/encode.js";
import type { Command } from "../graph/storage.js";

/** A command and its time in a step. */
export interface ProfileEntry {
  readonly label: string;
  readonly milliseconds: number;
  readonly gflops: number;
  readonly gigabytes: number;
  readonly lanes: number;
}

/** Milliseconds from which a command counts as long; the repetitions of a short one take about this long together. */
const long = 0.1;
/** Maximum repetitions, so that values that a command changes in place do not overflow. */
const mostRepetitions = 16;
/**
 * Milliseconds of whole steps before each round, so that lanes are awake and on separate cores, as in training. On a
 * shared computer the effect could not be measured.
 */
const settling = 5;

export interface CommandTimes {
  /** Milliseconds of each program, minus those of an empty program. */
  readonly milliseconds: readonly number[];
  /** Milliseconds of one step of an empty program: the barrier at its end. */
  readonly barrier: number;
}

/**
 * Times programs of one command each, alternating: every round rewrites the values that the next one reads.
 * @param run runs the program at an address for a number of steps
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
  // An empty run is never long: if it takes long, it was interrupted.
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

/** Number of barriers in a step, including the one at its end. */
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

/** Time that barriers take if all lanes arrive together. */
export function barrierEntry(count: number, milliseconds: number, lanes: number): ProfileEntry {
  return { label: `barrier x ${count}`, milliseconds: count * milliseconds, gflops: 0, gigabytes: 0, lanes };
}

/** Whether an entry is a kernel, not the cost of synchronising lanes. */
export const isKernel = ({ label }: ProfileEntry) => !label.startsWith("barrier ");
