// A further lane of a test machine: the same module on the same memory, in a thread of its own.
import { parentPort, workerData } from "node:worker_threads";

const { module, memory, index } = workerData;
const abort = () => {
  throw new Error("kernel aborted");
};
const instance = new WebAssembly.Instance(module, { env: { memory, abort } });
const serve = /** @type {(index: number) => void} */ (instance.exports.serve);
parentPort?.postMessage("ready");
serve(index);
