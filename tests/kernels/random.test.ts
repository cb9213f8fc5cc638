/** The kernels' random numbers against `src/numbers/philox.ts`: words, uniforms, integers and permutations bit for bit. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Micro, Opcode, RandomKind } from "../../assembly/opcode.js";
import { bits, integers, normals, permutation, uniforms } from "../../src/numbers/philox.js";
import { command, contiguous, createMachine, type Machine, mapCommand } from "./harness.js";

const split = (value: bigint): [number, number] => [
  Number(BigInt.asIntN(32, value)),
  Number(BigInt.asIntN(32, value >> 32n)),
];

const clocks = [
  { seed: 0n, step: 0n, stream: 0 },
  { seed: 0x299f31d0a4093822n, step: 0x0370734413198a2en, stream: 0x85a308d3 },
  { seed: 2n ** 64n - 1n, step: 2n ** 32n - 1n, stream: -1 },
];

describe.each([1, 2, 3])("%i lanes", (lanes) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await createMachine({ lanes, heapBytes: 1 << 25 });
  });
  afterAll(() => machine.close());

  const putClock = (clock: (typeof clocks)[number]) =>
    machine.put(Int32Array.of(...split(clock.seed), ...split(clock.step)));

  /** The values of a Random command, whose neighbour behind must stay as it was. */
  function draw(
    kind: RandomKind,
    count: number,
    bound: number,
    clock: (typeof clocks)[number],
    [number, of] = [0, 1],
  ): Int32Array {
    const out = machine.reserve(count + 1);
    machine.run([
      command(Opcode.Random, [kind, out, count, bound, clock.stream, putClock(clock), number, of, 0, count]),
    ]);
    expect(machine.i32(out, count + 1)[count]).toBe(0x7fc0dead);
    return machine.i32(out, count).slice();
  }

  /** A map that fills `count` elements with one micro-operation, in tiles of `tile`. */
  function fill(micro: Micro, count: number, clock: (typeof clocks)[number], tile: number): Float32Array {
    const out = machine.reserve(count + 1);
    const micros = [{ op: micro, out: 0, p: clock.stream, q: putClock(clock), integers: true }];
    machine.run([mapCommand({ count, tile, slots: [contiguous(out)], micros })]);
    expect(machine.i32(out, count + 1)[count]).toBe(0x7fc0dead);
    return machine.f32(out, count).slice();
  }

  it("Philox gives the known answer for counter 0 and key 0", () => {
    // The high word of x (2^32 - 1) is x - 1: all 32 bits show.
    const words = draw(RandomKind.Integer, 16, -1, clocks[0]);
    expect([0, 4, 8, 12].map((element) => ((words[element] + 1) >>> 0).toString(16))).toEqual([
      "6627e8d5",
      "e169c58d",
      "bc57ac4c",
      "9b00dbd8",
    ]);
  });

  it.each(clocks)(
    "seed $seed, step $step, stream $stream: words, uniforms and integers are those of the reference",
    (clock) => {
      for (const count of [0, 1, 15, 16, 17, 1000, 5003]) {
        expect(draw(RandomKind.Integer, count, -1, clock)).toEqual(
          Int32Array.from(bits(count, clock), (word) => Math.max(word - 1, 0)),
        );
        for (const bound of [1, 10, 0x7fffffff])
          expect(draw(RandomKind.Integer, count, bound, clock)).toEqual(integers(count, bound, clock));
        // A tile that is no multiple of 16 starts inside a group.
        for (const tile of [1024, 1000, 37])
          expect(fill(Micro.Uniform, count, clock, tile)).toEqual(Float32Array.from(uniforms(count, clock)));
      }
    },
  );

  it.each(clocks)("seed $seed, step $step, stream $stream: normals are the reference's within 1e-6", (clock) => {
    const expected = normals(50_003, clock);
    const whole = fill(Micro.Normal, 50_003, clock, 1024);
    const worst = whole.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
    expect(worst).toBeLessThan(1e-6);
    expect(fill(Micro.Normal, 50_003, clock, 1000)).toEqual(whole);
    expect(fill(Micro.Normal, 50_003, clock, 37)).toEqual(whole);
  });

  it("permutations are those of the reference", () => {
    for (const clock of clocks) {
      for (const [count, bound] of [
        [0, 5],
        [7, 1],
        [10, 3],
        [11, 2],
        [30, 5],
        [41, 8],
        [40, 16],
        [700, 255],
        [700, 256],
        [700, 257],
        [64, 1000],
        [3000, 1000],
        [100, 60_000],
        [2500, 0x7fffffff],
      ]) {
        expect(draw(RandomKind.Permutation, count, bound, clock)).toEqual(permutation(count, bound, clock));
        expect(draw(RandomKind.Permutation, count, bound, clock, [2, 5])).toEqual(
          permutation(count, bound, clock, { draw: 2, draws: 5 }),
        );
      }
    }
  });

  it("an epoch gives every index once, over steps", () => {
    const clock = putClock({ seed: 9n, step: 0n, stream: 0 });
    const out = machine.reserve(64);
    const step = machine.program([
      command(Opcode.Random, [RandomKind.Permutation, out, 64, 1600, 2, clock, 0, 1, 0, 64]),
      command(Opcode.Barrier),
      command(Opcode.Tick, [clock]),
      command(Opcode.Barrier),
    ]);
    const seen = Array.from({ length: 25 }, () => {
      machine.run(step);
      return [...machine.i32(out, 64)];
    }).flat();
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 1600 }, (_, i) => i));
  });

  it("tick carries into the high word", () => {
    const clock = machine.put(Int32Array.of(1, 2, -2, 7));
    machine.run([command(Opcode.Tick, [clock]), command(Opcode.Barrier)], 3);
    expect([...machine.i32(clock, 4)]).toEqual([1, 2, 1, 8]);
  });
});

// A relaxed build loads only where the engine has relaxed SIMD.
const relaxed = WebAssembly.validate(readFileSync(new URL("../../dist/kernels/relaxed.wasm", import.meta.url)));

it.skipIf(!relaxed)("normals are the same bits in every build", async () => {
  const values = [];
  for (const build of ["simd", "relaxed"] as const) {
    const machine = await createMachine({ build });
    const clock = machine.put(Int32Array.of(1, 2, 3, 4));
    const out = machine.reserve(10_000);
    const micros = [{ op: Micro.Normal, out: 0, p: 5, q: clock, integers: true }];
    machine.run([mapCommand({ count: 10_000, slots: [contiguous(out)], micros })]);
    values.push(machine.f32(out, 10_000).slice());
    await machine.close();
  }
  expect(values[1]).toEqual(values[0]);
});
