// What people do with a model of a table, as figures: rows that meet conditions, missing cells, rows whose cells do not belong together.
import { holdOut } from "../../dist/src/data/hold-out.js";
import { tableRows } from "../../dist/src/data/tables/table.js";
import { loadSource } from "../../dist/src/domains/load.js";
import {
  drawRows,
  fillRows,
  fillSamples,
  holds,
  parseWhere,
  tableCsv,
  tableOf,
  tvComplement,
} from "../../dist/src/domains/tables/index.js";
import { randomSource } from "../../dist/src/data/random-source.js";
import { loadModel } from "../../dist/src/cli/loaded-run.js";
import { writeFileSync } from "node:fs";
import { genloom, mean } from "./command.js";

/** A stream of random numbers that nothing else has. */
const stream = 0x7ab1_e005;

/** Rows of a use, at most. */
const some = 2000;

/** Conditions on two columns and on three. */
const several = [
  "sex = Female and income-per-year = >50K",
  "education = Masters and workclass = Private",
  "marital-status = Divorced and race = Black",
  "education = Doctorate and occupation = Prof-specialty and sex = Male",
];

/** Conditions, and the columns whose distributions given them are compared with the data's. */
const given = ["sex = Female", "income-per-year = >50K", "education = Bachelors"];
const compared = ["marital-status", "occupation", "relationship"];

/** @typedef {import("../../dist/src/data/tables/table.js").Table} Table */

/**
 * @param {string} run folder of a run on Adult with a share of the rows held out
 * @param {string} source
 * @param {number} share of the rows that are held out
 * @param {readonly (string | number)[]} lanes
 */
export async function tableUses(run, source, share, lanes) {
  const { model, runtime } = await loadModel(run, { threads: 1, wide: "auto" });
  try {
    const all = await loadSource(source);
    const parts = holdOut(all, { count: Math.round(share * all.count), seed: 0 });
    const [train, heldOut] = [tableOf(parts.train), tableOf(parts.heldOut)];
    const held = tableRows(
      heldOut,
      Array.from({ length: Math.min(some, heldOut.rows) }, (_, row) => row),
    );
    return {
      // Others draw rows until some meet the conditions.
      ...(model.family.classes !== undefined && { conditions: await conditionsOf(model, train, heldOut) }),
      filling: await fillingOf(model, train, held),
      shuffled: await shuffledOf(run, held, lanes),
    };
  } finally {
    await runtime.close();
  }
}

/** @param {any} model @param {Table} train @param {Table} heldOut */
async function conditionsOf(model, train, heldOut) {
  const { columns } = train;
  /** @param {string} text @param {number} count @param {number} seed */
  const draw = async (text, count, seed) => {
    const where = parseWhere(text, columns);
    const { table, firstDraws } = await drawRows(model, count, { where, seed });
    const kept = Array.from({ length: count }, (_, row) => row).filter((row) => holds(where, table, row)).length;
    return { table, firstDraws, held: kept / count };
  };
  const one = [];
  for (const column of columns) {
    if (!("values" in column) || column.values.length < 2) continue;
    /** @type {number[]} */
    const firstDraws = [];
    /** @type {number[]} */
    const held = [];
    // Values that all rows with them were held out for are not learned.
    const known = new Set(train.cells[columns.indexOf(column)]);
    for (const [code, value] of column.values.entries()) {
      if (!known.has(code)) continue;
      const found = await draw(`${column.name} = ${value}`, 50, 1);
      firstDraws.push(found.firstDraws);
      held.push(found.held);
    }
    one.push({ column: column.name, firstDraws: mean(firstDraws), held: mean(held) });
  }
  const more = [];
  for (const text of several) {
    const { firstDraws, held } = await draw(text, 300, 1);
    more.push({ where: text, firstDraws, held });
  }
  const distances = [];
  for (const text of given) {
    const where = parseWhere(text, columns);
    const meeting = (/** @type {Table} */ table) =>
      tableRows(
        table,
        Array.from({ length: table.rows }, (_, row) => row).filter((row) => holds(where, table, row)),
      );
    const [real, floor] = [meeting(train), meeting(heldOut)];
    const { table } = await draw(text, floor.rows, 2);
    const distance = (/** @type {Table} */ other, /** @type {string} */ name) =>
      1 - Number(tvComplement(real, other).columns.find((column) => column.name === name)?.value);
    for (const column of compared)
      distances.push({ where: text, column, distance: distance(table, column), floor: distance(floor, column) });
  }
  return { one, several: more, distances };
}

