/** Output of a failed command: one line with the fault (or one per fault), one with a hint, and the exit code. */
import { CommanderError } from "commander";
import { exitCodes, GenloomError, OutOfMemoryError, UsageError } from "../errors.js";
import type { Terminal } from "./terminal.js";

/** Reports an error and returns the exit code; the stack is shown only with --debug. */
export function reportFailure(thrown: unknown, terminal: Terminal, debug: boolean): number {
  // Commander has already written its own message; --help and --version are not errors.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
  const error = outOfMemory(thrown) ?? thrown;
  const known = error instanceof GenloomError;
  const message = error instanceof Error ? error.message : String(error);
  terminal.error(`${terminal.red("error:")} ${known ? oneLine(message) : `a bug in genloom: ${oneLine(message)}`}`);
  if (known) for (const line of shortList(error.list)) terminal.error(`  ${oneLine(line)}`);
  const hint = known ? error.hint : "please report it, with the output of --debug";
  if (hint) terminal.error(`${terminal.dim("hint:")} ${oneLine(hint)}`);
  if (debug && error instanceof Error) terminal.error(stackOf(error));
  return known ? error.exitCode : 1;
}

/** Messages of V8 and JavaScriptCore for an array that is too large. */
const tooLarge =
  /^(Invalid (typed )?array( buffer)? length|Array buffer allocation failed|Invalid string length|length too large)/i;

function outOfMemory(error: unknown): OutOfMemoryError | undefined {
  if (!(error instanceof RangeError && tooLarge.test(error.message))) return undefined;
  return new OutOfMemoryError(`out of memory: ${error.message}`, {
    hint: "reduce the number of records, samples or units",
    cause: error,
  });
}

/** Maximum number of lines listed; more are only counted. */
const mostListed = 20;

/** The lines, or the first ones followed by the number of the others. */
export function shortList(lines: readonly string[]): string[] {
  if (lines.length <= mostListed) return [...lines];
  return [...lines.slice(0, mostListed - 1), `and ${lines.length - mostListed + 1} more`];
}

/** Replaces control characters, which names of files and columns may contain and the terminal would interpret. */
const oneLine = (text: string) => text.replace(/\s*\n\s*/g, "; ").replace(/\p{Cc}/gu, "\ufffd");

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

/**
 * Runs a function that builds models and programs from the user's options. Its RangeErrors and TypeErrors (`what: rule,
 * found value`) become usage errors.
 */
export async function configuring<T>(hint: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const rule = (error instanceof RangeError || error instanceof TypeError) && /^[^:]+: /.test(error.message);
    if (rule) throw new UsageError(error.message, { hint, cause: error });
    throw error;
  }
}
