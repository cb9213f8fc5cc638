// `npm start`: trains a GAN on the built-in digits, from a fresh checkout. Further arguments are passed on.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./host.js";
import { ensureReady } from "./prepare.js";

await ensureReady();
const main = join(root, "dist/src/cli/main.js");
if (!existsSync(main)) throw new Error("start: src/cli/main.ts is missing");
// In this process, so that Ctrl-C and the exit code are those of the command.
process.argv = [process.argv[0] ?? "node", main, "train", "gan", ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
