// `npm run test:hosts`: the conformance suite in every host that is found, one after the other, and the table of hosts.
// Hosts that are missing are skipped and named; with CI=true they are failures, and two hosts run at a time, whose times are
// then those of a busy machine. `--install` fetches the npm packages of tests/hosts first; further arguments choose hosts by
// a part of their name.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { executeNpm, root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { atOnce } from "./at-once.js";
import { buildTable, folder } from "./build.js";
import { hasAvx2, programs } from "./programs.js";
import { startServer, suitePages } from "./server.js";
import { summary } from "./summary.js";
import { otherHost, runBrowser, runProcess } from "./start.js";
import { runWorkerd } from "./workerd.js";

const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (process.argv.includes("--install")) {
  await executeNpm(["ci", "--prefix", "tests/hosts", "--ignore-scripts", "--no-audit", "--no-fund"], { quiet: true });
}
await ensureReady();
await buildTable();
const server = await startServer(suitePages);
let pages = 0;
/** A page of its own for a report of its own. @param {string} kind @param {string} [host] */
const page = (kind, host) => server.page(`${kind}-${pages++}`, host);

const suite = "tests/hosts/process.js";
/** Of the Node that runs this. */
const major = Number.parseInt(process.versions.node, 10);
/** V8 merges vectors with this flag, which the builds `wide` need. */
const merging = "--experimental-wasm-revectorize";
/** @type {(name: "chromium" | "firefox" | "webkit", prefix: "plain" | "isolated" | "wide", extra?: Parameters<typeof runBrowser>[3]) => any} */
const browser = (name, prefix, extra) => ({
  program: programs[name]() && (name !== "webkit" || programs.xvfb()) ? programs[name]() : undefined,
  run: (/** @type {string} */ program) => runBrowser(name, program, page(prefix), extra),
});

/** @type {Record<string, { program: { program: string } | undefined, run: (program: string) => Promise<any> }>} */
const hosts = {
  [`Node ${major}`]: { program: { program: process.execPath }, run: (program) => runProcess(program, [suite, "node"]) },
  ...(hasAvx2() &&
    major >= 24 && {
      [`Node ${major}, wide`]: {
        program: { program: process.execPath },
        run: (program) => runProcess(program, [suite, "must", "node"]),
      },
    }),
  "Node, current": { program: programs.node(), run: (program) => runProcess(program, [suite, "node"]) },
  ...(hasAvx2() && {
    "Node, current, wide": {
      program: programs.node(),
      run: (program) => runProcess(program, [suite, "must", "node"]),
    },
  }),
  Deno: { program: programs.deno(), run: (program) => runProcess(program, ["run", "--allow-read", suite, "deno"]) },
  // The flag is there, but this V8 checks the bounds of each access, and a check between two stores keeps them apart.
  "Deno, wide": {
    program: programs.deno(),
    run: (program) => runProcess(program, ["run", "--allow-read", `--v8-flags=${merging}`, suite, "may", "deno"]),
  },
  Bun: { program: programs.bun(), run: (program) => runProcess(program, [suite, "bun"]) },
  workerd: { program: programs.workerd(), run: runWorkerd },
  "Chromium, isolated": browser("chromium", "isolated"),
  // Debian's is built without V8's flag; another may have it.
  "Chromium, wide": browser("chromium", "wide", { flags: [`--js-flags=${merging}`] }),
  Chromium: browser("chromium", "plain"),
  "Chromium, http": {
    program: programs.chromium(),
    run: async (program) => {
      const report = await runBrowser("chromium", program, page("http", otherHost));
      return report.secure ? { error: `${otherHost} is a secure context: this row shows nothing` } : report;
    },
  },
  "Firefox, isolated": browser("firefox", "isolated"),
  Firefox: browser("firefox", "plain"),
  "WebKit, isolated": browser("webkit", "isolated"),
  // Debian's build hands out no SharedArrayBuffer, also where the page is isolated, unless its engine is told to.
  "WebKit, sharing": browser("webkit", "isolated", { env: { JSC_useSharedArrayBuffer: "1" } }),
  WebKit: browser("webkit", "plain"),
};

/** @typedef {{ name: string, report?: any, error?: string }} Row */
/** @param {[string, typeof hosts[string]]} host @returns {Promise<Row>} */
async function rowOf([name, { program, run }]) {
  if (!program) return { name, error: "missing" };
  const start = performance.now();
  let again = "";
  try {
    // WebKit's page has once been seen to stand still for good, with all threads idle; a second silence is a failure.
    const report = await run(program.program).catch((/** @type {Error} */ error) => {
      if (!error.message.includes("took longer than")) throw error;
      again = ` (${error.message}, once more)`;
      return run(program.program);
    });
    return report.error ? { name, error: report.error } : { name, report };
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : `${error}` };
  } finally {
    process.stderr.write(`${name} ... ${((performance.now() - start) / 1000).toFixed(0)} s${again}\n`);
  }
}

const isChosen = (/** @type {string} */ name) =>
  chosen.length === 0 || chosen.some((part) => name.toLowerCase().includes(part.toLowerCase()));
const rows = await atOnce(
  process.env.CI === "true" ? 2 : 1,
  Object.entries(hosts).filter(([name]) => isChosen(name)),
  rowOf,
);
server.close();

const { lines, passed, failures } = summary(rows);
process.stdout.write(`${lines.join("\n")}\n`);
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "report.json"), JSON.stringify(rows));
writeFileSync(join(root, ".cache/hosts.json"), JSON.stringify({ passed, failed: failures.length }));
process.exitCode = failures.length > 0 ? 1 : 0;
