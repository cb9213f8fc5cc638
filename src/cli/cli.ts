/** The command line: finds the command, reads its options, runs it and returns the exit code. */
import { Command, type CommanderError } from "commander";
import { type CommandRow, commands } from "./commands.js";
import type { CommandContext } from "./context.js";
import { reportFailure } from "./failure.js";
import { type TextOutput, Terminal } from "./terminal.js";
import { packageVersion } from "../train/package-version.js";

export interface CliHost {
  readonly stdout: TextOutput;
  readonly stderr: TextOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Runs `genloom` with arguments; resolves with the exit code. */
export async function runCli(args: readonly string[], { stdout, stderr, env }: CliHost): Promise<number> {
  const terminal = new Terminal(stdout, stderr, env);
  const debug = args.includes("--debug");
  let result: Promise<number> | undefined;
  const context: CommandContext = {
    terminal,
    action: (command, run) => {
      command.action((...values: unknown[]) => {
        result = withKinds(command, () => run(...(values as never[])));
      });
    },
  };
  try {
    const root = rootCommand(terminal, stdout);
    const name = args.find((arg) => !arg.startsWith("-"));
    for (const row of commands)
      await addCommand(root, row, row.name === name || (args[0] === "help" && args[1] === row.name), context);
    if (args.length === 0) {
      root.outputHelp();
      return 0;
    }
    root.parse(["node", "genloom", ...args]);
    return (await result) ?? 0;
  } catch (error) {
    return reportFailure(error, terminal, debug);
  }
}

/** Runs a command's function, after loading the user's kinds. */
async function withKinds(command: Command, run: () => Promise<number>): Promise<number> {
  const { kinds } = command.opts<{ kinds?: string }>();
  if (kinds !== undefined) await (await import("./own-kinds.js")).loadKinds(kinds);
  return run();
}

function rootCommand(terminal: Terminal, stdout: TextOutput): Command {
  return new Command("genloom")
    .description("Train and run generative models: GANs, VAEs and RBMs, in WebAssembly")
    .version(packageVersion, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError(true)
    .exitOverride((error: CommanderError) => {
      throw error;
    })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => terminal.error(text.trimEnd()),
      outputError: (text, write) => write(withHint(text)),
    })
    .addHelpText("after", "\nA first try: genloom train gan --data digits");
}

/** `error: unknown option '--stpes'\n(Did you mean --steps?)` -> the same with a `hint:` line. */
function withHint(text: string): string {
  const [first, ...rest] = text.trim().split("\n");
  const suggestion = rest
    .join(" ")
    .replace(/^\((.*)\)$/, "$1")
    .trim();
  const clean = first.replace(/^error: (.*?)\.?$/, "error: $1");
  return `${clean}\nhint: ${suggestion ? suggestion.replace(/^Did/, "did") : "genloom COMMAND --help lists all options"}`;
}

/** Adds a command: the wanted one with its options, the others by name only. */
async function addCommand(root: Command, row: CommandRow, wanted: boolean, context: CommandContext): Promise<void> {
  const command = root.command(row.name).description(row.summary);
  if (wanted) (await row.load())(command, context);
}
