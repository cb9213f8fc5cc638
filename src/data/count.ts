/** How many records a data set may be asked for. */

/** What an array of bytes holds in every engine. */
const mostBytes = 2 ** 32 - 1;

/** Throws RangeError where `count` records of so many bytes each are none, or more than memory holds; `what` begins it. */
export function checkCount(what: string, count: number, recordBytes: number): void {
  if (!(Number.isInteger(count) && count >= 1))
    throw new RangeError(`${what}: count must be a positive integer, got ${count}`);
  const most = Math.floor(mostBytes / recordBytes);
  if (count > most)
    throw new RangeError(`${what}: count must be at most ${most}, as memory holds no more, got ${count}`);
}
