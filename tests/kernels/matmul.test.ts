/** The matmul kernel against an f64 product, in every build, with the same bits for one, two and three lanes. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MatmulWord, Micro, Opcode, Slot } from "../../assembly/opcode.js";
import { command, contiguous, createMachine, type Machine, mapDescriptor, periodic, randomSource } from "./harness.js";

interface Product {
  m: number;
  n: number;
  k: number;
  batch?: number;
  /** Which operand is stored transposed: "n" or "t" each, A first. */
  op?: "nn" | "nt" | "tn" | "tt";
  /** Elements that each stored row is longer than it need be: A, B, C. */
  slack?: readonly [number, number, number];
  /** Operands that all matrices of the batch share. */
  shared?: "a" | "b";
  /** Share of ones in a left operand of nothing but 0 and 1. */
  ones?: number;
  /** bias (per column) + leaky ReLU of slope 0.2 behind the product. */
  epilogue?: boolean;
}

const operations = ["nn", "nt", "tn", "tt"] as const;
const Guard = -12345.5;

/** Operands with their leading dimensions; data between the rows is not a number, so that touching it shows. */
function operands(product: Product, random: () => number) {
  const { m, n, k, batch = 1, op = "nn", slack = [0, 0, 0], shared, ones } = product;
  const lda = (op[0] === "t" ? m : k) + slack[0];
  const ldb = (op[1] === "t" ? k : n) + slack[1];
  const ldc = n + slack[2];
  const fill = (count: number, rows: number, columns: number, stride: number): Float32Array => {
    const values = new Float32Array(count * rows * stride).fill(Number.NaN);
    for (let row = 0; row < count * rows; row++) {
      for (let column = 0; column < columns; column++) values[row * stride + column] = 2 * random() - 1;
    }
    return values;
  };
  const [rowsA, columnsA] = op[0] === "t" ? [k, m] : [m, k];
  const [rowsB, columnsB] = op[1] === "t" ? [n, k] : [k, n];
  const a = fill(shared === "a" ? 1 : batch, rowsA, columnsA, lda);
  if (ones !== undefined) a.set(a.map((x) => (Number.isNaN(x) ? x : Number(x < 2 * ones - 1))));
  const b = fill(shared === "b" ? 1 : batch, rowsB, columnsB, ldb);
  const bias = Float32Array.from({ length: n }, () => random() - 0.5);
  return {
    a,
    b,
    bias,
    lda,
    ldb,
    ldc,
    batchA: shared === "a" ? 0 : rowsA * lda,
    batchB: shared === "b" ? 0 : rowsB * ldb,
  };
}

type Operands = ReturnType<typeof operands>;

/** Copies an operand to the very end of memory, where reading one element too many traps. */
function putLast(machine: Machine, values: Float32Array): number {
  const address = machine.memory.buffer.byteLength - values.byteLength;
  machine.f32(address, values.length).set(values);
  return address;
}

/** C as the kernel leaves it, guards between rows and around the matrix included. `last`: operand at memory's end. */
function multiply(machine: Machine, product: Product, data: Operands, last?: "a" | "b"): Float32Array {
  const { m, n, k, batch = 1, op = "nn", epilogue = false } = product;
  const { lda, ldb, ldc, batchA, batchB } = data;
  const size = batch * m * ldc + 16;
  const a = last === "a" ? putLast(machine, data.a) : machine.put(data.a, 4);
  const b = last === "b" ? putLast(machine, data.b) : machine.put(data.b, 8);
  const guarded = machine.put(new Float32Array(size).fill(Guard), 12);
  const c = guarded + 32;
  const words = [
    batch,
    m,
    n,
    k,
    a,
    b,
    c,
    lda,
    ldb,
    ldc,
    batchA,
    batchB,
    m * ldc,
    Number(op[0] === "t"),
    Number(op[1] === "t"),
    1,
    epilogue ? MatmulWord.Size : 0,
  ];
  if (epilogue) {
    words.push(
      ...mapDescriptor({
        count: batch * m * n,
        columns: n,
        slots: [contiguous(c), periodic(machine.put(data.bias), n, 0), { kind: Slot.Temporary, buffer: 1 }],
        micros: [
          { op: Micro.Add, out: 2, a: 0, b: 1 },
          { op: Micro.Leaky, out: 0, a: 2, p: 0.2 },
        ],
      }),
    );
  }
  machine.run([command(Opcode.Matmul, words)]);
  return machine.f32(guarded, size).slice();
}

