/** What people write in cells without a value. */

/** Texts of cells without a value. */
export const missingTexts: ReadonlySet<string> = new Set([
  "",
  "?",
  "NA",
  "N/A",
  "#N/A",
  "n/a",
  "NaN",
  "nan",
  "null",
  "NULL",
]);

/** In a column of numbers or dates these are, too. */
export const alsoMissing: ReadonlySet<string> = new Set(["None", "none", "-", "--", "."]);
