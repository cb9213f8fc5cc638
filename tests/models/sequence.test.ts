/** Sequence models: likelihoods, samples, prompts, beams, lanes, files and exports, for every kind of network. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adam,
  createRuntime,
  datasets,
  familyFrom,
  layers as L,
  load,
  networks,
  type Runtime,
  sequence,
} from "#binding";
import { characterCodec } from "#src/data/codecs/characters";
import { choraleCodec } from "#src/data/codecs/chorale";
import type { TokenCodec } from "#src/data/codecs/codec";
import { levelCodec } from "#src/data/codecs/level";
import { rollCodec } from "#src/data/codecs/roll";
import { js } from "#src/export/js";
import { exportWasm } from "#src/export/wasm";
import type { Checkpoint } from "#src/train/checkpoint";
import type { TrainOptions } from "#src/train/training";
import { imported } from "../export/imported.js";
import { everyRecord } from "./every-record.js";

const vocabulary = 4;
const length = 6;

/** Records of the tokens 1 to 3, each counted up from the one before; how long a record is depends on its first token. */
const records = Array.from({ length: 300 }, (_, i) => {
  const first = 1 + (i % 3);
  return Array.from({ length: first + 2 }, (_, at) => 1 + ((first - 1 + at) % 3));
});
const labels = Int32Array.from(records, ([first]) => first - 1);
const data = datasets.tokens({ name: "counts", records, vocabulary, ended: true, length, labels });

const kinds = {
  causalConv: () => networks.causalConv({ width: 16, kernelSize: 2, dilations: [1, 2, 4] }),
  "causalConv in voices": () =>
    L.sequential(L.positions(2, { cyclic: true }), networks.causalConv({ width: 16, kernelSize: 2 })),
  transformer: () => networks.transformer({ width: 16, layers: 1, heads: 2 }),
  gru: () => networks.gru({ width: 16 }),
  lstm: () => networks.lstm({ width: 16 }),
};
const modelOf = (kind: keyof typeof kinds, options: { classes?: number } = {}) =>
  sequence({ vocabulary, length, network: kinds[kind](), width: 8, ended: true, optimizer: adam(1e-2), ...options });

