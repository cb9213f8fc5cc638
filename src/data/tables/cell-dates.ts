/** Dates as people write them in cells. A date is the number of days since 1970-01-01, one with a time that of seconds (UTC). */

const days = [
  ...[
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYY.MM.DD",
    "DD.MM.YYYY",
    "D.M.YYYY",
    "MM/DD/YYYY",
    "M/D/YYYY",
    "DD/MM/YYYY",
    "D/M/YYYY",
  ],
  ...["DD-MM-YYYY", "MM-DD-YYYY"],
];
const times = ["", " hh:mm", " hh:mm:ss", "Thh:mm", "Thh:mm:ss", "Thh:mm:ssZ"];

/** The formats that are known, in order of precedence. */
export const dateFormats: readonly string[] = days.flatMap((day) => times.map((time) => day + time));

const parts: Readonly<Record<string, string>> = {
  YYYY: "(?<year>\\d{4})",
  MM: "(?<month>\\d{2})",
  M: "(?<month>\\d{1,2})",
  DD: "(?<day>\\d{2})",
  D: "(?<day>\\d{1,2})",
  hh: "(?<hour>\\d{2})",
  mm: "(?<minute>\\d{2})",
  ss: "(?<second>\\d{2})",
};
const token = /YYYY|MM|M|DD|D|hh|mm|ss/g;

const patterns = new Map<string, RegExp>();

function patternFor(format: string): RegExp {
  const known =
    patterns.get(format) ?? new RegExp(`^${format.replaceAll(".", "\\.").replace(token, (one) => parts[one])}$`);
  patterns.set(format, known);
  return known;
}

const hasTime = (format: string) => format.includes("hh");

/** Milliseconds of the unit in which a format counts. */
const unitOf = (format: string) => (hasTime(format) ? 1000 : 86_400_000);

/** A cell as a date; NaN if it is none in this format, such as 2026-02-30. */
export function parseDate(text: string, format: string): number {
  const groups = patternFor(format).exec(text)?.groups;
  if (!groups) return Number.NaN;
  const [year, month, day] = [groups.year, groups.month, groups.day].map(Number);
  const [hour, minute, second] = [groups.hour, groups.minute, groups.second].map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const exact =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return exact ? Math.round(date.getTime() / unitOf(format)) : Number.NaN;
}

/** The first format in which every cell is a date. */
export const dateFormatOf = (texts: readonly string[]): string | undefined =>
  dateFormats.find((format) => texts.every((text) => !Number.isNaN(parseDate(text, format))));

/** A date as a cell. */
export function writeDate(value: number, format: string): string {
  const date = new Date(value * unitOf(format));
  const padded = (number: number, size: number) => String(number).padStart(size, "0");
  const written: Readonly<Record<string, string>> = {
    YYYY: padded(date.getUTCFullYear(), 4),
    MM: padded(date.getUTCMonth() + 1, 2),
    M: String(date.getUTCMonth() + 1),
    DD: padded(date.getUTCDate(), 2),
    D: String(date.getUTCDate()),
    hh: padded(date.getUTCHours(), 2),
    mm: padded(date.getUTCMinutes(), 2),
    ss: padded(date.getUTCSeconds(), 2),
  };
  return format.replace(token, (one) => written[one]);
}
