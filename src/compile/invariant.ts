/**
 * Invariant commands: those that depend on nothing but constants and variables that the program does not write, such as
 * the transformed weights of a sampler's convolutions. They run before all others, and their results are kept between
 * runs, in one block of memory, until one of those variables is written (host/loaded.ts).
 *
 * A command is not invariant if its words name an input, or the clock, which random numbers and loops depend on; nor is an
 * exchange between ranks, which must all run it in the same steps. If the
 * results together are much larger than the variables that they come from, the largest ones are computed in every step
 * instead: an operation that makes values from few others takes little more time than reading them.
 */
import { Opcode } from "../../assembly/opcode.js";
import type { Command } from "../graph/command.js";
import { elementBytes } from "../graph/dtype.js";
import { Part, rootOf, type Storage, storage } from "../graph/storage.js";
import { Variable } from "../graph/variable.js";
import { Writer } from "../graph/writer.js";
import { aligned } from "./plan.js";

/** Commands whose results are kept between runs. */
export interface Invariant {
  readonly commands: ReadonlySet<Command>;
  /** The memory of the results that other commands read; a static storage. */
  readonly kept: Storage;
  /** The variables that the results depend on. */
  readonly variables: readonly Variable[];
}

/** Bytes that are kept at most: so many times the bytes of the variables, and so many more. */
const mostGrowth = 8;
const mostConstant = 65536;

/**
 * Finds the invariant commands, and makes their results parts of the kept memory; undefined if there are none.
 * @param outputs storages that are read after the program has ended
 */
export function findInvariant(commands: readonly Command[], outputs: Iterable<Storage>): Invariant | undefined {
  const writers = new Map<Storage, Command[]>();
  const homes = new Set<Storage["home"]>();
  for (const command of commands) {
    for (const root of new Set(command.writes.map(rootOf))) {
      writers.set(root, [...(writers.get(root) ?? []), command]);
      homes.add(root.home);
    }
  }
  const found = new Set(commands.filter((command) => command.writes.length > 0 && !isFed(command)));
  const isKept = (root: Storage) => root.home === "scratch" && (writers.get(root) ?? []).every((one) => found.has(one));
  // Inputs and the clock are excluded already: a static storage that is left has constant contents.
  const isKnown = (root: Storage) => isKept(root) || root.home === "static" || !homes.has(root.home);
  for (;;) {
    for (let size = -1; size !== found.size; ) {
      size = found.size;
      for (const one of found) {
        const holds =
          one.writes.every((written) => isKept(rootOf(written))) &&
          one.reads.every((read) => isKnown(rootOf(read))) &&
          one.after.every((before) => found.has(before));
        if (!holds) found.delete(one);
      }
    }
    const read = new Set([...outputs, ...commands.flatMap((one) => (found.has(one) ? [] : one.reads))].map(rootOf));
    const crossing = [...read].filter((root) => writers.get(root)?.some((one) => found.has(one)));
    if (crossing.length === 0) return undefined;
    const sources = new Set([...found].flatMap(({ reads }) => reads.map((read) => rootOf(read).home)));
    const variables = [...sources].filter((home) => home instanceof Variable);
    const most = variables.reduce(
      (sum, { size, dtype }) => sum + mostGrowth * size * elementBytes[dtype],
      mostConstant,
    );
    const bytes = crossing.reduce((sum, root) => sum + aligned(root.bytes), 0);
    if (bytes <= most) return { commands: found, kept: keep(crossing, bytes), variables };
    const [largest] = crossing.sort((a, b) => b.bytes - a.bytes);
    for (const writer of writers.get(largest) ?? []) found.delete(writer);
  }
}

/** Whether a command's words name static memory whose contents are not constant, or its result depends on other ranks. */
function isFed(command: Command): boolean {
  let fed = command.opcode === Opcode.Exchange;
  const writer = new Writer(({ storage: { home, data } }) => {
    fed ||= home === "static" && !data;
    return 0;
  });
  writer.command(command.opcode, { id: 0 }, () => command.words(writer));
  return fed;
}

/** Makes storages parts of one of `bytes` bytes. */
function keep(storages: readonly Storage[], bytes: number): Storage {
  const kept = storage("kept values", [bytes], { dtype: "u8", home: "static" });
  let offset = 0;
  for (const one of storages) {
    one.home = new Part({ storage: kept, offset });
    offset += aligned(one.bytes);
  }
  return kept;
}
