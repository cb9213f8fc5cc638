/** Hosts of exported files: a browser driven by playwright-core, and workerd. Whatever is started here is ended here. */
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { packageFolder, programs } from "../hosts/programs.js";
import { chromiumFlags, start } from "../hosts/start.js";

/** With CI=true a host that is missing is a failure, as in the suites of hosts. */
export const skipUnless = (here: unknown): boolean => !here && process.env.CI !== "true";

/** Whether Chromium and its driver are here. */
export const chromiumHere = Boolean(packageFolder("playwright-core") && programs.chromium());

// biome-ignore lint/suspicious/noExplicitAny: the types of playwright-core lie where it may not be installed
export type Tab = any;

/** What tests use of playwright-core, which is no dependency of the root's package. */
export interface Browser {
  newContext(options?: object): Promise<Tab>;
  close(): Promise<void>;
}

/** Chromium without a window. */
export async function launchChromium(): Promise<Browser> {
  const driver = createRequire(join(root, "tests/hosts/package.json"))("playwright-core");
  return driver.chromium.launch({ executablePath: programs.chromium()?.program, args: chromiumFlags });
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Serves a workerd configuration whose socket is named `http`, until `stop`. `pid` leads the process group. */
export async function startWorkerd(config: string): Promise<{ origin: string; pid: number; stop(): Promise<void> }> {
  const port = await freePort();
  const program = programs.workerd()?.program ?? "workerd";
  const running = start(program, ["serve", config, "--socket-addr", `http=127.0.0.1:${port}`]);
  const end = performance.now() + 20_000;
  // A connection is enough: a request would already run the worker.
  for (;;) {
    if (await connects(port)) break;
    if (performance.now() > end) {
      await running.stop();
      throw new Error(`workerd does not answer: ${running.errors()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { origin: `http://127.0.0.1:${port}`, pid: running.pid ?? 0, stop: running.stop };
}

async function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
