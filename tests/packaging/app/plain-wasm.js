// A page without a bundler that fetches the kernels as .wasm files.
import { createRuntime, datasets, gan, layers } from "./node_modules/genloom/dist/browser/genloom.js";
import { report } from "./report.js";
import { train } from "./train.js";

const kernels = new URL("./node_modules/genloom/dist/kernels/", import.meta.url);
const options = { wasm: (build) => new URL(`${build}.wasm`, kernels) };

report(() => train({ createRuntime, datasets, gan, layers }, options));