const training = { steps: 60, batchSize: 32, seed: 4 };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 2, deterministic: true });
});
afterAll(() => runtime.close());

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s", (kind) => {
  const model = modelOf(kind);
  const trained = async (options = {}) => {
    const run = model.train(runtime, data, { ...training, ...options });
    await run.done;
    return run.model;
  };

  test("learns the records: nearly all samples are among them", async () => {
    const run = modelOf(kind).train(runtime, data, { ...training, steps: 400 });
    await run.done;
    const samples = await run.model.sample(200, { seed: 1 });
    const known = new Set(
      Array.from({ length: 3 }, (_, i) => data.records.subarray(i * length, (i + 1) * length).join()),
    );
    const rows = Array.from({ length: 200 }, (_, i) => samples.data.subarray(i * length, (i + 1) * length).join());
    expect(rows.filter((row) => known.has(row)).length).toBeGreaterThan(180);
    expect(new Set(rows.filter((row) => known.has(row))).size).toBe(3);
    // Three kinds of records, equally frequent: log 3 nats each, over 4.5 tokens and the end on average.
    expect(-(await run.model.logLikelihood(data)).mean).toBeLessThan(Math.log(3) + 0.5);
  });

  test("the probabilities of all records add up to 1", async () => {
    const short = sequence({ vocabulary: 3, length: 4, network: kinds[kind](), width: 8 });
    const all = everyRecord(4, 3);
    const own = short.trained(runtime, [4]);
    const { perRecord } = await own.logLikelihood(all.flat(), { untrained: true });
    expect(perRecord.reduce((sum, log) => sum + Math.exp(log), 0)).toBeCloseTo(1, 5);
  });

  test("greedy samples are those that the whole form's logits give, on 1, 2 and 3 lanes", async () => {
    const own = await trained();
    const greedy = [...(await own.sample(1, { temperature: 0 })).data];
    const program = runtime.compile(({ input }) => ({
      outputs: { logits: model.network.logits(input("tokens", [1, length], "i32")) },
    }));
    const tokens = new Array<number>(length).fill(0);
    for (let at = 0; at < length; at++) {
      const { logits } = await program.run({ tokens: Int32Array.from(tokens) });
      const row = [...logits.data.subarray(at * vocabulary, (at + 1) * vocabulary)];
      tokens[at] = at > 0 && tokens[at - 1] === 0 ? 0 : row.indexOf(Math.max(...row));
    }
    program.release();
    expect(greedy).toEqual(tokens);
    const bytes = await own.save();
    for (const threads of [1, 3]) {
      const other = await createRuntime({ threads, deterministic: true });
      const again = await load(other, bytes, { kind: "sequence" });
      expect((await again.sample(40, { seed: 3 })).data).toEqual((await own.sample(40, { seed: 3 })).data);
      expect([...(await again.sample(1, { temperature: 0 })).data]).toEqual(greedy);
      await other.close();
    }
  });

  test("a sample does not depend on others; nothing follows an end", async () => {
    const own = await trained();
    const all = await own.sample(70, { seed: 8 });
    for (const [first, count] of [
      [0, 1],
      [5, 3],
      [66, 4],
    ])
      expect((await own.sample(count, { seed: 8, first })).data).toEqual(
        all.data.slice(first * length, (first + count) * length),
      );
    for (let i = 0; i < all.data.length; i++) if (i % length > 0 && all.data[i - 1] === 0) expect(all.data[i]).toBe(0);
  });

  test("prompts are kept; other lengths; quantiles give the samples that they are drawn for", async () => {
    const own = await trained();
    const prompted = await own.sample(20, { prompt: [2, 3], length: 9 });
    expect(prompted.shape).toEqual([20, 9]);
    for (let row = 0; row < 20; row++) expect([...prompted.data.subarray(row * 9, row * 9 + 2)]).toEqual([2, 3]);
    const quantiles = Float32Array.from({ length: 3 * length }, (_, i) => ((i * 37) % 100) / 100);
    const once = await own.generate(quantiles);
    expect(await own.generate(quantiles)).toEqual(once);
    expect(once.shape).toEqual([3, length]);
  });

  test("beam search finds the most likely records", async () => {
    const own = await trained();
    const all = everyRecord(length, vocabulary).filter((one) => {
      const end = one.indexOf(0);
      return end < 0 || one.slice(end).every((token) => token === 0);
    });
    const { perRecord } = await own.logLikelihood(all.flat());
    const best = [...perRecord.keys()].sort((a, b) => perRecord[b] - perRecord[a]).slice(0, 3);
    // As many beams as there are beginnings: nothing is left out.
    const beams = await own.beamSearch({ width: 1024 });
    best.forEach((record, i) => {
      expect([...beams[i].tokens]).toEqual(all[record]);
      expect(beams[i].logLikelihood).toBeCloseTo(perRecord[record], 3);
    });
    const prompted = await own.beamSearch({ width: 8, prompt: [3] });
    expect(prompted.every(({ tokens }) => tokens[0] === 3)).toBe(true);
  });

  test("conditional: every class's samples begin with its token", async () => {
    const conditional = modelOf(kind, { classes: 3 });
    const run = conditional.train(runtime, data, { ...training, steps: 200 });
    await run.done;
    for (const label of [0, 1, 2]) {
      const { data: drawn } = await run.model.sample(30, { labels: label });
      const right = Array.from({ length: 30 }, (_, i) => drawn[i * length]).filter((first) => first === label + 1);
      expect(right.length).toBeGreaterThan(25);
      const [best] = await run.model.beamSearch({ labels: label });
      expect(best.tokens[0]).toBe(label + 1);
    }
  });

  test("a description makes an equal model, and a training goes on with the same bits", async () => {
    const again = familyFrom(JSON.parse(JSON.stringify(model.config)));
    expect(again.config).toEqual(model.config);
    const short = { steps: 11, batchSize: 16, seed: 3 };
    const hashOf = async (on: Runtime, options: Partial<TrainOptions> = {}) =>
      (await modelOf(kind).train(on, data, { ...short, ...options }).done).weightHash;
    const whole = await hashOf(runtime);
    let checkpoint: Checkpoint | undefined;
    const onCheckpoint = async (one: Checkpoint) => {
      if (one.step === 4) checkpoint = one;
    };
    await hashOf(runtime, { onCheckpoint, checkpointEvery: 4 });
    if (!checkpoint) throw new Error("no checkpoint of step 4");
    const three = await createRuntime({ threads: 3, deterministic: true });
    expect(await hashOf(three, { resume: structuredClone(checkpoint) })).toBe(whole);
    await three.close();
  });

  test("the exported module has the samples and scores of the model", async () => {
    const own = await trained();
    const { bytes, description } = await exportWasm(own, { score: true });
    const { generate, decode, score } = await imported(js(bytes, description));
    for (const [count, first] of [
      [70, 0],
      [3, 254],
    ])
      expect((await generate(count, { seed: 9, first })).data).toEqual(
        (await own.sample(count, { seed: 9, first })).data,
      );
    const quantiles = Float32Array.from({ length: 2 * length }, (_, i) => ((i * 37) % 100) / 100);
    expect((await decode(quantiles)).data).toEqual((await own.generate(quantiles)).data);
    const some = data.records.subarray(0, 3 * length);
    expect(await score(Float32Array.from(some))).toEqual((await own.score(some)).data);
  });
});

