/**
 * The memory of an exported generator: addresses of its programs, weights and texts, and the words that
 * `assembly/generator.ts` reads there. `assembly/generator/layout.ts` describes these words.
 */
import { type Failure, GeneratorProgram, GeneratorWord, ProgramWord } from "../../assembly/generator/layout.js";
import { Layout } from "../../assembly/opcode.js";
import type { Compiled } from "../compile/compile.js";
import { encode } from "../compile/encode.js";
import { Part, type Place, resolve, type Storage } from "../graph/storage.js";
import { bytesOf, type TypedArray } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import type { DataSegment } from "./module-writer.js";

/** An input or a result of a program. */
export interface RowValues {
  readonly name: string;
  /** Values of one row. */
  readonly values: number;
}

/** A program of the generator. */
export interface CompiledProgram {
  readonly program: GeneratorProgram;
  /** Rows that it computes at once. */
  readonly rows: number;
  readonly compiled: Compiled;
  /** Its result, and its fed input if there is one. */
  readonly output: RowValues;
  readonly input?: RowValues;
  /** Whether it draws the classes of its rows, as a second result, or gets them, as a second input. */
  readonly labels?: "drawn" | "given" | undefined;
}

/** Everything that a generator's memory holds. */
export interface GeneratorContents {
  readonly sources: readonly CompiledProgram[];
  readonly weights: ReadonlyMap<Variable, TypedArray>;
  readonly description: string;
  /** Texts of the failures, to which the number that was found is added. */
  readonly texts: Readonly<Record<Failure, string>>;
  /** Rows of a block of random numbers. */
  readonly block: number;
  readonly limit: number;
  /** Number of classes; 0: the model was not trained with labels. */
  readonly classes: number;
  /** Shift and scale, then scale and offset of each column. */
  readonly units: readonly number[];
}

export interface GeneratorMemory {
  readonly data: readonly DataSegment[];
  /** Commands of all programs, for finding out what they reach. */
  readonly words: readonly Int32Array[];
  /** Bytes before and after all results and inputs of `limit` records are reserved. */
  readonly bytes: { readonly initial: number; readonly maximum: number };
  /** Bytes of the weights, and of the programs. */
  readonly weights: number;
  readonly programs: number;
}

const header = Layout.Lanes + Layout.LaneBytes;
const errorBytes = 256;
const align = 16;

