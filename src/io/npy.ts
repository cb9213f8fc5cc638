/**
 * NPY, NumPy's array file (NEP 1; numpy.lib.format): "\x93NUMPY", version, header length, a Python dict literal with
 * `descr`, `fortran_order` and `shape`, then the elements.
 */
import {
  type ArrayLayout,
  elementCount,
  emptyFile,
  type NumericArray,
  type NumericData,
  promisedCount,
  shortHeader,
} from "../data/numeric-array.js";
import { BadFileError } from "../errors.js";

interface NpyType {
  readonly make: (length: number) => NumericData;
  readonly read: (view: DataView, offset: number, little: boolean) => number;
}

const bytePrefix = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** By kind and bytes; 64-bit integers arrive as f64 and must be exact in it. */
const types: ReadonlyMap<string, NpyType> = new Map([
  ["b1", { make: (n) => new Uint8Array(n), read: (v, o) => (v.getUint8(o) === 0 ? 0 : 1) }],
  ["u1", { make: (n) => new Uint8Array(n), read: (v, o) => v.getUint8(o) }],
  ["i1", { make: (n) => new Int8Array(n), read: (v, o) => v.getInt8(o) }],
  ["u2", { make: (n) => new Uint16Array(n), read: (v, o, little) => v.getUint16(o, little) }],
  ["i2", { make: (n) => new Int16Array(n), read: (v, o, little) => v.getInt16(o, little) }],
  ["u4", { make: (n) => new Uint32Array(n), read: (v, o, little) => v.getUint32(o, little) }],
  ["i4", { make: (n) => new Int32Array(n), read: (v, o, little) => v.getInt32(o, little) }],
  ["u8", { make: (n) => new Float64Array(n), read: (v, o, little) => Number(v.getBigUint64(o, little)) }],
  ["i8", { make: (n) => new Float64Array(n), read: (v, o, little) => Number(v.getBigInt64(o, little)) }],
  ["f4", { make: (n) => new Float32Array(n), read: (v, o, little) => v.getFloat32(o, little) }],
  ["f8", { make: (n) => new Float64Array(n), read: (v, o, little) => v.getFloat64(o, little) }],
] satisfies [string, NpyType][]);

/** Whether the bytes start with NPY's magic. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= 6 && bytePrefix.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads an NPY file of version 1, 2 or 3 with numbers or booleans, either byte order, C or Fortran order.
 * @param bytes the whole file, unpacked
 * @param name stands in the messages
 * @returns the elements, always in row-major order
 * @throws BadFileError where the file is empty, short, long, of another type, or not NPY
 */
export function parseNpy(bytes: Uint8Array, name = "NPY data"): NumericArray {
  if (bytes.length === 0) throw emptyFile(name);
  if (!isNpy(bytes)) {
    throw new BadFileError(`${name}: not an NPY file: it does not start with \\x93NUMPY`, {
      code: "ERR_FILE_FORMAT",
      hint: "save one array with numpy.save",
    });
  }
  const { text, end } = headerText(bytes, name);
  const { kind, bytes: elementBytes, little, fortran, shape } = parseHeader(text, name);
  const type = types.get(`${kind}${elementBytes}`);
  if (type === undefined) throw unsupported(name, `${kind}${elementBytes}`);
  const count = promisedCount(shape, elementBytes, bytes.length - end, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = type.make(count);
  for (let i = 0; i < count; i++) data[i] = type.read(view, end + i * elementBytes, little);
  if (elementBytes === 8 && kind !== "f") checkExact(data, name);
  const ordered = fortran && shape.length > 1 ? toRowMajor(data, shape, type.make(count)) : data;
  return kind === "b" ? { data: ordered, shape, boolean: true } : { data: ordered, shape };
}

/** What the header says; `bytes` are the file's first ones. Throws BadFileError where they are not an NPY header. */
export function npyLayout(bytes: Uint8Array, name: string): ArrayLayout {
  const { text, end: offset } = headerText(bytes, name);
  const { kind, bytes: elementBytes, little, fortran, shape } = parseHeader(text, name);
  const type = `${kind}${elementBytes}`;
  const dtype = type === "u1" || type === "b1" ? "u8" : type === "f4" && little ? "f32" : undefined;
  return { dtype: fortran && shape.length > 1 ? undefined : dtype, elementBytes, shape, offset };
}

/** Writes f32 values as an NPY file of version 1, little-endian, C order, its elements 64-byte aligned as numpy does. */
export function formatNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = elementCount(shape);
  if (count !== data.length)
    throw new RangeError(`formatNpy: [${shape.join(", ")}] is ${count} elements, got ${data.length}`);
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + 4 * count);
  const view = new DataView(bytes.buffer);
  bytes.set(bytePrefix);
  bytes[6] = 1;
  view.setUint16(8, start - 10, true);
  const text = `${dict.padEnd(start - 11)}\n`;
  for (let i = 0; i < text.length; i++) bytes[10 + i] = text.charCodeAt(i);
  for (let i = 0; i < count; i++) view.setFloat32(start + 4 * i, data[i], true);
  return bytes;
}

