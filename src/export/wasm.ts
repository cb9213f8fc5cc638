/**
 * The export `wasm`: a trained generator as one WebAssembly module without imports, which any host runs without genloom. It
 * holds the kernels that its programs reach, the programs, and the weights; `assembly/generator.ts` describes its functions.
 */
import { Failure, GeneratorProgram } from "../../assembly/generator/layout.js";
import { UsageError } from "../errors.js";
import { sizeOf } from "../graph/shape.js";
import { type TypedArray, Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { inflate } from "../host/inflate.js";
import { pageBytes } from "../host/memory.js";
import type { Trace, Traced } from "../host/traced.js";
import { evaluationStreams, sampleStreams } from "../numbers/streams.js";
import { checkNumber, checkOptions } from "../options.js";
import { weightHash } from "../train/checkpoint.js";
import type { WasmOptions } from "../train/exporting.js";
import { drawnRows, firstInput, type RowFunction, rowsOf, samplesOf, takesLabels } from "../train/sampler.js";
import type { TrainedModel } from "../train/trained.js";
import { describe, type GeneratorDescription } from "./description.js";
import { type CompiledProgram, generatorMemory } from "./generator-memory.js";
import { writeModule } from "./module-writer.js";
import { reachedBy } from "./reach.js";

/** A generator's module, and what its bytes consist of. */
export interface WasmExport {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description: GeneratorDescription;
  readonly parts: { readonly kernels: number; readonly programs: number; readonly weights: number };
}

/** Records of a call, if no limit is given: as many as fit these bytes, as records and as latents. */
const usualBytes = 2 ** 26;
const usualRecords = 65536;
/** Bytes of the records of a call at most, and of its latents: addresses are signed integers of 32 bits. */
const mostBytes = 2 ** 30;

/** Rows that the programs compute at once: a power of two, the largest that keeps the scratch memory below its bytes. */
const mostRows = 64;
const fewestRows = 8;
const scratchBytes = 2 ** 23;

/** A program before it is compiled for some number of rows. */
interface Plan extends Omit<CompiledProgram, "compiled" | "rows"> {
  readonly streams: number;
  /** The number of rows, if it is fixed. */
  readonly fixed?: number | undefined;
  /** Whether all records get the same random numbers, instead of their own. */
  readonly sharesDraws?: boolean;
  build(rows: number): (trace: Trace) => Traced;
}

/** What a sampler's programs are: the same as those of `TrainedModel.sample` and `generate`. */
function samplingPlans({ family, data, shape: record }: TrainedModel): Plan[] {
  const sampler = family.sampler(record, { classCounts: data.classCounts });
  const { name, shape } = firstInput(sampler);
  const { labels } = sampler.inputs;
  const [first] = Object.values(sampler.inputs);
  const fed = labels ? [name, "labels"] : [name];
  const latents = { name, values: sizeOf(shape) };
  const fixed = sampler.rows;
  return [
    {
      ...{ program: GeneratorProgram.Draw, output: latents, streams: sampleStreams, fixed },
      ...(labels && { labels: "drawn" as const }),
      build: (rows) => () => ({ outputs: { [name]: first.draw(rows), ...(labels && { labels: labels.draw(rows) }) } }),
    },
    {
      ...{
        program: GeneratorProgram.Decode,
        input: latents,
        output: { name: "samples", values: sizeOf(record) },
        fixed,
      },
      ...(labels && { labels: "given" as const }),
      // Given latents take no random numbers: see `TrainedModel.generate`.
      streams: sampleStreams + 1,
      build:
        (rows) =>
        ({ input }) => ({ outputs: { samples: samplesOf(sampler, rows, fed, input) } }),
    },
  ];
}

/** The same as `TrainedModel.score`. */
function scorePlan(scorer: RowFunction): Plan {
  const { name, shape } = firstInput(scorer);
  const labelled = takesLabels(scorer);
  return {
    ...{
      program: GeneratorProgram.Score,
      input: { name, values: sizeOf(shape) },
      output: { name: "scores", values: 1 },
    },
    ...{ streams: evaluationStreams, fixed: rowsOf(scorer), sharesDraws: true },
    ...(labelled && { labels: "given" as const }),
    build:
      (rows) =>
      ({ input }) => {
        const classes = labelled && { labels: input("labels", [rows], "i32") };
        return { outputs: { scores: scorer.graph({ [name]: input(name, [rows, ...shape]), ...classes }) } };
      },
  };
}

/**
 * The programs of a model's generator. A score is one of them if it is asked for, or if it needs no weights that samples do
 * not need: the discriminator and the encoder stay behind.
 */
function plansOf(model: TrainedModel, asked: boolean | undefined): readonly Plan[] {
  const { family, shape } = model;
  const sampling = samplingPlans(model);
  const scorer = asked === false || !family.abilities.includes("score") ? undefined : family.scorer?.(shape);
  if (asked && !scorer)
    throw new UsageError(`export: wasm: a model of family ${family.kind} has no score`, { hint: "leave out score" });
  if (!scorer) return sampling;
  const held = new Set(family.sampler(shape).variables);
  return asked || scorer.variables.every((one) => held.has(one)) ? [...sampling, scorePlan(scorer)] : sampling;
}

/** A program for many rows and for one; for one number of rows only, where the bits depend on it. */
function sourcesOf(model: TrainedModel, { build, streams, fixed, sharesDraws, ...plan }: Plan): CompiledProgram[] {
  const form = (rows: number, first: number): CompiledProgram => {
    const options = sharesDraws ? {} : { rows: { count: rows, of: drawnRows, fixed: fixed !== undefined } };
    const compiled = model.runtime.compile(build(rows), { streams, ...options }).compiled();
    return { ...plan, program: plan.program + first, rows, compiled };
  };
  if (fixed !== undefined) return [form(fixed, 0), form(fixed, GeneratorProgram.One)];
  for (let rows = mostRows; ; rows /= 2) {
    const many = form(rows, 0);
    if (many.compiled.plan.bytes <= scratchBytes || rows === fewestRows) return [many, form(1, GeneratorProgram.One)];
  }
}

function texts(limit: number, kind: string, classes: number): Readonly<Record<Failure, string>> {
  return {
    [Failure.Count]: `count must be an integer from 1 to ${limit}, found `,
    [Failure.First]: `first must be an integer >= 0, and first + count below 2147483648, found first `,
    [Failure.Label]:
      classes > 0
        ? `label must be a class from 0 to ${classes - 1}, or -1 in generate for samples of all classes, found `
        : `label must be -1, because this ${kind} was not trained with labels, found `,
    [Failure.Memory]: "out of memory: the host refused to grow the memory to this number of pages: ",
    [Failure.Status]: "a defect of genloom: the kernels stopped with status ",
  };
}

/**
 * Exports a trained model's generator as a module.
 * @throws UsageError if a weight is not finite, or the family has no score; RangeError if `limit` is out of range
 */
export async function exportWasm(model: TrainedModel, options: WasmOptions = {}): Promise<WasmExport> {
  checkOptions("export: wasm", options, ["limit", "score"]);
  const latent = sizeOf(firstInput(model.family.sampler(model.shape)).shape);
  const rowBytes = 4 * Math.max(sizeOf(model.shape), latent);
  const usual = Math.max(1, Math.min(usualRecords, Math.floor(usualBytes / rowBytes)));
  const { limit = usual, score } = options;
  checkNumber("export: wasm", "limit", limit, { whole: true, atLeast: 1, atMost: Math.floor(mostBytes / rowBytes) });
  const plans = plansOf(model, score);
  const sources = plans.flatMap((plan) => sourcesOf(model, plan));
  const weights = await weightsOf(model, sources);
  const scores = plans.some(({ program }) => program === GeneratorProgram.Score);
  const { classes = 0 } = model.family;
  const optional = [...(scores ? ["score"] : []), "inputs", ...(classes > 0 ? ["labels"] : [])];
  const exports = ["generate", "latent", "decode", ...optional, "error", "describe"];
  const reads = plans.filter(({ labels }) => labels === "given").map(({ program }) => program);
  const labelled = [GeneratorProgram.Decode, GeneratorProgram.Score]
    .filter((program) => reads.includes(program))
    .map((program) => (program === GeneratorProgram.Decode ? "decode" : "score"));
  const hash = await weightHash(named(weights));
  const description = describe(model, { limit, exports, latent, hash, ...(classes > 0 && { labelled }) });
  const { range } = model.data;
  const memory = generatorMemory({
    ...{ sources, weights, limit, classes, block: drawnRows },
    description: JSON.stringify(description),
    texts: texts(limit, model.family.kind.toUpperCase(), classes),
    units: [range.shift, range.scale, ...(range.columns ?? []).flatMap(({ scale, offset }) => [scale, offset])],
  });
  const { bytes: template, reach } = await import("../../kernels/generator.js");
  const reached = reachedBy(memory.words, exports, reach);
  const { bytes, kernels } = writeModule({
    template: await inflate(template),
    keeps: (index) => reached.has(index),
    exports: new Set(exports),
    pages: { initial: pagesOf(memory.bytes.initial), maximum: pagesOf(memory.bytes.maximum) },
    data: memory.data,
  });
  return { bytes, description, parts: { kernels, programs: memory.programs, weights: memory.weights } };
}

/** Values of the variables that the programs read. */
async function weightsOf(model: TrainedModel, sources: readonly CompiledProgram[]): Promise<Map<Variable, TypedArray>> {
  const variables = [...new Set(sources.flatMap(({ compiled: { variables } }) => variables))];
  return model.inTurn(async () => {
    const found = new Map<Variable, TypedArray>();
    for (const variable of variables) {
      const { data } = await model.runtime.read(variable);
      if (!data.every(Number.isFinite))
        throw new UsageError(`export: wasm: ${variable.name} is not finite: the training has diverged`, {
          code: "ERR_DIVERGED",
          hint: "export an earlier checkpoint",
        });
      found.set(variable, data);
    }
    return found;
  });
}

const named = (weights: ReadonlyMap<Variable, TypedArray>) =>
  new Map([...weights].map(([{ name, shape }, data]) => [name, new Values(data, shape)]));

const pagesOf = (bytes: number) => Math.ceil(bytes / pageBytes);
