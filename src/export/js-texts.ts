/** Tokens of an exported generator as texts: see `TextForm`. This code travels with the module. */
import type { TextForm } from "../data/codecs/codec.js";

/** The texts of records [count, length] of tokens. @param ended whether token 0 ends a record */
export function textsOfTokens(
  data: ArrayLike<number>,
  length: number,
  { form, ended }: { readonly form: TextForm; readonly ended: boolean },
): string[] {
  return Array.from({ length: data.length / length }, (_, row) => {
    const tokens = Array.from({ length }, (_, i) => data[row * length + i]);
    const end = ended ? tokens.indexOf(0) : -1;
    return textOfTokens(end < 0 ? tokens : tokens.slice(0, end), form);
  });
}

function textOfTokens(tokens: readonly number[], { symbols, group = 1, groups }: TextForm): string {
  const parts = tokens.map((token, i) => (groups === "keys" ? (token ? symbols[i % group] : "") : symbols[token]));
  if (!groups) return parts.join("");
  const all = Array.from({ length: Math.ceil(parts.length / group) }, (_, i) =>
    parts.slice(i * group, (i + 1) * group),
  );
  if (groups === "columns")
    return Array.from({ length: group }, (_, row) => all.map((column) => column[row]).join("")).join("\n");
  const notes = (frame: readonly string[]) => [...new Set(frame.filter(Boolean))].sort((a, b) => Number(b) - Number(a));
  return all.map((frame) => notes(frame).join(" ") || "-").join("\n");
}
