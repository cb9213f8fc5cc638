/** Schedule: sorts commands into waves. A command goes into the first wave after all commands that it waits for. */
import type { Wave } from "./encode.js";
import type { Storage } from "../graph/storage.js";
import type { Command } from "../graph/command.js";

/** For each command, the commands that it waits for: those that write what it reads, and those in its `after` list. */
export function dependencies(commands: readonly Command[]): Map<Command, Set<Command>> {
  const writers = new Map<Storage, Command[]>();
  for (const command of commands) {
    for (const storage of command.writes) {
      const list = writers.get(storage);
      if (list) list.push(command);
      else writers.set(storage, [command]);
    }
  }
  return new Map(
    commands.map((command) => {
      const before = new Set(command.after);
      for (const storage of command.reads) for (const writer of writers.get(storage) ?? []) before.add(writer);
      before.delete(command);
      return [command, before];
    }),
  );
}

/** Whether any of `commands` waits for `other`, directly or indirectly. */
export function anyWaits(
  commands: readonly Command[],
  other: Command,
  waitsFor: ReadonlyMap<Command, ReadonlySet<Command>>,
): boolean {
  const open = [...commands];
  const seen = new Set(open);
  for (let command = open.pop(); command; command = open.pop()) {
    for (const before of waitsFor.get(command) ?? []) {
      if (before === other) return true;
      if (seen.has(before)) continue;
      seen.add(before);
      open.push(before);
    }
  }
  return false;
}

/**
 * Sorts commands into waves; within a wave they keep their order of creation. Commands that these wait for and that are
 * not among them have ended before.
 */
export function schedule(commands: readonly Command[]): Wave[] {
  const waitsFor = dependencies(commands);
  const level = new Map<Command, number>();
  const open = new Set<Command>();
  const levelOf = (command: Command): number => {
    const known = level.get(command);
    if (known !== undefined) return known;
    if (open.has(command)) throw new Error(`schedule: ${command.label} waits for itself`);
    open.add(command);
    let own = 0;
    for (const before of waitsFor.get(command) ?? [])
      if (waitsFor.has(before)) own = Math.max(own, levelOf(before) + 1);
    open.delete(command);
    level.set(command, own);
    return own;
  };
  const waves: Command[][] = [];
  for (const command of commands) {
    const at = levelOf(command);
    while (waves.length <= at) waves.push([]);
    waves[at].push(command);
  }
  return waves;
}
