// Sequence models on real data: chorales, molecules, levels, names and a long text, each judged on its held-out part. They train for
// the steps of their presets, which were searched (decision 0031): more of them only learn the data by heart.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { genloom } from "./command.js";

/**
 * The trainings: their family and preset, and where data and held-out data are.
 * @type {Readonly<Record<string, { family?: string, preset: string, data: string, on?: string, samples?: number, temperature?: number }>>}
 */
const trainings = {
  chorales: { preset: "chorale", data: "jsb-chorales" },
  "chorales, frames": { family: "rbm", preset: "chorale", data: "jsb-chorales" },
  molecules: { preset: "smiles", data: "smiles/qm9-train-50k.smi", on: "smiles/qm9-heldout-5k.smi", samples: 2000 },
  "molecules, vae": {
    family: "vae",
    preset: "smiles",
    data: "smiles/qm9-train-50k.smi",
    on: "smiles/qm9-heldout-5k.smi",
  },
  levels: { preset: "level", data: "vglc/Super Mario Bros", samples: 250, temperature: 0.9 },
  "levels, gan": { family: "gan", preset: "level", data: "vglc/Super Mario Bros", samples: 250 },
  "levels, vae": { family: "vae", preset: "level", data: "vglc/Super Mario Bros", samples: 250 },
  names: { preset: "characters", data: "names/train.txt", on: "names/test.txt" },
  text: { preset: "characters", data: "text/train.txt", on: "text/test.txt" },
};

/** The file of a preset's samples. @type {Readonly<Record<string, string>>} */
const endings = { chorale: "png", level: "png", smiles: "smi", characters: "txt" };

/**
 * Tinyshakespeare in two files: the first nine tenths, and the last.
 * @param {string} data folder of the data @param {string} folder
 */
function textParts(data, folder) {
  const text = readFileSync(join(data, "tinyshakespeare/input.txt"), "utf8");
  const end = Math.floor(text.length * 0.9);
  mkdirSync(join(folder, "text"), { recursive: true });
  writeFileSync(join(folder, "text/train.txt"), text.slice(0, end));
  writeFileSync(join(folder, "text/test.txt"), text.slice(end));
}

/** @param {import("./command.js").Effort & { data: string, presets: readonly string[] }} options */
export async function sequences({ data, presets, folder, steps: given }) {
  mkdirSync(folder, { recursive: true });
  textParts(data, folder);
  const path = (/** @type {string} */ name) => (name.startsWith("text/") ? join(folder, name) : join(data, name));
  const rows = [];
  for (const [name, { family = "sequence", preset, data: source, on, samples, temperature }] of Object.entries(
    trainings,
  )) {
    if (presets[0] !== "" && !presets.includes(name)) continue;
    const training = [family, "--preset", preset, "--data", path(source), "--threads", 1];
    const out = join(folder, name.replaceAll(/\W+/g, "-"));
    const stated = given === undefined ? [] : ["--steps", given];
    const { seconds, steps } = await genloom("train", ...training, ...stated, "--out", out);
    const held = [...(on ? ["--on", path(on)] : []), ...(samples ? ["--samples", samples] : [])];
    const drawn = temperature === undefined ? [] : ["--temperature", temperature];
    const { metrics, floors, judges } = await genloom("evaluate", out, "--threads", 1, ...held, ...drawn);
    await genloom("sample", out, "--count", 8, "--out", `${out}.${endings[preset]}`);
    rows.push({ name, family, preset, steps, seconds, metrics, floors, judges });
  }
  return rows;
}
