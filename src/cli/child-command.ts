/** A command of genloom in a process of its own: of a trial, so that whatever ends it does not end the sweep. */
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { HostError } from "../errors.js";
import { shellLine } from "../sweep/shell.js";

/** The program and its first arguments, of which a shell can run any command of genloom. */
export const program: readonly string[] = [
  process.execPath,
  ...process.execArgv,
  fileURLToPath(new URL("./main.js", import.meta.url)),
];

export interface Ended {
  /** Exit code; 128 and its number for a signal. */
  readonly code: number;
  /** The last document on stdout. */
  readonly document: Readonly<Record<string, unknown>>;
  /** What the command said of its failure. */
  readonly error?: string;
  readonly hint?: string;
}

export interface CommandOptions {
  /** Words before the command. */
  readonly launch?: readonly string[];
  /** A file that messages are added to. */
  readonly log: string;
  /** Hands an interruption on to the command, which saves first. */
  readonly signal: AbortSignal;
  /** Called with each event of a command with --jsonl. */
  onEvent?(event: Readonly<Record<string, unknown>>): void;
}

/** Runs a command, given --jsonl or --json, to its end. */
export async function runCommand(
  args: readonly string[],
  { launch = [], log, signal, onEvent }: CommandOptions,
): Promise<Ended> {
  const [path, ...before] = [...launch, ...program];
  if (signal.aborted) return { code: 128 + constants.signals.SIGINT, document: {} };
  // If this process is killed, the command ends when it writes to the closed pipe.
  const child = spawn(path, [...before, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  // srun and mpirun hand this one on to their processes. At SIGTERM srun kills them, at SIGINT it prints its state.
  const stop = () => child.kill(launch.length > 0 ? "SIGUSR2" : "SIGINT");
  signal.addEventListener("abort", stop);
  const messages = createWriteStream(log, { flags: "a" });
  messages.on("error", () => undefined);
  messages.write(`${shellLine([...launch, "genloom", ...args])}\n`);
  const output = new Output(onEvent);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.add(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages.write(text);
    said = (said + text).slice(-mostSaid);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on("error", (cause) =>
        reject(
          new HostError(`sweep: ${path} cannot be started: ${cause.message}`, { hint: "see the field launch", cause }),
        ),
      );
      child.on("close", (code, name) => resolve(code ?? 128 + constants.signals[name ?? "SIGKILL"]));
    });
    const error = lineOf(said, "error");
    const hint = lineOf(said, "hint");
    return { code, document: output.document, ...(error && { error }), ...(hint && { hint }) };
  } finally {
    signal.removeEventListener("abort", stop);
    messages.end();
  }
}

/** Characters of the messages that are kept: a failure's are the last ones. */
const mostSaid = 10_000;

/** The text of `error: …` or `hint: …`. */
const lineOf = (said: string, name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(said)?.[1];

/** The standard output of a command, whose lines are events, or which is one document. */
class Output {
  #text = "";
  #last = "";

  constructor(private readonly onEvent: CommandOptions["onEvent"]) {}

  add(text: string): void {
    this.#text += text;
    if (!this.onEvent) return;
    const lines = this.#text.split("\n");
    this.#text = lines.pop() as string;
    for (const line of lines) {
      this.#last = line;
      this.onEvent(objectIn(line));
    }
  }

  get document(): Readonly<Record<string, unknown>> {
    return objectIn(this.onEvent ? this.#last : this.#text);
  }
}

function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