test("an exported generator of data with a codec makes texts, in every form of text", async () => {
  const cases: [TokenCodec, string[], number][] = [
    [characterCodec({ alphabet: ["a", "b", "é"], ended: true }), ["ab", "éba"], 0],
    [choraleCodec({ pitches: [48, 50, 60, 72] }), ["72 60 50 48\n60\n-\n72 48"], 16],
    [rollCodec(), ["64 60\n-\n48"], 3 * 88],
    [levelCodec({ kind: "level", rows: 2, tiles: ["-", "X"] }), ["-X-\nXX-"], 6],
  ];
  for (const [codec, texts, size] of cases) {
    const lists = texts.map((text) => codec.encode(text));
    const own = codec.ended
      ? datasets.tokens({ records: lists, codec, length: 5 })
      : datasets.windows({ sequences: lists, codec, length: size });
    const model = sequence({
      vocabulary: codec.vocabulary,
      length: own.shape[0],
      network: networks.gru({ width: 4 }),
      ended: codec.ended,
    });
    const run = model.train(runtime, own, { steps: 2, batchSize: 2, seed: 1 });
    await run.done;
    const { bytes, description } = await exportWasm(run.model);
    const { generate, toTexts } = await imported(js(bytes, description));
    const made = await generate(9, { seed: 3 });
    const expected = Array.from({ length: 9 }, (_, i) =>
      codec.decode([...made.data.slice(i * own.shape[0], (i + 1) * own.shape[0])]),
    );
    expect(toTexts(made)).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(1);
  }
});

describe("what does not fit is refused", () => {
  const model = modelOf("gru");
  test.each<[string, () => unknown, RegExp]>([
    ["values", () => model.accept(datasets.ring({ count: 10 })), /records of ring must be tokens/],
    [
      "another vocabulary",
      () => model.accept(datasets.tokens({ records: [[1, 2]], ended: true, vocabulary: 9, length })),
      /vocabulary must be 9, as that of tokens, found 4/,
    ],
    [
      "another length",
      () => model.accept(datasets.tokens({ records: [[1, 2]], ended: true, vocabulary, length: 5 })),
      /records must have shape \[6\], found \[5\]/,
    ],
    [
      "no ends",
      () => model.accept(datasets.tokens({ records: [[1, 2, 1, 1, 1, 1]], vocabulary })),
      /ended must be false/,
    ],
    ["a layer that sees later positions", () => sequence({ vocabulary, length, network: L.batchNorm() }), /causal/],
    ["a vocabulary of one", () => sequence({ vocabulary: 1, length, network: L.dense(3) }), /vocabulary/],
    [
      "a network that loses positions",
      () => sequence({ vocabulary, length, network: L.dense(3) }).init([5]),
      /shape \[6\]/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("prompts and options of samples", async () => {
    const own = model.trained(runtime, [length]);
    const sampled = (options: object) => own.sample(1, { untrained: true, ...options });
    await expect(sampled({ prompt: [1, 2, 9] })).rejects.toThrow(
      /token 2 of the prompt must be an integer from|token 2/,
    );
    await expect(sampled({ prompt: [1, 2, 3, 1, 2, 3, 1] })).rejects.toThrow(/at most 6 tokens/);
    await expect(sampled({ prompt: "abc" })).rejects.toThrow(/have no codec, found a text/);
    await expect(sampled({ topK: 0 })).rejects.toThrow(/topK/);
    await expect(sampled({ temperature: -1 })).rejects.toThrow(/temperature/);
    await expect(own.beamSearch({ width: 0 })).rejects.toThrow(/width/);
  });
});
