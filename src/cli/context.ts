/** The context in which a command runs, and the function that every command's module exports. */
import type { Command } from "commander";
import type { Terminal, TerminalOptions } from "./terminal.js";

/** What a command's module exports: adds arguments, options and the action, which resolves with the exit code. */
export type Setup = (command: Command, context: CommandContext) => void;

export interface CommandContext {
  readonly terminal: Terminal;
  /** Registers the command's function, which resolves with the exit code. */
  action(command: Command, run: (...values: never[]) => Promise<number>): void;
}

/** The terminal with a command's output options. */
export function terminalFor(context: CommandContext, options: TerminalOptions): Terminal {
  return context.terminal.withOptions(options);
}
