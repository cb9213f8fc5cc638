/** The two forms of sequence networks: one position after the other gives what the whole sequence gives, in the f64 reference. */
import { describe, expect, test } from "vitest";
import { networks } from "#binding";
import { evaluate } from "#src/graph/reference";
import { Input, type Tensor } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";
import * as L from "#src/layers/index";
import type { States } from "#src/layers/stepping";
import { checkCausal } from "#src/layers/causal";
import { TokenNetwork } from "#src/models/sequence/token-network";
import { cast } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";

const vocabulary = 5;
const length = 9;
const batch = 2;
const tokens = [3, 1, 4, 1, 0, 2, 4, 3, 0, 2, 2, 0, 1, 4, 4, 1, 3, 2];
const tokensOf = (values: readonly number[]) => literal(Int32Array.from(values), [batch, length]);

/** Every layer that looks back, with and without its options, alone and composed. */
const parts: Readonly<Record<string, () => L.Layer>> = {
  "conv1d of one position": () => L.conv1d(6, 1, { padding: "causal" }),
  "conv1d, dilated": () => L.conv1d(6, 3, { padding: "causal", dilation: 2 }),
  causalAttention: () => L.causalAttention(2),
  "causalAttention, rotary": () => L.causalAttention(2, { rotary: true }),
  positions: () => L.sequential(L.positions(length), L.causalAttention(1)),
  gru: () => L.gru(5),
  lstm: () => L.lstm(5),
  "networks.causalConv": () => networks.causalConv({ width: 6, dilations: [1, 2, 4], dropout: 0.3 }),
  "networks.transformer": () => networks.transformer({ width: 8, layers: 2, heads: 2, positions: 12 }),
  "networks.gru": () => networks.gru({ width: 6, layers: 2 }),
  "networks.lstm": () => networks.lstm({ width: 6, layers: 2 }),
};

/** Values without a pattern, the same for every run. */
const valuesOf = (variables: readonly Variable[]) =>
  new Map<Variable, number[]>(
    variables.map((one, k) => [one, Array.from({ length: one.size }, (_, i) => Math.sin(1.7 * i + 3.1 * k) * 0.7)]),
  );

function stepped(network: TokenNetwork, given: readonly number[], options: L.ApplyOptions): Tensor[] {
  let states: States = network.firstStates(batch, length, options);
  return Array.from({ length }, (_, position) => {
    const column = Array.from({ length: batch }, (_, row) => given[row * length + position - 1]);
    const before = position === 0 ? new Array<number>(batch).fill(vocabulary) : column;
    const at = { position: literal(Float32Array.of(position), []), length, states };
    const found = network.step(literal(Int32Array.from(before), [batch]), at, options);
    states = found.states;
    return found.result;
  });
}

describe.each(Object.entries(parts))("%s", (_, part) => {
  test.each([undefined, 3])("both forms agree (classes: %s)", (classes) => {
    const network = new TokenNetwork({ vocabulary, width: 4, network: part(), classes });
    const options = classes === undefined ? {} : { labels: cast(literal([2, 0], [batch]), "i32"), classes };
    const whole = network.logits(tokensOf(tokens), options);
    const steps = stepped(network, tokens, options);
    const feeds = valuesOf(network.variables);
    const [expected, ...found] = evaluate([whole, ...steps], { feeds });
    for (let position = 0; position < length; position++)
      for (let row = 0; row < batch; row++)
        for (let token = 0; token < vocabulary; token++)
          expect(found[position][row * vocabulary + token]).toBeCloseTo(
            expected[(row * length + position) * vocabulary + token],
            10,
          );
  });

  test("no position sees its own token or later ones", () => {
    const network = new TokenNetwork({ vocabulary, width: 4, network: part() });
    const changed = tokens.map((token, i) => (i % length >= 4 ? (token + 1) % vocabulary : token));
    const logits = [tokens, changed].map((given) => network.logits(tokensOf(given)));
    const [before, after] = evaluate(logits, { feeds: valuesOf(network.variables) });
    const at = (position: number) => (position * vocabulary) as number;
    expect([...after.slice(0, at(5))]).toEqual([...before.slice(0, at(5))]);
    expect([...after.slice(at(5), at(9))]).not.toEqual([...before.slice(at(5), at(9))]);
  });

  test("is accepted as causal", () => {
    expect(() => checkCausal("sequence", part())).not.toThrow();
  });
});

test("layers that look at later positions are refused by name", () => {
  const message = /must be causal, found sequential, dense, conv1d/;
  expect(() => checkCausal("sequence", L.sequential(L.dense(3), L.conv1d(3, 3, { padding: "same" })))).toThrow(message);
  expect(() => checkCausal("sequence", L.batchNorm())).toThrow(/found batchNorm/);
  expect(() => checkCausal("sequence", L.residual(L.groupNorm(2)))).toThrow(/found residual, groupNorm/);
});

test("more positions than are trained, a width without heads, no positions", () => {
  const apply =
    (layer: L.Layer, ...shape: number[]) =>
    () =>
      new L.Network("net", layer).apply(new Input("x", shape));
  expect(apply(L.positions(3), 1, 4, 2)).toThrow(/at most 3 positions, found \[1, 4, 2\]/);
  expect(apply(L.causalAttention(3), 1, 4, 8)).toThrow(/heads \(3\) divides, found/);
  expect(apply(L.causalAttention(2, { rotary: true }), 1, 4, 6)).toThrow(/even width per head/);
  expect(apply(L.gru(3), 4, 8)).toThrow(/\[batch, positions, features\]/);
});
