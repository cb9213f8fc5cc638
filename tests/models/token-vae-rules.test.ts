/** What VAEs on tokens refuse, and the word dropout of their decoders. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binarisation, createRuntime, datasets, layers as L, likelihoods, type Runtime } from "#binding";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import { cast } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { causal, latent, length, modelOf, vocabulary } from "./token-vae-models.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

describe("what does not fit is refused", () => {
  const model = modelOf("gru");
  test.each<[string, () => unknown, RegExp]>([
    ["values", () => model.accept(datasets.ring({ count: 10 })), /records of ring must be tokens for the categorical/],
    [
      "another vocabulary",
      () => model.accept(datasets.tokens({ records: [[1, 2]], ended: true, vocabulary: 9, length })),
      /vocabulary must be 9, as that of tokens, found 4/,
    ],
    [
      "no ends",
      () => model.accept(datasets.tokens({ records: [[1, 2, 1, 1, 1, 1]], vocabulary })),
      /ended must be false, as in tokens, found true/,
    ],
    [
      "another likelihood",
      () => modelOf("gru", { likelihood: likelihoods.bernoulli() }),
      /likelihood must be likelihoods.categorical for a decoder that reads tokens, found bernoulli/,
    ],
    [
      "bits of tokens",
      () => modelOf("gru", { binarisation: binarisation.dynamic() }),
      /binarisation must be none for the categorical likelihood, whose records are tokens, found dynamic/,
    ],
    [
      "another vocabulary of the decoder",
      () => modelOf("gru", { decoder: L.causalDecoder({ network: L.gru(4), vocabulary: 5 }) }).init([length]),
      /decoder must give logits \[1, 1, 4\] of the likelihood's 4 tokens for a position, found \[1, 1, 5\]/,
    ],
    [
      "a layer that sees later positions",
      () => causal(L.batchNorm()),
      /causalDecoder: every layer of the network must be causal, found batchNorm/,
    ],
    ["word dropout above 1", () => causal(L.gru(4), 1.5), /wordDropout/],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("records that are not of the vocabulary", async () => {
    const own = model.trained(runtime, [length]);
    const wrong = [1, 2, 3, 0, 0, 0, 1, 2, 4, 0, 0, 0];
    const message = /token 2 of record 1 must be an integer from 0 to 3, found 4/;
    const untrained = true;
    await expect(own.encode(wrong, { untrained })).rejects.toThrow(message);
    await expect(own.reconstruct(wrong, { untrained })).rejects.toThrow(message);
    await expect(own.score(wrong, { untrained })).rejects.toThrow(message);
    await expect(own.logLikelihood(wrong)).rejects.toThrow(message);
    await expect(own.latentUse(wrong.map((token) => token / 2))).rejects.toThrow(/found 0.5/);
    await expect(own.decode(new Float32Array(latent + 1), { untrained })).rejects.toThrow(/found 4 values/);
  });

  test("a decoder that reads tokens outside of a VAE, and tokens of another batch", () => {
    const network = new L.Network("net", causal(L.gru(4)));
    expect(() => network.apply(new Input("z", [2, 3]))).toThrow(
      /causalDecoder at net: this network is applied without/,
    );
    const tokens = cast(new Input("tokens", [3, 5]), "i32");
    expect(() => network.apply(new Input("z", [2, 3]), { tokens })).toThrow(
      /tokens must be i32 \[2, positions\], found/,
    );
  });
});

test("word dropout replaces tokens by the unknown one in training, and never the start", () => {
  const [rows, positions] = [40, 50];
  const seen: Tensor[] = [];
  const apply = (x: Tensor) => {
    seen.push(x);
    return x;
  };
  const watching: L.Layer = { config: { kind: "watching" }, causal: true, apply };
  const network = new L.Network("net", L.causalDecoder({ network: watching, vocabulary, width: 1, wordDropout: 0.25 }));
  const start = (_: unknown, i: number) => (i % positions === 0 ? vocabulary : 1);
  const tokens = literal(Int32Array.from({ length: rows * positions }, start), [rows, positions]);
  const latents = literal(new Float32Array(rows), [rows, 1]);
  for (const training of [true, false]) network.apply(latents, { tokens, training });
  // The vector of token i is i: what is read stands beside the latents, which are 0.
  const table = Float32Array.from({ length: vocabulary + 2 }, (_, i) => i);
  const feeds = new Map<Variable, Float32Array>(
    network.variables.map((one) => [one, one.name.endsWith("table") ? table : new Float32Array(one.size)]),
  );
  const [trainingRead, otherRead] = evaluate(seen, { feeds }).map((values) => values.filter((_, i) => i % 2 === 0));
  expect([...otherRead]).toEqual(Array.from({ length: rows * positions }, start));
  expect([...new Set(trainingRead)].sort()).toEqual([1, vocabulary, vocabulary + 1]);
  trainingRead.forEach((token, i) => {
    expect(token === vocabulary).toBe(i % positions === 0);
  });
  // 1,960 tokens at 1/4; five standard errors.
  const share = trainingRead.filter((token) => token === vocabulary + 1).length / (rows * (positions - 1));
  expect(Math.abs(share - 0.25)).toBeLessThan(5 * Math.sqrt((0.25 * 0.75) / (rows * (positions - 1))));
});
