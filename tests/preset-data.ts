/** Small labelled data for each preset. */
import { datasets } from "#binding";
import type { Dataset } from "#src/data/index";
import { tableData } from "#src/data/tables/table-data";
import { type NamedPreset, presetList } from "#src/presets/index";

const images = (side: number): Dataset =>
  datasets.from({
    name: "images",
    records: Uint8Array.from({ length: 40 * side * side }, (_, i) => (i * 7919) % 256),
    shape: [side, side, 1],
    labels: Int32Array.from({ length: 40 }, (_, i) => i % 3),
    classes: 3,
  });

/** Records of tokens 0 to 3 with a class for each; `codec` says what they stand for. */
const tokens = (length: number, vocabulary: number, codec?: { kind: string; rows?: number }): Dataset =>
  datasets.tokens({
    records: Array.from({ length: 40 }, (_, i) => Array.from({ length }, (_, at) => (i * 7 + at) % vocabulary)),
    labels: Int32Array.from({ length: 40 }, (_, i) => i % 3),
    ...{ vocabulary, classes: 3 },
    ...(codec && { codec }),
  });

const small: Readonly<Record<string, () => Dataset>> = {
  ring: () => datasets.ring({ count: 64 }),
  grid: () => datasets.grid({ count: 64 }),
  points: () => datasets.moons({ count: 64 }),
  bars: () => datasets.bars({ size: 3 }),
  "gan/level": () => tokens(16 * 8, 4, { kind: "level", rows: 8 }),
  "rbm/chorale": () => tokens(2 * 88, 2, { kind: "roll" }),
  "rbm/tokens": () => tokens(6, 4),
  ...Object.fromEntries(
    presetList().flatMap(({ kind, name }) => (kind === "sequence" ? [[`sequence/${name}`, () => tokens(6, 4)]] : [])),
  ),
};

/** Four rows of two categories, which are equal as often as not. */
export const twoColumns = (): Dataset =>
  tableData({
    name: "two",
    columns: ["a", "b"].map((name) => ({ name, kind: "category" as const, values: ["x", "y"] })),
    rows: 4,
    cells: [Float64Array.of(0, 1, 0, 1), Float64Array.of(1, 0, 0, 1)],
  });

/** Data that a preset takes, before its normalisation. */
export function presetData({ kind, name, preset }: NamedPreset): Dataset {
  if (preset.table) return twoColumns();
  const others = () => (preset.normalisation(images(16)) === "tokens" ? tokens(16, 4) : images(16));
  return (small[`${kind}/${name}`] ?? small[name] ?? others)();
}
