/** Processes that want the same run folder at the same moment: exactly one gets it, also where a dead one's lock lies. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../scripts/host.js";

/** Takes the lock of the folder, holds it for some milliseconds, and writes begin and end of that, or the error's code. */
const taker = `
const { lockRun } = await import(${JSON.stringify(join(root, "dist/src/train/run-lock.js"))});
const [folder, start, rounds] = [process.argv[1], Number(process.argv[2]), Number(process.argv[3])];
if (process.argv[4]) Object.defineProperty(process, "pid", { value: Number(process.argv[4]) });
const seen = [];
for (let round = 0; round < rounds; round++) {
  while (Date.now() < start + 40 * round);
  try {
    const lock = await lockRun(folder);
    const begin = performance.timeOrigin + performance.now();
    await new Promise((wake) => setTimeout(wake, 5));
    const end = performance.timeOrigin + performance.now();
    // Every second time it leaves a lock behind as a crash does: of a process that is no more.
    if (round % 2 === 0) (await import("node:fs")).writeFileSync(folder + "/.lock", JSON.stringify({ pid: 2 ** 30, host: ${JSON.stringify(hostname())}, begun: "" }));
    await lock.release();
    seen.push([begin, end]);
  } catch (error) {
    if (error.code !== "ERR_BUSY") throw error;
  }
}
process.stdout.write(JSON.stringify(seen));
`;

// Containers that share a disk have processes of equal numbers.
test.each([
  ["their own numbers", ""],
  ["equal numbers", String(process.pid)],
])("of four processes with %s never two hold it at once, in 100 rounds over locks of dead ones", async (_, pid) => {
  const folder = mkdtempSync(join(tmpdir(), "genloom-race-"));
  writeFileSync(join(folder, ".lock"), JSON.stringify({ pid: 2 ** 30, host: hostname(), begun: "" }));
  const start = Date.now() + 1500;
  const times = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise<[number, number][]>((resolve, reject) => {
          const child = spawn(process.execPath, [
            "--input-type=module",
            "-e",
            taker,
            folder,
            String(start),
            "100",
            pid,
          ]);
          let out = "";
          let errors = "";
          child.stdout.on("data", (text) => (out += text));
          child.stderr.on("data", (text) => (errors += text));
          child.on("close", (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(errors))));
        }),
    ),
  );
  const held = times.flat().sort(([a], [b]) => a - b);
  // At least one process gets it in nearly every round.
  expect(held.length).toBeGreaterThan(50);
  for (let i = 1; i < held.length; i++) expect(held[i][0]).toBeGreaterThanOrEqual(held[i - 1][1]);
  expect(existsSync(join(folder, ".lock.takeover"))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
