// Kernels as .wasm files, where webpack puts them.
import { createRuntime, datasets, gan, layers } from "genloom";
import { report } from "./report.js";
import { train } from "./train.js";

const kernels = {
  simd: new URL("genloom/kernels/simd.wasm", import.meta.url),
  "simd-threads": new URL("genloom/kernels/simd-threads.wasm", import.meta.url),
  relaxed: new URL("genloom/kernels/relaxed.wasm", import.meta.url),
  "relaxed-threads": new URL("genloom/kernels/relaxed-threads.wasm", import.meta.url),
};
const options = { wasm: (build) => kernels[build] };

report(() => train({ createRuntime, datasets, gan, layers }, options));
