/** Rows of matrix products. */
import * as ops from "#src/ops/elementwise";
import { matmul } from "#src/ops/matmul";
import { type Shape, sizeOf } from "#src/graph/shape";
import type { Tensor } from "#src/graph/tensor";
import { type CaseRandom, type Domain, domains } from "../case-random.js";
import type { Case } from "./case.js";

const { real, bits } = domains;

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** Empty and single ones first, then tails of the micro-kernel's tile and of its block of 256 in k. */
function sizesOf(random: CaseRandom): Sizes {
  const corners: readonly Sizes[] = [
    { m: 1, n: 1, k: 1 },
    { m: 0, n: 3, k: 2 },
    { m: 3, n: 0, k: 2 },
    { m: 2, n: 3, k: 0 },
    { m: 1, n: 5, k: 3 },
    { m: 7, n: 1, k: 3 },
    { m: 6, n: 8, k: 4 },
    { m: 5, n: 7, k: 1 },
  ];
  const largeCorners: readonly Sizes[] = [
    { m: 12, n: 16, k: 256 },
    { m: 13, n: 17, k: 257 },
    { m: 64, n: 128, k: 100 },
    { m: 1, n: 257, k: 513 },
    { m: 130, n: 1, k: 31 },
    { m: 17, n: 41, k: 131 },
  ];
  const list = random.large ? [...corners, ...largeCorners] : corners;
  return list[random.index] ?? { m: random.length(), n: random.length(), k: random.length() };
}

function product(
  name: string,
  transposeA: boolean,
  transposeB: boolean,
  leads: (random: CaseRandom) => readonly [Shape, Shape],
  finish: (y: Tensor) => Tensor = (y) => y,
  left: Domain = real,
): Case {
  return {
    name,
    order: 2,
    // Rounding grows with the root of k; f32 sums of up to 513 products of order 1 stay below this.
    tolerance: 2e-5,
    build(random) {
      const { m, n, k } = sizesOf(random);
      const [leadA, leadB] = leads(random);
      const a = [...leadA, ...(transposeA ? [k, m] : [m, k])];
      const b = [...leadB, ...(transposeB ? [n, k] : [k, n])];
      const batches = Math.max(sizeOf(leadA), sizeOf(leadB));
      return {
        inputs: [
          { name: "a", shape: a, domain: left },
          { name: "b", shape: b, domain: real },
        ],
        apply: ([x, y]) => finish(matmul(x, y, { transposeA, transposeB })),
        flops: 2 * batches * m * n * k,
      };
    },
  };
}

const plain = (): [Shape, Shape] => [[], []];
const batched = (random: CaseRandom) => {
  const batch = random.integer(1, 3);
  return random.pick<readonly [Shape, Shape]>([
    [[batch], [batch]],
    [[batch], []],
    [[], [batch]],
    [
      [2, batch],
      [1, batch],
    ],
    [[batch], [1]],
    [
      [1, batch],
      [2, 1],
    ],
  ]);
};
const epilogue = (y: Tensor) => ops.tanh(ops.add(ops.mul(y, 0.1), 0.2));

export const productCases: readonly Case[] = [
  product("matmul nn", false, false, plain),
  product("matmul nt", false, true, plain),
  product("matmul tn", true, false, plain),
  product("matmul tt", true, true, plain),
  product("matmul batched nn", false, false, batched),
  product("matmul batched nt", false, true, batched),
  product("matmul batched tn", true, false, batched),
  product("matmul batched tt", true, true, batched),
  product("matmul epilogue", false, false, plain, epilogue),
  product("matmul batched epilogue", false, true, batched, epilogue),
  product("matmul of bits nn", false, false, plain, undefined, bits),
  product("matmul of bits nt", false, true, batched, epilogue, bits),
  product("matmul of bits tn", true, false, batched, undefined, bits),
];
