// Presets on MNIST in equal time: all scores with their floors, against the test set.
import { join } from "node:path";
import { genloom, lanesOf, seedsUpTo, stepsWithin } from "./command.js";

/** @param {import("./command.js").Effort & { seeds: number, data: string, presets: readonly string[] }} options */
export async function mnist({ seeds, data, presets, ...effort }) {
  const source = join(data, "mnist");
  const rows = [];
  for (const preset of presets) {
    const training = ["gan", "--preset", preset, "--data", source, ...lanesOf(effort)];
    const steps = await stepsWithin(effort, training);
    for (const seed of seedsUpTo(seeds)) {
      const out = join(effort.folder, `mnist-${preset}-${seed}`);
      const { seconds } = await genloom("train", ...training, "--steps", steps, "--seed", seed, "--out", out);
      const { metrics, floors, counts } = await genloom(
        "evaluate",
        out,
        "--metrics",
        "all",
        "--on",
        join(source, "t10k-images-idx3-ubyte.gz"),
      );
      await genloom("sample", out, "--count", 100, "--out", `${out}.png`);
      rows.push({ preset, seed, steps, seconds, metrics, floors, counts });
    }
  }
  return rows;
}
