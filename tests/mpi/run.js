// `npm run test:mpi`: groups of processes that mpirun starts. Without Open MPI all rows are skipped and named; with CI=true
// they are failures. Arguments choose rows by a part of their name, also those that run only by hand.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { checks } from "./checks.js";
import { mpirun } from "./mpirun.js";

const chosen = process.argv.slice(2).map((part) => part.toLowerCase());
await ensureReady();

let [passed, failed] = [0, 0];
for (const [name, { byHand, missing, run }] of Object.entries(checks)) {
  const named = chosen.some((part) => name.toLowerCase().includes(part));
  if (chosen.length > 0 ? !named : byHand) continue;
  const lacks = mpirun ? missing?.() : "mpirun (Debian: apt-get install openmpi-bin)";
  const start = performance.now();
  let verdict;
  try {
    if (!lacks) verdict = `passed   ${await run()}`;
    else if (process.env.CI === "true") throw new Error(`missing here: ${lacks}`);
    else verdict = `skipped  missing here: ${lacks}`;
    if (!lacks) passed++;
  } catch (error) {
    failed++;
    verdict = `FAILED   ${error instanceof Error ? error.message : error}`;
  }
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  process.stdout.write(`${name.padEnd(38)}${seconds.padStart(7)}  ${verdict}\n`);
}
mkdirSync(join(root, ".cache"), { recursive: true });
writeFileSync(join(root, ".cache/mpi.json"), JSON.stringify({ passed, failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 ? 1 : 0;
