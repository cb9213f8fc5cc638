/** gather, scatterAdd and argMax against loops in JavaScript, bit for bit, with 1, 2 and 3 lanes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ElementType, Opcode } from "../../assembly/opcode.js";
import { bits, command, createMachine, type Machine, randomSource } from "./harness.js";

const random = randomSource(5);
const floats = (count: number) => Float32Array.from({ length: count }, () => 4 * random() - 2);
const integers = (count: number, bound: number) =>
  Int32Array.from({ length: count }, () => Math.floor(random() * bound));
const fround = Math.fround;

describe.each([1, 2, 3])("%i lanes", (lanes) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine({ lanes });
  });
  afterAll(() => machine.close());

  const tables = [
    ["f32", ElementType.F32, floats],
    ["u8", ElementType.U8, (count: number) => Uint8Array.from(integers(count, 256))],
    ["i32", ElementType.I32, (count: number) => integers(count, 2 ** 31).map((value, i) => (i % 2 ? -value : value))],
  ] as const;

  describe.each(tables)("gather from %s", (_name, type, make) => {
    it.each([
      [0, 5, 3],
      [1, 1, 1],
      [5, 3, 7],
      [64, 784, 100],
      [7, 130, 33],
      [300, 16, 10],
    ])("%i rows of %i out of %i", (rows, rowLength, tableRows) => {
      const table = make(tableRows * rowLength);
      const index = integers(rows, tableRows);
      for (const [scale, shift] of [
        [2 / 255, -1],
        [1, 0],
      ]) {
        const out = machine.reserve(rows * rowLength + 1);
        // A u8 table may start at any byte.
        const at = machine.put(table, type === ElementType.U8 ? 3 : 4);
        machine.run([
          command(Opcode.Gather, [
            out,
            at,
            machine.put(index),
            rows,
            rowLength,
            tableRows,
            type,
            bits(scale),
            bits(shift),
          ]),
        ]);
        const expected = Float32Array.from({ length: rows * rowLength }, (_, i) => {
          const value = table[index[Math.floor(i / rowLength)] * rowLength + (i % rowLength)];
          return fround(fround(fround(value) * fround(scale)) + shift);
        });
        expect(machine.f32(out, rows * rowLength)).toEqual(expected);
        expect(machine.i32(out, rows * rowLength + 1)[rows * rowLength]).toBe(0x7fc0dead);
      }
    });
  });

  it("gather holds indices inside the table", () => {
    const out = machine.reserve(8);
    const table = machine.put(Float32Array.of(1, 2, 3, 4, 5, 6));
    const index = machine.put(Int32Array.of(-1, 3, -(2 ** 31), 2 ** 31 - 1));
    machine.run([command(Opcode.Gather, [out, table, index, 4, 2, 3, ElementType.F32, bits(1), bits(0)])]);
    expect([...machine.f32(out, 8)]).toEqual([1, 2, 5, 6, 1, 2, 5, 6]);
  });

  it("gather with scale 1 and shift 0 copies the bits of a f32 table", () => {
    const out = machine.reserve(4);
    const table = Float32Array.of(-0, NaN, Infinity, 1e-40);
    machine.run([
      command(Opcode.Gather, [
        out,
        machine.put(table),
        machine.put(Int32Array.of(0)),
        1,
        4,
        1,
        ElementType.F32,
        bits(1),
        bits(0),
      ]),
    ]);
    expect([...machine.f32(out, 4)]).toEqual([...table]);
  });

  // Long rows are split by columns, short ones by table rows.
  it.each([
    [0, 4, 3],
    [1, 1, 1],
    [50, 1, 7],
    [64, 10, 10],
    [33, 127, 5],
    [33, 130, 5],
    [200, 513, 20],
  ])("scatterAdd of %i rows of %i to %i, in order", (rows, rowLength, tableRows) => {
    const rowsIn = floats(rows * rowLength);
    const index = integers(rows, tableRows);
    const out = machine.reserve(tableRows * rowLength + 1);
    machine.run([
      command(Opcode.ScatterAdd, [out, machine.put(index), machine.put(rowsIn), rows, rowLength, tableRows]),
    ]);
    const expected = new Float32Array(tableRows * rowLength);
    rowsIn.forEach((value, i) => {
      expected[index[Math.floor(i / rowLength)] * rowLength + (i % rowLength)] += value;
    });
    expect(machine.f32(out, tableRows * rowLength)).toEqual(expected);
    expect(machine.i32(out, tableRows * rowLength + 1)[tableRows * rowLength]).toBe(0x7fc0dead);
  });

  const argMax = (input: Float32Array, rows: number): number[] => {
    const out = machine.reserve(rows);
    machine.run([command(Opcode.ArgMax, [out, machine.put(input), rows, input.length / rows])]);
    return [...machine.i32(out, rows)];
  };

  it.each([
    [1, 1],
    [5, 2],
    [64, 10],
    [3, 8],
    [10, 21],
    [4, 1003],
  ])("argMax of %i rows of %i: the first maximum", (rows, rowLength) => {
    // Few values, so most rows hold their maximum more than once.
    const input = Float32Array.from(integers(rows * rowLength, 5), (value) => value - 4);
    const expected = Array.from({ length: rows }, (_, row) => {
      const values = input.subarray(row * rowLength, (row + 1) * rowLength);
      return values.indexOf(Math.max(...values));
    });
    expect(argMax(input, rows)).toEqual(expected);
  });

  it("argMax takes a not-a-number for the maximum, and the first of several", () => {
    for (const places of [[0], [3], [4], [9], [13], [6, 1], [9, 5], [12, 3], [14, 13]]) {
      const input = Float32Array.from({ length: 15 }, (_, i) => i);
      for (const place of places) input[place] = NaN;
      expect(argMax(input, 1), places.join()).toEqual([Math.min(...places)]);
    }
    expect(argMax(new Float32Array(12).fill(-Infinity), 1)).toEqual([0]);
  });
});
