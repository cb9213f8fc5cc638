// A lane's worker that fails in the middle of its first job: it has come, as its beat says, and then throws.
import "../../dist/browser/worker.js";
import { Layout } from "../../dist/assembly/opcode.js";

const { Instance } = WebAssembly;

/** @param {WebAssembly.Module} module @param {{ env: { memory: WebAssembly.Memory } }} imports */
function failing(module, imports) {
  const { exports } = new Instance(module, imports);
  const serve = (/** @type {number} */ lane) => {
    Atomics.add(new Int32Array(imports.env.memory.buffer, Layout.Beats + lane * Layout.BeatBytes, 1), 0, 1);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    throw new Error("this lane fails");
  };
  return { exports: { ...exports, serve } };
}

WebAssembly.Instance = /** @type {any} */ (failing);