/** A fifth of the cells is removed and filled in, by the model and by medians and modes. @param {any} model @param {Table} train @param {Table} held */
async function fillingOf(model, train, held) {
  const source = randomSource(0, stream);
  const removed = held.cells.map((cells) =>
    Array.from(cells.keys()).filter((row) => source.uniform() < 0.2 && !Number.isNaN(cells[row])),
  );
  const gaps = { ...held, cells: held.cells.map((cells) => cells.slice()) };
  removed.forEach((rows, i) => {
    for (const row of rows) gaps.cells[i][row] = Number.NaN;
  });
  const { table: samples } = await drawRows(model, fillSamples, { seed: 0 });
  const { table: filled } = fillRows(gaps, samples);
  const columns = held.columns.map((column, i) => {
    const [truth, rows] = [held.cells[i], removed[i]];
    const usual = "values" in column ? mostFrequent(train.cells[i]) : median(train.cells[i]);
    const own = (/** @type {number} */ row) => filled.cells[i][row];
    if ("values" in column) {
      const accuracy = (/** @type {(row: number) => number} */ guess) =>
        mean(rows.map((row) => (guess(row) === truth[row] ? 1 : 0)));
      return { column: column.name, accuracy: accuracy(own), mode: accuracy(() => usual) };
    }
    const error = (/** @type {(row: number) => number} */ guess) =>
      Math.sqrt(mean(rows.map((row) => (guess(row) - truth[row]) ** 2)));
    return { column: column.name, rmse: error(own), median: error(() => usual) };
  });
  const choices = columns.filter((column) => "accuracy" in column);
  const numbers = columns.filter((column) => "rmse" in column);
  return {
    accuracy: mean(choices.map(({ accuracy }) => Number(accuracy))),
    accuracyOfModes: mean(choices.map(({ mode }) => Number(mode))),
    rmseToMedians: mean(numbers.map((column) => Number(column.rmse) / Number(column.median))),
    columns,
  };
}

/** Held-out rows, and the same with every column shuffled, scored by the command line. @param {string} run @param {Table} held @param {readonly (string | number)[]} lanes */
async function shuffledOf(run, held, lanes) {
  const source = randomSource(1, stream);
  const mixed = {
    ...held,
    cells: held.cells.map((cells) => {
      const order = cells.slice();
      for (let i = order.length - 1; i > 0; i--) {
        const j = source.integer(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      return order;
    }),
  };
  const [rows, others] = [`${run}-rows.csv`, `${run}-shuffled.csv`];
  writeFileSync(rows, tableCsv(held));
  writeFileSync(others, tableCsv(mixed));
  /** @type {Record<string, number>} */
  const found = {};
  for (const by of ["likelihood", "likelihood-ratio"]) {
    try {
      const scores = [];
      for (const file of [rows, others])
        scores.push((await genloom("score", run, "--data", file, "--by", by, ...lanes)).scores);
      found[by] = area(scores[0], scores[1]);
    } catch (error) {
      process.stderr.write(`${by}: ${error instanceof Error ? error.message : error}\n`);
    }
  }
  return found;
}

/** Area under the ROC curve. @param {readonly number[]} usual @param {readonly number[]} strange */
function area(usual, strange) {
  const sorted = [...usual].sort((a, b) => a - b);
  const below = strange.map((score) => sorted.filter((one) => one < score).length / sorted.length);
  return mean(below);
}

/** @param {Float64Array} cells */
function median(cells) {
  const known = cells.filter((cell) => !Number.isNaN(cell)).sort();
  return known[Math.floor(known.length / 2)];
}

/** @param {Float64Array} cells */
function mostFrequent(cells) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const cell of cells) if (!Number.isNaN(cell)) counts.set(cell, (counts.get(cell) ?? 0) + 1);
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}
