/** The commands, one entry each. A command's module is loaded on demand, so that `--help` starts fast. */
import type { Command } from "commander";
import type { Terminal } from "./terminal.js";

/** What a command's module exports: adds arguments, options and the action, which resolves with the exit code. */
export type Setup = (command: Command, context: CommandContext) => void;

export interface CommandContext {
  readonly terminal: Terminal;
  /** Registers the command's function, which resolves with the exit code. */
  action(command: Command, run: (...values: never[]) => Promise<number>): void;
}

export interface CommandRow {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Setup>;
}

export const commands: readonly CommandRow[] = [
  { name: "train", summary: "train a model on data", load: async () => (await import("./train.js")).trainCommand },
  { name: "sample", summary: "draw samples from a run", load: async () => (await import("./sample.js")).sampleCommand },
  {
    name: "evaluate",
    summary: "measure a run's samples",
    load: async () => (await import("./evaluate.js")).evaluateCommand,
  },
  {
    name: "inspect",
    summary: "show settings, parameters and checkpoints of a run",
    load: async () => (await import("./inspect.js")).inspectCommand,
  },
  {
    name: "bench",
    summary: "measure the speed of this computer, compared with its roof and other libraries",
    load: async () => (await import("./bench.js")).benchCommand,
  },
  {
    name: "doctor",
    summary: "show what this host supports",
    load: async () => (await import("./doctor.js")).doctorCommand,
  },
];
