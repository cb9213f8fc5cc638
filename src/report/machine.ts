/** Report parts of a machine: weights of hidden units, Gibbs chains, free energies of data and samples. */
import { take } from "../data/dataset.js";
import type { Dataset } from "../data/training-data.js";
import { encodePng } from "../data/formats/png.js";
import type { AbleTo } from "../models/abilities.js";
import { lineChart } from "./chart.js";
import { imagePart, type ReportPart } from "./page.js";
import { isImage, sheet } from "./preview.js";
import type { ReportContext } from "./context.js";

const mostFilters = 64;
/** Number of chains, and of states shown of each. */
const chains = 8;
const states = 8;
const sweepsBetween = 25;
/** Maximum records, and samples, in the histograms. */
const mostRecords = 1000;
const bins = 40;

/** Weights and chains, if records are images, and free energies. */
export async function machineParts(model: AbleTo["machine"], { data }: ReportContext): Promise<ReportPart[]> {
  const images = isImage(data.shape) ? [await filters(model), await chainSheet(model, data)] : [];
  return [...images, await freeEnergies(model, data)];
}

/** Weights of the first hidden units as images, each scaled by its own largest weight. */
async function filters(model: AbleTo["machine"]): Promise<ReportPart> {
  const { weights } = await model.parameters();
  const { visible, hidden, shape } = model;
  const count = Math.min(hidden, mostFilters);
  const values = new Float32Array(count * visible);
  for (let unit = 0; unit < count; unit++) {
    const own = Float32Array.from({ length: visible }, (_, i) => weights[i * hidden + unit]);
    const largest = own.reduce((most, w) => Math.max(most, Math.abs(w)), Number.MIN_VALUE);
    values.set(
      own.map((w) => w / largest),
      unit * visible,
    );
  }
  const png = encodePng(sheet(values, shape, { extent: [-1, 1], scale: 1, shift: 0 }));
  const caption = `weights of ${count} of ${hidden} hidden units: white is positive, black negative`;
  return imagePart("Filters", { caption, png });
}

async function chainSheet(model: AbleTo["chains"], data: Dataset): Promise<ReportPart> {
  const count = chains * states;
  const { data: values } = await model.sample(count, { chains, burnIn: 1, thinning: sweepsBetween, means: true });
  const caption = `each column is a Gibbs chain that starts from the data's means, with ${sweepsBetween} sweeps between rows`;
  return imagePart("Gibbs chains", { caption, png: encodePng(sheet(values, data.shape, data)) });
}

/** If the machine's own samples have other free energies than the data, it has not learnt their distribution. */
async function freeEnergies(model: AbleTo["machine"], data: Dataset): Promise<ReportPart> {
  const some = take(data, Math.min(data.count, mostRecords));
  const own = await model.freeEnergy(model.evaluated(some));
  const drawn = await model.freeEnergy(await model.sample(mostRecords, { chains: 100, burnIn: 500, thinning: 50 }));
  const low = Math.min(own.reduce(least), drawn.reduce(least));
  const high = Math.max(own.reduce(most), drawn.reduce(most));
  const width = (high - low) / bins || 1;
  const histogram = (values: Float32Array) => {
    const counts = new Float64Array(bins);
    for (const value of values) counts[Math.min(bins - 1, Math.floor((value - low) / width))]++;
    return Array.from(counts, (seen, bin) => [low + (bin + 0.5) * width, seen / values.length] as const);
  };
  const series = [
    { name: "data", points: histogram(own) },
    { name: "samples", points: histogram(drawn) },
  ];
  const title = "Shares of records by free energy";
  return { title: "Free energies", html: lineChart(series, { title, xLabel: "free energy in nats" }) };
}

const least = (a: number, b: number) => Math.min(a, b);
const most = (a: number, b: number) => Math.max(a, b);
