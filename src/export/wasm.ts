/**
 * The export `wasm`: a trained generator as one WebAssembly module without imports, which any host runs without genloom. It
 * holds the kernels that its programs reach, the programs, and the weights; `assembly/generator.ts` describes its functions.
 */
import { Failure, GeneratorProgram } from "../../assembly/generator/layout.js";
import type { Compiled } from "../compile/compile.js";
import { UsageError } from "../errors.js";
import { sizeOf } from "../graph/shape.js";
import { type TypedArray, Values } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { inflate } from "../host/inlined.js";
import { pageBytes } from "../host/memory.js";
import type { Trace, Traced } from "../host/traced.js";
import { sampleStreams } from "../numbers/streams.js";
import { checkNumber, checkOptions } from "../options.js";
import { weightHash } from "../train/checkpoint.js";
import { firstInput, samplesOf } from "../train/sampler.js";
import type { TrainedModel } from "../train/trained.js";
import { describe, type GeneratorDescription } from "./description.js";
import { type GeneratorSource, generatorMemory } from "./generator-memory.js";
import { writeModule } from "./module-writer.js";
import { reachedBy } from "./reach.js";

export interface WasmOptions {
  /** Maximum number of records of one call; default: as many as 64 MiB hold, at most 65,536. */
  readonly limit?: number;
}

/** A generator's module, and what its bytes consist of. */
export interface WasmExport {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly description: GeneratorDescription;
  readonly parts: { readonly kernels: number; readonly programs: number; readonly weights: number };
}

/** Samples of one step of a seed: see `train/trained.ts`. */
const block = 256;
const usualBytes = 2 ** 26;
const mostRecords = 65536;

/** Rows that the programs compute together: as many as keep the scratch memory below this, a power of two from 8 to 64. */
const scratchBytes = 2 ** 23;

/** The description of a program for some rows. */
interface Plan {
  readonly program: GeneratorProgram;
  readonly values: number;
  readonly output: string;
  readonly input?: string;
  readonly streams: number;
  build(rows: number): (trace: Trace) => Traced;
}

function plansOf(model: TrainedModel): readonly Plan[] {
  const sampler = model.family.sampler(model.shape);
  const values = sizeOf(model.shape);
  const { name, shape } = firstInput(sampler);
  const [first] = Object.values(sampler.inputs);
  return [
    {
      program: GeneratorProgram.Sample,
      values,
      output: "samples",
      streams: sampleStreams,
      build: (rows) => () => ({ outputs: { samples: samplesOf(sampler, rows) } }),
    },
    {
      program: GeneratorProgram.Draw,
      values: sizeOf(shape),
      output: "latents",
      streams: sampleStreams,
      build: (rows) => () => ({ outputs: { latents: first.draw(rows) } }),
    },
    {
      program: GeneratorProgram.Decode,
      values,
      output: "samples",
      input: name,
      // Given latents take no random numbers: see `TrainedModel.generate`.
      streams: sampleStreams + 1,
      build:
        (rows) =>
        ({ input }) => ({ outputs: { samples: samplesOf(sampler, rows, name, input) } }),
    },
  ];
}

/** Compiles the programs for the most rows whose scratch memory is small enough. */
function compiled(model: TrainedModel, plans: readonly Plan[]): { rows: number; sources: GeneratorSource[] } {
  const sampler = model.family.sampler(model.shape);
  for (let rows = sampler.rows ?? 64; ; rows /= 2) {
    const sources = plans.map(({ build, streams, ...plan }): GeneratorSource => {
      const options = { streams, rows: { count: rows, of: block, fixed: sampler.rows !== undefined } };
      const one: Compiled = model.runtime.compile(build(rows), options).compiled();
      return { ...plan, compiled: one };
    });
    const scratch = Math.max(...sources.map(({ compiled: one }) => one.plan.bytes));
    if (scratch <= scratchBytes || rows <= 8 || sampler.rows) return { rows, sources };
  }
}

function texts(limit: number, kind: string): Readonly<Record<Failure, string>> {
  return {
    [Failure.Count]: `count must be an integer from 1 to ${limit}, found `,
    [Failure.First]: `first must be an integer >= 0, and first + count below 2147483648, found first `,
    [Failure.Label]: `label must be -1, because this ${kind} was not trained with labels, found `,
    [Failure.Memory]: "out of memory: the host refused to grow the memory to this number of pages: ",
    [Failure.Status]: "a defect of genloom: the kernels stopped with status ",
    [Failure.Missing]: `this ${kind} has no such function: number `,
    [Failure.Size]: "",
  };
}

/**
 * Exports a trained model's generator as a module.
 * @throws UsageError if a weight is not finite, RangeError if `limit` is out of range
 */
export async function exportWasm(model: TrainedModel, options: WasmOptions = {}): Promise<WasmExport> {
  checkOptions("export: wasm", options, ["limit"]);
  const values = sizeOf(model.shape);
  const usual = Math.max(1, Math.min(mostRecords, Math.floor(usualBytes / (4 * values))));
  const { limit = usual } = options;
  checkNumber("export: wasm", "limit", limit, { whole: true, atLeast: 1, atMost: Math.floor(2 ** 30 / (4 * values)) });
  const { rows, sources } = compiled(model, plansOf(model));
  const tensors = await weightsOf(model, sources);
  const { shape } = firstInput(model.family.sampler(model.shape));
  const exports = ["generate", "latent", "decode", "inputs", "error", "describe"];
  const description = describe(model, {
    limit,
    exports,
    latent: sizeOf(shape),
    hash: await weightHash(named(tensors)),
  });
  const { range } = model.data;
  const memory = generatorMemory({
    sources,
    weights: tensors,
    description: JSON.stringify(description),
    texts: texts(limit, model.family.kind.toUpperCase()),
    ...{ rows, block, limit, values, latent: sizeOf(shape), inputValues: Math.max(sizeOf(shape), 0) },
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

const named = (tensors: ReadonlyMap<Variable, TypedArray>) =>
  new Map([...tensors].map(([{ name, shape }, data]) => [name, new Values(data, shape)]));

const pagesOf = (bytes: number) => Math.ceil(bytes / pageBytes);

/** Values of the variables that the programs read. */
async function weightsOf(model: TrainedModel, sources: readonly GeneratorSource[]): Promise<Map<Variable, TypedArray>> {
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
