/** All records of `size` tokens of a vocabulary of `of`. */
export const everyRecord = (size: number, of: number): number[][] =>
  size === 0
    ? [[]]
    : everyRecord(size - 1, of).flatMap((rest) => Array.from({ length: of }, (_, one) => [...rest, one]));
