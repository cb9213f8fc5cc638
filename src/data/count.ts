/** Limit on the number of records of a data set. */

/** Maximum bytes of an array in every engine. */
const mostBytes = 2 ** 32 - 1;

/** Throws RangeError if `count` is not positive or that many records exceed memory; the message starts with `what`. */
export function checkCount(what: string, count: number, recordBytes: number): void {
  if (!(Number.isInteger(count) && count >= 1))
    throw new RangeError(`${what}: count must be an integer >= 1, found ${count}`);
  const most = Math.floor(mostBytes / recordBytes);
  if (count > most) throw new RangeError(`${what}: count must be at most ${most}, the limit of memory, found ${count}`);
}
