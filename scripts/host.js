// Shared by the scripts: the project's root, the required Node version, and starting another program.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder; scripts run here, whatever the current directory. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** A program that exited with a code other than 0. */
export class ProgramFailed extends Error {
  /**
   * @param {string} name
   * @param {number} code
   */
  constructor(name, code) {
    super(`${name} exited with code ${code}`);
    this.code = code;
  }
}

/** Exits with code 6 (host not supported) if Node is older than `engines` in package.json. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  process.stderr.write(`error: genloom needs Node 20.19 or newer, this is ${process.versions.node}\n`);
  process.stderr.write("hint: install a current Node and run the command again\n");
  process.exit(6);
}

/**
 * Runs a program to its end. Its output goes to ours, or with `capture` into the result.
 * @param {string} name for messages
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, capture?: boolean, shell?: boolean, stdout?: "inherit" | "stderr" }}
 * [options]
 * @returns {Promise<string>} its output, if captured
 * @throws {ProgramFailed} if it exited with a code other than 0; captured output is printed first
 */
export function execute(name, program, args, options = {}) {
  const { env = process.env, cwd = root, capture = false, shell = false, stdout } = options;
  return new Promise((resolve, reject) => {
    /** @type {"pipe" | "inherit" | 2} */
    const out = capture ? "pipe" : stdout === "stderr" ? 2 : "inherit";
    const child = spawn(program, args, { cwd, env, shell, stdio: ["ignore", out, capture ? "pipe" : "inherit"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        printed += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(printed);
      if (capture) process.stderr.write(printed);
      reject(new ProgramFailed(name, code ?? (signal === "SIGINT" ? 130 : 1)));
    });
  });
}

/**
 * Runs a Node program of an installed package.
 * @param {string} script path from the root
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, capture?: boolean }} [options]
 */
export function executeNode(script, args, options) {
  return execute(basename(script), process.execPath, [join(root, script), ...args], options);
}

// Settings inherited from a calling npm that would redirect `npm ci` or make it omit packages.
const misleading =
  /^npm_config_(global|location|prefix|local_prefix|dry_run|omit|include|only|also|production|dev|optional|workspaces?|package_lock|package_lock_only|install_strategy|ignore_scripts|json|parseable|loglevel|silent)$/i;

/**
 * Runs npm: the one that called us, or the one installed with this Node. With `quiet` its output goes to stderr.
 * @param {string[]} args
 * @param {{ quiet?: boolean, capture?: boolean, cwd?: string }} [options]
 */
export function executeNpm(args, { quiet = false, capture = false, cwd = root } = {}) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !misleading.test(name)));
  const calling = process.env.npm_execpath ?? "";
  const beside = ["../lib/node_modules", "node_modules"].map((path) =>
    join(dirname(process.execPath), path, "npm/bin/npm-cli.js"),
  );
  const script = [basename(calling) === "npm-cli.js" ? calling : "", ...beside].find(
    (path) => path && existsSync(path),
  );
  const name = `npm ${args[0]}`;
  /** @type {Parameters<typeof execute>[3]} */
  const options = { env, cwd, capture, stdout: quiet ? "stderr" : "inherit" };
  return script
    ? execute(name, process.execPath, [script, ...args], options)
    : execute(name, "npm", args, { ...options, shell: process.platform === "win32" });
}
