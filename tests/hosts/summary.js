// What the reports of all hosts say together: the table, the hashes that must be equal, and every failure.

/** @typedef {{ name: string, report?: any, error?: string }} Row */

const head = ["host", "version", "build", "lanes", "passed", "failed", "mlp-gan step", "cold start"];

/** @param {number | undefined} milliseconds */
const time = (milliseconds) => (milliseconds === undefined ? "-" : `${milliseconds.toFixed(1)} ms`);

/** @param {readonly unknown[]} cells */
const line = (cells) => `| ${cells.join(" | ")} |`;

/**
 * @param {readonly Row[]} rows error "missing": the host is not on this machine
 * @returns {{ lines: string[], passed: number, failures: string[] }}
 */
export function summary(rows) {
  const lines = [line(head), line(head.map(() => "---"))];
  /** @type {string[]} */
  const failures = [];
  let passed = 0;
  /** The first host's hashes, by what they are of. @type {Record<string, { hash: string, host: string }>} */
  const hashes = {};
  for (const { name, report, error } of rows) {
    if (!report) {
      if (error !== "missing" || process.env.CI === "true") failures.push(`${name}: ${error}`);
      continue;
    }
    /** @type {{ name: string, error?: string }[]} */
    const failed = report.results.filter((/** @type {any} */ result) => result.error);
    for (const result of failed) failures.push(`${name}: ${result.name}: ${result.error}`);
    for (const [what, hash] of Object.entries(report.hashes)) {
      hashes[what] ??= { hash, host: name };
      const first = hashes[what];
      if (hash !== first.hash) failures.push(`${name}: ${what} has the hash ${hash}, in ${first.host} ${first.hash}`);
    }
    const { version, build, lanes } = report.info;
    const done = report.results.length - failed.length;
    passed += done;
    lines.push(
      line([name, version, build, lanes, done, failed.length, time(report.stepMilliseconds), time(report.coldStart)]),
    );
  }
  lines.push("", "same seed, deterministic, in every host and for every number of lanes:");
  for (const [what, { hash }] of Object.entries(hashes)) lines.push(`  ${what.padEnd(21)} ${hash}`);
  for (const family of new Set(rows.flatMap(({ report }) => report?.missing ?? []))) {
    lines.push(`not exported by the package: ${family}`);
  }
  for (const { name, error } of rows) {
    if (error === "missing")
      lines.push(`skipped: ${name}: not on this machine (npm run test:hosts -- --install, or Debian's browsers)`);
  }
  return { lines, passed, failures };
}
