// `npm run test:frameworks`: the tarball of `npm pack` in the hands of frameworks, bundlers and test runners as npm gives them.
// Each module of fixtures/ exports a list of fixtures. Arguments choose fixtures by a part of their name; `--write` puts the
// results into docs/hosts.md, `--keep` leaves the projects where they were made.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { train } from "../packaging/app/train.js";
import { pack } from "../packaging/tarball.js";
import { startPages } from "./pages.js";
import { makeProject, Project } from "./project.js";
import { writeTable } from "./table.js";

/** @typedef {import("./project.js").Fixture} Fixture @typedef {import("./project.js").Report} Report */

const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const chosen = process.argv.slice(2).flatMap((argument) => (argument.startsWith("--") ? [] : [argument.toLowerCase()]));
const unknown = options.filter((option) => !["--write", "--keep"].includes(option));
if (unknown.length > 0)
  throw new Error(`test:frameworks: options must be --write or --keep, found ${unknown.join(" ")}`);

/** @type {Fixture[]} */
const all = [];
for (const file of readdirSync(join(import.meta.dirname, "fixtures")).sort())
  all.push(...(await import(`./fixtures/${file}`)).fixtures);
const fixtures = all.filter(
  ({ name }) => chosen.length === 0 || chosen.some((part) => name.toLowerCase().includes(part)),
);
if (fixtures.length === 0) {
  const names = all.map(({ name }) => name).join("; ");
  throw new Error(`test:frameworks: a name must be a part of one of these, found ${chosen.join(" ")}: ${names}`);
}

await ensureReady();
/** What every fixture must give: the weights and samples of the checkout's own build in this Node. */
const wanted = await train(await import("../../dist/node/genloom.js"));
const temporary = mkdtempSync(join(tmpdir(), "genloom-frameworks-"));
const tarball = await pack(join(temporary, "tarball"));
const pages = await startPages();
const date = new Date().toISOString().slice(0, 10);

/** @param {Report} report @returns {string} */
function examine({ error, code, hint, host, build, lanes, weightHash, samples }) {
  if (error) throw new Error([code, error, hint].filter(Boolean).join(": "));
  if (weightHash !== wanted.weightHash)
    throw new Error(`the weights must be ${wanted.weightHash}, found ${weightHash}`);
  if (`${samples}` !== `${wanted.samples}`) throw new Error(`the samples must be ${wanted.samples}, found ${samples}`);
  return `${host}, ${build}, ${lanes} ${lanes === 1 ? "lane" : "lanes"}`;
}

/** @param {Fixture} fixture */
async function versionOf({ version, packages = {} }) {
  if (version) return version();
  const [[, own = ""] = [], ...others] = Object.entries(packages);
  return others.length === 0 ? own : `${own} with ${others.map((one) => one.join(" ")).join(", ")}`;
}

/** @type {import("./table.js").Row[]} */
const rows = [];
let failed = 0;
/** When the last row ended. */
let last = performance.now();

/** @param {Fixture} fixture @param {string} part @param {() => Promise<Report>} task */
async function row(fixture, part, task) {
  const name = part ? `${fixture.name}: ${part}` : fixture.name;
  let result;
  try {
    result = examine(await task());
  } catch (error) {
    failed++;
    result = `FAILED ${error instanceof Error ? error.message : error}`.replaceAll(temporary, "…");
  }
  const seconds = `${((performance.now() - last) / 1000).toFixed(0)} s`;
  last = performance.now();
  process.stdout.write(`${name.padEnd(44)}${seconds.padStart(6)}  ${result}\n`);
  const version = await versionOf(fixture).catch((/** @type {Error} */ error) => error.message);
  rows.push({ name, version, how: fixture.how, result: result.split("\n")[0].slice(0, 160), date });
}

/** @param {Fixture} fixture @param {string} folder */
async function take(fixture, folder) {
  const before = rows.length;
  const project = new Project(folder, fixture, pages, (part, task) => row(fixture, part, task));
  const run = async () => {
    await makeProject(folder, tarball, fixture);
    return fixture.run(project);
  };
  const report = await run().catch((/** @type {Error} */ error) => error);
  if (report instanceof Error) return row(fixture, "", () => Promise.reject(report));
  if (report) return row(fixture, "", async () => report);
  if (rows.length === before) await row(fixture, "", () => Promise.reject(new Error("the fixture gave no report")));
}

for (const [index, fixture] of fixtures.entries()) {
  const folder = join(temporary, `${index + 1}`);
  await take(fixture, folder);
  if (!options.includes("--keep")) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
pages.close();
if (options.includes("--keep")) process.stdout.write(`the projects are in ${temporary}\n`);
else rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });

const owner = (/** @type {string} */ name) =>
  all.findIndex((one) => name === one.name || name.startsWith(`${one.name}: `));
if (options.includes("--write")) writeTable(rows, owner);
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache/frameworks.json"), JSON.stringify({ passed: rows.length - failed, failed, rows }));
process.stdout.write(`${rows.length - failed} passed, ${failed} failed; weights ${wanted.weightHash}\n`);
process.exitCode = failed > 0 ? 1 : 0;
