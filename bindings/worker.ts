/**
 * The code of a genloom worker, on every host with Web Workers: it serves as a lane, or it runs the engine so that the
 * page is not blocked. The first message says which.
 */
import type { Engine } from "../src/host/engine.js";
import { instantiateKernels } from "../src/host/kernels.js";
import { KernelEngine } from "../src/host/local-engine.js";
import { makeMemory } from "../src/host/memory.js";
import type { Assignment, Call, EngineRole, LaneRole, Reply } from "./messages.js";

const thread = globalThis as unknown as {
  onmessage: ((event: { data: Assignment | Call }) => void) | null;
  postMessage(message: unknown, options?: { transfer: ArrayBuffer[] }): void;
};

const failure = (error: unknown) => {
  const { message, code, hint } = error as { message: string; code?: string; hint?: string };
  return { message, ...(code && { code }), ...(hint && { hint }) };
};

const forever = new Promise<never>(() => undefined);

/** A role that has started: the value of the reply, and the work that the worker does from then on. */
interface Opened {
  readonly started?: unknown;
  readonly live: () => unknown;
}

async function openLane({ module, memory, lane }: LaneRole): Promise<Opened> {
  const kernels = await instantiateKernels(module, memory);
  return {
    live: () => {
      kernels.serve(lane);
      // Asked to leave, perhaps for another module's kernels: see `Lane.enter`.
      return forever;
    },
  };
}

/** Calls an engine's methods by name, and `stop`. */
function answering(engine: Engine): (method: Call["method"], args: readonly unknown[]) => Promise<unknown> {
  let controller = new AbortController();
  return async (method, args) => {
    if (method === "stop") return controller.abort();
    if (method === "run") {
      const [program, times, patience, stoppable] = args as [number, number, number, boolean];
      controller = new AbortController();
      return engine.run(program, times, patience, stoppable ? controller.signal : undefined);
    }
    if (method === "leave") return undefined;
    return (engine[method] as (...args: readonly unknown[]) => Promise<unknown>)(...args);
  };
}

/** Runs an engine that answers calls until the worker is terminated. */
async function openEngine({
  module,
  build: wanted,
  lanes,
  limit,
  memory = makeMemory(lanes, false, limit),
}: EngineRole): Promise<Opened> {
  const engine: Engine = new KernelEngine(await instantiateKernels(module, memory, wanted), memory, lanes);
  const perform = answering(engine);
  thread.onmessage = async ({ data }) => {
    const { id, method, args } = data as Call;
    try {
      const value = await perform(method, args);
      const transfer = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
      thread.postMessage({ id, value } satisfies Reply, { transfer });
    } catch (error) {
      thread.postMessage({ id, error: failure(error) } satisfies Reply);
    }
  };
  const { build, heap } = engine;
  return { started: { build, heap }, live: () => forever };
}

/** Throws an error where nothing catches it, so that the worker's owner is notified. With a lock, its end does that. */
const fail = (error: unknown) =>
  setTimeout(() => {
    throw error;
  });

async function take(role: LaneRole | EngineRole): Promise<unknown> {
  let opened: Opened;
  try {
    opened = await (role.role === "lane" ? openLane(role) : openEngine(role));
  } catch (error) {
    return thread.postMessage({ id: 0, error: failure(error) } satisfies Reply);
  }
  thread.postMessage({ id: 0, value: opened.started } satisfies Reply);
  return opened.live();
}

thread.onmessage = ({ data }) => {
  if ("method" in data) return thread.postMessage({ id: data.id } satisfies Reply);
  const { role, lock } = data;
  if (lock) void navigator.locks.request(lock, () => take(role));
  else take(role).catch(fail);
};
