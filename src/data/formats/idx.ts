/**
 * IDX, the format of the MNIST files (LeCun, "The MNIST database", file formats): two zero bytes, a type byte, the
 * number of dimensions, each dimension as a big-endian u32, then the elements, big-endian, row-major.
 */
import { gunzip } from "./gzip.js";
import {
  type ArrayLayout,
  byteElements,
  elementCount,
  elementsOf,
  emptyFile,
  inOrder,
  type NumericArray,
  type NumericData,
  promisedCount,
  shortHeader,
} from "./numeric-array.js";
import { BadFileError } from "../../errors.js";

interface NumericConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (elements: ArrayBuffer): NumericData;
}

/** Element types by type byte. */
const types: ReadonlyMap<number, NumericConstructor> = new Map<number, NumericConstructor>([
  [0x08, Uint8Array],
  [0x09, Int8Array],
  [0x0b, Int16Array],
  [0x0c, Int32Array],
  [0x0d, Float32Array],
  [0x0e, Float64Array],
]);

/** Whether decompressed bytes start like an IDX file. */
export function isIdx(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && types.has(bytes[2]) && bytes[3] >= 1;
}

/**
 * Reads an IDX file, gzipped or not.
 * @param bytes the whole file
 * @param name used in messages
 * @returns the elements in row-major order, and the dimensions; u8 elements are a view of the (decompressed) bytes
 * @throws BadFileError if the file is empty, truncated, too long, or not IDX
 * @example (await parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9))).shape // [2]
 */
export async function parseIdx(bytes: Uint8Array, name = "IDX data"): Promise<NumericArray> {
  return parseUnpackedIdx(await gunzip(bytes, name), name);
}

/** `parseIdx` for bytes that are not gzipped. */
export function parseUnpackedIdx(bytes: Uint8Array, name = "IDX data"): NumericArray {
  if (bytes.length === 0) throw emptyFile(name);
  const { shape, elementBytes, offset, elements } = idxLayout(bytes, name);
  promisedCount(shape, elementBytes, bytes.length - offset, name);
  return { data: elements(bytes.subarray(offset)), shape };
}

/** Throws BadFileError if the array has one dimension and so holds labels instead of records. */
export function refuseLabels({ shape }: { readonly shape: readonly number[] }, name: string): void {
  if (shape.length > 1) return;
  throw new BadFileError(`${name}: holds ${shape[0]} single values, not records`, {
    code: "ERR_FILE_FORMAT",
    hint: "this looks like a file of labels: give the images",
  });
}

/** The layout from the header; `bytes` are the start of the file. Throws BadFileError if they are not an IDX header. */
export function idxLayout(bytes: Uint8Array, name: string): ArrayLayout {
  if (bytes.length < 4) throw shortHeader(name, 4, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const Type = types.get(bytes[2]);
  const rank = bytes[3];
  if (!isIdx(bytes) || Type === undefined) {
    const magic = view.getUint32(0).toString(16).padStart(8, "0");
    throw new BadFileError(`${name}: not an IDX file: magic must be 0x000008NN or another type's, found 0x${magic}`, {
      code: "ERR_FILE_FORMAT",
      hint: "give an IDX file such as train-images-idx3-ubyte(.gz), a .npy or a .csv",
    });
  }
  const offset = 4 + 4 * rank;
  if (bytes.length < offset) throw shortHeader(name, offset, bytes.length);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const bytewise = Type === Uint8Array;
  return {
    dtype: bytewise ? "u8" : "f32",
    elementBytes: Type.BYTES_PER_ELEMENT,
    shape,
    offset,
    rowMajor: true,
    elements: (some) => (bytewise ? byteElements(some) : elementsOf(Type, some, false)),
  };
}

/** Writes an IDX file, not gzipped; the element type follows from the array's. */
export function formatIdx({ data, shape }: NumericArray): Uint8Array {
  const code = [...types].find(([, Type]) => data instanceof Type)?.[0];
  if (code === undefined)
    throw new TypeError(`formatIdx: data must have an element type that IDX has, found ${data.constructor.name}`);
  if (shape.length === 0 || shape.length > 255) {
    throw new RangeError(`formatIdx: shape must have 1 to 255 dimensions, found ${shape.length}`);
  }
  if (elementCount(shape) !== data.length) {
    throw new RangeError(
      `formatIdx: shape [${shape.join(", ")}] must have ${elementCount(shape)} elements, found ${data.length}`,
    );
  }
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + data.byteLength);
  const view = new DataView(bytes.buffer);
  bytes[2] = code;
  bytes[3] = shape.length;
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  const elements = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  bytes.set(inOrder(elements, data.BYTES_PER_ELEMENT, false), header);
  return bytes;
}
