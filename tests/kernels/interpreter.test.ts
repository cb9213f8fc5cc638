/** The interpreter: iterations, single commands, early stops, jobs shared by lanes, lost lanes. */
import { describe, expect, test } from "vitest";
import { Control, ExchangeWord, Flag, Header, Micro, Opcode, Status } from "../../assembly/opcode.js";
import { command, contiguous, createMachine, type Machine, mapCommand, scalar } from "./harness.js";

const border = command(Opcode.Barrier);

/** Adds 1 to `count` cells at `address`. */
function increment(
  address: number,
  count: number,
  options: { flags?: number; tile?: number; work?: number } = {},
): number[] {
  const slots = [contiguous(address)];
  return mapCommand(
    { count, tile: options.tile ?? 1024, slots, micros: [{ op: Micro.Affine, out: 0, a: 0, p: 1, q: 1 }] },
    options,
  );
}

const finiteCheck = (address: number, count: number, id: number) =>
  command(Opcode.CheckFinite, [address, count], { id });

async function withMachine(
  options: Parameters<typeof createMachine>[0],
  body: (machine: Machine) => void | Promise<void>,
): Promise<void> {
  const machine = await createMachine(options);
  try {
    await body(machine);
  } finally {
    await machine.close();
  }
}

describe.each([1, 2, 3])("%i lanes", (lanes) => {
  test("runs a program the number of times that was asked", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(5000));
      expect(machine.run([increment(x, 5000)], 7)).toBe(Status.Done);
      expect(machine.run([increment(x, 5000)], 0)).toBe(Status.Done);
      expect(machine.f32(x, 5000)).toEqual(new Float32Array(5000).fill(7));
    }));

  test("a single command runs whole, and once", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(5000));
      expect(machine.run([increment(x, 5000, { flags: Flag.Single })], 3)).toBe(Status.Done);
      expect(machine.f32(x, 5000)).toEqual(new Float32Array(5000).fill(3));
    }));

  test("a barrier is the border between waves", () =>
    withMachine({ lanes }, (machine) => {
      // Lane 0 alone counts a scalar on, then all lanes add it to their part: 200 borders in each of 20 iterations.
      const chain = machine.put([0]),
        x = machine.put(new Float32Array(64));
      const copyToAll = mapCommand({
        count: 64,
        tile: 16,
        slots: [contiguous(x), scalar(chain, 0)],
        micros: [{ op: Micro.Add, out: 0, a: 0, b: 1 }],
      });
      const wave = [increment(chain, 1, { flags: Flag.Single }), border, copyToAll, border];
      expect(machine.run(Array.from({ length: 100 }, () => wave).flat(), 20)).toBe(Status.Done);
      const sum = (2000 * 2001) / 2;
      expect(machine.f32(x, 64)).toEqual(new Float32Array(64).fill(sum));
    }));

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "stops after the iteration that found %d",
    (bad) =>
      withMachine({ lanes }, (machine) => {
        const count = 9001,
          step = machine.put([0]),
          x = machine.put(new Float32Array(count).fill(1));
        const other = machine.put(new Float32Array(5).fill(1));
        // x[8999] = bad at the third iteration: 1 where step < 2, else bad
        const spoil = mapCommand({
          count: 1,
          slots: [
            contiguous(x + 4 * 8999),
            scalar(step, 0),
            scalar(machine.put([2]), 1),
            contiguous(machine.reserve(1)),
            scalar(machine.put([1]), 2),
            scalar(machine.put([bad]), 3),
          ],
          micros: [
            { op: Micro.Less, out: 3, a: 1, b: 2 },
            { op: Micro.Select, out: 0, a: 3, b: 4, c: 5 },
          ],
        });
        const program = machine.program([
          spoil,
          border,
          finiteCheck(other, 5, 40),
          finiteCheck(x, count, 41),
          finiteCheck(x + 4 * 8999, 1, 42),
          increment(step, 1),
        ]);
        expect(machine.run(program, 10)).toBe(Status.NotFinite);
        expect(machine.control[Control.Status]).toBe(Status.NotFinite);
        expect([machine.control[Control.FailedStep], machine.control[Control.FailedId]]).toEqual([2, 41]);
        expect(machine.f32(step, 1)[0]).toBe(3); // the iteration was finished
        machine.f32(step, 1)[0] = 0;
        expect(machine.run(program, 2)).toBe(Status.Done); // and the machine still runs
      }),
  );

  test("large finite values pass the check", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(100).fill(3e38));
      expect(machine.run([finiteCheck(x, 100, 1)])).toBe(Status.Done);
    }));

  test("jobs follow one another, at once and after the lanes went to sleep", () =>
    withMachine({ lanes }, async (machine) => {
      const x = machine.put(new Float32Array(4096));
      const program = machine.program([increment(x, 4096, { tile: 64 })]);
      for (let i = 0; i < 2000; i++) machine.run(program);
      await new Promise((resolve) => setTimeout(resolve, 50));
      machine.run(program);
      expect(machine.f32(x, 4096)).toEqual(new Float32Array(4096).fill(2001));
    }));

  test("fewer lanes may run than serve", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(4096));
      const program = machine.program([increment(x, 4096, { tile: 64 }), border]);
      for (let i = 0; i < 600; i++) {
        machine.control[Control.Lanes] = 1 + (i % lanes);
        expect(machine.run(program)).toBe(Status.Done);
      }
      expect(machine.f32(x, 4096)).toEqual(new Float32Array(4096).fill(600));
    }));
});

