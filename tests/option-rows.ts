/**
 * A call of every public function and method with options, for options.test.ts: with one known option, and with what the test gives. The
 * objects whose methods are called are here, too.
 */
import * as genloom from "#binding";
import * as data from "#src/data/index";
import { valueScores } from "#src/models/vae/field-scores";
import * as files from "#src/files";
import * as tables from "#src/domains/tables/index";
import { table } from "./tables/make-table.js";

const { binarisation, datasets, layers: L, likelihoods, losses, metrics, objectives, schedules, units } = genloom;

export const runtime = await genloom.createRuntime({ threads: 1 });

export const ring = datasets.ring({ count: 20 });
const bars = datasets.bars({ size: 2 });
const program = runtime.compile(() => ({ outputs: { y: genloom.constant(1) } }));
const gan = genloom.gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
const vae = genloom.vae({
  latent: 2,
  encoder: L.dense(4),
  decoder: L.dense(2),
  likelihood: likelihoods.gaussian(),
});
const rbm = genloom.rbm({ hidden: 2 });
const trainedGan = gan.trained(runtime, [2]);
const trainedVae = vae.trained(runtime, [2]);
const trainedRbm = rbm.trained(runtime, [2, 2, 1]);
const tokens = genloom.sequence({ vocabulary: 3, length: 2, network: L.dense(2) });
const csvBytes = new TextEncoder().encode("x,c\n1,a\n2,b\n");
const pairs = datasets.tokens({ records: [[0, 1]], vocabulary: 3 });
const trainedSequence = tokens.trained(runtime, [2]);
const once = genloom
  .gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) })
  .train(runtime, ring, { steps: 1 });
await once.done;
const trainedOnce = once.model;
export const optimizer = genloom.adam(1e-3);
const smallTable = table({ x: [1, 2], y: ["a", "b"] });
const smallSets = { train: smallTable, heldOut: smallTable, synthetic: smallTable };
const weight = genloom.variable({ name: "weight", shape: [1] });
const network = new L.Network("network", L.dense(2));
export const scope = new L.Scope(network, "scope", {});

/** Objects with public methods, by the name of their class or of the function that makes them. */
export const objects: Readonly<Record<string, object>> = {
  Runtime: runtime,
  Program: program,
  Gan: gan,
  Vae: vae,
  Rbm: rbm,
  TrainedModel: trainedGan,
  TrainedVae: trainedVae,
  TrainedRbm: trainedRbm,
  Sequence: tokens,
  TrainedSequence: trainedSequence,
  Training: gan.train(runtime, ring, { steps: 1 }),
  optimizer,
  loss: losses.hinge(),
  penalty: genloom.penalties.r1(),
  schedule: schedules.constant(1),
  likelihood: likelihoods.bernoulli(),
  objective: objectives.elbo(),
  units: units.bernoulli(),
  binarisation: binarisation.none(),
  layer: L.dense(2),
  Network: network,
  Scope: scope,
  Tensor: genloom.constant(1),
  Values: new genloom.Values(new Float32Array(1), [1]),
};

/** Parameters that look like options but are not. */
export const noOptions = new Set([
  "Tensor", // attributes of an operation
  "attention.0", // named tensors; its options come second
  "writeSafetensors", // metadata with free names
  "metrics.classCoverage", // a classification
  "metrics.mixtureMetrics", // a mixture
  "files.samplesPng", // values and a data set
  "ownUnits", // values and a data set
  "normalisedAs", // two descriptions of data
  "Program.print", // feeds, by the names of the inputs
  "Program.compiled",
  "Program.profile",
  "objective.loss", // terms of a loss
  ...["columnsOfModel", "conditionSpans", "decodeTable", "filledCsv", "holds", "tableClasses", "textRows"].map(
    (name) => `tables.${name}`, // tables, models and layouts
  ),
  "layers.Scope", // options that `apply` has already checked
]);

/** Operations are tested in ops/arguments.test.ts. */
export const operations = new Set<unknown>(
  (
    await Promise.all(
      [
        ...["attention", "convolution", "indexing", "literal", "matmul", "minibatch", "movement", "normalization"],
        ...["pooling", "random", "reduction", "resampling", "spectral"],
      ].map((name) => import(`#src/ops/${name}`)),
    )
  ).flatMap((module) => Object.values(module as object)),
);
operations.add(genloom.gradient);

// biome-ignore lint/suspicious/noExplicitAny: calls that are wrong on purpose have no type
export type Wrong = any;

