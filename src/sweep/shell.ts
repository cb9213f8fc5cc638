/** Text for a shell: words in quotes where they need them, lists of numbers as Slurm writes them. */

/** A word of a POSIX shell. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Words as one line of a shell, quoted where they must be. */
export const shellLine = (words: readonly string[]): string => words.map(quoted).join(" ");

/** Ascending numbers as ranges: `1-3,7`. */
export function rangesOf(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else ranges.push([number, number]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}
