/**
 * Writes a generator's module: the template (`assembly/generator.ts`) with the functions that are not needed emptied, the
 * exports that are wanted, bounds of its memory, and data. Nothing is decoded but the outline of the sections, so that it
 * runs in a page too (WebAssembly Core Specification 2.0, section 5.5, Modules).
 */

/** Bytes at an address of the module's memory. */
export interface DataSegment {
  readonly address: number;
  readonly bytes: Uint8Array;
}

export interface ModuleParts {
  readonly template: Uint8Array;
  /** Whether a function keeps its body; the others trap. */
  keeps(index: number): boolean;
  /** Names of the exported functions that are kept; the memory always is. */
  readonly exports: ReadonlySet<string>;
  /** Pages of 64 KiB: at the start, and at most. */
  readonly pages: { readonly initial: number; readonly maximum: number };
  readonly data: readonly DataSegment[];
}

/** The written module, and the bytes of the code within it. */
export interface WrittenModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly kernels: number;
}

const enum Section {
  Memory = 5,
  Export = 7,
  Code = 10,
}

const preamble = 8;

/** The body of a function that is never called: no locals, `unreachable`, `end`. */
const trap = [3, 0, 0x00, 0x0b];

class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  take(length: number): Uint8Array {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

class Writer {
  readonly parts: Uint8Array[] = [];
  length = 0;

  put(bytes: ArrayLike<number>): this {
    const part = bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
    this.parts.push(part);
    this.length += part.length;
    return this;
  }

  unsigned(value: number): this {
    const bytes = [];
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
    return this.put([...bytes, rest]);
  }

  /** LEB128 of a signed number of 32 bits, as `i32.const` takes it. */
  signed(value: number): this {
    const bytes = [];
    let rest = value | 0;
    for (; rest > 63 || rest < -64; rest >>= 7) bytes.push((rest & 127) | 128);
    return this.put([...bytes, rest & 127]);
  }

  section(id: number, content: Writer): this {
    return this.put([id]).unsigned(content.length).append(content);
  }

  append(other: Writer): this {
    for (const part of other.parts) this.put(part);
    return this;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}

function code(reader: Reader, keeps: (index: number) => boolean): Writer {
  const count = reader.unsigned();
  const out = new Writer().unsigned(count);
  for (let index = 0; index < count; index++) {
    const body = reader.take(reader.unsigned());
    if (keeps(index)) out.unsigned(body.length).put(body);
    else out.put(trap);
  }
  return out;
}

function exported(reader: Reader, wanted: ReadonlySet<string>): Writer {
  const kept: Writer[] = [];
  for (let left = reader.unsigned(); left > 0; left--) {
    const name = reader.take(reader.unsigned());
    const [kind] = reader.take(1);
    const index = reader.unsigned();
    if (kind === 0 && !wanted.has(new TextDecoder().decode(name))) continue;
    kept.push(new Writer().unsigned(name.length).put(name).put([kind]).unsigned(index));
  }
  const out = new Writer().unsigned(kept.length);
  for (const one of kept) out.append(one);
  return out;
}

function segments(data: readonly DataSegment[]): Writer {
  const out = new Writer().unsigned(data.length);
  // Active segments of memory 0, at a constant address.
  for (const { address, bytes } of data)
    out.put([0, 0x41]).signed(address).put([0x0b]).unsigned(bytes.length).put(bytes);
  return out;
}

/** The module as bytes. */
export function writeModule({ template, keeps, exports, pages, data }: ModuleParts): WrittenModule {
  const out = new Writer().put(template.subarray(0, preamble));
  for (let at = preamble; at < template.length; ) {
    const reader = new Reader(template, at + 1);
    const length = reader.unsigned();
    const end = reader.at + length;
    const id = template[at];
    if (id === Section.Memory)
      out.section(id, new Writer().unsigned(1).put([1]).unsigned(pages.initial).unsigned(pages.maximum));
    else if (id === Section.Export) out.section(id, exported(reader, exports));
    else if (id === Section.Code) out.section(id, code(reader, keeps));
    else out.put(template.subarray(at, end));
    at = end;
  }
  const kernels = out.length;
  return { bytes: out.section(11, segments(data)).bytes(), kernels };
}
