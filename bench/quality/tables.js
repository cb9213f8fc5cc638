// Tables: CTGAN and TVAE on Adult, with a fifth of the rows held out: all measures beside their floors and the copula's, then
// first draws that meet conditions.
import { join } from "node:path";
import { genloom, lanesOf } from "./command.js";

/** @type {readonly { family: string, preset: string }[]} */
const models = [
  { family: "gan", preset: "ctgan" },
  { family: "vae", preset: "tvae" },
];

/** Conditions on one column and on two. */
const conditions = ["sex = Female", "education = Masters", "sex = Female and income-per-year = >50K"];

/** @param {import("./command.js").Effort & { data: string, presets: readonly string[] }} options */
export async function tables({ data, presets, folder, steps: stated, threads }) {
  const lanes = lanesOf({ ...(threads !== undefined && { threads }) });
  const source = join(data, "adult/adult.csv.gz");
  const rows = [];
  for (const { family, preset } of models) {
    if (presets[0] !== "" && !presets.includes(preset)) continue;
    const out = join(folder, preset);
    const given = stated === undefined ? [] : ["--steps", stated];
    const training = [family, "--preset", preset, "--data", source, "--held-out", 0.2, ...lanes, ...given];
    const { seconds, steps } = await genloom("train", ...training, "--out", out);
    const { metrics, floors, copula } = await genloom("evaluate", out, ...lanes);
    const met = [];
    for (const where of conditions) {
      const { firstDraws, drawn } = await genloom("sample", out, "--count", 500, "--where", where, ...lanes);
      met.push({ where, firstDraws, drawn });
    }
    rows.push({ preset, steps, seconds, metrics, floors, copula, conditions: met });
  }
  return rows;
}
