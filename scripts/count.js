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
// Left by `npm run test:hosts`, `npm run test:browser`: where those ran.
/** @type {{ passed: number, failed: number }[]} */
const further = ["hosts", "browser"].map((name) => record(`.cache/${name}.json`) ?? { passed: 0, failed: 0 });
const sum = (/** @type {number[]} */ counts) => counts.reduce((total, count) => total + count, 0);
const passed = sum([tests?.numPassedTests ?? 0, ...further.map((one) => one.passed)]);
const failed = sum([failedTests, failedChecks, ...further.map((one) => one.failed)]);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
