// Kernels as .wasm files, where esbuild's `--loader:.wasm=file` puts them.
import { createRuntime, datasets, gan, layers } from "genloom";
import relaxed from "genloom/kernels/relaxed.wasm";
import relaxedThreads from "genloom/kernels/relaxed-threads.wasm";
import simd from "genloom/kernels/simd.wasm";
import simdThreads from "genloom/kernels/simd-threads.wasm";
import { report } from "./report.js";
import { train } from "./train.js";

const kernels = { simd, "simd-threads": simdThreads, relaxed, "relaxed-threads": relaxedThreads };
const options = { wasm: (build) => new URL(kernels[build], import.meta.url) };

report(() => train({ createRuntime, datasets, gan, layers }, options));
