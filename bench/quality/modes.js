// Modes of the two mixtures of Gaussians: the presets `ring` and `grid`, some seeds each.
import { join } from "node:path";
import { genloom, lanesOf, mean, seedsUpTo } from "./command.js";

/** @param {{ folder: string, seeds: number, threads?: number }} options */
export async function modes({ folder, seeds, threads }) {
  const lanes = lanesOf({ ...(threads !== undefined && { threads }) });
  const rows = [];
  for (const preset of ["ring", "grid"]) {
    /** @type {Record<string, number | string>[]} */
    const found = [];
    for (const seed of seedsUpTo(seeds)) {
      const out = join(folder, `${preset}-${seed}`);
      const { seconds } = await genloom("train", "gan", "--preset", preset, "--seed", seed, "--out", out, ...lanes);
      const { metrics } = await genloom("evaluate", out, ...lanes);
      found.push({ preset, seed, seconds, ...metrics });
    }
    rows.push(...found);
    /** @param {string} name */
    const of = (name) => found.map((one) => Number(one[name]));
    rows.push({
      preset,
      seed: "mean",
      seconds: Math.max(...of("seconds")),
      modes: mean(of("modes")),
      highQuality: mean(of("highQuality")),
      reverseKl: mean(of("reverseKl")),
    });
  }
  return rows;
}