/** The header's text, and where the elements start. Version 1 has a u16 length, 2 and 3 a u32. */
function headerText(bytes: Uint8Array, name: string): { text: string; end: number } {
  const version = bytes[6];
  if (bytes.length < 8) throw shortHeader(name, 10, bytes.length);
  if (version < 1 || version > 3) {
    throw new BadFileError(`${name}: NPY version must be 1, 2 or 3, found ${version}.${bytes[7]}`, {
      code: "ERR_FILE_FORMAT",
      hint: "save the array again with numpy.save",
    });
  }
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw shortHeader(name, start, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < end) throw shortHeader(name, end, bytes.length);
  return { text: new TextDecoder().decode(bytes.subarray(start, end)), end };
}

interface NpyHeader {
  kind: string;
  bytes: number;
  little: boolean;
  fortran: boolean;
  shape: number[];
}

/** The three keys of the dict literal; numpy writes them in a fixed form, other writers vary quotes and spaces. */
function parseHeader(text: string, name: string): NpyHeader {
  const descr = /['"]descr['"]\s*:\s*(?:['"]([^'"]*)['"]|(\[))/.exec(text);
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text);
  const tuple = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (descr === null || order === null || tuple === null) {
    const missing = [descr, order, tuple]
      .map((match, i) => (match === null ? ["descr", "fortran_order", "shape"][i] : ""))
      .filter(Boolean);
    throw new BadFileError(`${name}: NPY header has no valid ${missing.join(", ")}`, {
      code: "ERR_FILE_CORRUPT",
      hint: "save the array again with numpy.save",
    });
  }
  if (descr[2] !== undefined) throw unsupported(name, "a structured type");
  const parts = /^([<>|=])([a-zA-Z])(\d*)$/.exec(descr[1]);
  if (parts === null || !types.has(parts[2] + parts[3])) throw unsupported(name, descr[1]);
  const shape = tuple[1]
    .split(",")
    .map((size) => size.replace("L", "").trim())
    .filter((size) => size !== "")
    .map(Number);
  // "=" (native) never leaves numpy; of the machines that would write it, all today are little-endian.
  return { kind: parts[2], bytes: Number(parts[3]), little: parts[1] !== ">", fortran: order[1] === "True", shape };
}

function unsupported(name: string, found: string): BadFileError {
  return new BadFileError(`${name}: element type must be one of ${[...types.keys()].join(", ")}, found ${found}`, {
    code: "ERR_FILE_FORMAT",
    hint: found.includes("O")
      ? "object arrays hold pickles, which are not read: convert with .astype('f4')"
      : "convert with .astype('f4') or .astype('u1')",
  });
}

function checkExact(data: NumericData, name: string): void {
  for (let i = 0; i < data.length; i++) {
    if (Number.isSafeInteger(data[i])) continue;
    throw new BadFileError(`${name}: 64-bit integer at element ${i} is beyond 2^53`, {
      code: "ERR_FILE_VALUE",
      hint: "convert with .astype('i4') or .astype('f4')",
    });
  }
}

/** Fortran order runs the first axis fastest. */
function toRowMajor(data: NumericData, shape: readonly number[], out: NumericData): NumericData {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, size) => product * size, 1));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}
