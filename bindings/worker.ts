/**
 * What a worker of genloom runs, in every host whose workers are Web Workers: it serves as a lane, or it holds the engine
 * that a page must not block itself with. Told which by the first message.
 */
import type { Engine } from "../src/engine.js";
import { instantiateKernels } from "../src/kernels.js";
import { LocalEngine } from "../src/local-engine.js";
import { makeMemory } from "../src/memory.js";
import type { Call, Reply, Role } from "./messages.js";

const thread = globalThis as unknown as {
  onmessage: ((event: { data: Role | Call }) => void) | null;
  postMessage(message: unknown, options?: { transfer: ArrayBuffer[] }): void;
};

const failure = (error: unknown) => {
  const { message, code, hint } = error as { message: string; code?: string; hint?: string };
  return { message, ...(code && { code }), ...(hint && { hint }) };
};

function serveLane({ module, memory, lane }: Extract<Role, { role: "lane" }>): void {
  const kernels = instantiateKernels(module, memory);
  thread.postMessage({ id: 0 } satisfies Reply);
  kernels.serve(lane);
}

function holdEngine({
  module,
  lanes,
  limit,
  memory = makeMemory(lanes, false, limit),
}: Extract<Role, { role: "engine" }>): void {
  const engine: Engine = new LocalEngine(instantiateKernels(module, memory), memory, lanes);
  thread.onmessage = async ({ data }) => {
    const { id, method, args } = data as Call;
    try {
      const value = await (engine[method] as (...args: unknown[]) => Promise<unknown>)(...args);
      const transfer = value instanceof Uint8Array && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
      thread.postMessage({ id, value } satisfies Reply, { transfer });
    } catch (error) {
      thread.postMessage({ id, error: failure(error) } satisfies Reply);
    }
  };
  const { build, heap } = engine;
  thread.postMessage({ id: 0, value: { build, heap } } satisfies Reply);
}

thread.onmessage = ({ data }) => {
  try {
    const role = data as Role;
    if (role.role === "lane") serveLane(role);
    else holdEngine(role);
  } catch (error) {
    thread.postMessage({ id: 0, error: failure(error) } satisfies Reply);
  }
};
