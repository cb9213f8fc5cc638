/** Texts written to files and pages. */
import { escapeHtml } from "../../export/escape-html.js";
import type { Texts } from "../domain.js";

/** Between long texts in one file: a line of hyphens between empty ones. */
const separator = `\n\n${"-".repeat(40)}\n\n`;

/** A `.txt` file of samples: one line each, or long texts with a line of hyphens between them. */
export const writeText = ({ codec, texts }: Texts): string => `${texts.join(codec.ended ? "\n" : separator)}\n`;

/** Samples as HTML: lines as a list in columns, long texts each in a block that keeps its lines. */
export function textHtml({ codec, texts }: Texts): string {
  const kept = "white-space:pre-wrap;overflow-wrap:anywhere";
  if (!codec.ended) return texts.map((text) => `<pre style="${kept}">${escapeHtml(text)}</pre>`).join("\n");
  const items = texts.map((text) => `<li style="${kept}">${escapeHtml(text)}</li>`);
  return `<ul style="columns:12rem;list-style:none;padding:0">\n${items.join("\n")}\n</ul>`;
}
