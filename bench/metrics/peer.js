// Our scores beside those of peer.py, which computes them with NumPy and PyTorch in f64.
//   node bench/metrics/peer.js [python3]
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRuntime, datasets, metrics } from "../../dist/bindings/node.js";
import { imageSimilarity } from "../../dist/src/metrics/ms-ssim.js";
import { draw, gaussian } from "./distributions.js";

const [size, count, k, side] = [64, 2000, 5, 28];
const real = draw({ seed: 0, role: 1, count, size }, gaussian(size));
const samples = draw({ seed: 0, role: 2, count, size }, gaussian(size, 0.1, 0.95));
const pairs = 50;
const { records } = datasets.digits({ count: 2 * pairs, seed: 1 });
const pixels = Float64Array.from(records, (value) => value / 127.5 - 1);
const pixelsOf = (/** @type {number} */ image) => pixels.subarray(image * side * side, (image + 1) * side * side);

const runtime = await createRuntime();
const { precision, recall, density, coverage, uncalibrated } = await metrics.neighbourScores(runtime, real, samples, {
  k,
});
const { value: mmd, width } = await metrics.meanDiscrepancy(runtime, real, samples);
let msSsim = 0;
for (let i = 0; i < pairs; i++)
  msSsim += imageSimilarity(pixelsOf(2 * i), pixelsOf(2 * i + 1), { shape: [side, side, 1], range: [-1, 1] }) / pairs;
/** @type {Record<string, number>} */
const ours = {
  fid: await metrics.frechetDistance(real, samples),
  kid: metrics.kernelDistance(real, samples, { blockSize: count }).value,
  mmd,
  ...{ precision, recall, density, coverage },
  clippedDensityRatio: uncalibrated.clippedDensity / uncalibrated.clippedDensityOfData,
  uncalibratedClippedCoverage: uncalibrated.clippedCoverage,
  msSsim,
};
await runtime.close();

const folder = mkdtempSync(join(tmpdir(), "genloom-metrics-"));
try {
  writeFileSync(join(folder, "real.f64"), real.values);
  writeFileSync(join(folder, "samples.f64"), samples.values);
  writeFileSync(join(folder, "images.f64"), pixels);
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ size, k, width, side }));
  const script = fileURLToPath(new URL("./peer.py", import.meta.url));
  const theirs = JSON.parse(execFileSync(process.argv[2] ?? "python3", [script, folder], { encoding: "utf8" }));
  for (const [name, value] of Object.entries(ours)) {
    const difference = Math.abs(value - theirs[name]).toExponential(1);
    process.stdout.write(
      `${name.padEnd(30)}${String(value).padEnd(26)}${String(theirs[name]).padEnd(26)}${difference}\n`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
