// `npm run test:packaging`: the tarball of `npm pack` in the hands of every bundler and host, and checks of the package
// as a whole. Rows whose host or bundler is missing are skipped and named; with CI=true they are failures. Arguments
// choose rows by a part of their name.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { packageFolder, programs } from "../hosts/programs.js";
import { checks } from "./checks.js";
import { fixtures } from "./fixtures.js";
import { startSites } from "./sites.js";
import { install, pack } from "./tarball.js";

const chosen = process.argv.slice(2).map((part) => part.toLowerCase());
await ensureReady();
const temporary = mkdtempSync(join(tmpdir(), "genloom-packaging-"));
const tarball = await pack(join(temporary, "tarball"));
const sites = await startSites();

/** The first fixture's weights and samples, and which it was. @type {{ hash: string, samples: string, name: string } | undefined} */
let first;

/**
 * @param {string} name
 * @param {import("./fixtures.js").Fixture} fixture
 * @param {any} report of app/train.js
 */
function examine(
  name,
  { fetches, fails, lanes: wanted },
  { error, code, hint, host, build, lanes, steps, weightHash, losses, samples, files = [] },
) {
  if (fails) {
    if (fails.test(`${code} ${hint}`)) return `fails as it should: ${code}`;
    throw new Error(`an error like ${fails}, found ${error ? `${code}, ${hint}: ${error}` : "none"}`);
  }
  if (error) throw new Error(error);
  if (wanted && lanes !== wanted) throw new Error(`${wanted} lanes, found ${lanes}`);
  if (steps !== 3) throw new Error(`three steps, found ${steps}`);
  if (!Object.values(losses).every(Number.isFinite)) throw new Error(`finite losses, found ${JSON.stringify(losses)}`);
  first ??= { hash: weightHash, samples: `${samples}`, name };
  if (weightHash !== first.hash) throw new Error(`the weights ${first.hash} of ${first.name}, found ${weightHash}`);
  if (`${samples}` !== first.samples)
    throw new Error(`the samples of ${first.name}, ${first.samples}, found ${samples}`);
  if (fetches && !files.some((/** @type {string} */ file) => fetches.test(file)))
    throw new Error(`a fetch of ${fetches}, found ${files.join(", ")}`);
  return `${host}, ${build}, ${lanes} ${lanes === 1 ? "lane" : "lanes"}`;
}

/**
 * What a row needs and this machine lacks.
 * @param {{ programs?: (keyof typeof programs)[], bundler?: string }} row
 */
const missingFor = ({ programs: names = [], bundler }) => [
  ...names.filter((name) => !programs[name]()),
  ...(bundler && !packageFolder(bundler) ? [bundler] : []),
];

/** @type {[string, Parameters<typeof missingFor>[0], (folder: string) => Promise<string>][]} */
const rows = [
  ...Object.entries(fixtures).map(
    ([name, fixture]) =>
      /** @type {typeof rows[number]} */ ([
        name,
        fixture,
        async (folder) => {
          await install(tarball, folder);
          return examine(name, fixture, await fixture.run({ folder, serve: sites.page }));
        },
      ]),
  ),
  ...Object.entries(checks).map(
    ([name, check]) =>
      /** @type {typeof rows[number]} */ ([
        name,
        check,
        (folder) => check.run({ tarball, folder, install: (place) => install(tarball, place) }),
      ]),
  ),
];

let [passed, failed] = [0, 0];
for (const [name, needs, run] of rows) {
  if (chosen.length > 0 && !chosen.some((part) => name.toLowerCase().includes(part))) continue;
  const missing = missingFor(needs);
  const start = performance.now();
  let verdict;
  try {
    if (missing.length === 0) verdict = `passed   ${await run(join(temporary, `${passed + failed}`))}`;
    else if (process.env.CI === "true") throw new Error(`missing here: ${missing.join(", ")}`);
    else verdict = `skipped  missing here: ${missing.join(", ")}`;
    if (missing.length === 0) passed++;
  } catch (error) {
    failed++;
    verdict = `FAILED   ${error instanceof Error ? error.message : error}`;
  }
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  process.stdout.write(`${name.padEnd(42)}${seconds.padStart(7)}  ${verdict}\n`);
}
sites.close();
rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache/packaging.json"), JSON.stringify({ passed, failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