const features = { values: Float64Array.from({ length: 10 }, (_, i) => i), count: 10, size: 1 };

/** A known option (none if the function has no options), and a call with options. */
export const rows: Readonly<Record<string, readonly [known: string | undefined, call: (options: Wrong) => unknown]>> = {
  Variable: ["shape", genloom.variable],
  variable: ["shape", genloom.variable],
  "optimizer.minimize": ["values", (o) => optimizer.minimize(genloom.constant(1), [], o)],
  "optimizer.apply": ["values", (o) => optimizer.apply(new Map(), optimizer.init([weight]), o)],
  scan: ["carries", (o) => genloom.scan(o, () => ({}))],
  minimize: ["state", (o) => genloom.minimize(optimizer, genloom.constant(1), [weight], o)],
  gradientsOf: ["values", (o) => genloom.gradientsOf(genloom.constant(1), [weight], o)],
  createRuntime: ["threads", genloom.createRuntime],
  localGroup: ["timeout", (o) => genloom.localGroup(2, o)],
  allReduce: ["reduce", (o) => genloom.allReduce(1, o)],
  "datasets.digits": ["count", datasets.digits],
  "datasets.ring": ["count", datasets.ring],
  "datasets.grid": ["count", datasets.grid],
  "datasets.moons": ["seed", datasets.moons],
  "datasets.spiral": ["seed", datasets.spiral],
  "datasets.checkerboard": ["seed", datasets.checkerboard],
  "datasets.bars": ["size", datasets.bars],
  "datasets.from": ["classNames", datasets.from],
  "datasets.parse": ["header", (o) => datasets.parse(new Uint8Array(4), o)],
  "datasets.stream": ["bufferBytes", datasets.stream],
  "datasets.streamFile": ["images", (o) => datasets.streamFile(new Blob(["1"]), o)],
  "tables.readCells": ["header", (o) => tables.readCells(csvBytes, { name: "t.csv", ...o })],
  "tables.readAnyCells": ["header", (o) => tables.readAnyCells(csvBytes, { name: "t.csv", ...o })],
  "tables.readParquet": ["header", (o) => tables.readParquet(csvBytes, { name: "t.parquet", ...o })],
  "tables.readTable": ["lenient", (o) => tables.readTable(csvBytes, { name: "t.csv", ...o })],
  "tables.readMixedTable": ["header", (o) => tables.readMixedTable(csvBytes, { name: "t.csv", ...o })],
  "tables.tableFromCells": [
    "lenient",
    (o) => tables.tableFromCells(tables.readCells(csvBytes, { name: "t.csv" }), o as Wrong),
  ],
  "tables.drawRows": ["where", (o) => tables.drawRows({} as Wrong, 1, o as Wrong)],
  "tables.balancedRows": ["where", (o) => tables.balancedRows({} as Wrong, 1, "c", o as Wrong)],
  "tables.tableData": ["seed", (o) => tables.tableData(table({ x: [0, 1], c: ["a", "b"] }), o as Wrong)],
  "datasets.tokens": ["vocabulary", (o) => datasets.tokens(o as Wrong)],
  "datasets.windows": ["stride", (o) => datasets.windows(o as Wrong)],
  characterCodec: ["alphabet", (o) => data.characterCodec(o as Wrong)],
  "data.batches": ["partial", (o) => data.batches(ring, 2, o)],
  shuffled: ["seed", (o) => data.shuffled(ring, o)],
  split: ["seed", (o) => data.split(ring, 0.5, o)],
  "files.loadDataset": ["count", (o) => files.loadDataset("ring", o)],
  "files.openDataset": ["stream", (o) => files.openDataset("ring", o)],
  dcgan: ["features", genloom.dcgan],
  r3gan: ["width", genloom.r3gan],
  gan: ["discriminatorSteps", (o) => genloom.gan({ latent: 2, ...o })],
  vae: ["likelihood", (o) => genloom.vae({ latent: 2, ...o })],
  rbm: ["persistent", (o) => genloom.rbm({ hidden: 2, ...o })],
  "Gan.train": ["reportEvery", (o) => gan.train(runtime, ring, { steps: 1, ...o })],
  "Vae.train": ["batchSize", (o) => vae.train(runtime, ring, { steps: 1, ...o })],
  "Rbm.train": ["onCheckpoint", (o) => rbm.train(runtime, bars, { steps: 1, ...o })],
  "Gan.sampler": ["temperature", (o) => gan.sampler([2], o)],
  "Vae.sampler": ["means", (o) => vae.sampler([2], o)],
  "Rbm.sampler": ["burnIn", (o) => rbm.sampler([2, 2, 1], o)],
  "Vae.scorer": ["estimate", (o) => vae.scorer([2], o).graph({ records: genloom.randomNormal([1, 2]) })],
  "Vae.scoring": ["estimate", (o) => vae.scoring([2], valueScores, o).graph({ records: genloom.randomNormal([1, 2]) })],
  "TrainedVae.fieldScores": ["estimate", (o) => trainedVae.fieldScores([0, 0], o)],
  "TrainedRbm.fieldScores": ["seed", (o) => trainedRbm.fieldScores([0, 0, 1, 1], o)],
  "TrainedSequence.fieldScores": ["untrained", (o) => trainedSequence.fieldScores([0, 1], o)],
  "TrainedModel.drawnLabels": ["first", (o) => trainedGan.drawnLabels(1, o)],
  "TrainedRbm.classify": ["untrained", (o) => trainedRbm.classify(bars, o)],
  "TrainedModel.score": ["untrained", (o) => trainedGan.score([0, 0], o)],
  "TrainedVae.score": ["estimate", (o) => trainedVae.score([0, 0], o)],
  "TrainedRbm.score": ["seed", (o) => trainedRbm.score([0, 0, 1, 1], o)],
  "TrainedVae.sample": ["means", (o) => trainedVae.sample(1, o)],
  "Vae.posterior": ["training", (o) => vae.posterior(genloom.randomNormal([2, 2]), o)],
  "Vae.observe": ["training", (o) => vae.observe(genloom.randomNormal([2, 2]), [2], o)],
  "Vae.terms": ["training", (o) => vae.terms(genloom.randomNormal([2, 2]), 1, o)],
  "TrainedModel.generate": ["seed", (o) => trainedGan.generate([0, 0], o)],
  "TrainedModel.interpolate": ["path", (o) => trainedGan.interpolate([0, 0], [1, 1], o)],
  "TrainedVae.generate": ["means", (o) => trainedVae.generate([0, 0], o)],
  "TrainedRbm.generate": ["burnIn", (o) => trainedRbm.generate([0, 0, 1, 1], o)],
  "TrainedModel.train": ["historyEvery", (o) => trainedGan.train(ring, { steps: 1, ...o })],
  "TrainedModel.export": ["limit", (o) => trainedOnce.export("wasm", o)],
  load: ["kind", (o) => genloom.load(runtime, new Uint8Array(0), o)],
  "TrainedModel.sample": ["seed", (o) => trainedGan.sample(1, o)],
  "TrainedVae.decode": ["seed", (o) => trainedVae.decode([0, 0], o)],
  "TrainedVae.encode": ["untrained", (o) => trainedVae.encode([0, 0], o)],
  "TrainedVae.reconstruct": ["untrained", (o) => trainedVae.reconstruct([0, 0], o)],
  "TrainedRbm.reconstruct": ["untrained", (o) => trainedRbm.reconstruct([0, 0, 1, 1], o)],
  "TrainedRbm.transform": ["untrained", (o) => trainedRbm.transform([0, 0, 1, 1], o)],
  "TrainedVae.traverse": ["dimensions", (o) => trainedVae.traverse(o)],
  "TrainedVae.logLikelihood": ["k", (o) => trainedVae.logLikelihood([0, 0], o)],
  "TrainedVae.latentUse": ["seed", (o) => trainedVae.latentUse([0, 0], o)],
  "TrainedRbm.sample": ["burnIn", (o) => trainedRbm.sample(1, o)],
  "TrainedRbm.inpaint": ["sweeps", (o) => trainedRbm.inpaint(bars, [1, 1, 0, 0], o)],
  "Sequence.sampler": ["topK", (o) => tokens.sampler([2], o)],
  "Sequence.train": ["batchSize", (o) => tokens.train(runtime, pairs, { steps: 1, ...o })],
  "Sequence.logProbabilities": [
    "training",
    (o) => tokens.logProbabilities(genloom.literal(Int32Array.of(0, 1), [1, 2]), o),
  ],
  "TrainedSequence.sample": ["topP", (o) => trainedSequence.sample(1, o)],
  "TrainedSequence.logLikelihood": ["untrained", (o) => trainedSequence.logLikelihood([0, 1], o)],
  "TrainedSequence.beamSearch": ["width", (o) => trainedSequence.beamSearch(o)],
  tableRows: ["pac", (o) => genloom.tableRows({ spans: [1, 2], ...o })],
  tokenImages: ["smoothing", (o) => genloom.tokenImages({ vocabulary: 3, ...o })],
  "Network.layers": ["dtype", (o) => network.layers([3], undefined, o)],
  gumbelSoftmax: ["hard", (o) => genloom.gumbelSoftmax(genloom.literal([0, 0], [1, 2]), o)],
  crossEntropy: [
    "smoothing",
    (o) => genloom.crossEntropy(genloom.literal([0, 0], [1, 2]), genloom.literal(Int32Array.of(1), [1]), o),
  ],
  randomCategorical: ["topK", (o) => genloom.randomCategorical(genloom.literal([0, 0], [1, 2]), o)],
  "networks.causalConv": ["dilations", (o) => genloom.networks.causalConv(o)],
  "networks.transformer": ["heads", (o) => genloom.networks.transformer(o)],
  "networks.gru": ["width", (o) => genloom.networks.gru(o)],
  "networks.lstm": ["layers", (o) => genloom.networks.lstm(o)],
  sequence: ["width", (o) => genloom.sequence({ vocabulary: 3, length: 2, network: genloom.layers.dense(2), ...o })],
  "metrics.extractor": ["side", (o) => metrics.extractor("pixels", o)],
  "metrics.evaluator": ["samples", (o) => metrics.evaluator(trainedGan, { data: ring, ...o })],
  "metrics.evaluate": ["samples", (o) => metrics.evaluate(trainedGan, { data: ring, ...o })],
  "metrics.watch": ["patience", (o) => metrics.watch({ names: ["fid"], measure: () => Promise.reject() }, o)],
  "metrics.neighbourScores": ["k", (o) => metrics.neighbourScores(runtime, features, features, o)],
  "metrics.kernelDistance": ["blockSize", (o) => metrics.kernelDistance(features, features, o)],
  "metrics.meanDiscrepancy": ["width", (o) => metrics.meanDiscrepancy(runtime, features, features, o)],
  "metrics.slicedWasserstein": ["projections", (o) => metrics.slicedWasserstein(features, features, o)],
  "metrics.imageDiversity": [
    "pairs",
    (o) => metrics.imageDiversity(features, { shape: [1, 1, 1], range: [0, 10], ...o }),
  ],
  "tables.fitCopula": ["seed", (o) => tables.fitCopula(smallTable, o)],
  "tables.sampleCopula": ["seed", (o) => tables.sampleCopula(tables.fitCopula(smallTable), 1, o)],
  "tables.trainSyntheticTestReal": ["target", (o) => tables.trainSyntheticTestReal(smallSets, o)],
  "tables.closestRecord": ["records", (o) => tables.closestRecord(smallSets, o)],
  "tables.compareTables": ["target", (o) => tables.compareTables(smallSets, o)],
  "metrics.trainClassifier": ["batchSize", (o) => metrics.trainClassifier(runtime, ring, o)],
  "metrics.annealedLogPartition": ["temperatures", (o) => metrics.annealedLogPartition(trainedRbm, o)],
  "metrics.reverseLogPartition": ["burnIn", (o) => metrics.reverseLogPartition(trainedRbm, o)],
  "metrics.logLikelihood": ["seed", (o) => metrics.logLikelihood(trainedRbm, bars, 1, o)],
  "metrics.pseudoLikelihood": ["seed", (o) => metrics.pseudoLikelihood(trainedRbm, bars, o)],
  "metrics.freeEnergyGap": ["seed", (o) => metrics.freeEnergyGap(trainedRbm, bars, bars, o)],
  "Runtime.compile": ["streams", (o) => runtime.compile(() => ({}), o)],
  "Runtime.initialize": ["seed", (o) => runtime.initialize([], o)],
  "Program.run": ["times", (o) => program.run({}, o)],
  "Program.tryRun": ["signal", (o) => program.tryRun({}, o)],
  "Program.execute": ["step", (o) => program.execute({}, o)],
  "Network.apply": ["training", (o) => network.apply(genloom.randomNormal([2, 2]), o)],
  "Network.variable": ["trainable", (o) => network.variable("one", { shape: [1], ...o })],
  "objectives.beta": ["freeBits", (o) => objectives.beta(1, o)],
};