/** Compares with the f64 product; the bound is that of any order of summation: (k + 3) eps times the sum of magnitudes. */
function expectProduct(actual: Float32Array, product: Product, data: Operands): void {
  const { m, n, k, batch = 1, op = "nn", epilogue = false } = product;
  const { a, b, bias, lda, ldb, ldc, batchA, batchB } = data;
  let worst = 0;
  const touched = new Uint8Array(actual.length);
  for (let i = 0; i < batch; i++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = 0;
        let magnitude = 0;
        for (let l = 0; l < k; l++) {
          const x = a[i * batchA + (op[0] === "t" ? l * lda + row : row * lda + l)];
          const y = b[i * batchB + (op[1] === "t" ? column * ldb + l : l * ldb + column)];
          sum += x * y;
          magnitude += Math.abs(x * y);
        }
        if (epilogue) {
          sum += bias[column];
          magnitude += Math.abs(bias[column]);
          if (sum <= 0) sum *= 0.2;
        }
        const at = 8 + (i * m + row) * ldc + column;
        touched[at] = 1;
        const error = Math.abs(actual[at] - sum);
        worst = Math.max(
          worst,
          Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / ((k + 3) * 2 ** -24 * magnitude + 1e-37),
        );
      }
    }
  }
  expect(worst).toBeLessThanOrEqual(1);
  expect(actual.every((value, i) => touched[i] === 1 || value === Guard)).toBe(true);
}

/** "MxNxK …", optionally with the operation in front: "tn:784x256x64". */
function products(text: string): Product[] {
  return text.split(/\s+/).map((word) => {
    const [, op = "nn", m, n, k, batch = "1"] = /^(?:(\w+):)?(\d+)x(\d+)x(\d+)(?:x(\d+))?$/.exec(word) ?? [];
    return { m: Number(m), n: Number(n), k: Number(k), batch: Number(batch), op: op as (typeof operations)[number] };
  });
}

const edges = products(
  "1x1x1 1x1x0 5x9x0 0x4x3 4x0x3 3x3x3x0 6x8x1 6x8x2 7x8x3 12x16x4 13x17x5 1x64x33 1x7x300 1x50x257 1x1x66 33x1x259 64x1x256 64x2x129 2x100x64 " +
    "3x50x70 4x31x256 5x24x257 64x9x513 257x8x9 300x20x40 515x3x2 2x2x5000 16x64x3000",
);
const workloads = products("64x256x64 64x784x256 nt:64x256x784 tn:784x256x64 tn:256x1x64");

