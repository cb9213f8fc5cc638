/** Numbers as people write them in cells: decimal points or commas, signs between thousands. */
import type { NumberColumn } from "./column-spec.js";

/** How the numbers of a column are written. */
export type NumberStyle = Pick<NumberColumn, "decimalSign" | "thousands">;

/** In order of precedence: the first one by which every cell of a column is a number holds for the column. */
const styles: readonly NumberStyle[] = [
  {},
  { thousands: "," },
  { decimalSign: "," },
  { decimalSign: ",", thousands: "." },
  { decimalSign: ",", thousands: " " },
  { thousands: " " },
  { thousands: "'" },
  { decimalSign: ",", thousands: "'" },
];

const escaped = (sign: string) => (sign === "." ? "\\." : sign);

function patternOf({ decimalSign = ".", thousands }: { decimalSign?: "." | ","; thousands?: string }): RegExp {
  const decimals = `(?:${escaped(decimalSign)}(\\d*))?`;
  const whole = thousands === undefined ? "(\\d+)" : `(\\d{1,3}(?:${escaped(thousands)}\\d{3})+|\\d{1,3})`;
  const exponent = thousands === undefined ? "(?:[eE][+-]?\\d+)?" : "";
  return new RegExp(`^[+-]?(?:${whole}${decimals}|${escaped(decimalSign)}(\\d+))${exponent}$`);
}

const patterns = new Map<string, RegExp>();

function patternFor({ decimalSign, thousands }: NumberStyle): RegExp {
  const key = `${decimalSign}${thousands}`;
  const known =
    patterns.get(key) ?? patternOf({ ...(decimalSign && { decimalSign }), ...(thousands && { thousands }) });
  patterns.set(key, known);
  return known;
}

/** A cell as a number; NaN if it is none in this style. */
export function parseNumber(text: string, style: NumberStyle): number {
  if (!patternFor(style).test(text)) return Number.NaN;
  const plain = style.thousands === undefined ? text : text.replaceAll(style.thousands, "");
  return Number(style.decimalSign === undefined ? plain : plain.replace(style.decimalSign, "."));
}

/** Decimals of a cell that is a number in this style. */
export function decimalsOf(text: string, style: NumberStyle): number {
  const found = patternFor(style).exec(text);
  const exponent = /[eE]([+-]?\d+)$/.exec(text);
  const written = (found?.[2] ?? found?.[3] ?? "").length;
  return Math.min(15, Math.max(0, written - Number(exponent?.[1] ?? 0)));
}

/**
 * The style of a column's cells; undefined if they are not all numbers in one.
 * @param semicolons whether semicolons separate the cells: commas then are decimal signs rather than signs of thousands
 */
export function styleOf(texts: readonly string[], semicolons: boolean): NumberStyle | undefined {
  const inOrder = semicolons ? [styles[0], styles[2], ...styles] : styles;
  return inOrder.find((style) => texts.every((text) => patternFor(style).test(text)));
}
