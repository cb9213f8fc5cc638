/** The nearest of some known words: what a misspelt name was meant to be. */

/**
 * Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other (Damerau 1964, in the
 * restricted form: no letter is touched twice).
 */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, kept));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** The known word that is fewest edits away, whatever the case of letters: undefined where that is a third of it or more. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let found: string | undefined;
  let least = Infinity;
  for (const one of known) {
    const distance = editDistance(word.toLowerCase(), one.toLowerCase());
    // Words of few letters are all near to each other: of four letters one may be wrong, of seven two.
    if (distance < least && distance <= Math.max(1, Math.floor((one.length - 1) / 3))) [found, least] = [one, distance];
  }
  return found;
}

/** `did you mean "beta1"? `, or nothing. */
export function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? "" : `did you mean "${near}"? `;
}
