/**
 * Updates in place: decides which next values of variables are written directly to the variable's memory.
 *
 * A variable that a program updates has two storages: `old`, the value before the step, which commands read, and
 * `next`, the value after it. If `next.home` is the variable, both are the same bytes. That is allowed only if every
 * command still reads the old value:
 *
 * 1. A command r that reads `old` and does not write `next` must end before any command w that writes `next` begins. r
 *    is added to `w.after`, so the schedule puts r in an earlier wave. This is possible unless r waits for w itself.
 * 2. A command w that reads `old` and writes `next` must declare the pair in `shares`: each lane reads element i for
 *    the last time before it writes element i, and no lane reads an element that another lane writes. A product reads
 *    its operands repeatedly while it writes its results, so it never declares them (see `withEpilogue`).
 * 3. No reader of `old` may be missed: decisions are made after every command that reads variables has been emitted.
 *    Later commands read only `next` (or scratch).
 *
 * If rule 1 or 2 fails, `next` moves to scratch, and a copy command that runs after all readers writes it to the
 * variable.
 */
import { anyWaits } from "./schedule.js";
import type { Storage } from "../graph/storage.js";
import type { Command } from "../graph/command.js";

export interface NextValue {
  /** The variable's value before the step; undefined if no command reads it. */
  readonly old: Storage | undefined;
  readonly next: Storage;
}

/**
 * Orders the writers of `next` after the readers of `old` and returns true, or moves `next` to scratch and returns
 * false. Keeps `waitsFor` up to date.
 */
export function writesInPlace(
  { old, next }: NextValue,
  commands: readonly Command[],
  waitsFor: ReadonlyMap<Command, Set<Command>>,
): boolean {
  if (!old) return true;
  const writers = commands.filter((command) => command.writes.includes(next));
  const readers = commands.filter((command) => command.reads.includes(old));
  const othersOf = (writer: Command) => readers.filter((reader) => reader !== writer);
  const safe = writers.every(
    (writer) =>
      (!readers.includes(writer) || writer.shares.some(([out, input]) => out === next && input === old)) &&
      !anyWaits(othersOf(writer), writer, waitsFor),
  );
  if (!safe) {
    next.home = "scratch";
    return false;
  }
  for (const writer of writers) {
    for (const reader of othersOf(writer)) {
      writer.after.push(reader);
      waitsFor.get(writer)?.add(reader);
    }
  }
  return true;
}
