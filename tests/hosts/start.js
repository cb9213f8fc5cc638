// Starting a host and getting a report out of it. Whatever is started here is ended here.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { buildWorker, folder } from "./build.js";
import { programs } from "./programs.js";

/** The suite takes a minute or two in the slowest host. */
const patience = 300_000;

/**
 * Starts a program in a process group of its own, so that all of it can be ended.
 * @param {string} program @param {string[]} args @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
function start(program, args, { env = {}, cwd = root } = {}) {
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
  return { ended, stop, output: () => output, errors: () => errors };
}

/** @template T @param {Promise<T>} promise @param {string} what @param {number} [milliseconds] */
async function within(promise, what, milliseconds = patience) {
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

/** A port that is free now. */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/**
 * Serves a worker.
 * @template T
 * @param {string} program
 * @param {string} entry the worker's module
 * @param {string} output folder of its bundle
 * @param {(get: (path: string) => Promise<any>, begin: number) => Promise<T>} ask `get` gives what the worker answers, as
 *   JSON; `begin` is when the process was started
 */
export async function withWorkerd(program, entry, output, ask) {
  const port = await freePort();
  const config = await buildWorker({ entry, output, port });
  const begin = performance.now();
  const running = start(program, ["serve", config]);
  let serving = false;
  const get = async (/** @type {string} */ path) => {
    for (;;) {
      try {
        const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(patience) });
        serving = true;
        const answer = await response.json();
        if (answer.error) throw new Error(answer.error);
        return answer;
      } catch (error) {
        if (serving) throw error;
        if (performance.now() - begin > 30_000) throw new Error(`workerd does not answer: ${running.errors()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  };
  try {
    return await ask(get, begin);
  } finally {
    await running.stop();
  }
}

/** The suite in workerd. @param {string} program */
export const runWorkerd = (program) =>
  withWorkerd(program, join(root, "tests/hosts/edge.js"), join(folder, "edge"), async (get, begin) => {
    await get("cold");
    // From the start of the process on: the isolate's own clock stands still while it works.
    const coldStart = performance.now() - begin;
    return { ...(await get("")), coldStart };
  });

/** Chromium in a container, without what it does beside showing pages. */
export const chromiumFlags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"];

/** @type {Record<string, (address: string, profile: string) => { args: string[], env?: NodeJS.ProcessEnv }>} */
const commands = {
  chromium: (address, profile) => ({
    args: ["--headless=new", ...chromiumFlags, `--user-data-dir=${profile}`, address],
  }),
  firefox: (address, profile) => ({
    args: ["--headless", "--no-remote", "--profile", profile, address],
    env: { MOZ_CRASHREPORTER_DISABLE: "1" },
  }),
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
 * @param {NodeJS.ProcessEnv} [extra]
 */
export async function runBrowser(browser, program, { address, report }, extra = {}) {
  const profile = mkdtempSync(join(tmpdir(), `genloom-${browser}-`));
  const { args, env } = commands[browser](address, profile);
  const starter = browser === "webkit" ? (programs.xvfb()?.program ?? "xvfb-run") : program;
  const running = start(starter, args, { env: { ...env, ...extra } });
  try {
    const early = running.ended.then(() =>
      Promise.reject(new Error(`${browser} ended: ${running.errors().slice(-1500)}`)),
    );
    return await within(Promise.race([report, early]), "the page");
  } finally {
    await running.stop();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
