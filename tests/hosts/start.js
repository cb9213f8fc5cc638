// Starting a host and getting a report out of it. Whatever is started here is ended here.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { otherHost } from "../browser/places/order.js";
import { programs } from "./programs.js";

export { otherHost };

/** The suite takes a minute or two in the slowest host. */
export const patience = 300_000;

/**
 * Starts a program in a process group of its own, so that all of it can be ended.
 * @param {string} program @param {string[]} args @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
export function start(program, args, { env = {}, cwd = root } = {}) {
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4000)));
  const ended = new Promise((resolve) => {
    child.on("close", resolve);
    child.on("error", (error) => {
      errors += error.message;
      resolve(undefined);
    });
  });
  const stop = async () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await ended;
  };
  return { pid: child.pid, ended, stop, output: () => output, errors: () => errors };
}

/** @template T @param {Promise<T>} promise @param {string} what @param {number} [milliseconds] */
export async function within(promise, what, milliseconds = patience) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return /** @type {T} */ (await Promise.race([promise, late]));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Node, Deno, Bun: the report is the last line.
 * @param {string} program @param {string[]} args @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
export async function runProcess(program, args, { env = {}, cwd } = {}) {
  const running = start(program, args, { env: { NO_COLOR: "1", ...env }, ...(cwd && { cwd }) });
  try {
    await within(running.ended, "the program");
    const line = running.output().trim().split("\n").at(-1) ?? "";
    if (!line.startsWith("{")) throw new Error(`no report: ${running.errors().trim().slice(-1500)}`);
    return JSON.parse(line);
  } finally {
    await running.stop();
  }
}

/** Chromium in a container, without what it does beside showing pages. */
export const chromiumFlags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** @type {Record<string, (address: string, profile: string) => { args: string[], env?: NodeJS.ProcessEnv }>} */
const commands = {
  chromium: (address, profile) => ({
    args: [
      "--headless=new",
      ...chromiumFlags,
      `--host-resolver-rules=MAP ${otherHost} 127.0.0.1`,
      "--disable-features=HttpsUpgrades",
      `--user-data-dir=${profile}`,
      address,
    ],
  }),
  firefox: (address, profile) => {
    const settings = { "network.dns.localDomains": otherHost, "dom.security.https_first": false };
    const lines = Object.entries(settings).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
    writeFileSync(join(profile, "user.js"), lines.join(""));
    return {
      args: ["--headless", "--no-remote", "--profile", profile, address],
      env: { MOZ_CRASHREPORTER_DISABLE: "1" },
    };
  },
  webkit: (address, profile) => ({
    args: ["-a", programs.webkit()?.program ?? "", "--private", address],
    // Its sandbox needs namespaces that containers do not give.
    env: {
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      WEBKIT_DISABLE_COMPOSITING_MODE: "1",
      HOME: profile,
      XDG_RUNTIME_DIR: profile,
      NO_AT_BRIDGE: "1",
    },
  }),
};

/**
 * @param {string} browser @param {string} program
 * @param {{ address: string, report: Promise<any> }} page what to open, and what it will post
 * @param {{ env?: NodeJS.ProcessEnv, flags?: string[], patience?: number }} [extra] `patience` in milliseconds; with the flag
 * `--enable-logging=stderr` an error tells what Chromium's console said
 */
export async function runBrowser(browser, program, { address, report }, extra = {}) {
  const profile = mkdtempSync(join(tmpdir(), `genloom-${browser}-`));
  const { args, env } = commands[browser](address, profile);
  const starter = browser === "webkit" ? (programs.xvfb()?.program ?? "xvfb-run") : program;
  const running = start(starter, [...(extra.flags ?? []), ...args], { env: { ...env, ...extra.env } });
  try {
    const early = running.ended.then(() =>
      Promise.reject(new Error(`${browser} ended: ${running.errors().slice(-1500)}`)),
    );
    return await within(Promise.race([report, early]), "the page", extra.patience);
  } catch (error) {
    const said = running.errors().match(/CONSOLE.*/g) ?? [];
    if (error instanceof Error) error.message = [error.message, ...said].join("\n");
    throw error;
  } finally {
    await running.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
