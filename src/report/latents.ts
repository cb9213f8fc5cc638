/** Report parts of models with latents of records: reconstructions, a map of the latents, use of their dimensions. */
import { take } from "../data/dataset.js";
import { encodePng } from "../data/formats/png.js";
import { valuesOf } from "../train/records.js";
import type { AbleTo } from "../models/abilities.js";
import { escapeHtml } from "../export/escape-html.js";
import { imagePart, type ReportPart, tablePart } from "./page.js";
import { isImage, isPoints, sheet } from "./preview.js";
import type { ReportContext } from "./context.js";
import { scatter } from "./scatter.js";

/** Number of records for maps and measures. */
const mapRecords = 2000;
const side = 8;

/** The map of the latents, and the use of their dimensions. */
export async function latentParts(model: AbleTo["encode"], { data }: ReportContext): Promise<ReportPart[]> {
  const some = take(data, Math.min(data.count, mapRecords));
  const { mean } = await model.encode(some);
  const { kl, active } = await model.latentUse(some);
  const latent = kl.length;
  // Most informative dimensions first.
  const order = Array.from(kl.keys()).sort((a, b) => kl[b] - kl[a]);
  const shown = order.length > 1 ? order.slice(0, 2) : [0, 0];
  return [
    {
      title: "Latent map",
      html: latentMap(mean.data, latent, shown as [number, number], some.labels),
    },
    tablePart("Latents", {
      "active dimensions": `${active} of ${latent}`,
      "divergence in nats": kl.reduce((sum, value) => sum + value, 0).toFixed(2),
      "by dimension": order
        .slice(0, 20)
        .map((dimension) => `${dimension}: ${kl[dimension].toFixed(2)}`)
        .join(", "),
    }),
  ];
}

/** Records beside their reconstructions; none if records are neither images nor points. */
export async function reconstructionParts(
  model: AbleTo["reconstruct"],
  { data: all }: ReportContext,
): Promise<ReportPart[]> {
  const data = take(all, Math.min(all.count, mapRecords));
  const { shape } = data;
  if (isPoints(shape)) {
    const { data: values } = await model.reconstruct(data);
    const png = encodePng(scatter(valuesOf("report", data, shape), values));
    return [imagePart("Reconstructions", { caption: "records in grey, their reconstructions in blue", png })];
  }
  if (!isImage(shape)) return [];
  const half = (side * side) / 2;
  const few = take(data, Math.min(half, data.count));
  const originals = valuesOf("report", few, shape);
  const { data: values } = await model.reconstruct(few);
  const size = values.length / few.count;
  const pairs = new Float32Array(2 * values.length);
  // Each row of records is followed by the row of its reconstructions.
  for (let i = 0; i < few.count; i++) {
    const row = Math.floor(i / side) * 2;
    const length = Math.min(side, few.count - Math.floor(i / side) * side);
    const above = row * side + (i % side);
    pairs.set(originals.subarray(i * size, (i + 1) * size), above * size);
    pairs.set(values.subarray(i * size, (i + 1) * size), (above + length) * size);
  }
  const png = encodePng(sheet(pairs, shape, data));
  return [imagePart("Reconstructions", { caption: "records, each with its reconstruction below", png })];
}

const width = 480;

/** Maximum number of classes in a legend. */
const mostNamed = 40;

/** Posterior means of two latent dimensions, coloured by class if there are classes. */
function latentMap(
  means: Float32Array,
  latent: number,
  [across, up]: readonly [number, number],
  labels: Int32Array | undefined,
): string {
  const count = means.length / latent;
  const reach = means.reduce((most, value) => Math.max(most, Math.abs(value)), 3) * 1.05;
  const at = (value: number) => (((value + reach) / (2 * reach)) * width).toFixed(1);
  const classes = labels ? labels.reduce((most, label) => Math.max(most, label), 0) + 1 : 1;
  const color = (label: number) =>
    classes === 1 ? "var(--s0)" : `hsl(${Math.round((360 * label) / classes)} 65% 50%)`;
  const dots = Array.from({ length: count }, (_, i) => {
    const [x, y] = [means[i * latent + across], -means[i * latent + up]];
    return `<circle cx="${at(x)}" cy="${at(y)}" r="2" fill="${color(labels?.[i] ?? 0)}"/>`;
  });
  const key = Array.from(
    { length: labels ? Math.min(classes, mostNamed) : 0 },
    (_, label) => `<li><span class="key" style="color:${color(label)}"></span>${label}</li>`,
  );
  if (labels && classes > mostNamed) key.push(`<li>and ${classes - mostNamed} more</li>`);
  const caption = `means of latents ${across} (across) and ${up} (up), from -${reach.toFixed(1)} to ${reach.toFixed(1)}`;
  return `<figure class="large"><svg viewBox="0 0 ${width} ${width}" role="img" aria-label="${escapeHtml(`Latent map: ${caption}`)}">
<line class="rule" x1="0" x2="${width}" y1="${width / 2}" y2="${width / 2}"/><line class="rule" x1="${width / 2}" x2="${width / 2}" y1="0" y2="${width}"/>
${dots.join("")}
</svg><ul class="legend">${key.join("")}</ul><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}
