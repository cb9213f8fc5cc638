/** Schedule: commands in waves. A command stands in the first wave behind all that it waits for. */
import type { Wave } from "./encode.js";
import type { Command, Storage } from "./storage.js";

/** Commands that each command waits for: writers of what it reads, and its explicit predecessors. */
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

/** Everything that waits for a command, directly or not. */
export function dependents(command: Command, waitsFor: ReadonlyMap<Command, ReadonlySet<Command>>): Set<Command> {
  const found = new Set<Command>();
  let grown = true;
  while (grown) {
    grown = false;
    for (const [other, before] of waitsFor) {
      if (found.has(other) || ![...before].some((one) => one === command || found.has(one))) continue;
      found.add(other);
      grown = true;
    }
  }
  return found;
}

/** Commands in waves, the order of creation kept within a wave. */
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
    for (const before of waitsFor.get(command) ?? []) own = Math.max(own, levelOf(before) + 1);
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
