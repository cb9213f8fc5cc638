/** Starting one of genloom's workers where workers are Web Workers, and talking to it. */
import { type ErrorCode, HostError, OutOfMemoryError } from "../src/errors.js";
import type { Call, Reply, Role } from "./messages.js";

function revive({ message, code, hint }: NonNullable<Reply["error"]>): Error {
  const details = { ...(code && { code: code as ErrorCode }), ...(hint && { hint }) };
  if (code === "ERR_OUT_OF_MEMORY") return new OutOfMemoryError(message, details);
  return code ? new HostError(message, details) : new Error(message);
}

/** A worker that has its role and answers calls. */
export class Thread {
  readonly #calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #last = 0;
  #lost: Error | undefined;

  private constructor(private readonly worker: Worker) {
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
        new HostError("worker: a message could not be read there", {
          code: "ERR_WORKER",
          hint: "this host does not hand compiled modules or shared memory to workers",
        }),
      );
  }

  /** Gives a worker its role and waits until it has taken it. The thread's `started` is its answer. */
  static async start(worker: Worker, role: Role): Promise<{ thread: Thread; started: unknown }> {
    const thread = new Thread(worker);
    try {
      const started = await thread.#ask(0, role, []);
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

  terminate(): void {
    this.worker.terminate();
    this.#end(new HostError("runtime: it was closed", { code: "ERR_CLOSED" }));
  }

  #ask(id: number, message: Role | Call, transfer: ArrayBuffer[]): Promise<unknown> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.worker.postMessage(message, transfer);
    });
  }

  #end(error: Error): void {
    this.#lost = error;
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
