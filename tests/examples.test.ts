/**
 * Every `@example` in a docstring of src/ and bindings/ holds: `expression // expected`, where the expected side is JSON
 * (numbers within 1e-6), or `throws message`. An expression may use all public names, those imported below, and:
 * - `t(numbers)`: a tensor of nested arrays of numbers;
 * - `show(tensor)`: its values, nested, by the f64 reference;
 * - `shape(layer, ...lengths)`: the shape that a layer makes of an input of the given shape;
 * - `runtime`: a runtime of one lane; `tinyGan` and `tinyVae`: models of points in the plane; `tinySequence`: a model of 6 tokens
 *   of 3, and `tinyTokens`: a record of these;
 * - `table(columns)`: a table of numbers, or of texts, which are categories; null where a cell is missing;
 * - `descend(optimizer, times)`: a parameter that was 1, after so many updates by the slope 1 x its value.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import * as genloom from "#binding";
import * as chorale from "#src/data/codecs/chorale";
import * as music from "#src/domains/music/index";
import * as colour from "#src/data/images/colour";
import * as imageFit from "#src/data/images/image-fit";
import * as data from "#src/data/index";
import * as levelCodec from "#src/data/codecs/level";
import * as levelLegend from "#src/domains/levels/legend";
import * as levelNearness from "#src/domains/levels/nearest-window";
import * as levelParts from "#src/domains/levels/broken-parts";
import * as levelPatterns from "#src/domains/levels/pattern-kl";
import * as levelReader from "#src/domains/levels/read-vglc";
import * as levelSolver from "#src/domains/levels/solver";
import * as levelWriter from "#src/domains/levels/write-level";
import * as matching from "#src/domains/molecules/matching";
import * as molecules from "#src/domains/molecules/index";
import * as fileClasses from "#src/domains/file-classes";
import * as reading from "#src/domains/read-files";
import * as smiWriter from "#src/domains/molecules/write-smi";
import * as roll from "#src/data/codecs/roll";
import * as smiles from "#src/data/codecs/smiles";
import * as smilesTokens from "#src/data/codecs/smiles-tokens";
import * as sources from "#src/domains/load";
import * as resample from "#src/data/images/resample";
import * as text from "#src/domains/text/index";
import * as exportHtml from "#src/export/html";
import * as exportJs from "#src/export/js";
import * as files from "#src/files";
import * as idx from "#src/data/formats/idx";
import * as png from "#src/data/formats/png";
import * as safetensors from "#src/data/formats/safetensors";
import * as latent from "#src/models/vae/latent";
import * as mixture from "#src/metrics/mixture";
import * as optimizers from "#src/optimizers/index";
import * as imageSize from "#src/models/gan/image-size";
import { evaluate } from "#src/graph/reference";
import * as respan from "#src/train/respan";
import { Input, type Tensor } from "#src/graph/tensor";
import * as tables from "#src/domains/tables/index";
import { crc32 } from "#src/data/formats/crc32";
import { table } from "./tables/make-table.js";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Example {
  readonly where: string;
  readonly expression: string;
  readonly expected: string;
}

function examples(): Example[] {
  const files = ["src", "bindings"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  );
  return files
    .filter((name) => name.endsWith(".ts"))
    .flatMap((where) =>
      [...readFileSync(root + where, "utf8").matchAll(/@example (.+?)(?: ?\*\/)?$/gm)].map(([, text]) => {
        const [expression, expected] = text.split(" // ");
        return { where, expression, expected };
      }),
    );
}

type Nested = number | readonly Nested[];

function shapeOf(value: Nested): number[] {
  return typeof value === "number" ? [] : [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])];
}

const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));

/** Tensor of nested arrays; large literals would be rounded to f32, so it is an input fed in f64. */
const fed = new Map<Tensor, Float64Array>();
function t(value: Nested): Tensor {
  const made = new Input("example", shapeOf(value));
  fed.set(made, Float64Array.from(flat(value)));
  return made;
}

function nest(values: readonly number[], shape: readonly number[]): Nested {
  if (shape.length === 0) return values[0];
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nest(values.slice(i * size, (i + 1) * size), shape.slice(1)));
}

function show(tensor: Tensor): Nested {
  const feeds = new Map<Tensor, ArrayLike<number>>(fed);
  const [values] = evaluate([tensor], { feeds });
  return nest([...values], tensor.shape);
}

function shape(layer: genloom.layers.Layer, ...lengths: number[]): readonly number[] {
  return new genloom.layers.Network("example", layer).apply(new Input("x", lengths)).shape;
}

function close(found: unknown, expected: unknown): boolean {
  if (typeof found === "number" && typeof expected === "number")
    return Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  if (Array.isArray(found) && Array.isArray(expected))
    return found.length === expected.length && found.every((value, i) => close(value, expected[i]));
  return found === expected;
}

const runtime = await genloom.createRuntime({ threads: 1 });
afterAll(() => runtime.close());

async function descend(optimizer: optimizers.Minimizer, times = 1): Promise<number[]> {
  const p = genloom.variable({ name: "p", shape: [1], data: [1] });
  const loss = genloom.sum(genloom.mul(genloom.square(p), 0.5));
  await runtime.compile(() => ({ updates: optimizer.minimize(loss, [p]) })).run({}, { times });
  return [...(await runtime.read(p)).data];
}

const { dense } = genloom.layers;
const tinyGan = genloom.gan({ latent: 2, generator: dense(2), discriminator: dense(1) });
const likelihood = genloom.likelihoods.gaussian();
const tinyVae = genloom.vae({ latent: 3, encoder: dense(6), decoder: dense(2), likelihood });

const tinySequence = genloom.sequence({
  vocabulary: 3,
  length: 6,
  network: genloom.networks.gru({ width: 4 }),
  width: 4,
});
const tinyTokens = genloom.datasets.tokens({ records: [[0, 1, 2, 0, 1, 2]], vocabulary: 3 });

const own = {
  t,
  table,
  tables,
  crc32,
  tableRows: genloom.tableRows,
  show,
  shape,
  runtime,
  descend,
  tinyGan,
  tinyVae,
  tinySequence,
  tinyTokens,
};
const images = { ...colour, ...imageFit, ...resample, ...imageSize };
const levels = {
  ...levelCodec,
  ...levelLegend,
  ...levelNearness,
  ...levelParts,
  ...levelPatterns,
  ...levelReader,
  ...levelSolver,
  ...levelWriter,
  ...fileClasses,
};
const inner = {
  ...matching,
  ...roll,
  ...molecules,
  ...reading,
  ...smiWriter,
  ...smiles,
  ...smilesTokens,
  ...sources,
  ...chorale,
  ...music,
  ...data,
  ...exportHtml,
  ...exportJs,
  ...files,
  ...idx,
  ...images,
  ...latent,
  ...levels,
  ...mixture,
  ...optimizers,
  ...png,
  ...respan,
  ...safetensors,
  ...text,
};
const scope = { ...inner, ...genloom, ...own };

test.each(examples())("$where: $expression", async ({ expression, expected }) => {
  const run = () =>
    new Function(...Object.keys(scope), `return (async () => (${expression}))()`)(
      ...Object.values(scope),
    ) as Promise<unknown>;
  if (expected.startsWith("throws ")) {
    await expect(run()).rejects.toThrow(expected.slice("throws ".length));
  } else {
    const found = JSON.parse(JSON.stringify(await run()));
    expect(close(found, JSON.parse(expected)), `${JSON.stringify(found)} is not ${expected}`).toBe(true);
  }
});

test("there are examples", () => expect(examples().length).toBeGreaterThan(50));
