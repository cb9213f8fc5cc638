// A page on which a CSV file is dropped: a conditional GAN of its rows trains for 300 steps, and samples are downloaded as CSV. Weights
// and rows are those of Node.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** @typedef {{ isolated: { address: string } }} Setting */

/** Ages of members are higher; a tenth of the incomes is missing. */
const csv = `age,city,joined,member,income\n${Array.from({ length: 600 }, (_, i) => {
  const member = (i * 7919) % 10 < 4;
  const age = (member ? 50 : 25) + ((i * 31) % 11);
  const day = new Date(Date.UTC(2010, 0, 1 + 30 * age + (i % 20))).toISOString().slice(0, 10);
  const income = i % 10 === 3 ? "" : (1000 + 40 * age + ((i * 17) % 300) / 4).toFixed(2);
  return `${age},${["Oslo", "Rome", "Lima"][(i * 13) % 3]},${day},${member ? "yes" : "no"},${income}`;
}).join("\n")}\n`;

/**
 * A small CTGAN of a table's rows.
 * @param {any} genloom @param {any} tables @param {any} data
 */
function modelOf({ gan, layers: L, losses, penalties, adam, tableRows }, tables, data) {
  const layout = tables.layoutOf(data.table.columns);
  const classes = tables.tableClasses(layout).length;
  const optimizer = () => adam(1e-3, { beta1: 0.5, beta2: 0.9 });
  return gan({
    latent: 16,
    classes,
    table: tableRows({ spans: layout.spans, conditions: tables.conditionSpans(layout), pac: 5 }),
    generator: L.sequential(
      L.joinLabel(classes, classes),
      L.appended(L.sequential(L.dense(64), L.batchNorm(), L.relu())),
      L.dense(layout.width),
    ),
    discriminator: L.sequential(L.dense(64), L.leakyRelu(), L.dense(1)),
    loss: losses.wasserstein(),
    penalties: [penalties.gradientPenalty(10)],
    optimizers: { generator: optimizer(), discriminator: optimizer() },
  });
}

/**
 * In the page: drops the file, trains, samples, and offers the rows as a download.
 * @param {{ csv: string, base: string, config: object }} given
 */
async function inPage({ csv: text, base, config }) {
  const genloom = await import(`${base}/dist/browser/genloom.js`);
  const tables = await import(`${base}/dist/browser/tables.js`);
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], "people.csv"));
  /** @type {Promise<File>} */
  const arrived = new Promise((resolve) =>
    document.addEventListener("drop", (event) => resolve(/** @type {any} */ (event.dataTransfer).files[0]), {
      once: true,
    }),
  );
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
  const file = await arrived;
  const data = tables.readTable(new Uint8Array(await file.arrayBuffer()), { name: file.name });
  const runtime = await genloom.createRuntime({ deterministic: true });
  const training = genloom.familyFrom(config).train(runtime, data, { steps: 300, batchSize: 50, seed: 3 });
  const { weightHash } = await training.done;
  const where = tables.parseWhere("member = yes", data.table.columns);
  const { table, firstDraws } = await tables.drawRows(training.model, 40, { seed: 5, where });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([tables.tableCsv(table)], { type: "text/csv" }));
  link.download = "synthetic.csv";
  link.click();
  await runtime.close();
  return { weightHash, firstDraws };
}

/** @param {any} context @param {Setting} setting */
export async function checkTables(context, { isolated }) {
  const genloom = await import("../../dist/bindings/node.js");
  const tables = await import("../../dist/src/domains/tables/index.js");
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (/** @type {Error} */ error) => errors.push(error.message));
  await page.goto(isolated.address);
  const runtime = await genloom.createRuntime({ deterministic: true, threads: 1 });
  const data = tables.readTable(new TextEncoder().encode(csv), { name: "people.csv" });
  const model = modelOf(genloom, tables, data);
  const base = new URL(isolated.address).origin;
  const [download, found] = await Promise.all([
    page.waitForEvent("download", { timeout: 120_000 }),
    page.evaluate(inPage, { csv, base, config: JSON.parse(JSON.stringify(model.config)) }),
  ]);
  assert.equal(download.suggestedFilename(), "synthetic.csv");
  const rows = readFileSync(await download.path(), "utf8");

  const training = model.train(runtime, data, { steps: 300, batchSize: 50, seed: 3 });
  assert.equal((await training.done).weightHash, found.weightHash, "weights of the page and of Node");
  const where = tables.parseWhere("member = yes", /** @type {any} */ (data.table).columns);
  const { table } = await tables.drawRows(training.model, 40, { seed: 5, where });
  assert.equal(rows, tables.tableCsv(table), "rows of the page and of Node");
  const [header, ...lines] = rows.trimEnd().split("\n");
  assert.equal(header, "age,city,joined,member,income");
  assert.equal(lines.length, 40);
  for (const line of lines) assert.match(line, /^\d+,(Oslo|Rome|Lima),20\d\d-\d\d-\d\d,yes,(\d+\.\d\d)?$/);
  assert.ok(found.firstDraws > 0.7, `${found.firstDraws} of first draws are members`);
  await runtime.close();
  assert.deepEqual(errors, []);
}
