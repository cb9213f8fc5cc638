// Stacked MNIST (Metz et al. 2017): three digits in three colours, 1,000 modes. Modes and KL of 26,000 samples at a sixth,
// a half and all of the time.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createRuntime, datasets, metrics } from "../../dist/bindings/node.js";
import { loadDataset } from "../../dist/src/files.js";
import { genloom, lanesOf, stepsWithin } from "./command.js";
import { colouredStacks, digitsOf, npyOf } from "./stacked-digits.js";

const sampleCount = 26_000;
const side = 32;

/** @param {import("./command.js").Effort & { data: string, presets: readonly string[] }} options */
export async function stacked({ data, presets, ...effort }) {
  const { folder } = effort;
  mkdirSync(folder, { recursive: true });
  const digits = digitsOf(join(data, "mnist"), side);
  const stacks = colouredStacks(digits, 60_000);
  const source = join(folder, "stacked.npy");
  writeFileSync(source, npyOf(stacks.records, [stacks.count, side, side, 3]));
  const runtime = await createRuntime();
  const judge = await metrics.trainClassifier(
    runtime,
    datasets.from({ name: "digits", records: digits.records, shape: [side, side, 1], labels: digits.labels }),
  );
  const rows = [];
  for (const preset of presets) {
    const training = ["gan", "--preset", preset, "--data", source, ...lanesOf(effort)];
    const steps = Math.ceil((await stepsWithin(effort, training)) / 6) * 6;
    const out = join(folder, `stacked-${preset}`);
    const { seconds } = await genloom(
      "train",
      ...training,
      "--steps",
      steps,
      "--save-every",
      steps / 6,
      "--keep",
      10,
      "--out",
      out,
    );
    for (const share of [1 / 6, 1 / 2, 1]) {
      const step = Math.round(steps * share);
      const drawn = join(folder, `stacked-${preset}-${step}.npy`);
      await genloom("sample", out, "--step", step, "--count", sampleCount, "--out", drawn);
      await genloom("sample", out, "--step", step, "--count", 100, "--out", drawn.replace(".npy", ".png"));
      const { modes, kl, klFloor } = await modesOf(judge, drawn, stacks);
      rows.push({ preset, step, minutes: (seconds * share) / 60, modes, kl, klFloor });
    }
  }
  await runtime.close();
  return rows;
}

/**
 * Modes among samples, and their divergence from the data's: each colour is classified alone.
 * @param {Awaited<ReturnType<typeof metrics.trainClassifier>>} judge of digits in [-1, 1]
 * @param {string} file samples [count, side, side, 3] from 0 to 255
 * @param {{ labels: Int32Array }} stacks
 */
async function modesOf(judge, file, { labels }) {
  const { records, count } = await loadDataset(file);
  const parts = [];
  for (const colour of [0, 1, 2]) {
    const one = Float32Array.from({ length: count * side * side }, (_, i) => records[3 * i + colour] / 127.5 - 1);
    parts.push((await judge.classify(one)).classes);
  }
  return metrics.modesAndKl(metrics.stackedClasses(parts, 10), labels, 1000);
}
