/** Runs the command line as a user does: a process of its own, with what it wrote and how it ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../../scripts/host.js";

export const program = join(root, "dist/src/cli/main.js");

/** Classifiers of evaluations are kept here, not in the user's cache folder. */
const cache = join(mkdtempSync(join(tmpdir(), "genloom-cache-")), "genloom");

export interface Outcome {
  /** Exit code, or null where a signal ended the process. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once stdout holds the text. */
  written(text: string): Promise<void>;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments of Node itself. */
  readonly node?: readonly string[];
}

/** A folder of the test's own, under the system's temporary one. */
export const freshFolder = (): string => mkdtempSync(join(tmpdir(), "genloom-cli-"));

/** Starts the program. */
export function start(args: readonly string[], { cwd, env = {}, node = [] }: RunOptions = {}): Running {
  const child = spawn(process.execPath, [...node, program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH: process.env.PATH, HOME: process.env.HOME, GENLOOM_CACHE: cache, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  const waiting = new Map<string, () => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const [wanted, resolve] of waiting) if (stdout.includes(wanted)) resolve();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  const written = (text: string) =>
    new Promise<void>((resolve, reject) => {
      if (stdout.includes(text)) resolve();
      waiting.set(text, resolve);
      outcome.then(() => reject(new Error(`ended before it wrote ${text}: ${stderr}`)), reject);
    });
  return { process: child, outcome, written };
}

/** Runs the program to its end. */
export const genloom = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  start(args, options).outcome;

/** Runs a command with --json that must succeed, and reads its document. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at documents by their keys
export async function document(args: readonly string[], options: RunOptions = {}): Promise<any> {
  const { code, stdout, stderr } = await genloom([...args, "--json"], options);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** Checks how a command failed: exit code, nothing on stdout, `error: …` and `hint: …`, one line each. */
export function expectFailure({ code, stdout, stderr }: Outcome, exitCode: number, error: RegExp, hint: RegExp): void {
  const lines = stderr.trimEnd().split("\n");
  const from = lines.findIndex((line) => line.startsWith("error: "));
  expect({ code, error: lines[from], hint: lines[from + 1], rest: lines.slice(from + 2) }, stderr).toEqual({
    code: exitCode,
    error: expect.stringMatching(error),
    hint: expect.stringMatching(new RegExp(`^hint: .*(${hint.source})`, hint.flags)),
    rest: [],
  });
  expect(stdout).toBe("");
}

/** A training that ends in a second or two. */
export const quick = ["--preset", "ring", "--count", "500", "--batch", "16", "--threads", "1"] as const;
