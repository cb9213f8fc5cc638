/** Browsers: the engine in a worker, lanes in further workers, kernels inlined so that no bundler needs configuration. */
import type { Binding } from "../src/host/binding.js";
import { GenloomError, HostError } from "../src/errors.js";
import { loadInlined } from "../src/host/inlined.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/start.js";
import type { Role } from "./messages.js";
import { Thread } from "./web-worker.js";
import { WorkerEngine } from "./worker-engine.js";

export * from "../src/public.js";

type Spawn = () => Worker | Promise<Worker>;

/** The worker's script beside this one: what Vite and webpack look for, and where a static server has it. */
const fromFile: Spawn = () =>
  new Worker(new URL("../browser/worker.js", import.meta.url), { type: "module", name: "genloom" });

/** The same script from text: where a bundler left the file behind. */
const fromText: Spawn = async () => {
  const { source } = await import("../browser/worker-text.js");
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // The worker fetches it after this function has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return new Worker(address, { type: "module", name: "genloom" });
};

/** The way that worked, once one has. */
let proven: Spawn | undefined;

async function startThread(role: Role): Promise<{ thread: Thread; started: unknown }> {
  const failures: Error[] = [];
  for (const spawn of proven ? [proven] : [fromFile, fromText]) {
    try {
      const result = await Thread.start(await spawn(), role);
      proven = spawn;
      return result;
    } catch (error) {
      // A worker that started and says what is wrong would say it again.
      if (error instanceof GenloomError && error.code !== "ERR_WORKER") throw error;
      failures.push(error as Error);
    }
  }
  throw new HostError(`browser: no worker starts: ${failures.map((error) => error.message).join("; ")}`, {
    code: "ERR_WORKER",
    hint: "serve genloom/dist/browser/worker.js beside the package (with the page's COEP header), or allow worker-src blob: in its Content-Security-Policy",
    cause: failures[0],
  });
}

/** Name and version as the browser tells them; for reports only. */
function describeBrowser(): string {
  const agent = globalThis.navigator?.userAgent ?? "";
  const known = /(Firefox|Edg|HeadlessChrome|Chrome)\/([\d.]+)/.exec(agent);
  if (known) return `${known[1]} ${known[2]}`;
  const safari = /Version\/([\d.]+).* Safari\//.exec(agent);
  return safari ? `Safari ${safari[1]}` : "unknown";
}

const hasWorkers = typeof Worker === "function";

export const binding: Binding = {
  host: "browser",
  version: describeBrowser(),
  concurrency: globalThis.navigator?.hardwareConcurrency ?? 1,
  // Phones refuse to set more aside, and a page that needs more is better told so.
  memory: 2 ** 30,
  ...(hasWorkers ? {} : { noLanes: "this scope starts no workers" }),
  loadBuild: loadInlined,
  // Without workers (a service worker, a worklet) the thread is not a page's: the engine may block it.
  startEngine: async (options) =>
    hasWorkers
      ? WorkerEngine.start(options, startThread)
      : (await import("../src/host/local-engine.js")).LocalEngine.start(options),
};

/**
 * A runtime for this page. It works in a worker, so the page stays responsive; on cross-origin isolated pages with one
 * lane per core. `runtime.info` says what was picked and why.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
