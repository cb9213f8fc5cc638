// Node, Deno, Bun: runs the suite in this process with the binding that is named, and prints the report as the last line.
import { coldStart } from "./cold-start.js";

const host = (globalThis.process?.argv ?? []).at(-1);
const { genloom, milliseconds } = await coldStart(() => import(`../../dist/bindings/${host}.js`));
const [{ runSuite }, parts] = await Promise.all([import("./suite.js"), import("./parts.js")]);
const report = await runSuite({ genloom, ...parts });
console.log(JSON.stringify({ ...report, coldStart: milliseconds }));
