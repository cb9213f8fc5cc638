// Tables: CTGAN and TVAE on Adult, with a fifth of the rows held out: all measures beside their floors and the copula's, then what
// people do with a model: conditions, missing cells, rows whose cells do not belong together.
import { join } from "node:path";
import { genloom, lanesOf } from "./command.js";
import { tableUses } from "./table-uses.js";

/** @type {readonly { family: string, preset: string }[]} */
const models = [
  { family: "gan", preset: "ctgan" },
  { family: "vae", preset: "tvae" },
];

/** Share of the rows that is held out. */
const heldOut = 0.2;

/** @param {import("./command.js").Effort & { data: string, presets: readonly string[] }} options */
export async function tables({ data, presets, folder, steps: stated, threads }) {
  const lanes = lanesOf({ ...(threads !== undefined && { threads }) });
  const source = join(data, "adult/adult.csv.gz");
  const rows = [];
  for (const { family, preset } of models) {
    if (presets[0] !== "" && !presets.includes(preset)) continue;
    const out = join(folder, preset);
    const given = stated === undefined ? [] : ["--steps", stated];
    const training = [family, "--preset", preset, "--data", source, "--held-out", heldOut, ...lanes, ...given];
    const { seconds, steps } = await genloom("train", ...training, "--out", out);
    const { metrics, floors, copula } = await genloom("evaluate", out, ...lanes);
    const uses = await tableUses(out, source, heldOut, lanes);
    rows.push({ preset, steps, seconds, metrics, floors, copula, ...uses });
  }
  return rows;
}