test("a lane that does not come is waited for look by look, until it is said to be lost", () =>
  withMachine({ lanes: 3, absent: [2], look: 50 }, (machine) => {
    const x = machine.put(new Float32Array(10));
    const start = performance.now();
    expect(machine.run([increment(x, 10), border], 5)).toBe(Status.Waiting);
    expect(machine.exports.resume()).toBe(Status.Waiting);
    expect(performance.now() - start).toBeGreaterThan(80);
    machine.control[Control.Lost] = 1;
    expect(machine.exports.resume()).toBe(Status.LaneLost);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(machine.run([increment(x, 10)])).toBe(Status.LaneLost);
  }));

test.each([[[]], [[border]], [[border, border]]])(
  "a run goes on where it waited, with %j between two commands",
  (between) =>
    withMachine({ lanes: 2, absent: [1], look: 1 }, async (machine) => {
      const x = machine.put(new Float32Array(2048));
      const program = machine.program([increment(x, 1024), ...between, increment(x + 4096, 1024)]);
      let status = machine.run(program, 3);
      expect(status).toBe(Status.Waiting);
      await machine.start();
      let looks = 0;
      for (; status === Status.Waiting; looks++) status = machine.exports.resume();
      expect([status, looks > 0]).toEqual([Status.Done, true]);
      expect(machine.f32(x, 2048)).toEqual(new Float32Array(2048).fill(3));
    }),
);

describe.each([1, 2, 3])("with %i lanes, a budget of work", (lanes) => {
  const step = (x: number) => [
    increment(x, 4096, { tile: 64, work: 10 }),
    border,
    increment(x + 16384, 4096, { tile: 64, work: 10 }),
    border,
    increment(x + 32768, 10, { work: 5, flags: Flag.Single }),
  ];

  test("ends a slice at the next barrier, and the run goes on to the same values", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(8192 + 10));
      machine.control[Control.Budget] = 12;
      let status = machine.run(step(x), 10);
      let slices = 1;
      for (; status === Status.Paused; slices++) status = machine.exports.resume();
      expect(status).toBe(Status.Done);
      // 25 units a step, more than 12 gone after every second command: 10 + 10, 5 + 10, 10 + 5, ...
      expect(slices).toBeGreaterThan(15);
      expect(slices).toBeLessThan(22);
      expect(machine.f32(x, 8202)).toEqual(new Float32Array(8202).fill(10));
    }));

  test("of 0 never pauses", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(8202));
      machine.control[Control.Budget] = 0;
      expect(machine.run(step(x), 50)).toBe(Status.Done);
    }));

  test("lets the host stop a run after the iteration in hand", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(8202));
      machine.control[Control.Budget] = 1;
      let status = machine.run(step(x), 1000);
      for (let i = 0; i < 7; i++) status = machine.exports.resume();
      expect(status).toBe(Status.Paused);
      Atomics.compareExchange(machine.control, Control.Status, Status.Done, Status.Stopped);
      while (status === Status.Paused) status = machine.exports.resume();
      expect(status).toBe(Status.Stopped);
      const steps = machine.control[Control.FailedStep] + 1;
      expect(steps).toBe(3);
      expect(machine.f32(x, 8202)).toEqual(new Float32Array(8202).fill(steps));
    }));
});

describe.each([1, 2, 3])("with %i lanes, an exchange", (lanes) => {
  test("returns to the host in every step, which finds its words and the step", () =>
    withMachine({ lanes }, (machine) => {
      const x = machine.put(new Float32Array(4096));
      const exchange = command(Opcode.Exchange, [x, x, 4096], { id: 7, flags: Flag.Single });
      const program = [increment(x, 4096, { tile: 64 }), border, exchange, border, increment(x, 4096, { tile: 64 })];
      let status = machine.run(program, 3);
      for (let step = 0; step < 3; step++) {
        expect(status).toBe(Status.Exchange);
        expect(machine.control[Control.FailedStep]).toBe(step);
        const at = machine.control[Control.Exchange] / 4;
        const words = machine.i32(0, at + ExchangeWord.Size).subarray(at);
        expect([words[Header.Id], words[ExchangeWord.Out], words[ExchangeWord.Count]]).toEqual([7, x, 4096]);
        // As a sum over two equal ranks would.
        const values = machine.f32(x, 4096);
        values.forEach((value, i) => {
          values[i] = 2 * value;
        });
        status = machine.exports.resume();
      }
      expect(status).toBe(Status.Done);
      // x -> 2 (x + 1) + 1, three times from 0.
      expect(machine.f32(x, 4096)).toEqual(new Float32Array(4096).fill(21));
    }));
});

test("lanes take part however late they start", () =>
  withMachine({ lanes: 2 }, (machine) => {
    const x = machine.put(new Float32Array(2048));
    expect(machine.run([increment(x, 2048)])).toBe(Status.Done);
    expect(machine.f32(x, 2048)).toEqual(new Float32Array(2048).fill(1));
  }));

test("describe tells the build", async () => {
  const versions = await Promise.all(
    [false, true].map(async (threads) => {
      const machine = await createMachine({ threads });
      await machine.close();
      return machine.exports.describe() & 3;
    }),
  );
  expect(versions).toEqual([0, 2]);
});
