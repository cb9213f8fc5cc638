// A page in which files are dropped and a model of each kind of sequences trains on them for 100 steps: text, molecules, music,
// levels. Samples come back as texts, and the exported module has the page's bits.
import assert from "node:assert/strict";

/** @typedef {{ isolated: { address: string } }} Setting */

/** Names of three syllables. */
const names = Array.from({ length: 80 }, (_, i) =>
  [i, 7 * i + 1, 3 * i + 2].map((one) => ["ma", "ri", "lo", "te", "ka", "no"][one % 6]).join(""),
);
const ground = (/** @type {number} */ gap) =>
  [...Array.from({ length: 13 }, () => "-".repeat(40)), `${"X".repeat(gap)}--${"X".repeat(38 - gap)}`].join("\n");
const piece = (/** @type {number} */ shift) =>
  Array.from({ length: 40 }, (_, i) => [72, 67, 64, 48].map((pitch) => pitch + ((i + shift) % 5)));

/** Files as they are dropped, and what a sample must look like. */
const dropped = {
  text: { files: [["names.txt", names.join("\n")]], sample: /^[a-z]*$/ },
  molecules: {
    files: [["some.smi", "CCO\nCC(=O)O\nc1ccccc1\nCCN\nCCCl\nC1CC1\nCC#N\nCOC\nO=C=O\nCCS\n".repeat(4)]],
    sample: /^[A-Za-z0-9()=#]*$/,
  },
  music: {
    files: [["chorales.json", JSON.stringify({ train: [piece(0), piece(1)], valid: [piece(2)], test: [piece(3)] })]],
    sample: /^([\d -]+\n?)+$/,
  },
  levels: {
    files: [8, 15, 30].map((gap) => [`level-${gap}.txt`, ground(gap)]),
    sample: /^([-X]+\n){13}[-X]+$/,
  },
};

/**
 * In the page: drops files on it, trains, samples and exports.
 * @param {{ files: string[][], base: string }} given
 */
async function inPage({ files, base }) {
  const genloom = await import(`${base}/dist/browser/genloom.js`);
  const { readSequences, textsOf } = await import(`${base}/dist/browser/sequences.js`);
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name));
  /** @type {Promise<File[]>} */
  const arrived = new Promise((resolve) =>
    document.addEventListener("drop", (event) => resolve([...(event.dataTransfer?.files ?? [])]), { once: true }),
  );
  document.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer }));
  const data = await readSequences(await arrived);
  const runtime = await genloom.createRuntime({ deterministic: true });
  const { vocabulary, ended } = data.tokens;
  const [length] = data.shape;
  const network = genloom.networks.gru({ width: 16 });
  const model = genloom.sequence({ vocabulary, length, ended, width: 8, network });
  const training = model.train(runtime, data, { steps: 100, batchSize: 8, seed: 3 });
  const losses = [];
  for await (const event of training) losses.push(event.losses.loss);
  const { data: values } = await training.model.sample(3, { seed: 5 });
  const written = await training.model.export("js");
  const address = URL.createObjectURL(new Blob([written["generator.js"]], { type: "text/javascript" }));
  const exported = await import(address);
  const { data: own } = await exported.generate(3, { seed: 5 });
  const hash = (await training.done).weightHash;
  await runtime.close();
  return {
    texts: textsOf(data.tokens, values, length).texts,
    losses: [losses[0], losses[losses.length - 1]],
    exported: [...own],
    hash,
    values: [...values],
  };
}

/** @param {any} context @param {Setting} setting */
export async function checkSequences(context, { isolated }) {
  const { createRuntime, networks, sequence } = await import("../../dist/bindings/node.js");
  const { readSequences } = await import("../../dist/src/domains/public.js");
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on("pageerror", (/** @type {Error} */ error) => errors.push(error.message));
  await page.goto(isolated.address);
  const base = new URL(isolated.address).origin;
  const runtime = await createRuntime({ deterministic: true, threads: 1 });
  for (const [kind, { files, sample }] of Object.entries(dropped)) {
    const found = await page.evaluate(inPage, { files, base });
    assert.ok(found.losses[1] < found.losses[0], `${kind}: the loss falls, ${found.losses}`);
    for (const text of found.texts) assert.match(text, sample, kind);
    assert.deepEqual(found.exported, found.values, `${kind}: samples of the exported module`);
    // The same training in this process, on one lane: the same weights.
    const bytes = files.map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }));
    const data = await readSequences(bytes);
    const { vocabulary, ended } = /** @type {any} */ (data.tokens);
    const options = { vocabulary, length: data.shape[0], ended, width: 8, network: networks.gru({ width: 16 }) };
    const training = sequence(options).train(runtime, data, { steps: 100, batchSize: 8, seed: 3 });
    assert.equal((await training.done).weightHash, found.hash, `${kind}: weights of the page and of Node`);
    assert.deepEqual([...(await training.model.sample(3, { seed: 5 })).data], found.values, `${kind}: samples`);
  }
  await runtime.close();
  assert.deepEqual(errors, []);
}
