/** The allocator manages numbers only, so its whole address range is tested without any memory. */
import { expect, test } from "vitest";
import { alignment } from "#src/compile/plan";
import { Arena } from "#src/host/arena";
import { uniforms } from "#src/numbers/philox";

const aligned = (bytes: number) => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

test("addresses stay positive beyond 2^31, up to the end of 32-bit memory", () => {
  const arena = new Arena(1024);
  const addresses = [2 ** 30, 2 ** 30, 2 ** 30, 2 ** 30 - 2048].map((bytes) => arena.allocate(bytes));
  expect(addresses).toEqual([0, 1, 2, 3].map((n) => 1024 + n * 2 ** 30));
  expect([arena.top, arena.used]).toEqual([2 ** 32 - 1024, 2 ** 32 - 2048]);
  arena.release(addresses[2], 2 ** 30);
  expect(arena.allocate(2 ** 29)).toBe(addresses[2]);
  expect(arena.allocate(2 ** 29)).toBe(addresses[2] + 2 ** 29);
});

test("empty blocks have addresses of their own", () => {
  const arena = new Arena(0);
  expect([arena.allocate(0), arena.allocate(0), arena.allocate(1)]).toEqual([0, alignment, 2 * alignment]);
});

test("blocks never overlap, and everything is free again at the end", () => {
  const arena = new Arena(1000);
  const [start, blocks] = [arena.top, new Map<number, number>()];
  const random = uniforms(3000, { seed: 7, stream: 0, step: 0 });
  let highest = start;
  for (let i = 0; i < 1000; i++) {
    const [choice, size, which] = random.subarray(3 * i, 3 * i + 3);
    if (choice < 0.55 || blocks.size === 0) {
      const bytes = Math.floor(size * 1000);
      const address = arena.allocate(bytes);
      expect(address % alignment).toBe(0);
      expect(address).toBeGreaterThanOrEqual(start);
      for (const [other, length] of blocks)
        expect(address + aligned(bytes) <= other || other + aligned(length) <= address).toBe(true);
      blocks.set(address, bytes);
    } else {
      const [address, bytes] = [...blocks][Math.floor(which * blocks.size)];
      arena.release(address, bytes);
      blocks.delete(address);
    }
    const ends = [...blocks].map(([address, bytes]) => address + aligned(bytes));
    expect(arena.top).toBe(Math.max(start, ...ends));
    expect(arena.used).toBe([...blocks.values()].reduce((sum, bytes) => sum + aligned(bytes), 0));
    highest = Math.max(highest, arena.top);
  }
  expect(highest).toBeGreaterThan(start + 10_000);
  for (const [address, bytes] of blocks) arena.release(address, bytes);
  expect([arena.top, arena.used]).toEqual([start, 0]);
  expect(arena.allocate(highest - start)).toBe(start);
});
