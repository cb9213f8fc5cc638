// Which score passes which sanity check (checks.js), as a table in Markdown.
//   node bench/metrics/sanity.js [--seeds 10] [--only TEXT] [--all]      --all prints every value
//
// A score from 0 to 1 passes a check if its mean over the seeds lies in the interval of every level. A distance passes if it
// is greater for every seed than for every seed of two sets of the data where the distributions differ, and within three
// standard errors of these where they do not.
import { parseArgs } from "node:util";
import { createRuntime, metrics } from "../../dist/bindings/node.js";
import { checks } from "./checks.js";
import { draw } from "./distributions.js";

/** @typedef {import("./checks.js").Check} Check */
/** @typedef {import("./checks.js").Level} Level */
/** @typedef {Record<string, number>} Scores */

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10" },
    only: { type: "string", default: "" },
    all: { type: "boolean", default: false },
  },
});
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed);
const runtime = await createRuntime();

const fidelity = ["precision", "density", "clippedDensity"];
const diversity = ["recall", "coverage", "clippedCoverage"];
const distances = ["fid", "kid", "mmd", "slicedWasserstein"];

/** @param {{ values: Float64Array, count: number, size: number }} features @param {number} [scale] */
const scaled = ({ values, count, size }, scale = 1) => ({
  values: values.map((value, i) => (i % size === 0 ? value * scale : value)),
  count,
  size,
});

/**
 * All scores of one pair of sets.
 * @param {Check} check @param {Level} level @param {number} seed @param {import("./checks.js").Records} [second] default: the samples
 * @returns {Promise<Scores>}
 */
async function scoresOf({ size }, { real, samples, counts = [1000, 1000], scaled: scale }, seed, second) {
  const [n, m] = second ? [1000, 1000] : counts;
  const data = scaled(draw({ seed, role: 1, count: n, size }, real), scale);
  const drawn = scaled(draw({ seed, role: second ? 3 : 2, count: m, size }, second ?? samples), scale);
  const { precision, recall, density, coverage, clippedDensity, clippedCoverage } = await metrics.neighbourScores(
    runtime,
    data,
    drawn,
  );
  return {
    ...{ precision, recall, density, coverage, clippedDensity, clippedCoverage },
    fid: await metrics.frechetDistance(data, drawn),
    kid: metrics.kernelDistance(data, drawn, { blockSize: Math.min(n, m) / 2 }).value,
    mmd: (await metrics.meanDiscrepancy(runtime, data, drawn)).value,
    slicedWasserstein: metrics.slicedWasserstein(data, drawn, { projections: 64 }),
  };
}

/** @param {readonly number[]} list */
const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
/** @param {readonly number[]} list */
const error = (list) =>
  Math.sqrt(list.reduce((sum, one) => sum + (one - mean(list)) ** 2, 0) / (list.length - 1) / list.length);
/** @param {Level} level @param {string} text */
const at = ({ label }, text) => (label ? `${text} (${label})` : text);

/**
 * What a score from 0 to 1 does wrong at a level; undefined if nothing.
 * @param {Level} level @param {string} name @param {readonly number[]} found @param {readonly number[]} unscaled
 */
function wrongScore(level, name, found, unscaled) {
  const value = mean(found);
  if (level.scaled) {
    const before = mean(unscaled);
    return Math.abs(value - before) <= 0.1 ? undefined : `${before.toFixed(2)} becomes ${value.toFixed(2)}`;
  }
  const interval = fidelity.includes(name) ? level.fidelity : level.diversity;
  return !interval || (value >= interval[0] && value <= interval[1]) ? undefined : at(level, value.toFixed(2));
}

/**
 * The same of a distance, with its values for two sets of the data.
 * @param {Level} level @param {readonly number[]} found @param {readonly number[]} floors
 */
function wrongDistance(level, found, floors) {
  if (level.scaled) {
    const ratio = mean(found) / mean(floors);
    return ratio > 0.9 && ratio < 1.1 ? undefined : `changes ${ratio.toPrecision(2)} times`;
  }
  if (level.differs === undefined) return undefined;
  const seen = Math.min(...found) > Math.max(...floors);
  if (level.differs) return seen ? undefined : at(level, "not seen");
  const deviation = Math.abs(mean(found) - mean(floors)) / Math.hypot(error(found), error(floors));
  return deviation <= 3 ? undefined : at(level, `${(mean(found) / mean(floors)).toPrecision(2)} times the floor`);
}

const names = [...fidelity, ...diversity, ...distances];
process.stdout.write(`| check | ${names.join(" | ")} |\n|---|${names.map(() => "---|").join("")}\n`);
/** @type {Record<string, number>} */
const passed = Object.fromEntries(names.map((name) => [name, 0]));
const chosen = checks.filter(({ name }) => name.includes(values.only));
for (const check of chosen) {
  /** @type {Map<string, string[]>} */
  const wrong = new Map(names.map((name) => [name, []]));
  for (const level of check.levels) {
    /** @type {Scores[]} */
    const found = [];
    /** @type {Scores[]} */
    const floors = [];
    for (const seed of seeds) {
      found.push(await scoresOf(check, level, seed));
      floors.push(
        level.scaled
          ? await scoresOf(check, { label: "", real: level.real, samples: level.samples }, seed)
          : await scoresOf(check, level, seed, level.real),
      );
    }
    for (const name of names) {
      const [ours, theirs] = [found, floors].map((list) => list.map((scores) => scores[name]));
      const fault = distances.includes(name)
        ? wrongDistance(level, ours, theirs)
        : wrongScore(level, name, ours, theirs);
      if (fault) wrong.get(name)?.push(fault);
      if (values.all)
        process.stderr.write(
          `${check.name}, ${level.label}: ${name} ${mean(ours).toPrecision(3)}, floor ${mean(theirs).toPrecision(3)}\n`,
        );
    }
  }
  const cells = names.map((name) => wrong.get(name)?.[0] ?? "yes");
  for (const name of names) if (!wrong.get(name)?.length) passed[name]++;
  process.stdout.write(`| ${check.name} | ${cells.join(" | ")} |\n`);
}
process.stdout.write(`| **passed of ${chosen.length}** | ${names.map((name) => passed[name]).join(" | ")} |\n`);
await runtime.close();
