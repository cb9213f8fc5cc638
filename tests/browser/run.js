// `npm run test:browser`: the example page in Chromium, driven by playwright-core: what its buttons do, how it looks,
// and that training leaves page and memory alone (`-- --seconds 60 --timed` for the whole minute, in which tasks have to
// be short too: a busy machine cannot promise that; names choose checks). Then, by the name `places`, the pages of
// tests/browser/places in Chromium and Firefox. Where a browser or playwright-core is missing, it is named and nothing fails;
// with CI=true that is a failure.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { serveExample } from "../../scripts/serve-example.js";
import { programs } from "../hosts/programs.js";
import { chromiumFlags } from "../hosts/start.js";
import { checkEndurance, checkSignal, checkWorkers } from "./endurance.js";
import { checkAlone, checkButtons, checkDownload, checkLooks } from "./example.js";
import { checkPlaces } from "./places.js";
import { checkReact } from "./react.js";
import { checkSequences } from "./sequences.js";
import { checkTables } from "./tables.js";

const { values, positionals } = parseArgs({
  options: { seconds: { type: "string", default: "10" }, timed: { type: "boolean", default: false } },
  allowPositionals: true,
});
const seconds = Number(values.seconds);

/** @param {string} name */
const isChosen = (name) => positionals.length === 0 || positionals.includes(name.toLowerCase());

const checks = [
  ...[checkButtons, checkDownload, checkLooks, checkAlone, checkSignal, checkWorkers],
  ...[checkReact, checkSequences, checkTables, checkEndurance],
];

/** @returns {any} the driver, where `npm ci --prefix tests/hosts` was run */
function driver() {
  try {
    return createRequire(join(root, "tests/hosts/package.json"))("playwright-core");
  } catch {
    return undefined;
  }
}

/** @type {string[]} */
const missing = [];
const [playwright, program] = [driver(), programs.chromium()?.program];
if (!playwright) missing.push("playwright-core (npm ci --prefix tests/hosts --ignore-scripts)");
if (!program) missing.push("Chromium (Debian's package chromium)");

let [passed, failed] = [0, 0];
if (missing.length > 0) {
  process.stdout.write(`skipped: the example page: not on this machine: ${missing.join(", ")}\n`);
  if (process.env.CI === "true") failed++;
} else {
  await ensureReady();
  const servers = { isolated: await serveExample(), plain: await serveExample({ plain: true }) };
  // Memory is measured when it is asked for, not when the garbage collector next comes by.
  const args = [...chromiumFlags, "--enable-blink-features=ForceEagerMeasureMemory"];
  const browser = await playwright.chromium.launch({ executablePath: program, args });
  try {
    for (const check of checks) {
      if (!isChosen(check.name.slice(5))) continue;
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
      try {
        const figures = await check(context, { ...servers, seconds, timed: values.timed });
        passed++;
        process.stdout.write(`passed ${check.name.slice(5)}${figures ? `: ${figures}` : ""}\n`);
      } catch (error) {
        failed++;
        process.stdout.write(`FAILED ${check.name.slice(5)}: ${error instanceof Error ? error.message : error}\n`);
      }
      await context.close();
    }
  } finally {
    await browser.close();
    for (const server of Object.values(servers)) server.close();
  }
}
for (const browser of isChosen("places") ? /** @type {const} */ (["chromium", "firefox"]) : []) {
  const found = programs[browser]();
  if (!found) {
    process.stdout.write(`skipped: places in ${browser}: not on this machine\n`);
    if (process.env.CI === "true") failed++;
    continue;
  }
  await ensureReady();
  for (const { name, error, remark } of await checkPlaces(browser, found.program)) {
    if (error) failed++;
    else passed++;
    process.stdout.write(error ? `FAILED ${name}: ${error}\n` : `passed ${name}: ${remark}\n`);
  }
}
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache/browser.json"), JSON.stringify({ passed, failed }));
process.exitCode = failed > 0 ? 1 : 0;
