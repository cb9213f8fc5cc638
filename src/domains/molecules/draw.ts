/** Drawings of molecules by OpenChemLib: one, a sheet of many as SVG, and a grid for reports. */
import { escapeHtml } from "../../export/escape-html.js";
import { type OpenChemLib, withoutDrawings } from "./open-chem-lib.js";
import { smilesFault } from "./validity.js";

/** Sides of a drawing and height of the text below, in CSS pixels. */
const width = 200;
const height = 150;
const textHeight = 24;
/** Blank border of a drawing. */
const margin = 8;
/** Length of a bond, so that all molecules but large ones have one scale. */
const bondLength = 30;

/**
 * A molecule as SVG of 200 x 150 pixels with a transparent background; undefined if its SMILES is not valid.
 * @param id begins the ids within the drawing; it must differ between drawings of one document
 */
export function drawMolecule(library: OpenChemLib, smiles: string, id = "molecule"): string | undefined {
  if (smilesFault(smiles) !== undefined) return undefined;
  try {
    const svg = library.Molecule.fromSmiles(smiles).toSVG(width - 2 * margin, height - 2 * margin, id, {
      inflateToMaxAVBL: true,
      maxAVBL: bondLength,
      suppressChiralText: true,
      suppressCIPParity: true,
      suppressESR: true,
    });
    return framed(svg);
  } catch {
    return undefined;
  }
}

/** The drawing with its border, and without the invisible shapes that OpenChemLib adds for pointers. */
function framed(svg: string): string {
  const lines = svg.split("\n").filter((line) => !line.includes('class="event"'));
  const view = `viewBox="${-margin} ${-margin} ${width} ${height}"`;
  return lines
    .join("\n")
    .replace(/width="[^"]*" height="[^"]*" viewBox="[^"]*"/, `width="${width}" height="${height}" ${view}`);
}

/**
 * Molecules as one SVG: drawings in rows, each with its SMILES below. One that is not valid is a frame that says so.
 * @param columns drawings in a row
 */
export function drawSheet(library: OpenChemLib, texts: readonly string[], columns = 6): string {
  const across = Math.max(1, Math.min(columns, texts.length));
  const cell = height + textHeight;
  const rows = Math.ceil(texts.length / across);
  const cells = texts.map((text, index) => {
    const at = `translate(${(index % across) * width} ${Math.floor(index / across) * cell})`;
    const drawing = drawMolecule(library, text, `molecule${index}`) ?? emptyFrame;
    return `<g transform="${at}">${drawing}\n${caption(text)}</g>`;
  });
  const sides = [across * width, rows * cell];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${sides[0]}" height="${sides[1]}" viewBox="0 0 ${sides.join(" ")}">
<rect width="100%" height="100%" fill="#fff"/>
${cells.join("\n")}
</svg>
`;
}

/** Characters of a text that have room below a drawing. */
const fits = 26;

/** Text in the middle below a drawing; of a long one the beginning, and all of it where a pointer rests. */
function caption(text: string): string {
  const shown = text.length > fits ? `${text.slice(0, fits - 1)}…` : text;
  const title = text.length > fits ? `<title>${escapeHtml(text)}</title>` : "";
  return middleText(height + textHeight / 2, `font-family="monospace" fill="#444"`, `${escapeHtml(shown)}${title}`);
}

const middleText = (y: number, style: string, content: string) =>
  `<text x="${width / 2}" y="${y}" text-anchor="middle" font-size="12" ${style}>${content}</text>`;

const box = `x="${margin}" y="${margin}" width="${width - 2 * margin}" height="${height - 2 * margin}"`;
const emptyFrame = `<rect ${box} fill="none" stroke="#bbb"/>
${middleText(height / 2, 'font-family="sans-serif" fill="#888"', "not valid")}`;

const grid =
  "display:grid;gap:.6rem;grid-template-columns:repeat(auto-fill,minmax(min(45%,10rem),1fr));margin:0;padding:0;list-style:none";
const label = "overflow-wrap:anywhere;text-align:center";

/**
 * Molecules as HTML: a grid of drawings with their SMILES below. Drawings are images, so that a page's style does not reach them.
 * Without OpenChemLib only the SMILES, and a sentence that names the package.
 */
export function moleculesHtml(library: OpenChemLib | undefined, texts: readonly string[]): string {
  if (library === undefined) {
    const items = texts.map((text) => `<li><code>${escapeHtml(text)}</code></li>`);
    return `<p>SMILES only: ${escapeHtml(withoutDrawings)}.</p>\n<ul>${items.join("\n")}</ul>`;
  }
  const figures = texts.map(
    (text) =>
      `<figure>${image(library, text)}<figcaption style="${label}"><code>${escapeHtml(text)}</code></figcaption></figure>`,
  );
  return `<div style="${grid}">${figures.join("\n")}</div>`;
}

function image(library: OpenChemLib, text: string): string {
  const frame = `aspect-ratio:${width}/${height};box-sizing:border-box;border-radius:4px;`;
  const drawing = drawMolecule(library, text);
  if (drawing === undefined) {
    return `<div style="${frame}display:grid;place-items:center;border:1px dashed;opacity:.6">not valid</div>`;
  }
  const source = `data:image/svg+xml,${encodeURIComponent(drawing)}`;
  return `<img style="${frame}width:100%;background:#fff" alt="${escapeHtml(text)}" src="${source}">`;
}
