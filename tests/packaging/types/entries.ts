/** The other entries, as `core.ts` does with the first. */
import * as browser from "genloom/browser";
import * as files from "genloom/browser-files";
import * as bun from "genloom/bun";
import * as bundle from "genloom/bundle";
import * as deno from "genloom/deno";
import * as edge from "genloom/edge";
import * as edgeLight from "genloom/edge-light";
import { loadDataset, openDataset, samplesPng } from "genloom/files";
import { mpi } from "genloom/mpi";
import * as node from "genloom/node";
import { domainOf, levels, molecules, music, readSequences, smilesCodec, text } from "genloom/sequences";
import * as sequencesBundle from "genloom/sequences-bundle";
import { compareTables, drawRows, inferColumns, readCells, readParquet, readTable, tableOf } from "genloom/tables";
import * as tablesBundle from "genloom/tables-bundle";

export const runtimes = () =>
  [browser, files, bun, bundle, deno, edge, edgeLight, node].map(({ createRuntime }) => createRuntime({ threads: 1 }));
export const bindings = [edge.binding, node.binding];

export const dataset = loadDataset("digits.png");
export const opened = openDataset("texts", { stream: true });
export const png = samplesPng;

export const group = mpi({ timeout: 10 });

export const domain = domainOf(undefined);
export const domains = { text, music, molecules, levels };
export const codecs = [smilesCodec];
export const read = (bytes: Uint8Array) => readSequences([{ name: "a.txt", bytes }]);
export const readToo = sequencesBundle.readSequences;

export const cells = readCells(new Uint8Array(), { name: "a.csv" });
export const columns = inferColumns(cells);
export const table = readTable(new Uint8Array(), { name: "a.csv" });
export const parquet = readParquet(new Uint8Array(), { name: "a.parquet" });
export const wide = tableOf;
export const drawn = drawRows;
export const comparison = compareTables;
export const drawnToo = tablesBundle.drawRows;
