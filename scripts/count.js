// Prints the failed tests and checks, a line each, then `N passed, N failed`: the tests of the last run, the kernels
// whose pairs V8 merges, the tests on other hosts, of the installed package, of groups of processes and of the example page;
// every other failed check of `npm run ok` counts as one failure. A run that left no results, or that failed outside any
// test, counts as one failure; merged, hosts, packaging, mpi and browser count only if named as arguments.
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./host.js";

/** @param {string} path from the root */
const record = (path) =>
  existsSync(join(root, path)) ? JSON.parse(readFileSync(join(root, path), "utf8")) : undefined;

const tests = record(".cache/tests.json");
/** @type {{ name: string, passed: boolean }[] | undefined} */
const checks = record(".cache/ok.json");
const testsPassed = checks?.find((check) => check.name === "test")?.passed ?? false;
const failedTests = Math.max(tests?.numFailedTests ?? 0, testsPassed ? 0 : 1);
const failedChecks = checks?.filter((check) => check.name !== "test" && !check.passed).length ?? 0;
/** @type {{ passed: number, failed: number }[]} */
const others = ["merged", "hosts", "packaging", "mpi", "browser"].map(
  (name) => record(`.cache/${name}.json`) ?? { passed: 0, failed: process.argv.includes(name) ? 1 : 0 },
);
for (const { name, assertionResults = [] } of tests?.testResults ?? [])
  for (const { status, fullName, failureMessages = [] } of assertionResults)
    if (status === "failed")
      process.stdout.write(`failed: ${relative(root, name)} > ${fullName}: ${failureMessages[0]?.split("\n")[0]}\n`);
for (const { name, passed } of checks ?? []) if (!passed) process.stdout.write(`failed: npm run ok: ${name}\n`);
const sum = (/** @type {"passed" | "failed"} */ what) => others.reduce((total, other) => total + other[what], 0);
const passed = (tests?.numPassedTests ?? 0) + sum("passed");
process.stdout.write(`${passed} passed, ${failedTests + failedChecks + sum("failed")} failed\n`);
