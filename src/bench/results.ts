/** Reports stored as files: `bench/results/<date>-<processor>-node<version>.json`. */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeSafely } from "../data/formats/safe-file.js";
import type { BenchReport } from "./bench.js";

/** `AMD EPYC 9B14 96-Core Processor` -> `amd-epyc-9b14-96-core-processor` */
const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/\((r|tm)\)/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** Path of a report in a folder of results. A later run on the same day, processor and Node replaces an earlier one. */
export function resultPath(folder: string, { date, machine }: BenchReport): string {
  return join(folder, `${date.slice(0, 10)}-${slug(machine.cpu)}-node${machine.node}.json`);
}

/** @throws BadFileError for any failure of the disk */
export async function writeResult(path: string, report: BenchReport): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeSafely(path, `${JSON.stringify(report, null, 2)}\n`);
}
