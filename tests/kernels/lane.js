// A further lane of a test machine: the same module on the same memory, in a thread of its own.
import { parentPort, workerData } from "node:worker_threads";

const { module, memory, index } = workerData;
const abort = () => {
  throw new Error("kernel aborted");
};
const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
parentPort.postMessage("ready");
exports.serve(index);
