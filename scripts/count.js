// Prints `N passed, N failed`: the tests of the last run and those in other hosts, and of `npm run ok` each other check
// that failed as one more.
// A run that left no record, or that failed outside any test, counts as one failure.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
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
// Left by `npm run test:hosts`, where that ran.
/** @type {{ passed: number, failed: number }} */
const hosts = record(".cache/hosts.json") ?? { passed: 0, failed: 0 };
const passed = (tests?.numPassedTests ?? 0) + hosts.passed;
process.stdout.write(`${passed} passed, ${failedTests + failedChecks + hosts.failed} failed\n`);
