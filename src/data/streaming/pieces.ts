/** Reading bytes in pieces from any source: a Blob, an open file, ranges of a URL. */
import type { WebBlob } from "../../web-types.js";

/** Bytes that can be read in pieces. */
export interface ByteSource {
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** A Blob's bytes in pieces. */
export const blobBytes = (blob: WebBlob): ByteSource => ({
  size: blob.size,
  read: async (offset, length) => new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
});

/** The requested bytes: `count` pieces that start at `startOf(i)` and have `lengthOf(i)` bytes. */
export interface Pieces {
  readonly count: number;
  readonly startOf: (i: number) => number;
  readonly lengthOf: (i: number) => number;
}

/** Reading this many unneeded bytes costs no more than a second read. */
const mostGap = 16_384;
const mostRun = 2 ** 20;
/** Maximum concurrent reads: more make no disk faster, and each holds its bytes in memory. */
const mostReads = 8;

/** Calls `take` with each piece, roughly in the order of offsets; pieces close to each other are read together. */
export async function readPieces(
  from: ByteSource,
  { count, startOf, lengthOf }: Pieces,
  take: (i: number, piece: Uint8Array) => void,
): Promise<void> {
  const byPlace = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => startOf(a) - startOf(b));
  const endOf = (place: number) => startOf(byPlace[place]) + lengthOf(byPlace[place]);
  let next = 0;
  const readRuns = async () => {
    while (next < count) {
      const first = next;
      const start = startOf(byPlace[first]);
      let end = endOf(first);
      for (next = first + 1; next < count; next++) {
        if (startOf(byPlace[next]) - end > mostGap || endOf(next) - start > mostRun) break;
        end = endOf(next);
      }
      const run = byPlace.subarray(first, next);
      const bytes = await from.read(start, end - start);
      for (const i of run) take(i, bytes.subarray(startOf(i) - start, startOf(i) - start + lengthOf(i)));
    }
  };
  await Promise.all(Array.from({ length: mostReads }, readRuns));
}
