// Node, Deno, Bun: runs the suite in this process with the binding that is named, and prints the report as the last line.
// An argument before it, `must` or `may`, asks for a build `wide`.
import { coldStart } from "./cold-start.js";

const [asked, host] = (globalThis.process?.argv ?? []).slice(-2);
const wide = asked === "must" || asked === "may" ? asked : undefined;
const binding = `../../dist/bindings/${host}.js`;
// What package.json's exports give; the suite itself needs the package's inner modules beside the host's binding.
const { milliseconds } = await coldStart(() => import(host === "node" ? "../../dist/node/genloom.js" : binding));
const [genloom, { runSuite }, parts] = await Promise.all([import(binding), import("./suite.js"), import("./parts.js")]);
const report = await runSuite({ genloom, ...parts, ...(wide && { wide, options: { wide: true } }) });
console.log(JSON.stringify({ ...report, coldStart: milliseconds }));
