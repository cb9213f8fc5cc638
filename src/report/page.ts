/** The report of a run as one self-contained page: no script, no network, light and dark, wide and narrow. */
import type { HistoryEntry } from "../train/checkpoint.js";
import { escapeHtml } from "../export/escape-html.js";
import { lineChart } from "./chart.js";

/** A titled part of a page; `html` is trusted. */
export interface ReportPart {
  readonly title: string;
  readonly html: string;
}

export interface ReportImage {
  readonly caption: string;
  readonly png: Uint8Array;
}

/** Numbers of steps, by name. */
export type NumbersAt = readonly { readonly step: number; readonly numbers: Readonly<Record<string, number>> }[];

/** Curves of numbers by step. */
export function curvePart(title: string, entries: NumbersAt): ReportPart {
  const names = [...new Set(entries.flatMap(({ numbers }) => Object.keys(numbers)))];
  const series = names.map((name) => ({
    name,
    points: entries.flatMap(({ step, numbers }) =>
      Number.isFinite(numbers[name]) ? [[step, numbers[name]] as const] : [],
    ),
  }));
  return { title, html: lineChart(series, { title: `${title} by step`, xLabel: "step" }) };
}

/** Curves of the losses in a history. */
export const lossPart = (history: readonly HistoryEntry[]): ReportPart =>
  curvePart(
    "Losses",
    history.map(({ step, losses }) => ({ step, numbers: losses })),
  );

/** Images side by side; if there are many, a dozen evenly spaced ones including the first and the last. */
export function imagesPart(title: string, images: readonly ReportImage[]): ReportPart {
  const most = 12;
  const shown =
    images.length <= most
      ? images
      : Array.from({ length: most }, (_, i) => images[Math.round((i * (images.length - 1)) / (most - 1))]);
  const figures = shown.map(
    ({ caption, png }) =>
      `<figure><img alt="${escapeHtml(`${title}: ${caption}`)}" src="${dataUri(png)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`,
  );
  return { title, html: `<div class="images">${figures.join("\n")}</div>` };
}

/** One image in full width. */
export function imagePart(title: string, { caption, png }: ReportImage): ReportPart {
  return {
    title,
    html: `<figure class="large"><img alt="${escapeHtml(title)}" src="${dataUri(png)}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`,
  };
}

/** A table of names and values. */
export function tablePart(title: string, rows: Readonly<Record<string, string | number>>): ReportPart {
  const body = Object.entries(rows).map(
    ([name, value]) =>
      `<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(typeof value === "number" ? String(Number(value.toFixed(4))) : value)}</td></tr>`,
  );
  return { title, html: `<div class="scroll"><table>${body.join("\n")}</table></div>` };
}

/** Preformatted text, collapsed by default. */
export function foldedPart(title: string, text: string): ReportPart {
  return { title, html: `<details><summary>show</summary><pre>${escapeHtml(text)}</pre></details>` };
}

function dataUri(png: Uint8Array): string {
  let binary = "";
  for (let from = 0; from < png.length; from += 8192) binary += String.fromCharCode(...png.subarray(from, from + 8192));
  return `data:image/png;base64,${btoa(binary)}`;
}

const style = `
:root { color-scheme: light dark; --ink: #1c1f24; --paper: #fff; --soft: #5d6672; --rule: #dfe3e8;
  --s0: #1e5adc; --s1: #d9480f; --s2: #2b8a3e; --s3: #9c36b5; --s4: #0b7285; --s5: #a61e4d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #15181c; --soft: #9aa4b0; --rule: #31373f;
  --s0: #74a3ff; --s1: #ff9a62; --s2: #69db7c; --s3: #da9bf0; --s4: #66d9e8; --s5: #faa2c1; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2.2rem 0 .6rem; }
p.lead { margin: .2rem 0 0; color: var(--soft); }
figure { margin: 0; } figcaption { color: var(--soft); font-size: .85rem; }
img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
.images { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(45%, 16rem), 1fr)); }
.images img, .large img { width: 100%; } .large { max-width: 36rem; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; }
@media (max-width: 40rem) { svg text { font-size: 22px; } }
.rule { stroke: var(--rule); } .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .3rem 0 0; padding: 0; }
.key { display: inline-block; width: .8em; height: .8em; margin-right: .4em; border-radius: 2px; background: currentColor; }
${[0, 1, 2, 3, 4, 5].map((i) => `.line.series-${i} { stroke: var(--s${i}); } .key.series-${i} { color: var(--s${i}); }`).join("\n")}
${[0, 1, 2, 3, 4, 5].map((i) => `.bar.series-${i} { fill: var(--s${i}); }`).join("\n")}
.scroll { overflow-x: auto; } table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid var(--rule); font-weight: normal; vertical-align: top; }
.rows td { white-space: nowrap; }
th { color: var(--soft); white-space: nowrap; } td { overflow-wrap: anywhere; } pre { overflow-x: auto; font-size: .85rem; }
`;

/** Sections never contain others. */
const sectionOf = ({ title, html }: ReportPart) => `<section><h2>${escapeHtml(title)}</h2>\n${html}</section>`;

/**
 * A page with a part in the place of the one of the same title, or after the part `after`, or, without either, at the end.
 */
export function withPart(page: string, part: ReportPart, after: string): string {
  const begins = (title: string) => page.indexOf(`<section><h2>${escapeHtml(title)}</h2>`);
  const end = (from: number) => page.indexOf("</section>", from) + "</section>".length;
  const own = begins(part.title);
  if (own >= 0) return page.slice(0, own) + sectionOf(part) + page.slice(end(own));
  const before = begins(after);
  const at = before >= 0 ? end(before) : page.lastIndexOf("</body>");
  return at < 0 ? page : `${page.slice(0, at)}\n${sectionOf(part)}${page.slice(at)}`;
}

/** The complete page. */
export function reportPage({
  title,
  lead,
  parts,
}: {
  readonly title: string;
  readonly lead: string;
  readonly parts: readonly ReportPart[];
}): string {
  const sections = parts.map(sectionOf);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="lead">${escapeHtml(lead)}</p>
${sections.join("\n")}
</body>
</html>
`;
}
