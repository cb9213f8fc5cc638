/** How a failed command ends: one line with what was wrong (and one for each of several things),
 * one with what to do about it, and the exit code. */
import { CommanderError } from "commander";
import { exitCodes, GenloomError, OutOfMemoryError, UsageError } from "../errors.js";
import type { Terminal } from "./terminal.js";

/** Reports an error and gives the exit code; the stack is shown with --debug only. */
export function reportFailure(thrown: unknown, terminal: Terminal, debug: boolean): number {
  // Commander has already written its own message; --help and --version are no errors.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
  const error = outOfMemory(thrown) ?? thrown;
  const known = error instanceof GenloomError;
  const message = error instanceof Error ? error.message : String(error);
  terminal.error(`${terminal.red("error:")} ${known ? oneLine(message) : `a defect of genloom: ${oneLine(message)}`}`);
  if (known) for (const line of shortList(error.list)) terminal.error(`  ${oneLine(line)}`);
  const hint = known ? error.hint : "please report it, with what --debug shows";
  if (hint) terminal.error(`${terminal.dim("hint:")} ${oneLine(hint)}`);
  if (debug && error instanceof Error) terminal.error(stackOf(error));
  return known ? error.exitCode : 1;
}

/** What V8 and JavaScriptCore say where an array is larger than they make. */
const tooLarge =
  /^(Invalid (typed )?array( buffer)? length|Array buffer allocation failed|Invalid string length|length too large)/i;

function outOfMemory(error: unknown): OutOfMemoryError | undefined {
  if (!(error instanceof RangeError && tooLarge.test(error.message))) return undefined;
  return new OutOfMemoryError(`out of memory: ${error.message}`, {
    hint: "ask for fewer records, samples or units at a time",
    cause: error,
  });
}

/** Lines that are listed before the rest is only counted. */
const mostListed = 20;

/** The lines, or the first ones and how many more there are. */
export function shortList(lines: readonly string[]): string[] {
  if (lines.length <= mostListed) return [...lines];
  return [...lines.slice(0, mostListed - 1), `and ${lines.length - mostListed + 1} more`];
}

/** Names of files and columns may hold anything: control characters would speak to the terminal. */
const oneLine = (text: string) => text.replace(/\s*\n\s*/g, "; ").replace(/\p{Cc}/gu, "\ufffd");

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by: ${stackOf(error.cause)}` : own;
}

/**
 * Runs what turns the user's words into models and programs. Rules about shapes and options are RangeErrors and
 * TypeErrors of the form `what: rule, found value`; here they are the user's to mend.
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
