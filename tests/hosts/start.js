// Starting a host and getting the suite's report out of it. Whatever is started here is ended here.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { buildEdge } from "./build.js";
import { programs } from "./programs.js";

const patience = 600_000;

/**
 * Starts a program in a process group of its own, so that all of it can be ended.
 * @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 */
function start(program, args, env = {}) {
  const child = spawn(program, args, {
    cwd: root,
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

/** Node, Deno, Bun. @param {string} program @param {string[]} args */
export async function runProcess(program, args) {
  const running = start(program, args, { NO_COLOR: "1" });
  try {
    await within(running.ended, "the suite");
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

/** @param {string} program */
export async function runWorkerd(program) {
  const port = await freePort();
  const config = await buildEdge(port);
  const begin = performance.now();
  const running = start(program, ["serve", config]);
  try {
    const get = async (/** @type {string} */ path) =>
      (await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(patience) })).text();
    const serving = async () => {
      for (;;) {
        const answer = await get("cold").catch(() => undefined);
        if (answer !== undefined) return answer;
        if (performance.now() - begin > 30_000) throw new Error(`workerd does not answer: ${running.errors()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const answer = await serving();
    if (answer !== "done") throw new Error(answer);
    // From the start of the process on: the isolate's own clock stands still while it works.
    const coldStart = performance.now() - begin;
    return { ...JSON.parse(await get("")), coldStart };
  } finally {
    await running.stop();
  }
}

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
 * @param {string} browser @param {string} program @param {"plain" | "isolated"} prefix
 * @param {Awaited<ReturnType<typeof import("./server.js").startServer>>} server
 * @param {NodeJS.ProcessEnv} [extra]
 */
export async function runBrowser(browser, program, prefix, server, extra = {}) {
  const profile = mkdtempSync(join(tmpdir(), `genloom-${browser}-`));
  const { args, env } = commands[browser](server.address(prefix), profile);
  const report = server.report(prefix);
  const running = start(browser === "webkit" ? (programs.xvfb()?.program ?? "xvfb-run") : program, args, {
    ...env,
    ...extra,
  });
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
