// What the programs of this folder share: the command line in a process of its own, and trainings of a given time.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { root } from "../../scripts/host.js";

const main = join(root, "dist/src/cli/main.js");

/**
 * Runs a command of genloom with this Node; its messages go to stderr.
 * @param {readonly (string | number)[]} args
 * @returns {Promise<any>} its JSON document
 */
export function genloom(...args) {
  const child = spawn(process.execPath, [main, ...args.map(String), "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`genloom ${args.join(" ")}: exit code ${code}`)),
    );
  });
}

/** @typedef {{ minutes: number, steps?: number, threads?: number, folder: string }} Effort */

/**
 * Number of steps of a training: those stated, or as many as it does in the minutes, from the speed of its first ones (whole
 * hundreds, at least one).
 * @param {Effort} effort its folder holds a run that is thrown away
 * @param {readonly (string | number)[]} training arguments of `train` without --steps and --out
 */
export async function stepsWithin({ minutes, steps: stated, folder }, training) {
  if (stated !== undefined) return stated;
  const steps = 200;
  const { seconds } = await genloom(
    "train",
    ...training,
    "--steps",
    steps,
    "--out",
    join(folder, `speed-${Date.now()}`),
  );
  return Math.max(100, Math.floor((minutes * 60 * steps) / seconds / 100) * 100);
}

/** Arguments of any command for the lanes that an experiment may use. @param {{ threads?: number }} effort */
export const lanesOf = ({ threads }) => (threads === undefined ? [] : ["--threads", threads]);

/** @param {number} count */
export const seedsUpTo = (count) => Array.from({ length: count }, (_, seed) => seed);

/** @param {readonly number[]} list */
export const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
