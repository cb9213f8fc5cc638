// How good the presets are: trainings on real data, each judged with its floors. Slow: minutes to hours.
//   node bench/quality/run.js modes|mnist|conditional|stacked|few|sequences|tables|anomaly [--seeds 3] [--minutes 10] [--presets dcgan,r3gan]
//     [--steps 12000] [--threads 1] [--data ../shared/data] [--folder .cache/quality]
// Trainings with a time do as many steps as this computer does in it, or as --steps says; schedules span them. Prints one JSON
// document; runs and grids of samples stay in the folder.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../../scripts/host.js";
import { ensureReady } from "../../scripts/prepare.js";
import { anomaly } from "./anomaly.js";
import { conditional } from "./conditional.js";
import { few } from "./few.js";
import { mnist } from "./mnist.js";
import { modes } from "./modes.js";
import { sequences } from "./sequences.js";
import { stacked } from "./stacked.js";
import { tables } from "./tables.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "3" },
    minutes: { type: "string", default: "10" },
    steps: { type: "string" },
    threads: { type: "string" },
    presets: { type: "string" },
    data: { type: "string", default: join(root, "../shared/data") },
    folder: { type: "string", default: join(root, ".cache/quality") },
  },
});

/** @type {Readonly<Record<string, { presets: string, run: (options: any) => Promise<unknown> }>>} */
const experiments = {
  modes: { presets: "", run: modes },
  mnist: { presets: "dcgan,wgan-gp,sngan,r3gan", run: mnist },
  conditional: { presets: "", run: conditional },
  stacked: { presets: "dcgan,r3gan", run: stacked },
  few: { presets: "dcgan", run: few },
  sequences: { presets: "", run: sequences },
  tables: { presets: "", run: tables },
  anomaly: { presets: "", run: anomaly },
};

const [name] = positionals;
if (!Object.hasOwn(experiments, name ?? "")) {
  process.stderr.write(`run.js: the experiment must be one of ${Object.keys(experiments).join(", ")}, found ${name}\n`);
  process.exit(2);
}
await ensureReady();
const { run, presets } = experiments[name];
const folder = join(values.folder, `${name}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}`);
mkdirSync(folder, { recursive: true });
const rows = await run({
  folder,
  data: values.data,
  seeds: Number(values.seeds),
  minutes: Number(values.minutes),
  ...(values.steps && { steps: Number(values.steps) }),
  ...(values.threads && { threads: Number(values.threads) }),
  presets: (values.presets ?? presets).split(","),
});
process.stdout.write(`${JSON.stringify({ experiment: name, node: process.versions.node, rows }, null, 2)}\n`);