for (const build of ["simd", "relaxed"] as const) {
  const supported = WebAssembly.validate(readFileSync(new URL(`../../dist/kernels/${build}.wasm`, import.meta.url)));
  describe.skipIf(!supported)(`matmul, ${build}`, () => {
    const machines: Machine[] = [];
    beforeAll(async () => {
      for (const lanes of [1, 2, 3]) machines.push(await createMachine({ build, lanes, heapBytes: 3 << 26 }));
    });
    afterAll(async () => {
      for (const machine of machines) await machine.close();
    });

    /** Right on one lane, the same bits on two and three. */
    function check(product: Product, seed: number): void {
      const data = operands(product, randomSource(seed));
      const results = machines.map((machine) => multiply(machine, product, data));
      expectProduct(results[0], product, data);
      const bits = results.map((result) => new Int32Array(result.buffer));
      for (const other of bits.slice(1)) expect(other).toEqual(bits[0]);
    }

    test.each(operations)("edge sizes, %s", (op) => {
      for (const product of edges) check({ ...product, op }, product.k);
    });

    test.each(operations)("rows longer than their data, %s", (op) => {
      for (const product of products("13x19x11 64x40x300 2x5x7 7x130x3")) {
        check({ ...product, op, slack: [3, 5, 1] }, product.m);
        check({ ...product, op, slack: [1, 2, 9], batch: 3 }, product.n);
      }
    });

    test.each(operations)("batches, shared operands, %s", (op) => {
      for (const batch of [2, 3, 7]) {
        check({ m: 10, n: 12, k: 9, op, batch }, batch);
        check({ m: 65, n: 33, k: 20, op, batch, shared: "a" }, batch);
        check({ m: 6, n: 100, k: 31, op, batch, shared: "b" }, batch);
      }
    });

    test("epilogue runs once on every element", () => {
      for (const op of operations) {
        for (const product of products("1x1x1 64x256x70 5x3x0 70x20x600 300x33x5 1x1000x8 2000x2x3")) {
          check({ ...product, op, epilogue: true }, product.k);
          check({ ...product, op, epilogue: true, batch: 2 }, product.k + 1);
        }
      }
    });

    test("nothing behind the operands is read", () => {
      for (const op of operations) {
        for (const product of products("1x1x1 1x3x5 5x1x3 7x9x3 6x8x4 13x5x2 4x20x7 1x19x6 19x1x6")) {
          const data = operands({ ...product, op }, randomSource(3));
          for (const last of ["a", "b"] as const) {
            expectProduct(multiply(machines[0], { ...product, op }, data, last), { ...product, op }, data);
          }
        }
      }
    });

    test("shapes of the workloads", () => {
      for (const product of workloads) {
        check(product, product.k);
        check({ ...product, epilogue: true }, product.k);
      }
    });

    test.each(operations)("left operands of 0 and 1, %s", (op) => {
      const sizes = "16x8x8 16x16x64 17x9x65 33x23x70 100x50x128 50x100x131 300x40x200 784x50x100 100x7x20 40x24x61";
      for (const product of products(sizes)) {
        for (const ones of [0, 0.2, 0.5, 1]) check({ ...product, op, ones }, product.k);
        check({ ...product, op, ones: 0.3, epilogue: true, batch: 2 }, product.m);
        check({ ...product, op, ones: 0.3, slack: [3, 5, 1], batch: 3 }, product.n);
        check({ ...product, op, ones: 0.3, batch: 2, shared: op === "nt" ? "a" : "b" }, product.n);
      }
    });

    test("nothing behind operands of 0 and 1 is read", () => {
      for (const op of operations) {
        for (const size of products("16x8x8 17x9x9 19x25x66 18x17x70")) {
          const product = { ...size, op, ones: 0.5 };
          const data = operands(product, randomSource(3));
          for (const last of ["a", "b"] as const) {
            expectProduct(multiply(machines[0], product, data, last), product, data);
          }
        }
      }
    });

    test("one other value among 0 and 1 counts, wherever it stands", () => {
      const product: Product = { m: 21, n: 19, k: 70, ones: 0.5 };
      for (const at of [0, 5, 69, 700, 20 * 70, 21 * 70 - 1]) {
        for (const value of [0.5, -1, 2, Number.NaN]) {
          const data = operands(product, randomSource(at));
          data.a[at] = value;
          const result = multiply(machines[0], product, data);
          if (!Number.isNaN(value)) expectProduct(result, product, data);
          const row = Math.floor(at / 70);
          const isBroken = result.subarray(8 + row * 19, 8 + (row + 1) * 19).every((x) => Number.isNaN(x));
          expect(isBroken).toBe(Number.isNaN(value));
        }
      }
    });

    test("random shapes", () => {
      const random = randomSource(99);
      const size = (most: number) => Math.floor(random() ** 3 * most) + 1;
      for (let i = 0; i < 120; i++) {
        const product = { m: size(150), n: size(150), k: size(700), batch: size(4), op: operations[i % 4] };
        check({ ...product, epilogue: i % 3 === 0 }, i);
      }
    });

    test("an element's bits depend on its row of A and column of B alone, unless A is of 0 and 1", () => {
      const [m, n, k] = [67, 50, 700];
      const data = operands({ m, n, k }, randomSource(5));
      const whole = multiply(machines[0], { m, n, k }, data);
      for (const [row, rows, column, columns] of [
        [0, 1, 0, 8],
        [3, 5, 7, 1],
        [60, 7, 40, 10],
        [10, 2, 11, 30],
      ]) {
        const part = { ...data, a: data.a.slice(row * k), b: data.b.slice(column), ldc: columns };
        const small = multiply(machines[0], { m: rows, n: columns, k }, part);
        for (let i = 0; i < rows; i++) {
          const from = 8 + (row + i) * n + column;
          expect(small.slice(8 + i * columns, 8 + (i + 1) * columns)).toEqual(whole.slice(from, from + columns));
        }
      }
    });
  });
}
