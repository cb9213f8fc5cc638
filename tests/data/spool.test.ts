/** Pieces of bytes come back by number from memory and from the disk. */
import { describe, expect, test } from "vitest";
import { Spool } from "#src/data/streaming/spool";

const piece = (i: number, length: number) => new Uint8Array(length).fill(i + 1);

describe.each([
  ["in memory", Number.POSITIVE_INFINITY, false],
  ["on the disk from the first", 0, true],
  ["on the disk when they get many", 3_000_000, true],
] as const)("%s", (_, most, onDisk) => {
  test("as they were put aside", async () => {
    const spool = new Spool(most);
    // More than is written at a time, of different lengths, one of them larger than that alone.
    const lengths = Array.from({ length: 60 }, (_, i) => (i === 31 ? 2_000_000 : 40_000 + 1000 * i));
    for (const [i, length] of lengths.entries()) await spool.add(piece(i, length));
    await spool.end();
    expect(spool.onDisk).toBe(onDisk);
    const numbers = [59, 0, 31, 31, 7, 8, 30];
    const found: Uint8Array[] = [];
    await spool.read(numbers, (i, bytes) => {
      found[i] = Uint8Array.from(bytes);
    });
    for (const [i, number] of numbers.entries()) {
      expect(Buffer.compare(found[i], piece(number, lengths[number]))).toBe(0);
    }
    await spool.close();
  });
});

test("few are not worth a file", async () => {
  const spool = new Spool(100);
  await spool.add(piece(0, 100));
  expect(spool.onDisk).toBe(false);
  await spool.add(piece(1, 1));
  expect(spool.onDisk).toBe(true);
  await spool.close();
});
