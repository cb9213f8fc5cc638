// A page without a bundler: the package's own bundle, from wherever the server has it.
import { createRuntime, datasets, gan, layers } from "./node_modules/genloom/dist/browser/genloom.js";
import { report } from "./report.js";
import { train } from "./train.js";

report(() => train({ createRuntime, datasets, gan, layers }));
