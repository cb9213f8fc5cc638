/**
 * Rows of a trained model: all that it draws, those that meet conditions, as many of each value of a column. A cell is never
 * overwritten: a row that misses a condition is drawn again, as a whole.
 */
import { isCategories, type LearnedColumn } from "../../data/tables/column-spec.js";
import { decodeTable } from "../../data/tables/decode.js";
import { layoutOf, tableClasses } from "../../data/tables/spans.js";
import { joinTables, type Table, tableRows } from "../../data/tables/table.js";
import { UsageError } from "../../errors.js";
import { checkOptions } from "../../options.js";
import { finiteSamples } from "../../train/finite-samples.js";
import type { TrainedModel } from "../../train/trained.js";
import { type Condition, holds } from "./where.js";

export interface DrawOptions {
  readonly seed?: number;
  /** Number of the first row of the seed's stream; default 0. */
  readonly first?: number;
  readonly where?: readonly Condition[];
}

const drawOptions = ["seed", "first", "where"];

/** Rows, and how they were drawn. */
export interface DrawnRows {
  readonly table: Table;
  /** Rows that the model drew. */
  readonly drawn: number;
  /** Share of the first draws, one for each row that was asked for, that met the conditions. */
  readonly firstDraws: number;
}

/** Rows that are drawn at a time, at least and at most. */
const [fewestRows, mostRows] = [256, 8192];

/** Draws without a single row after which the conditions count as contradictions, and draws for each row at most. */
const hopeless = 50_000;
const mostPerRow = 1000;

/** The columns of a model of a table. Throws UsageError if it is none. */
export function columnsOfModel({ data }: TrainedModel): readonly LearnedColumn[] {
  if (data.table) return data.table.columns;
  throw new UsageError(`sample: the records of ${data.name} are no rows of a table`, {
    hint: "leave out the options of tables",
  });
}

/**
 * Draws rows of a model of a table.
 * @throws UsageError if the conditions are not met within 50,000 draws, or by fewer than one draw in a thousand;
 *   DivergedError if a value of a sample is not finite
 */
export async function drawRows(model: TrainedModel, count: number, options: DrawOptions = {}): Promise<DrawnRows> {
  checkOptions("drawRows", options, drawOptions);
  const { seed = 0, first = 0, where = [] } = options;
  const columns = columnsOfModel(model);
  const [labels, ...also] = askedClasses(model, where);
  const several = also.length > 0 && "also" in model.family.sampler(model.shape).inputs;
  const asked = { seed, ...(labels !== undefined && { labels }), ...(several && { also }) };
  const found: Table[] = [];
  let [kept, drawn, early] = [0, 0, 0];
  while (kept < count) {
    refuseHopeless({ kept, drawn, count, where });
    const share = drawn === 0 ? 1 : Math.max(kept / drawn, 0.01);
    const size = Math.min(mostRows, Math.max(where.length > 0 ? fewestRows : 1, Math.ceil((count - kept) / share)));
    const { data } = finiteSamples("drawRows", await model.sample(size, { ...asked, first: first + drawn }));
    const table = decodeTable(data, { name: model.data.name, columns });
    const rows = Array.from({ length: size }, (_, row) => row).filter((row) => holds(where, table, row));
    early += rows.filter((row) => drawn + row < count).length;
    const some = rows.slice(0, count - kept);
    if (some.length > 0) found.push(tableRows(table, some));
    kept += some.length;
    drawn += size;
  }
  return { table: joinTables(found), drawn, firstDraws: early / Math.min(count, drawn) };
}

/** The classes that a conditional model is asked for, the values that the conditions want, from the rarest on. */
function askedClasses({ family, data }: TrainedModel, where: readonly Condition[]): number[] {
  if (family.classes === undefined || !data.table) return [];
  const { columns } = data.table;
  const classes = tableClasses(layoutOf(columns));
  const wanted = where.flatMap(({ column, operator, value }) => {
    const spec = columns[column];
    if (operator !== "=" || !isCategories(spec)) return [];
    const text = Number.isNaN(value) ? spec.missing : spec.values[value];
    const found = classes.findIndex((one) => one.column === spec.name && one.value === text);
    return found >= 0 ? [found] : [];
  });
  const counts = data.classCounts ?? [];
  return wanted.sort((a, b) => (counts[a] ?? 0) - (counts[b] ?? 0));
}

interface Progress {
  readonly kept: number;
  readonly drawn: number;
  readonly count: number;
  readonly where: readonly Condition[];
}

function refuseHopeless({ kept, drawn, count, where }: Progress): void {
  if (drawn < hopeless || (kept > 0 && drawn < mostPerRow * count)) return;
  const text = where.map((one) => one.text).join(" and ");
  throw new UsageError(
    kept === 0
      ? `sample: no row of ${drawn} met the conditions: ${text}`
      : `sample: ${kept} rows of ${drawn} met the conditions, and ${count} are asked for: ${text}`,
    { hint: "conditions that contradict each other, or are met by no row of the data, are never met; ask for less" },
  );
}

/**
 * As many rows of each value of a column of categories.
 * @throws UsageError if there is no such column
 */
export async function balancedRows(
  model: TrainedModel,
  count: number,
  name: string,
  options: DrawOptions = {},
): Promise<DrawnRows> {
  checkOptions("balancedRows", options, drawOptions);
  const columns = columnsOfModel(model);
  const column = columns.findIndex((one) => one.name === name);
  const spec = columns[column];
  if (!spec || !isCategories(spec)) {
    const known = columns.filter(isCategories).map((one) => one.name);
    throw new UsageError(`sample: --balance must name a column of categories, found ${JSON.stringify(name)}`, {
      hint: `columns: ${known.join(", ")}`,
    });
  }
  const size = spec.values.length;
  const parts: DrawnRows[] = [];
  for (let value = 0; value < size; value++) {
    const some = Math.floor(count / size) + (value < count % size ? 1 : 0);
    if (some === 0) continue;
    const where = [
      ...(options.where ?? []),
      { column, operator: "=" as const, value, text: `${name} = ${spec.values[value]}` },
    ];
    parts.push(await drawRows(model, some, { ...options, where }));
  }
  const drawn = parts.reduce((sum, one) => sum + one.drawn, 0);
  const held = parts.reduce((sum, one) => sum + one.firstDraws * one.table.rows, 0);
  return { table: joinTables(parts.map(({ table }) => table)), drawn, firstDraws: held / count };
}
