// The binding that fetches .wasm files by itself, for bundlers that follow `new URL(…, import.meta.url)`.
import { createRuntime, datasets, gan, layers } from "genloom/browser-files";
import { report } from "./report.js";
import { train } from "./train.js";

report(() => train({ createRuntime, datasets, gan, layers }));
