/**
 * NPY, NumPy's array file (NEP 1; numpy.lib.format): "\x93NUMPY", version, header length, a Python dict literal with
 * `descr`, `fortran_order` and `shape`, then the elements.
 */
import {
  type ArrayLayout,
  byteElements,
  elementCount,
  elementsOf,
  emptyFile,
  type Numbering,
  type NumericArray,
  type NumericData,
  promisedCount,
  shortHeader,
} from "./numeric-array.js";
import { BadFileError } from "../../errors.js";
import { halvesToFloats } from "./half.js";

interface NpyType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): NumericData | BigUint64Array | BigInt64Array;
}

const bytePrefix = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Element types by kind and bytes; booleans are bytes, halves are read as f32, 64-bit integers as f64, which must be
 * exact.
 */
const types: ReadonlyMap<string, NpyType> = new Map<string, NpyType>([
  ["b1", Uint8Array],
  ["u1", Uint8Array],
  ["i1", Int8Array],
  ["u2", Uint16Array],
  ["i2", Int16Array],
  ["u4", Uint32Array],
  ["i4", Int32Array],
  ["u8", BigUint64Array],
  ["i8", BigInt64Array],
  ["f2", Uint16Array],
  ["f4", Float32Array],
  ["f8", Float64Array],
]);

/** Whether the bytes start with NPY's magic. */
export function isNpy(bytes: Uint8Array): boolean {
  return bytes.length >= 6 && bytePrefix.every((byte, i) => bytes[i] === byte);
}

/**
 * Reads an NPY file of version 1, 2 or 3 with numbers or booleans, either byte order, C or Fortran order.
 * @param bytes the whole file, decompressed
 * @param name used in messages
 * @returns the elements, always in row-major order
 * @throws BadFileError if the file is empty, truncated, too long, of another type, or not NPY
 */
export function parseNpy(bytes: Uint8Array, name = "NPY data"): NumericArray {
  if (bytes.length === 0) throw emptyFile(name);
  if (!isNpy(bytes)) {
    throw new BadFileError(`${name}: not an NPY file: it does not start with \\x93NUMPY`, {
      code: "ERR_FILE_FORMAT",
      hint: "save one array with numpy.save",
    });
  }
  const { layout, boolean } = readHeader(bytes, name);
  const { shape, elementBytes, offset, rowMajor, elements } = layout;
  promisedCount(shape, elementBytes, bytes.length - offset, name);
  const data = elements(bytes.subarray(offset));
  const ordered = rowMajor ? data : toRowMajor(data, shape);
  return boolean ? { data: ordered, shape, boolean } : { data: ordered, shape };
}

/** The layout from the header; `bytes` are the start of the file. Throws BadFileError if they are not an NPY header. */
export const npyLayout = (bytes: Uint8Array, name: string): ArrayLayout => readHeader(bytes, name).layout;

function readHeader(bytes: Uint8Array, name: string): { layout: ArrayLayout; boolean: boolean } {
  const { text, end: offset } = headerText(bytes, name);
  const { type, little, fortran, shape } = parseHeader(text, name);
  const Type = types.get(type);
  if (Type === undefined) throw unsupported(name, type);
  const boolean = type === "b1";
  const elements = (some: Uint8Array, numberOf: Numbering = (i) => i): NumericData => {
    if (boolean) return byteElements(some).map((byte) => (byte === 0 ? 0 : 1));
    if (Type === Uint8Array) return byteElements(some);
    if (type === "f2") return halvesToFloats(elementsOf(Uint16Array, some, little));
    const data = elementsOf(Type, some, little);
    return data instanceof BigUint64Array || data instanceof BigInt64Array ? exact(data, numberOf, name) : data;
  };
  const rowMajor = !fortran || shape.length < 2;
  const dtype = Type === Uint8Array ? "u8" : "f32";
  return { layout: { dtype, elementBytes: Type.BYTES_PER_ELEMENT, shape, offset, rowMajor, elements }, boolean };
}

/**
 * Writes f32 values as an NPY file of version 1, little-endian, C order, with elements 64-byte aligned as numpy does.
 */
export function formatNpy(data: Float32Array, shape: readonly number[]): Uint8Array {
  const count = elementCount(shape);
  if (count !== data.length)
    throw new RangeError(`formatNpy: shape [${shape.join(", ")}] must have ${count} elements, found ${data.length}`);
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

/** The header's text, and the offset of the elements. The length is u16 in version 1, u32 in 2 and 3. */
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
  /** Kind and bytes, a key of `types`. */
  type: string;
  little: boolean;
  fortran: boolean;
  shape: number[];
}

/** The three keys of the dict literal; numpy writes them in a fixed form, other programs vary quotes and spaces. */
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
  const shape = shapeOf(tuple[1], name);
  // numpy never writes "=" (native); all current computers that might are little-endian.
  return { type: parts[2] + parts[3], little: parts[1] !== ">", fortran: order[1] === "True", shape };
}

/** Maximum number of axes, as in NumPy (NPY_MAXDIMS). */
const mostAxes = 64;

/** Parses sizes such as `3, 4,`; Python 2 wrote 3L. */
function shapeOf(text: string, name: string): number[] {
  const sizes = text.split(",").map((size) => size.trim());
  if (sizes.at(-1) === "") sizes.pop();
  const shape = sizes.map((size) => (/^\d+L?$/.test(size) ? Number.parseInt(size, 10) : Number.NaN));
  if (shape.length <= mostAxes && shape.every(Number.isSafeInteger)) return shape;
  const found =
    shape.length > mostAxes ? `${shape.length} axes` : `(${text.length > 40 ? `${text.slice(0, 40)}…` : text})`;
  throw new BadFileError(`${name}: NPY shape must be at most ${mostAxes} integers, found ${found}`, {
    code: "ERR_FILE_CORRUPT",
    hint: "save the array again with numpy.save",
  });
}

function unsupported(name: string, found: string): BadFileError {
  return new BadFileError(`${name}: element type must be one of ${[...types.keys()].join(", ")}, found ${found}`, {
    code: "ERR_FILE_FORMAT",
    hint: found.includes("O")
      ? "object arrays hold pickles, which cannot be read: convert with .astype('f4')"
      : "convert with .astype('f4') or .astype('u1')",
  });
}

/** 64-bit integers as f64; throws if one is not exact. */
function exact(data: BigUint64Array | BigInt64Array, numberOf: Numbering, name: string): Float64Array {
  const floats = Float64Array.from(data, Number);
  const wrong = floats.findIndex((value) => !Number.isSafeInteger(value));
  if (wrong < 0) return floats;
  throw new BadFileError(`${name}: 64-bit integer at element ${numberOf(wrong)} is beyond 2^53`, {
    code: "ERR_FILE_VALUE",
    hint: "convert with .astype('i4') or .astype('f4')",
  });
}

/** Converts from Fortran order, in which the first axis varies fastest. */
function toRowMajor(data: NumericData, shape: readonly number[]): NumericData {
  const out = data.slice();
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
