// Anomalies on MNIST: each digit in turn is left out of the training and must be found among the test set. AUROC and average
// precision by the ELBO of a VAE and by the free energy of an RBM.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { genloom, lanesOf, mean, stepsWithin } from "./command.js";

/** Families with their presets and measures. */
const models = [
  { family: "vae", preset: "mlp", measures: ["elbo"] },
  { family: "rbm", preset: "bernoulli", measures: ["free-energy"] },
];

/** @param {import("./command.js").Effort & { data: string, digits?: readonly number[] }} options */
export async function anomaly({ data, digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ...effort }) {
  const mnist = join(data, "mnist");
  const test = join(mnist, "t10k-images-idx3-ubyte.gz");
  const rows = [];
  for (const left of digits) {
    const source = join(effort.folder, `without-${left}`);
    writeWithout(left, mnist, source);
    for (const { family, preset, measures } of models) {
      const training = [family, "--preset", preset, "--data", source, ...lanesOf(effort)];
      const steps = await stepsWithin(effort, training);
      const out = join(effort.folder, `anomaly-${family}-${left}`);
      const { seconds } = await genloom("train", ...training, "--steps", steps, "--held-out", 2000, "--out", out);
      for (const measure of measures) {
        const asked = ["--by", measure, "--anomaly", left, ...lanesOf(effort)];
        const found = await genloom("score", out, "--data", test, ...asked, "--out", `${out}-${measure}.csv`);
        const { auroc, averagePrecision, above, samples } = found;
        rows.push({ left, family, preset, measure, samples, steps, seconds, auroc, averagePrecision, above });
      }
    }
  }
  process.stderr.write(`${tableOf(rows, digits)}\n`);
  return rows;
}

/**
 * Writes the training images and labels of all digits but one as a folder of MNIST's files.
 * @param {number} left
 * @param {string} from
 * @param {string} to
 */
function writeWithout(left, from, to) {
  mkdirSync(to, { recursive: true });
  const read = (/** @type {string} */ name) => gunzipSync(readFileSync(join(from, name)));
  const names = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"];
  const [images, labels] = names.map(read);
  const kept = Array.from(labels.subarray(8).keys()).filter((i) => labels[8 + i] !== left);
  const written = [
    { header: images.subarray(0, 16), parts: kept.map((i) => images.subarray(16 + 784 * i, 16 + 784 * (i + 1))) },
    { header: labels.subarray(0, 8), parts: kept.map((i) => labels.subarray(8 + i, 9 + i)) },
  ];
  written.forEach(({ header, parts }, i) => {
    const own = Buffer.from(header);
    own.writeUInt32BE(kept.length, 4);
    writeFileSync(join(to, names[i]), gzipSync(Buffer.concat([own, ...parts]), { level: 1 }));
  });
}

/**
 * AUROC of each digit that was left out, a row for each measure.
 * @param {readonly { left: number, family: string, measure: string, auroc: number }[]} rows
 * @param {readonly number[]} digits
 */
function tableOf(rows, digits) {
  const measures = models.flatMap(({ family, measures }) => measures.map((measure) => ({ family, measure })));
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |`;
  const lines = measures.map(({ family, measure }) => {
    const own = rows.filter((row) => row.family === family && row.measure === measure).map(({ auroc }) => auroc);
    return line([`${family} ${measure}`, ...[...own, mean(own)].map((one) => one.toFixed(3))]);
  });
  const head = ["AUROC, left out", ...digits.map(String), "mean"];
  return [line(head), line(head.map(() => "---")), ...lines].join("\n");
}
