// Presets on MNIST in equal time: all scores with their floors, against the test set.
import { join } from "node:path";
import { genloom, seedsUpTo, stepsWithin } from "./command.js";

/** @param {{ folder: string, seeds: number, minutes: number, data: string, presets: readonly string[] }} options */
export async function mnist({ folder, seeds, minutes, data, presets }) {
  const source = join(data, "mnist");
  const rows = [];
  for (const preset of presets) {
    const training = ["gan", "--preset", preset, "--data", source];
    const steps = await stepsWithin(minutes, training, folder);
    for (const seed of seedsUpTo(seeds)) {
      const out = join(folder, `mnist-${preset}-${seed}`);
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
