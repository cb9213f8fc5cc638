/** What the bindings of pages share: the engine in a worker, lanes in more workers, and the ways to start a worker. */
import { GenloomError, HostError, OutOfMemoryError } from "../src/errors.js";
import type { Binding } from "../src/host/binding.js";
import { collectDropped } from "../src/host/dropped.js";
import type { Role } from "./messages.js";
import { Thread } from "./web-worker.js";
import { type StartThread, WorkerEngine } from "./worker-engine.js";

/** A way to start one of genloom's workers. */
export type Spawn = () => Worker | Promise<Worker>;

/**
 * A worker from the text of its script. A classic one: a module from a blob: is refused where the page's origin is opaque,
 * as in a sandboxed frame or a page from a disk.
 */
export function workerFromText(source: string): Worker {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  // Later, because the worker fetches the URL after this function has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  return new Worker(address, { name: "genloom" });
}

/** Starts threads by the first of the ways that succeeds, and from then on by that one. */
function threadStarter(ways: readonly Spawn[]): StartThread {
  let open = ways;
  return async (role: Role | Promise<Role>) => {
    const failures: Error[] = [];
    for (const spawn of open) {
      try {
        const result = await Thread.start(await spawn(), role);
        open = [spawn];
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
  };
}

/** Name and version from the user agent; for reports only. */
function describeBrowser(): string {
  const agent = globalThis.navigator?.userAgent ?? "";
  const known = /(Firefox|Edg|HeadlessChrome|Chrome)\/([\d.]+)/.exec(agent);
  if (known) return `${known[1]} ${known[2]}`;
  const safari = /Version\/([\d.]+).* Safari\//.exec(agent);
  return safari ? `Safari ${safari[1]}` : "unknown";
}

/** Service workers have no `import()`; a bundler may have put all that it would load into their one file. */
const withoutImport = (cause: unknown): never => {
  if (cause instanceof GenloomError) throw cause;
  throw new HostError(`browser: no kernels: ${(cause as Error).message}`, {
    hint: "a service worker has no import(): use genloom/single",
    cause,
  });
};

/** The binding of a page, or of any scope of a browser. */
export function pageBinding(loadBuild: Binding["loadBuild"], ways: readonly Spawn[]): Binding {
  const hasWorkers = typeof Worker === "function";
  const startThread = threadStarter(ways);
  return {
    host: "browser",
    version: describeBrowser(),
    concurrency: globalThis.navigator?.hardwareConcurrency ?? 1,
    // Phones refuse to reserve more; a page that needs more gets an OutOfMemoryError.
    memory: 2 ** 30,
    ...(hasWorkers ? {} : { noLanes: "this scope cannot start workers" }),
    loadBuild: hasWorkers ? loadBuild : (name) => loadBuild(name).catch(withoutImport),
    // A scope without workers (a service worker, a worklet) is not a page's thread, so the engine may block it.
    startEngine: async (options) =>
      hasWorkers
        ? WorkerEngine.start(options, startThread).catch(async (error) => {
            if (error instanceof OutOfMemoryError && (await collectDropped()))
              return WorkerEngine.start(options, startThread);
            throw error;
          })
        : (await import("../src/host/local-engine.js")).LocalEngine.start(options),
  };
}
