// What the suite needs beside the host's binding, from the compiled package; the table of cases is bundled by run.js.
export * as table from "../../.cache/hosts/cases.js";
export * as reference from "../../dist/src/graph/reference.js";
export * as selfCheck from "../../dist/src/host/wide/self-check.js";
export { sha256 } from "../../dist/src/numbers/sha256.js";
export * as tensor from "../../dist/src/graph/tensor.js";
