/**
 * A machine for kernel tests: one memory, one build of the kernels, a heap that only grows, and the words of programs.
 *
 *     const machine = await createMachine({ lanes: 2 });
 *     const x = machine.put(Float32Array.of(1, 2, 3)), y = machine.reserve(3);
 *     const record = mapRecord({ count: 3, slots: [contiguous(x), contiguous(y)], micros: [{ op: Micro.Exp, out: 1, a: 0 }] });
 *     machine.run([command(Opcode.Map, record)]);
 *     machine.f32(y, 3);
 *     await machine.close();
 *
 * Reads `dist/kernels/<build>.wasm`; lanes above one take the build's `-threads` sibling and live in worker threads.
 */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import * as opcode from "../../assembly/opcode.js";
import {
  Control,
  Header,
  Layout,
  MapWord,
  MicroWord,
  Opcode,
  Slot,
  SlotWord,
  type Status,
} from "../../assembly/opcode.js";

/** Names of opcodes by number, for titles: the constants themselves are inlined. */
export const names = opcode as unknown as Readonly<Record<"Micro" | "ElementType", Readonly<Record<number, string>>>>;

const root = new URL("../../", import.meta.url);
const laneScript = new URL("./lane.js", import.meta.url);

/** The two instruction sets, and whether this engine has each. */
export const builds = (["simd", "relaxed", "wide"] as const).map((build) => ({
  build,
  available: WebAssembly.validate(readFileSync(new URL(`dist/kernels/${build}.wasm`, root))),
}));

export interface MachineOptions {
  build?: "simd" | "relaxed" | "wide";
  /** Lanes that run each program; above one, workers serve the others. */
  lanes?: number;
  /** Take the `-threads` build even with one lane. */
  threads?: boolean;
  /** Bytes of memory behind the lanes' scratch. */
  heapBytes?: number;
  /** Milliseconds that lane 0 waits before it looks up; 0 = for ever. */
  look?: number;
}

/** A program as commands, each a list of words, without its `End`. */
export type Commands = readonly (readonly number[])[];

export class Machine {
  #top: number;
  #workers: Worker[] = [];
  readonly control: Int32Array;

  constructor(
    readonly memory: WebAssembly.Memory,
    readonly exports: {
      run(program: number, times: number): Status;
      resume(): Status;
      describe(): number;
      serve(index: number): void;
    },
    readonly lanes: number,
    readonly module: WebAssembly.Module,
  ) {
    this.#top = Layout.Lanes + lanes * Layout.LaneBytes;
    this.control = new Int32Array(memory.buffer, Layout.Control, Control.Size);
    this.control[Control.Lanes] = lanes;
  }

  /** Address of `count` cells of 4 bytes, 16-byte aligned (plus `shift` bytes), filled with a pattern that is no zero. */
  reserve(count: number, shift = 0): number {
    const address = this.#top + shift;
    this.#top = (address + 4 * count + 15 + 16) & ~15;
    if (this.#top > this.memory.buffer.byteLength)
      throw new RangeError(`harness: heap is full: ${this.#top} of ${this.memory.buffer.byteLength} bytes`);
    new Int32Array(this.memory.buffer, address & ~3, count).fill(0x7fc0dead);
    return address;
  }

  /** Copies an array into the heap and returns its address. */
  put(values: ArrayLike<number> & { readonly BYTES_PER_ELEMENT?: number }, shift = 0): number {
    if (values instanceof Uint8Array) {
      const address = this.reserve(Math.ceil(values.length / 4), shift);
      new Uint8Array(this.memory.buffer, address, values.length).set(values);
      return address;
    }
    const address = this.reserve(values.length, shift);
    const integer = values instanceof Int32Array || values instanceof Uint32Array;
    (integer ? this.i32(address, values.length) : this.f32(address, values.length)).set(values);
    return address;
  }

  f32(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  i32(address: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }

  u8(address: number, count: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, count);
  }

  /** Writes a program into the heap and returns its address, so that it can be run more than once. */
  program(commands: Commands): number {
    return this.put(Int32Array.from([...commands.flat(), Opcode.End, Header.Size, 0, 0, 0]));
  }

  /** Runs commands (or a program already written) `times` times. */
  run(commands: Commands | number, times = 1): Status {
    return this.exports.run(typeof commands === "number" ? commands : this.program(commands), times);
  }

  /** Starts the workers that serve as lanes 1 and up. */
  async start(absent: readonly number[] = []): Promise<void> {
    for (let index = 1; index < this.lanes; index++) {
      if (absent.includes(index)) continue;
      const worker = new Worker(laneScript, { workerData: { module: this.module, memory: this.memory, index } });
      this.#workers.push(worker);
      await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    }
  }

  /** Asks the lanes to return and waits until they have. */
  async close(): Promise<void> {
    const gone = this.#workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
    Atomics.store(this.control, Control.Quit, 1);
    if (this.#workers.length > 0) {
      Atomics.add(this.control, Control.Job, 2);
      Atomics.notify(this.control, Control.Job);
    }
    await Promise.all(gone);
  }
}

/** `absent`: lanes that are counted but never started, to test how a lost lane is noticed. */
export async function createMachine(options: MachineOptions & { absent?: readonly number[] } = {}): Promise<Machine> {
  const { build = "simd", lanes = 1, threads = lanes > 1, heapBytes = 1 << 24, look = 0 } = options;
  const file = new URL(`dist/kernels/${build}${threads ? "-threads" : ""}.wasm`, root);
  const module = await WebAssembly.compile(readFileSync(file));
  const pages = Math.ceil((Layout.Lanes + lanes * Layout.LaneBytes + heapBytes) / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: threads });
  const instance = await WebAssembly.instantiate(module, {
    env: {
      memory,
      abort: () => {
        throw new Error("kernel aborted");
      },
    },
  });
  const machine = new Machine(memory, instance.exports as never, lanes, module);
  machine.control[Control.Look] = look;
  await machine.start(options.absent);
  return machine;
}

