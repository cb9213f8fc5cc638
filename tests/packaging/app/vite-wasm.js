// Kernels as .wasm files, where Vite puts them.
import { createRuntime, datasets, gan, layers } from "genloom";
import { report } from "./report.js";
import { train } from "./train.js";

import relaxed from "genloom/kernels/relaxed.wasm?url";
import relaxedThreads from "genloom/kernels/relaxed-threads.wasm?url";
import simd from "genloom/kernels/simd.wasm?url";
import simdThreads from "genloom/kernels/simd-threads.wasm?url";

const kernels = { simd, "simd-threads": simdThreads, relaxed, "relaxed-threads": relaxedThreads };
const options = { wasm: (build) => kernels[build] };

report(() => train({ createRuntime, datasets, gan, layers }, options));
