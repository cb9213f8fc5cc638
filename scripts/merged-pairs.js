// `npm run merged`: which pairs of stores V8 merges into 256-bit ones, per function of the `wide` kernels, from V8's own
// trace; and, of the others, what stood in the way. Fails if a function has fewer merged pairs than merged-pairs.json
// says. `--write` writes that file anew; `--all` prints every function, not only those with pairs left.
//
// V8 starts from two stores to adjacent addresses and walks back through what they store. A pair fails if one of the
// operations has no 256-bit form, if the two halves differ, or if something with a side effect stands between them.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs } from "../tests/hosts/programs.js";
import { compileKernels } from "./build-kernels.js";
import { root } from "./host.js";

const floorsPath = join(root, "scripts/merged-pairs.json");

/** Compiles all functions at once with the optimising compiler, one after the other, so that the trace is in order. */
const flags = [
  ...["--experimental-wasm-revectorize", "--trace-wasm-revectorize", "--no-liftoff", "--no-wasm-dynamic-tiering"],
  ...["--no-wasm-lazy-compilation", "--wasm-num-compilation-tasks=1"],
];

/**
 * @typedef {{ name: string, pairs: number, merged: number, reasons: Record<string, number> }} Row
 * `pairs` of adjacent stores, how many of them are `merged`, and why the others are not
 */

/** Functions of a trace that have pairs of stores. @param {string} trace @returns {Row[]} */
export function rowsOf(trace) {
  const rows = [];
  for (const [, name = "", text = ""] of trace.matchAll(/^Begin revec function (.*)\n([\s\S]*?)^Finished revec/gm)) {
    const pairs = (text.split("reduce seeds:")[0] ?? "").match(/^\{/gm)?.length ?? 0;
    if (pairs === 0) continue;
    /** @type {Record<string, number>} */
    const reasons = {};
    const count = (/** @type {string} */ reason, times = 1) => {
      reasons[reason] = (reasons[reason] ?? 0) + times;
    };
    const lines = text.split("\n");
    for (const [i, line] of lines.entries()) {
      if (!line.includes("Building SLP tree failed")) continue;
      count((lines[i - 1] ?? "").replace(/^Revec: \w+(\(\))? \d+: /, "").replace(/#\d+,?:?/g, ""));
    }
    let merged = pairs - Object.values(reasons).reduce((sum, times) => sum + times, 0);
    if (merged > 0 && !text.includes("Decided to vectorize")) {
      const [, saved, cost] = /Save: (\d+), cost: (\d+)/.exec(text) ?? [];
      count(`merging saves ${saved} operations and costs ${cost}`, merged);
      merged = 0;
    }
    rows.push({ name: name.replaceAll(/assembly\/(kernels\/)?/g, ""), pairs, merged, reasons });
  }
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * What is worse than the floors allow, one line each.
 * @param {Row[]} rows
 * @param {Record<string, number>} floors
 */
export function losses(rows, floors) {
  const merged = new Map(rows.map((row) => [row.name, row.merged]));
  return Object.entries(floors)
    .filter(([name, floor]) => (merged.get(name) ?? 0) < floor)
    .map(([name, floor]) => `${name}: ${merged.get(name) ?? 0} pairs are merged, ${floor} were`);
}

/** @param {string} program @param {string} wasm @returns {Promise<string>} */
function traceOf(program, wasm) {
  const script = 'new WebAssembly.Module(require("node:fs").readFileSync(process.argv[1]))';
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...flags, "--eval", script, wasm], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part) => {
      text += part;
    });
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${program}: exit code ${code}`))));
  });
}

/** Leaves the counts for `.ci/run`. @param {number} passed functions @param {number} failed */
function finish(passed, failed) {
  mkdirSync(join(root, ".cache"), { recursive: true });
  writeFileSync(join(root, ".cache/merged.json"), JSON.stringify({ passed, failed }));
  process.exitCode = failed > 0 ? 1 : 0;
}

async function main() {
  const node = programs.node();
  const obstacle =
    process.arch !== "x64" ? `this processor is ${process.arch}` : node ? "" : "tests/hosts has no current Node";
  if (!node || obstacle) {
    process.stderr.write(`merged pairs: skipped: ${obstacle}\n`);
    if (process.env.CI === "true" && !node) finish(0, 1);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "genloom-merged-"));
  try {
    const wasm = join(folder, "wide.wasm");
    await compileKernels(wasm, "wide", true);
    const rows = rowsOf(await traceOf(node.program, wasm));
    for (const { name, pairs, merged, reasons } of rows) {
      if (merged === pairs && !process.argv.includes("--all")) continue;
      const why = Object.entries(reasons).map(([reason, times]) => `${times} x ${reason}`);
      process.stdout.write(`${name}: ${merged} of ${pairs}${why.length > 0 ? `; ${why.join("; ")}` : ""}\n`);
    }
    const sum = (/** @type {"pairs" | "merged"} */ key) => rows.reduce((total, row) => total + row[key], 0);
    process.stdout.write(`merged pairs: ${sum("merged")} of ${sum("pairs")} in ${rows.length} functions\n`);
    const floors = Object.fromEntries(rows.filter((row) => row.merged > 0).map((row) => [row.name, row.merged]));
    if (process.argv.includes("--write")) writeFileSync(floorsPath, `${JSON.stringify(floors, undefined, 2)}\n`);
    const wanted = JSON.parse(readFileSync(floorsPath, "utf8"));
    const lost = losses(rows, wanted);
    for (const line of lost) process.stdout.write(`lost: ${line}\n`);
    finish(Object.keys(wanted).length - lost.length, lost.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1]?.endsWith("merged-pairs.js")) await main();
