// `node tests/hosts/cold-starts.js [count] [host …]`: milliseconds from the import of the package to the end of the first step, the
// least of several fresh starts of each host, for a busy machine only adds to them.
import { ensureReady } from "../../scripts/prepare.js";
import { programs } from "./programs.js";
import { startServer, suitePages } from "./server.js";
import { runBrowser, runProcess } from "./start.js";

const [count = "5", ...chosen] = process.argv.slice(2);
await ensureReady();
const server = await startServer(suitePages);

const code = (/** @type {string} */ entry) =>
  `import { coldStart } from "./tests/hosts/cold-start.js";
const { milliseconds } = await coldStart(() => import("./${entry}"));
console.log(JSON.stringify({ milliseconds }));`;

/** @param {"chromium" | "firefox"} name @param {string} prefix */
const browser = (name, prefix) => ({
  program: programs[name]()?.program,
  run: (/** @type {string} */ program) => {
    const { address, report } = server.page(prefix);
    return runBrowser(name, program, { address: `${address}?cold`, report }, { patience: 60_000 });
  },
});

/** @type {Record<string, { program: string | undefined, run: (program: string) => Promise<any> }>} */
const hosts = {
  [`Node ${process.versions.node}`]: {
    program: process.execPath,
    run: (program) => runProcess(program, ["--input-type=module", "--eval", code("dist/node/genloom.js")]),
  },
  "Node, current": {
    program: programs.node()?.program,
    run: (program) => runProcess(program, ["--input-type=module", "--eval", code("dist/node/genloom.js")]),
  },
  "Chromium, isolated": browser("chromium", "isolated"),
  Chromium: browser("chromium", "plain"),
  "Firefox, isolated": browser("firefox", "isolated"),
  Firefox: browser("firefox", "plain"),
};

for (const [name, { program, run }] of Object.entries(hosts)) {
  if (chosen.length > 0 && !chosen.some((part) => name.toLowerCase().includes(part.toLowerCase()))) continue;
  if (!program) {
    process.stdout.write(`${name.padEnd(20)} not on this machine\n`);
    continue;
  }
  const found = [];
  for (let i = 0; i < Number(count); i++) {
    const { milliseconds, error } = await run(program);
    if (error) throw new Error(`${name}: ${error}`);
    found.push(milliseconds);
  }
  found.sort((a, b) => a - b);
  process.stdout.write(`${name.padEnd(20)} ${found.map((one) => one.toFixed(0)).join(" ")} ms\n`);
}
server.close();
