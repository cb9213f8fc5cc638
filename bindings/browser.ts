/** Browsers: the engine in a worker, lanes in more workers, kernels inlined so that no bundler needs configuration. */
import type { Binding } from "../src/host/binding.js";
import { GenloomError, HostError } from "../src/errors.js";
import { loadInlined } from "../src/host/inlined.js";
import { Runtime } from "../src/host/runtime.js";
import type { RuntimeOptions } from "../src/host/choose-engine.js";
import type { Role } from "./messages.js";
import { Thread } from "./web-worker.js";
import { WorkerEngine } from "./worker-engine.js";

export * from "../src/public.js";

type Spawn = () => Worker | Promise<Worker>;

/** The worker's script beside this one: the form that Vite and webpack recognise, and its path on a static server. */
const fromFile: Spawn = () =>
  new Worker(new URL("../browser/worker.js", import.meta.url), { type: "module", name: "genloom" });

/** The same script from text, for bundlers that did not copy the file. */
const fromText: Spawn = async () => {
  const { source } = await import("../browser/worker-text.js");
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // Later, because the worker fetches the URL after this function has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return new Worker(address, { type: "module", name: "genloom" });
};

/** The first way to start a worker that succeeded. */
let proven: Spawn | undefined;

async function startThread(role: Role): Promise<{ thread: Thread; started: unknown }> {
  const failures: Error[] = [];
  for (const spawn of proven ? [proven] : [fromFile, fromText]) {
    try {
      const result = await Thread.start(await spawn(), role);
      proven = spawn;
      return result;
    } catch (error) {
      // The worker started and reported an error: another way to start it would give the same error.
      if (error instanceof GenloomError && error.code !== "ERR_WORKER") throw error;
      failures.push(error as Error);
    }
  }
  throw new HostError(`browser: no worker could be started: ${failures.map((error) => error.message).join("; ")}`, {
    code: "ERR_WORKER",
    hint: "serve genloom/dist/browser/worker.js beside the package (with the page's COEP header), or allow worker-src blob: in its Content-Security-Policy",
    cause: failures[0],
  });
}

/** Name and version from the user agent; for reports only. */
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
  // Phones refuse to reserve more; a page that needs more gets an OutOfMemoryError.
  memory: 2 ** 30,
  ...(hasWorkers ? {} : { noLanes: "this scope cannot start workers" }),
  loadBuild: loadInlined,
  // A scope without workers (a service worker, a worklet) is not a page's thread, so the engine may block it.
  startEngine: async (options) =>
    hasWorkers
      ? WorkerEngine.start(options, startThread)
      : (await import("../src/host/local-engine.js")).LocalEngine.start(options),
};

/**
 * A runtime for this page. It runs in a worker, so the page stays responsive; on cross-origin isolated pages it has one
 * lane per core. `runtime.info` reports the build and the number of lanes, with the reasons.
 */
export const createRuntime = (options: RuntimeOptions = {}): Promise<Runtime> => Runtime.create(binding, options);