const scratch = new DataView(new ArrayBuffer(4));

/** The 32 bits of an f32. */
export function bits(value: number): number {
  scratch.setFloat32(0, value, true);
  return scratch.getInt32(0, true);
}

/** A command: its header, then `words`. */
export function command(
  opcode: Opcode,
  words: readonly number[] = [],
  { flags = 0, id = 0, work = 0 }: { flags?: number; id?: number; work?: number } = {},
): number[] {
  return [opcode, Header.Size + words.length, flags, id, work, ...words];
}

/** One operand of a map record; `view` is [sizes, strides] of a `Strided` one. */
export interface SlotSpec {
  kind: Slot;
  address?: number;
  value?: number;
  buffer?: number;
  view?: readonly [sizes: readonly number[], strides: readonly number[]];
}

export const temporary = (buffer: number): SlotSpec => ({ kind: Slot.Temporary, buffer });
export const contiguous = (address: number): SlotSpec => ({ kind: Slot.Contiguous, address });
export const scalar = (address: number, buffer: number): SlotSpec => ({ kind: Slot.Scalar, address, buffer });
export const constant = (value: number, buffer: number): SlotSpec => ({
  kind: Slot.Constant,
  value: bits(value),
  buffer,
});
export const periodic = (address: number, period: number, buffer: number): SlotSpec => ({
  kind: Slot.Periodic,
  address,
  value: period,
  buffer,
});
export const repeated = (address: number, repeat: number, buffer: number): SlotSpec => ({
  kind: Slot.Repeated,
  address,
  value: repeat,
  buffer,
});
export const strided = (
  address: number,
  sizes: readonly number[],
  strides: readonly number[],
  buffer: number,
): SlotSpec => ({
  kind: Slot.Strided,
  address,
  buffer,
  view: [sizes, strides],
});

/** One micro-operation; `p` and `q` are f32 values unless `integers` is set. */
export interface MicroSpec {
  op: number;
  out: number;
  a?: number;
  b?: number;
  c?: number;
  p?: number;
  q?: number;
  integers?: boolean;
}

/** Words of a map record. `tile` defaults to the largest multiple of all fitting periods. */
export function mapRecord(spec: {
  count: number;
  slots: readonly SlotSpec[];
  micros?: readonly MicroSpec[];
  tile?: number;
  columns?: number;
}): number[] {
  const { count, slots, micros = [], tile = Layout.Tile, columns = count } = spec;
  const views: number[] = [];
  const viewStart = MapWord.Size + slots.length * SlotWord.Size + micros.length * MicroWord.Size;
  const slotWords = slots.flatMap((slot) => {
    if (!slot.view) return [slot.kind, slot.address ?? 0, slot.value ?? 0, 0, slot.buffer ?? 0];
    const value = viewStart + views.length;
    views.push(...slot.view[0], ...slot.view[1]);
    return [slot.kind, slot.address ?? 0, value, slot.view[0].length, slot.buffer ?? 0];
  });
  const microWords = micros.flatMap(({ op, out, a = 0, b = 0, c = 0, p = 0, q = 0, integers = false }) => [
    op,
    out,
    a,
    b,
    c,
    integers ? p : bits(p),
    integers ? q : bits(q),
  ]);
  return [
    count,
    tile,
    slots.length,
    micros.length,
    columns,
    viewStart + views.length,
    ...slotWords,
    ...microWords,
    ...views,
  ];
}

/** A `Map` command over `spec`. */
export function mapCommand(
  spec: Parameters<typeof mapRecord>[0],
  options: { flags?: number; id?: number; work?: number } = {},
): number[] {
  return command(Opcode.Map, mapRecord(spec), options);
}

/** Distance of an f32 from `exact`, an f64, in units of f32's last place there; 0 where both are NaN or round alike to infinity. */
export function ulps(actual: number, exact: number): number {
  const rounded = Math.fround(exact);
  if (Object.is(actual, rounded) && (actual === 0 || !Number.isFinite(actual))) return 0;
  if (!Number.isFinite(actual) || !Number.isFinite(exact)) return Number.POSITIVE_INFINITY;
  return Math.abs(actual - exact) / ulp(exact);
}

/** Spacing of f32 around a finite value. */
function ulp(value: number): number {
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value) || 2 ** -149)), -126);
  return 2 ** (exponent - 23);
}

/** Reproducible numbers in [0, 1) for test data: mulberry32. */
export function randomSource(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
