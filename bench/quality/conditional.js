// Conditional models on MNIST: the share of samples that a classifier takes for the class that was asked for.
import { join } from "node:path";
import { genloom } from "./command.js";

/** @param {{ folder: string, data: string }} options */
export async function conditional({ folder, data }) {
  const source = join(data, "mnist");
  const rows = [];
  for (const [family, preset] of [
    ["gan", "dcgan"],
    ["vae", "mlp"],
    ["rbm", "bernoulli"],
  ]) {
    const out = join(folder, `conditional-${family}`);
    const { seconds, steps } = await genloom(
      "train",
      family,
      "--preset",
      preset,
      "--data",
      source,
      "--conditional",
      "--out",
      out,
    );
    const { metrics, floors } = await genloom("evaluate", out, "--on", join(source, "t10k-images-idx3-ubyte.gz"));
    await genloom("sample", out, "--label-grid", "--out", `${out}.png`);
    rows.push({ family, preset, steps, seconds, metrics, floors });
  }
  return rows;
}