const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`);

/** Gives addresses one after the other, and keeps what lies there. */
class Memory {
  readonly data: DataSegment[] = [];
  #end = header;

  get end(): number {
    return this.#end;
  }

  reserve(bytes: number): number {
    const address = this.#end;
    this.#end += Math.ceil(bytes / align) * align;
    return address;
  }

  put(bytes: Uint8Array): number {
    const address = this.reserve(bytes.length);
    this.data.push({ address, bytes });
    return address;
  }
}

/** Lays out a generator's memory. */
export function generatorMemory(contents: GeneratorContents): GeneratorMemory {
  const { sources, block, limit, classes, units } = contents;
  const most = (list: readonly (RowValues | undefined)[]) => Math.max(...list.map((one) => one?.values ?? 0));
  const inputBytes = 4 * most(sources.map(({ input }) => input));
  const memory = new Memory();
  const words = new Int32Array(GeneratorWord.Programs + GeneratorProgram.Count * ProgramWord.Size);
  memory.put(bytesOf(words)); // filled in below
  words[GeneratorWord.Limit] = limit;
  words[GeneratorWord.Block] = block;
  words[GeneratorWord.InputBytes] = inputBytes;
  words[GeneratorWord.Classes] = classes;
  words[GeneratorWord.Columns] = units.length / 2 - 1;
  words[GeneratorWord.Units] = memory.put(new Uint8Array(Float64Array.from(units).buffer));
  words[GeneratorWord.Description] = memory.put(text(contents.description));
  Object.entries(contents.texts).forEach(([failure, message]) => {
    words[GeneratorWord.Texts + Number(failure)] = memory.put(text(message));
  });
  words[GeneratorWord.ErrorBuffer] = memory.reserve(errorBytes);
  const before = memory.end;
  const places = new Map<Variable, number>();
  for (const [variable, one] of contents.weights) places.set(variable, memory.put(bytesOf(one)));
  const weights = memory.end - before;
  const scratch = memory.reserve(Math.max(0, ...sources.map(({ compiled }) => compiled.plan.bytes)));
  const placed: Placed[] = [];
  for (const source of sources) {
    const at = GeneratorWord.Programs + source.program * ProgramWord.Size;
    placed.push(place(source, { memory, placed, places, scratch, words: words.subarray(at, at + ProgramWord.Size) }));
  }
  const loaded = placed.map((one) => one.words);
  words[GeneratorWord.Results] = memory.end;
  const initial = memory.end;
  memory.reserve(limit * 4 * most(sources.map(({ output }) => output)));
  words[GeneratorWord.Inputs] = memory.end;
  memory.reserve(limit * inputBytes);
  words[GeneratorWord.Labels] = memory.end;
  if (classes > 0) memory.reserve(limit * 4);
  return {
    data: memory.data,
    words: loaded,
    bytes: { initial, maximum: memory.end },
    weights,
    programs: loaded.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

/** A program in the memory. */
interface Placed {
  /** Its commands. */
  readonly words: Int32Array;
  /** Commands that depend on the weights alone, and where their results are kept. */
  readonly kept: { readonly words: Int32Array; readonly address: number; readonly group: number } | undefined;
}

interface Room {
  readonly memory: Memory;
  /** The programs before it. */
  readonly placed: readonly Placed[];
  readonly places: ReadonlyMap<Variable, number>;
  readonly scratch: number;
  /** The `ProgramWord`s to fill in. */
  readonly words: Int32Array;
}

/**
 * Puts a program into the memory. What depends on the weights alone is kept in the same place as that of an earlier
 * program, if both compute it by the same commands.
 */
function place(
  { compiled, rows, output, input, labels }: CompiledProgram,
  { memory, placed, places, scratch, words }: Room,
): Placed {
  const kept = compiled.invariant?.kept;
  const statics = new Map<Storage, number>();
  for (const one of compiled.statics)
    if (one !== kept) statics.set(one, one.data ? memory.put(bytesOf(one.data)) : memory.reserve(one.bytes));
  const addressOf = (at: Place): number => {
    const { storage, offset } = resolve(at).place;
    const { home } = storage;
    if (home instanceof Part) throw new Error(`${storage.label}: a part of a part`);
    const start =
      home === "static"
        ? statics.get(storage)
        : home === "scratch"
          ? scratch + (compiled.plan.offsets.get(storage) as number)
          : places.get(home as Variable);
    if (start === undefined) throw new Error(`export: ${storage.label} has no place in the generator's memory`);
    return start + offset;
  };
  const encoded = (address: number) => {
    if (kept) statics.set(kept, address);
    return encode(compiled.waves, addressOf, compiled.invariant?.waves);
  };
  const shared = placed.find(({ kept: other }) => {
    if (!kept || !other) return false;
    const one = encoded(other.address);
    return sameWords(one.words.subarray(0, one.start), other.words);
  })?.kept;
  const address = shared?.address ?? (kept ? memory.reserve(kept.bytes) : 0);
  const { words: commands, start: again, rowWords } = encoded(address);
  const start = memory.put(bytesOf(commands));
  const group = shared?.group ?? placed.length;
  words[ProgramWord.Group] = group;
  words[ProgramWord.Commands] = start;
  words[ProgramWord.Rows] = rows;
  words[ProgramWord.Clock] = addressOf(compiled.clock);
  words[ProgramWord.Again] = start + 4 * again;
  if (input) {
    words[ProgramWord.Input] = addressOf(compiled.inputs.get(input.name)?.place as Place);
    words[ProgramWord.InputValues] = input.values;
  }
  if (labels) {
    const at = labels === "drawn" ? compiled.outputs.get("labels") : compiled.inputs.get("labels");
    words[ProgramWord.Labels] = addressOf(at?.place as Place);
  }
  words[ProgramWord.Output] = addressOf(compiled.outputs.get(output.name)?.place as Place);
  words[ProgramWord.Values] = output.values;
  words[ProgramWord.RowWords] = rowWords.length;
  words[ProgramWord.RowEntries] = memory.put(
    bytesOf(Int32Array.from(rowWords.flatMap(({ at, start: first, stride }) => [start + 4 * at, first, stride]))),
  );
  return { words: commands, kept: kept && { words: commands.subarray(0, again), address, group } };
}

const sameWords = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((word, i) => word === b[i]);
