// Few images: the first 400 monsters of Dungeon Crawl's tiles, with and without augmentation; judged against these images, and
// against the other monsters, which shows whether samples vary as unseen images do.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { augmentations, createRuntime, load, metrics as scores, schedules } from "../../dist/bindings/node.js";
import { loadDataset } from "../../dist/src/files.js";
import { genloom, lanesOf, seedsUpTo, stepsWithin } from "./command.js";
import { npyOf } from "./stacked-digits.js";

const used = 400;

/**
 * Tiles of the category `mon` as RGB over black: the first 400, and the others.
 * @param {string} folder of the tiles
 */
function monsters(folder) {
  const names = readFileSync(join(folder, "tiles-index.txt"), "utf8").trim().split("\n");
  const pixels = gunzipSync(readFileSync(join(folder, "tiles-rgba-32x32-idx4-ubyte.gz"))).subarray(20);
  const chosen = names.flatMap((name, i) => (name.startsWith("mon/") ? [i] : []));
  const bytes = new Uint8Array(chosen.length * 32 * 32 * 3);
  chosen.forEach((tile, i) => {
    for (let pixel = 0; pixel < 1024; pixel++) {
      const from = (tile * 1024 + pixel) * 4;
      for (let colour = 0; colour < 3; colour++)
        bytes[(i * 1024 + pixel) * 3 + colour] = Math.round((pixels[from + colour] * pixels[from + 3]) / 255);
    }
  });
  const size = 32 * 32 * 3;
  return { training: bytes.subarray(0, used * size), heldOut: bytes.subarray(used * size), count: chosen.length };
}

/**
 * The transformations of all augmentations that are compared: those under which a monster remains one.
 */
const transformations = { quarterTurns: false, rotation: 0.1, lumaFlip: false, hue: 0.2, fill: -1 };

/**
 * The augmentations that are compared, as the option `augment` of a GAN's description.
 * @type {Readonly<Record<string, (steps: number) => unknown>>}
 */
const augmented = {
  none: () => undefined,
  adaptive: () => augmentations.adaptive(augmentations.pipeline(transformations), { images: 100_000 }).config,
  scheduled: (steps) =>
    augmentations.pipeline({
      ...transformations,
      probability: schedules.linear(0, { to: 0.6, steps: Math.ceil(steps / 2) }),
    }).config,
};

/** Layers of a discriminator without the augmentation that the preset gives it. @param {any} config */
const plainLayers = ({ layers }) => layers.filter((/** @type {any} */ layer) => layer.kind !== "augment");

/**
 * A recipe with an augmentation in the place of its own.
 * @param {any} recipe @param {unknown} augment
 */
function recipeWith({ config: { augment: _own, ...config }, ...recipe }, augment) {
  const discriminator = { ...config.discriminator, layers: plainLayers(config.discriminator) };
  return { ...recipe, config: { ...config, discriminator, ...(augment !== undefined && { augment }) } };
}

/**
 * Judges runs in pixels against images that no training saw; the training images are then what held-out images are elsewhere, so
 * floors are the training images' scores.
 * @param {string} source images of the trainings @param {string} unseen other images
 * @param {import("./command.js").Effort} effort
 */
async function judgeOfUnseen(source, unseen, { threads }) {
  const runtime = await createRuntime(threads === undefined ? {} : { threads });
  const [heldOut, data] = await Promise.all([source, unseen].map((one) => loadDataset(one, { range: [-1, 1] })));
  const names = ["coverage", "clippedCoverage", "recall", "precision", "density", "clippedDensity"];
  /** @param {string} run */
  const judge = async (run) =>
    scores.evaluate(await load(runtime, run), { data, heldOut, metrics: names, samples: data.count });
  return { judge, close: () => runtime.close() };
}

/** @param {import("./command.js").Effort & { seeds: number, data: string, presets: readonly string[] }} options */
export async function few({ seeds, data, presets: [preset], ...effort }) {
  const { folder } = effort;
  mkdirSync(folder, { recursive: true });
  const { training, heldOut, count } = monsters(join(data, "dcss-tiles"));
  const [source, others] = [join(folder, "monsters.npy"), join(folder, "others.npy")];
  writeFileSync(source, npyOf(training, [used, 32, 32, 3]));
  writeFileSync(others, npyOf(heldOut, [count - used, 32, 32, 3]));
  const unseen = await judgeOfUnseen(source, others, effort);
  const rows = [];
  for (const [name, augment] of Object.entries(augmented)) {
    const plain = ["gan", "--preset", preset, "--data", source];
    const steps = await stepsWithin(effort, [...plain, ...lanesOf(effort)]);
    const recipe = await genloom("presets", `gan/${preset}`, "--data", source, "--steps", steps);
    const model = join(folder, `few-${name}.json`);
    writeFileSync(model, JSON.stringify(recipeWith(recipe, augment(steps))));
    for (const seed of seedsUpTo(seeds)) {
      const out = join(folder, `few-${name}-${seed}`);
      const { seconds } = await genloom(
        "train",
        "gan",
        "--model",
        model,
        ...lanesOf(effort),
        "--data",
        source,
        "--seed",
        seed,
        "--out",
        out,
      );
      const { metrics, floors } = await genloom(
        "evaluate",
        out,
        "--metrics",
        "all",
        "--features",
        "pixels",
        "--on",
        others,
      );
      await genloom("sample", out, "--count", 100, "--out", `${out}.png`);
      const { metrics: ofUnseen, floors: floorsOfUnseen } = await unseen.judge(out);
      rows.push({ augmentation: name, seed, steps, seconds, metrics, floors, unseen: ofUnseen, floorsOfUnseen });
    }
  }
  await unseen.close();
  return rows;
}
