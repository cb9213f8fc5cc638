/** Starts one of genloom's workers as a Web Worker and exchanges messages with it. */
import { type ErrorCode, HostError, OutOfMemoryError } from "../src/errors.js";
import type { Lane } from "../src/host/engine.js";
import type { Assignment, Call, LaneRole, Reply, Role } from "./messages.js";

function revive({ message, code, hint }: NonNullable<Reply["error"]>): Error {
  const details = { ...(code && { code: code as ErrorCode }), ...(hint && { hint }) };
  if (code === "ERR_OUT_OF_MEMORY") return new OutOfMemoryError(message, details);
  return code ? new HostError(message, details) : new Error(message);
}

const gone = () =>
  new HostError("worker: it was ended from outside", {
    code: "ERR_LANE_LOST",
    hint: "it ran out of memory, or the host stopped it: create a new runtime and go on from the last checkpoint",
  });

/**
 * A lock name for one worker; undefined if locks are not available: an insecure context, a sandboxed frame, or a host
 * without them.
 */
async function freeLock(): Promise<string | undefined> {
  if (!globalThis.navigator?.locks) return undefined;
  const name = `genloom worker ${crypto.randomUUID()}`;
  return navigator.locks.request(name, () => name).catch(() => undefined);
}

/** A worker that has been given its role and answers calls. */
export class Thread implements Lane {
  /** Resolves when the worker has ended, for whatever reason, if the host can report that. */
  readonly ended: Promise<unknown>;
  readonly #calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;
  #lost: Error | undefined;
  #tellEnd: (() => void) | undefined;

  #role: Role | undefined;

  private constructor(private readonly worker: Worker) {
    this.ended = new Promise<void>((resolve) => {
      this.#tellEnd = resolve;
    });
    worker.onmessage = ({ data }: MessageEvent<Reply>) => {
      const call = this.#calls.get(data.id);
      this.#calls.delete(data.id);
      if (data.error) call?.reject(revive(data.error));
      else call?.resolve(data.value);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#end(
        new HostError(`worker: it failed: ${event.message || "its script did not load"}`, {
          code: "ERR_WORKER",
          hint: "see the host's console; threads: 1 needs fewer workers",
        }),
      );
    };
    worker.onmessageerror = () =>
      this.#end(
        new HostError("worker: it could not read a message", {
          code: "ERR_WORKER",
          hint: "this host cannot send compiled modules or shared memory to workers",
        }),
      );
    // Bun's event for the end of a worker.
    worker.addEventListener("close", () => this.#end(gone()));
  }

  /** Gives a worker its role, once it is known, and waits for the reply, which is returned as `started`. */
  static async start(worker: Worker, role: Role | Promise<Role>): Promise<{ thread: Thread; started: unknown }> {
    const thread = new Thread(worker);
    try {
      const lock = await freeLock();
      thread.#role = await role;
      const started = await thread.#ask(0, { role: thread.#role, ...(lock && { lock }) }, []);
      if (lock) void navigator.locks.request(lock, () => thread.#end(gone()));
      return { thread, started };
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  call(method: Call["method"], args: readonly unknown[], transfer: ArrayBuffer[] = []): Promise<unknown> {
    const id = ++this.#last;
    return this.#ask(id, { id, method, args } satisfies Call, transfer);
  }

  leave(): Promise<unknown> {
    return this.call("leave", []);
  }

  enter(module: WebAssembly.Module): Promise<unknown> {
    return this.#ask(0, { role: { ...(this.#role as LaneRole), module } }, []);
  }

  terminate(): void {
    this.worker.terminate();
    this.#end(new HostError("runtime: it was closed", { code: "ERR_CLOSED" }));
  }

  #ask(id: number, message: Assignment | Call, transfer: ArrayBuffer[]): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.worker.postMessage(message, transfer);
    });
  }

  #end(error: Error): void {
    this.#lost ??= error;
    this.#tellEnd?.();
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
