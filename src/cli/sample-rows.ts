/** `genloom sample` of a model of a table: rows as CSV. */
import { readWhole } from "../data/formats/read-file.js";
import { gunzip } from "../data/formats/gzip.js";
import { writeSafely } from "../data/formats/safe-file.js";
import { UsageError } from "../errors.js";
import type { TrainedModel } from "../train/trained.js";
import type { Command } from "commander";
import { path } from "./options.js";
import type { Terminal } from "./terminal.js";

/** Options of tables. */
export interface RowFlags {
  readonly where?: string;
  readonly balance?: string;
  readonly fill?: string;
}

/** Adds the options of tables. */
export const rowFlags = (command: Command): Command =>
  command
    .option(
      "--where <conditions>",
      'of a table: rows that meet "COLUMN OP VALUE", several joined by " and "; OP: = != < <= > >=',
    )
    .option("--balance <column>", "of a table: as many rows of each value of a column")
    .option("--fill <file>", "of a table: the missing cells of a file filled in", path);

/** Throws UsageError if an option of tables is given to another model. */
export function refuseRowOptions({ where, balance, fill }: RowFlags): void {
  const given = Object.entries({ where, balance, fill }).find(([, value]) => value !== undefined);
  if (given)
    throw new UsageError(`sample: --${given[0]} is an option of models of tables with columns of different kinds`, {
      hint: "train one on a .csv file, with gan --preset ctgan or vae --preset tvae",
    });
}

interface RowOptions extends RowFlags {
  readonly count?: number;
  readonly seed: number;
  readonly first: number;
  readonly label?: string;
  readonly labelGrid?: boolean;
  readonly latents?: string;
  readonly means?: boolean;
  readonly temperature?: number;
  readonly out?: string;
}

/** Draws rows and writes them. Returns the exit code. */
export async function sampleRows(
  run: string,
  model: TrainedModel,
  options: RowOptions,
  terminal: Terminal,
): Promise<number> {
  const tables = await import("../domains/tables/index.js");
  refuseOthers(options);
  const { count = 64, seed, first, out } = options;
  const columns = tables.columnsOfModel(model);
  const where = options.where === undefined ? [] : tables.parseWhere(options.where, columns);
  const found = options.fill === undefined ? undefined : await filled(options.fill, model, options.seed);
  const drawn = found
    ? undefined
    : options.balance === undefined
      ? await tables.drawRows(model, count, { seed, first, where })
      : await tables.balancedRows(model, count, options.balance, { seed, first, where });
  const table = found?.table ?? (drawn as NonNullable<typeof drawn>).table;
  const text = found?.text ?? tables.tableCsv(table);
  if (out !== undefined) await writeSafely(out, text);
  if (drawn && where.length + (options.balance === undefined ? 0 : 1) > 0)
    terminal.message(
      `${(100 * drawn.firstDraws).toFixed(1)}% of first draws met the conditions; ${drawn.drawn} rows drawn`,
    );
  terminal.document({
    ...{ run, count: table.rows, seed, columns: columns.map(({ name }) => name) },
    ...(drawn && { first, drawn: drawn.drawn, firstDraws: drawn.firstDraws }),
    ...(found && { filled: found.filled }),
    ...(out === undefined ? { rows: tables.textRows(table).slice(1) } : { file: out }),
  });
  terminal.text(out ?? text.trimEnd());
  return 0;
}

/** Throws UsageError if an option is given that rows do not have. */
function refuseOthers({ label, labelGrid, latents, means, temperature, where, balance, fill, out }: RowOptions): void {
  const given = Object.entries({ label, "label-grid": labelGrid, latents, means, temperature }).find(
    ([, value]) => value,
  );
  if (given)
    throw new UsageError(`sample: --${given[0]} is not an option of models of tables`, {
      hint: "--where 'COLUMN = VALUE' asks for rows with a value",
    });
  if (fill !== undefined && (where !== undefined || balance !== undefined))
    throw new UsageError(
      "sample: --fill completes the rows of a file, so --where and --balance have no rows to choose",
      {
        hint: "leave out the others",
      },
    );
  if (out !== undefined && !out.toLowerCase().endsWith(".csv"))
    throw new UsageError(`sample: --out must end in .csv for rows of a table, found ${out}`, {
      hint: "give --out FILE.csv",
    });
}

/** The rows of a file with their missing cells filled in; columns that the model does not know stay as they are. */
async function filled(file: string, model: TrainedModel, seed: number) {
  const tables = await import("../domains/tables/index.js");
  const columns = tables.columnsOfModel(model);
  const cells = await tables.readAnyCells(await gunzip(await readWhole(file), file), { name: file });
  const known = tables.tableOfCells(cells, columns);
  const { table: samples } = await tables.drawRows(model, tables.fillSamples, { seed });
  const { table, filled: count } = tables.fillRows(known, samples);
  return { table, filled: count, text: tables.filledCsv(cells, known, table) };
}
