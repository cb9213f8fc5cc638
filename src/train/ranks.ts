/**
 * What the ranks of a group agree on outside of programs: before a training that they train the same, then the length of each
 * chunk of steps, its end, and what was found in it. The sums inside of steps are parts of the step's program.
 */
import { isStreamed, type TrainingData } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { encode } from "../compile/encode.js";
import { resolve, type Storage } from "../graph/storage.js";
import { bytesOf } from "../graph/values.js";
import { agreeOn } from "../host/agree.js";
import type { Group } from "../host/group.js";
import type { Program } from "../host/program.js";
import type { Runtime } from "../host/runtime.js";
import { sha256OfAll } from "../numbers/sha256.js";
import { type TensorMap, weightHash } from "./checkpoint.js";
import { packageVersion } from "./package-version.js";

/** Milliseconds after which a rank that is still busy between two chunks tells the others. */
const beatMilliseconds = 1000;

/** Records of a streamed data set that its digest covers. */
const sampledRecords = 256;

/** What a rank wants to do next. */
export interface Chunk {
  /** Steps to run; those of rank 0 count. */
  readonly steps: number;
  /** Whether a checkpoint may follow after these steps, so that all ranks check their variables. Rank 0's counts. */
  readonly saves: boolean;
  /** Whether the training ends here; that of any rank counts. */
  readonly ends: boolean;
}

/** What must be the same on every rank, by name. */
export type Facts = Readonly<Record<string, string>>;

const shortest = 12;

/** One rank's side of the agreements of a training. */
export class Ranks {
  #beat: ReturnType<typeof setTimeout> | undefined;
  #telling: Promise<unknown> | undefined;

  constructor(private readonly group: Group) {}

  /** Throws UsageError on every rank unless all have the same facts. */
  async check(facts: Facts): Promise<void> {
    const all = await agreeOn<Facts>(this.group, facts, "the agreement before the first step");
    const [first] = all;
    const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
    const list = names.flatMap((name) => {
      const other = all.findIndex((one) => one[name] !== first[name]);
      if (other < 0) return [];
      const text = (rank: number) => `${all[rank][name]?.slice(0, 64) ?? "none"} on rank ${rank}`;
      return [`${name}: ${text(0)}, ${text(other)}`];
    });
    if (list.length === 0) return;
    throw new UsageError(`train: all ${all.length} ranks must train the same, found other ${list.join("; ")}`, {
      code: "ERR_RANKS_DIFFER",
      hint: "start every rank with the same genloom, options and data",
    });
  }

  /** Agrees on the next chunk, once all ranks are ready for it. */
  async chunk(own: Chunk): Promise<Chunk> {
    clearTimeout(this.#beat);
    await this.#telling;
    for (;;) {
      const all = await agreeOn<Chunk | null>(this.group, own, "the agreement on the next steps");
      const chunks = all.filter((one) => one !== null);
      if (chunks.length < all.length) continue;
      const [{ steps, saves }] = chunks;
      return { steps, saves, ends: chunks.some(({ ends }) => ends) };
    }
  }

  /** Tells the other ranks from time to time that this one is alive, until the next `chunk`. */
  busy(): void {
    clearTimeout(this.#beat);
    this.#beat = setTimeout(() => {
      const told = agreeOn(this.group, null, "the agreement on the next steps");
      // An error is thrown by the next exchange.
      this.#telling = told.then(
        () => this.busy(),
        () => undefined,
      );
    }, beatMilliseconds);
  }

  /** The first rank's failure in a step, if any rank has one. */
  async failure<F extends object>(own: F | undefined): Promise<F | undefined> {
    const all = await agreeOn<F | null>(this.group, own ?? null, "the search for values that are not finite");
    return all.find((one) => one !== null) ?? undefined;
  }

  /** Ends what `busy` began. */
  close(): void {
    clearTimeout(this.#beat);
  }
}

/** A training that begins or goes on. */
export interface Meeting {
  readonly group: Group;
  readonly batchStatistics: string;
  readonly runtime: Runtime;
  readonly data: TrainingData;
  /** Compiles the step. */
  readonly program: () => Program;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Completed steps. */
  readonly step: number;
  /** Values of the checkpoint that the training goes on from. */
  readonly weights: TensorMap | undefined;
}

/** Meets the other ranks of a training. Throws UsageError on every rank unless all train the same. */
export async function meet({ group, runtime, data, facts, step, weights, ...how }: Meeting): Promise<Ranks> {
  const text = (value: unknown) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const program = how.program();
  try {
    const ranks = new Ranks(group);
    await ranks.check({
      "version of genloom": packageVersion,
      "build of the kernels": runtime.info.build.replace("-threads", ""),
      data: `${data.name} of ${data.count} records, ${(await digestOf(data)).slice(0, shortest)}`,
      ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, text(value)])),
      "completed steps": text(step),
      "batch statistics": how.batchStatistics,
      ...(weights && { weights: (await weightHash(weights)).slice(0, shortest) }),
      "program of a step": (await digestOfProgram(program)).slice(0, shortest),
    });
    return ranks;
  } finally {
    program.release();
  }
}

/** SHA-256 of a data set in memory; of a streamed one, of some of its records. */
async function digestOf(data: TrainingData): Promise<string> {
  const { count, shape, scale, shift, labels } = data;
  const head = new TextEncoder().encode(JSON.stringify({ count, shape, scale, shift }));
  const parts: Uint8Array[] = [head, ...(labels ? [bytesOf(labels)] : [])];
  if (!isStreamed(data)) return sha256OfAll([...parts, bytesOf(data.records), ...(data.mask ? [data.mask] : [])]);
  const some = Math.min(count, sampledRecords);
  const indices = Int32Array.from({ length: some }, (_, i) => Math.floor((i * count) / some));
  return sha256OfAll([...parts, bytesOf(await data.stream.read(indices))]);
}

/** SHA-256 of a program's words, with numbers of storages for addresses. */
function digestOfProgram(program: Program): Promise<string> {
  const numbers = new Map<Storage, number>();
  const { words } = encode(program.compiled().waves, (at) => {
    const { storage, offset } = resolve(at).place;
    const number = numbers.get(storage) ?? numbers.size;
    numbers.set(storage, number);
    return 2 ** 24 * (number % 128) + (offset % 2 ** 24);
  });
  return sha256OfAll([bytesOf(words)]);
}
