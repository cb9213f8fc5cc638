// Is the fuzzer good? `node tests/fuzz/planted.js [NAME …]`: plants each defect of tests/fuzz/defects in a copy of the
// project and counts the programs until the fuzzer finds it. Prints a table; ends with 1 where one is not found.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../../scripts/host.js";

/** Most programs for one defect, and most milliseconds: one that makes the fuzzer hang is found as well. */
const most = 3000;
const patience = 300_000;

const wanted = process.argv.slice(2);
const patches = readdirSync(join(root, "tests/fuzz/defects"))
  .filter((file) => file.endsWith(".patch") && (wanted.length === 0 || wanted.some((name) => file.includes(name))))
  .sort();

/** @param {string} program @param {string[]} args @param {string} cwd */
function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: patience });
  return { status, stdout, stderr, late: error !== undefined && "code" in error && error.code === "ETIMEDOUT" };
}

const copy = mkdtempSync(join(tmpdir(), "genloom-planted-"));
for (const file of run("git", ["ls-files", "-co", "--exclude-standard"], root).stdout.split("\n").filter(Boolean)) {
  mkdirSync(dirname(join(copy, file)), { recursive: true });
  cpSync(join(root, file), join(copy, file), { force: true });
}
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
cpSync(join(root, "dist"), join(copy, "dist"), { recursive: true });
// A repository of its own, or `git apply` leaves out what lies outside of the one around it.
run("git", ["init", "-q"], copy);

/** @param {string[]} extra */
function fuzz(...extra) {
  return run(
    process.execPath,
    ["tests/fuzz/run.js", "--seed", "1", "--count", String(most), "--shrink", "0", ...extra],
    copy,
  );
}

let missed = 0;
try {
  for (const patch of patches) {
    const file = join(root, "tests/fuzz/defects", patch);
    const applied = run("git", ["apply", file], copy);
    if (applied.status !== 0) {
      process.stdout.write(`${patch}: does not apply: ${applied.stderr.trim()}\n`);
      missed++;
      continue;
    }
    const { status, stdout, stderr, late } = fuzz();
    const [found] = stdout.match(/^program \d+, seed \d+: .*$/m) ?? [];
    const name = patch.replace(".patch", "").padEnd(45);
    if (found) process.stdout.write(`${name} ${found.slice(0, 150)}\n`);
    else if (late) process.stdout.write(`${name} hangs: ${stdout.trim().split("\n").at(-1)}\n`);
    else {
      missed++;
      process.stdout.write(`${name} NOT FOUND (${status}): ${(stdout + stderr).trim().split("\n").at(-1)}\n`);
    }
    run("git", ["apply", "-R", file], copy);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = missed > 0 ? 1 : 0;
