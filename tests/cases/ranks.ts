/** Rows of sums over ranks. A program of one rank is run with a group whose other rank has the same values, as the reference takes it. */
import type { Group } from "#src/host/group";
import { forRanks } from "#src/graph/ranks";
import * as ops from "#src/ops/all-reduce";
import { mul, square } from "#src/ops/elementwise";
import type { Tensor } from "#src/graph/tensor";
import { domains } from "../case-random.js";
import type { Case } from "./case.js";

const size = 2;

/** Rank 0 of two, which always have equal values. */
export const equalRanks: Group = {
  ...{ rank: 0, size },
  allReduce(values) {
    for (const [i, value] of values.entries()) values[i] = value * size;
  },
  agree: async (bytes) => [bytes, bytes],
  abort: () => undefined,
  close: () => undefined,
};

/** A row whose graph is built for two ranks; `least`: the lowest rank of x, whose first axis has an even length. */
const row = (name: string, apply: (x: Tensor) => Tensor, least = 0): Case => ({
  name,
  order: 2,
  group: equalRanks,
  build(random) {
    const inner = random.shape({});
    const shape = least === 0 ? inner : [2 * random.length(), ...inner.slice(0, 2)];
    return {
      inputs: [{ name: "x", shape, domain: domains.real }],
      apply: ([x]) => forRanks({ rank: 0, size }, () => apply(x)),
    };
  },
});

export const rankCases: readonly Case[] = [
  row("allReduce", (x) => mul(ops.allReduce(square(x)), x)),
  row("allReduce mean", (x) => ops.allReduce(x, { reduce: "mean" })),
  row("meanOfRanks", (x) => square(ops.meanOfRanks(mul(x, x), "x"))),
  row("gatherRanks", (x) => square(ops.gatherRanks(x, "x")), 1),
  row("rowsOfRank", (x) => square(ops.rowsOfRank(x)), 1),
];
