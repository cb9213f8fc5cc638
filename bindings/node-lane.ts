/** A lane in a worker thread of Node: the same kernels on the same memory, serving until the thread ends. */
import { parentPort, workerData } from "node:worker_threads";
import { instantiateKernels } from "../src/kernels.js";

const { module, memory, lane } = workerData as { module: WebAssembly.Module; memory: WebAssembly.Memory; lane: number };
const kernels = instantiateKernels(module, memory);
parentPort?.postMessage("ready");
kernels.serve(lane);
