// `npm start`: trains a conditional GAN on the built-in digits, from a fresh checkout. Further arguments are passed on; with --data
// or --preset the training is conditional only if they say so.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "./host.js";
import { ensureReady } from "./prepare.js";

await ensureReady();
const main = join(root, "dist/src/cli/main.js");
if (!existsSync(main)) throw new Error("start: src/cli/main.ts is missing");
// In this process, so that Ctrl-C and the exit code are those of the command.
const [node = "node", , ...passed] = process.argv;
const others = passed.some((one) => /^--(data|preset|model|resume|from|conditional)\b/.test(one));
process.argv = [node, main, "train", "gan", ...(others ? [] : ["--conditional"]), ...passed];
await import(pathToFileURL(main).href);
