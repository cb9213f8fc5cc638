// The browser's `Worker` on Node's threads, for the part that jax-js uses: without it jax-js computes on a single
// thread.
import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

const prelude = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => self.onmessage({ data }));
`;

class BrowserWorker {
  onmessage;
  onerror;
  #thread;
  /** Messages to a thread that has not started yet. */
  #early = [];

  constructor(url) {
    this.#start(url).catch((error) => this.onerror?.(error));
  }

  postMessage(message) {
    if (this.#thread) this.#thread.postMessage(message);
    else this.#early.push(message);
  }

  async #start(url) {
    const blob = resolveObjectURL(url);
    if (!blob) throw new TypeError(`worker: no blob has the URL ${url}`);
    const thread = new Thread(prelude + (await blob.text()), { eval: true });
    thread.on("message", (data) => this.onmessage?.({ data }));
    thread.on("error", (error) => this.onerror?.(error));
    for (const message of this.#early) thread.postMessage(message);
    this.#thread = thread;
  }
}

/** Provides `count` workers to a library that asks for `hardwareConcurrency` of them. */
export function offerWorkers(count) {
  Object.assign(globalThis, { Worker: BrowserWorker });
  Object.defineProperty(globalThis, "navigator", { value: { hardwareConcurrency: count }, configurable: true });
}
