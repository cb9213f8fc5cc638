// Node, Deno, Bun: runs the suite in this process with the binding that is named, and prints the report as the last line.
import { coldStart } from "./cold-start.js";

const host = (globalThis.process?.argv ?? []).at(-1);
const binding = `../../dist/bindings/${host}.js`;
// What package.json's exports give; the suite itself needs the package's inner modules beside the host's binding.
const { milliseconds } = await coldStart(() => import(host === "node" ? "../../dist/node/genloom.js" : binding));
const [genloom, { runSuite }, parts] = await Promise.all([import(binding), import("./suite.js"), import("./parts.js")]);
const report = await runSuite({ genloom, ...parts });
console.log(JSON.stringify({ ...report, coldStart: milliseconds }));
