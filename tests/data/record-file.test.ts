/** Files that are read in pieces give what the same files give in memory: every element type, in either byte order. */
import { describe, expect, test } from "vitest";
import { datasets, type ParseOptions } from "#src/data/index";
import { inMemory, type StreamedDataset } from "#src/data/stream";
import { formatIdx } from "#src/data/formats/idx";

const [count, width] = [23, 3];

/** An NPY file of [23, 3] elements that `write` puts down. */
function npy(descr: string, write: (view: DataView, at: number, i: number) => void, order = "False"): Uint8Array {
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${count}, ${width}), }\n`;
  const elementBytes = Number(descr.slice(2));
  const bytes = new Uint8Array(10 + dict.length + count * width * elementBytes);
  bytes.set([0x93, ...Buffer.from("NUMPY"), 1, 0, dict.length, 0, ...Buffer.from(dict)]);
  const view = new DataView(bytes.buffer, 10 + dict.length);
  for (let i = 0; i < count * width; i++) write(view, i * elementBytes, i);
  return bytes;
}

const value = (i: number) => ((i * 37) % 101) - 50;
const writers: Readonly<Record<string, (little: boolean) => (view: DataView, at: number, i: number) => void>> = {
  b1: () => (view, at, i) => view.setUint8(at, i % 3), // anything but 0 is true
  u1: () => (view, at, i) => view.setUint8(at, value(i)),
  i1: () => (view, at, i) => view.setInt8(at, value(i)),
  u2: (little) => (view, at, i) => view.setUint16(at, 600 * (value(i) + 50), little),
  i2: (little) => (view, at, i) => view.setInt16(at, 600 * value(i), little),
  u4: (little) => (view, at, i) => view.setUint32(at, 4e7 * (value(i) + 50) + 3, little),
  i4: (little) => (view, at, i) => view.setInt32(at, 4e7 * value(i) + 3, little),
  u8: (little) => (view, at, i) => view.setBigUint64(at, BigInt(9e13 * (value(i) + 50) + 1), little),
  i8: (little) => (view, at, i) => view.setBigInt64(at, BigInt(9e13 * value(i) + 1), little),
  f4: (little) => (view, at, i) => view.setFloat32(at, value(i) / 7, little),
  f8: (little) => (view, at, i) => view.setFloat64(at, value(i) / 7e-30, little),
};
const npyFiles = Object.entries(writers).flatMap(([type, write]): [string, Uint8Array][] =>
  ["<", ">"].map((order) => [`.npy ${order}${type}`, npy(`${order}${type}`, write(order === "<"))]),
);
const idxFiles = [Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array, Float64Array].map(
  (Type): [string, Uint8Array] => {
    const data = Type.from(Array.from({ length: count * width }, (_, i) => (value(i) * 100) / 7));
    return [`IDX ${Type.name}`, formatIdx({ data, shape: [count, width] })];
  },
);
const bits = Uint8Array.from({ length: count * width }, (_, i) => i & 1);

const blob = (bytes: Uint8Array) => new Blob([bytes as Uint8Array<ArrayBuffer>]);

describe.each([
  ...npyFiles,
  ...idxFiles,
  ["bits", formatIdx({ data: bits, shape: [count, width] })] as [string, Uint8Array],
])("%s", (name, bytes) => {
  test.each<Pick<ParseOptions, "range" | "shape">>([{}, { range: [0, 1] }, { shape: [width, 1, 1] }])(
    "as in memory, %o",
    async (own) => {
      const memory = await datasets.parse(bytes, { name, ...own });
      const streamed = await datasets.streamFile(blob(bytes), { name, ...own });
      expect(await inMemory(streamed, Number.POSITIVE_INFINITY)).toEqual(memory);
    },
  );

  test("records in any order, also twice", async () => {
    const { records } = await datasets.parse(bytes, { name });
    const { stream } = await datasets.streamFile(blob(bytes), { name });
    const indices = Int32Array.of(22, 0, 7, 7, 1, 22);
    const expected = [...indices].flatMap((index) => [...records.subarray(index * width, (index + 1) * width)]);
    expect([...(await stream.read(indices))]).toEqual(expected);
  });
});

describe("what cannot be used is named as in memory", () => {
  const wide = (i: number, wrong: number) => (i === 50 ? wrong : value(i));
  test.each([
    ["not finite", npy("<f4", (view, at, i) => view.setFloat32(at, wide(i, Number.NaN), true))],
    ["beyond f32", npy(">f8", (view, at, i) => view.setFloat64(at, wide(i, 1e300)))],
    ["beyond 2^53", npy("<i8", (view, at, i) => view.setBigInt64(at, BigInt(wide(i, 2 ** 60)), true))],
    ["labels", formatIdx({ data: Uint8Array.of(1, 2), shape: [2] })],
  ])("%s", async (_, bytes) => {
    const failure = (loading: Promise<unknown>) =>
      loading.then(
        () => "no error",
        ({ code, message, hint }) => [code, message, hint],
      );
    const found = await failure(datasets.streamFile(blob(bytes), { name: "x" }));
    expect(found).toEqual(await failure(datasets.parse(bytes, { name: "x" })));
    expect(found).not.toBe("no error");
  });

  test("a record read late is still checked", async () => {
    const bytes = npy("<f4", (view, at, i) => view.setFloat32(at, value(i), true));
    const read = async (offset: number, length: number) => bytes.slice(offset, offset + length);
    const { stream } = (await datasets.streamFile({ size: bytes.length, read }, { name: "x" })) as StreamedDataset;
    bytes.fill(0xff, bytes.length - 4);
    await expect(stream.read(Int32Array.of(0, 22))).rejects.toThrow(
      "x: record 22, index 2: NaN is not a finite number",
    );
  });

  test("Fortran order is refused, with what to do", async () => {
    const bytes = npy("<f4", () => undefined, "True");
    await expect(datasets.streamFile(blob(bytes), { name: "x" })).rejects.toMatchObject({
      message: "x: records that are read in pieces must be in C order, found Fortran order",
      hint: expect.stringContaining("ascontiguousarray"),
    });
  });

  test("another number of values than a record has", async () => {
    const streaming = datasets.streamFile(blob(idxFiles[0][1]), { name: "x", shape: [2] });
    await expect(streaming).rejects.toThrow("x: records of [3] cannot be read as [2]");
  });
});

test("labels and classes are those of records in memory", async () => {
  const labels = Int32Array.from({ length: count }, (_, i) => i % 4);
  const data = await datasets.streamFile(blob(idxFiles[0][1]), { labels });
  expect(data).toMatchObject({ labels, classes: 4 });
  await expect(datasets.streamFile(blob(idxFiles[0][1]), { labels: [1] })).rejects.toThrow(
    "23 records must have 23 labels, found 1",
  );
});
