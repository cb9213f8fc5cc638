/** Dates as people write them in cells. A date is the number of days since 1970-01-01, one with a time that of seconds (UTC). */
import { dateToken, dateUnit } from "./write-cell.js";

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

const patterns = new Map<string, RegExp>();

function patternFor(format: string): RegExp {
  const known =
    patterns.get(format) ?? new RegExp(`^${format.replaceAll(".", "\\.").replace(dateToken, (one) => parts[one])}$`);
  patterns.set(format, known);
  return known;
}

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
  return exact ? Math.round(date.getTime() / dateUnit(format)) : Number.NaN;
}

/** The first format in which every cell is a date. */
export const dateFormatOf = (texts: readonly string[]): string | undefined =>
  dateFormats.find((format) => texts.every((text) => !Number.isNaN(parseDate(text, format))));
