/** Records of tokens: their arrays, masks, checks, and what a saved model keeps of them. */
import { describe, expect, test } from "vitest";
import {
  batches,
  characterCodec,
  datasets,
  lengthsOf,
  select,
  shuffled,
  split,
  take,
  withRange,
} from "#src/data/index";

const names = ["emma", "olivia", "ava"];
const codec = characterCodec({ alphabet: ["a", "e", "i", "l", "m", "o", "v"], ended: true });
const records = names.map((name) => codec.encode(name));

describe("datasets.tokens", () => {
  test("ends records of several lengths with token 0 and fills them up with it", () => {
    const data = datasets.tokens({ name: "names", records, codec, labels: [0, 1, 1] });
    expect(data).toMatchObject({ name: "names", count: 3, shape: [7], scale: 1, shift: 0, extent: [0, 7], classes: 2 });
    expect(data.tokens).toEqual({ vocabulary: 8, ended: true, codec: codec.config });
    expect(data.records).toEqual(Uint8Array.of(2, 5, 5, 1, 0, 0, 0, 6, 4, 3, 7, 3, 1, 0, 1, 7, 1, 0, 0, 0, 0));
    expect(data.mask).toEqual(Uint8Array.of(1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0));
    expect(lengthsOf(data)).toEqual(Int32Array.of(5, 7, 4));
    expect(Array.from({ length: 3 }, (_, i) => codec.decode(data.records.subarray(i * 7)))).toEqual(names);
  });

  test("takes the description of a codec in place of it", () => {
    const { config, vocabulary } = codec;
    expect(datasets.tokens({ records, codec: config, vocabulary })).toEqual(datasets.tokens({ records, codec }));
  });

  test("keeps records of one length as they are, without a mask", () => {
    const data = datasets.tokens({ records: [Uint8Array.of(0, 3), [2, 1]] });
    expect([data.records, data.mask, data.shape]).toEqual([Uint8Array.of(0, 3, 2, 1), undefined, [2]]);
    expect(data.tokens).toEqual({ vocabulary: 4, ended: false });
    expect(lengthsOf(data)).toEqual(Int32Array.of(2, 2));
  });

  test("has no mask if no record is filled up, and one if a longer length is asked for", () => {
    expect(
      datasets.tokens({
        records: [
          [1, 2],
          [3, 1],
        ],
        ended: true,
      }).mask,
    ).toBeUndefined();
    const longer = datasets.tokens({
      records: [
        [1, 2],
        [3, 1],
      ],
      ended: true,
      length: 4,
    });
    expect([longer.shape, longer.mask]).toEqual([[4], Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 0)]);
  });

  test("holds tokens of a large vocabulary exactly, as f32", () => {
    const data = datasets.tokens({ records: [Uint16Array.of(65_535, 256), [257, 0]], vocabulary: 65_536 });
    expect(data.records).toEqual(Float32Array.of(65_535, 256, 257, 0));
    expect(datasets.tokens({ records: [[255]] }).records).toEqual(Uint8Array.of(255));
    expect(datasets.tokens({ records: [[256]] }).records).toEqual(Float32Array.of(256));
  });

  test.each([
    [{ records: [] }, "dataset names: must have at least one record, found none"],
    [{ records: [[1], []] }, "dataset names: record 1 must have at least one token, found none"],
    [
      { records: [[1], [2, 0]], ended: true },
      "token 1 of record 1 must be an integer from 1 to 2 (0 is the end), found 0",
    ],
    [{ records: [[1], [2]], vocabulary: 2 }, "token 0 of record 1 must be an integer from 0 to 1, found 2"],
    [{ records: [[1, 1.5]] }, "token 1 of record 0 must be an integer from 0 to 1, found 1.5"],
    [{ records: [[1, -1]] }, "token 1 of record 0 must be an integer from 0 to 1, found -1"],
    [{ records: [[1, 2], [1]] }, "a record must have 2 tokens, found 1 in record 1; ended: true allows shorter ones"],
    [
      { records: [[1], [1, 2, 2]], ended: true, length: 3 },
      "a record must have at most 2 tokens, which with its end are the length 3, found 3 in record 1",
    ],
    [{ records: [[1]], vocabulary: 65_537 }, "vocabulary must be an integer >= 2 and <= 65536, found 65537"],
    [{ records: [[70_000]] }, "vocabulary must be an integer >= 2 and <= 65536, found 65537"],
    [{ records: [[0]] }, "vocabulary must be an integer >= 2 and <= 65536, found 1"],
    [{ records: [[1]], codec, vocabulary: 9 }, "vocabulary must be that of the codec, 8, found 9"],
    [{ records: [[1]], codec, ended: false }, "ended must be that of the codec, true, found false"],
    [{ records: [[1]], labels: [0, 1] }, "1 records must have 1 labels, found 2"],
  ])("rejects %o", (options, message) => {
    const make = () => datasets.tokens({ name: "names", ...options });
    expect(make).toThrow(RangeError);
    expect(make).toThrow(message);
  });

  test("rejects what is not a list of tokens", () => {
    expect(() => datasets.tokens({ records: "abc" as never })).toThrow("records must be an array of lists of tokens");
    expect(() => datasets.tokens({ records: [[1], "abc" as never] })).toThrow("record 1 must be a list of tokens");
    expect(() => datasets.tokens({ records: [[1]], codec: "x" as never })).toThrow("codec must be a codec or its");
    expect(() => datasets.tokens({ records: [[1]], ended: 1 as never })).toThrow(
      "ended must be true or false, found 1",
    );
    expect(() => datasets.tokens({ records: [[1]], stride: 2 } as never)).toThrow('unknown option "stride"');
  });

  test("has no range", () => {
    expect(() => withRange(datasets.tokens({ name: "names", records, codec }), 0, 1)).toThrow(
      "withRange: the records of names are tokens, which have no range",
    );
    expect(() => lengthsOf(datasets.ring({ count: 2 }))).toThrow("data must be records of tokens, found ring");
  });
});

describe("parts of data with tokens", () => {
  const data = datasets.tokens({
    records: Array.from({ length: 20 }, (_, i) => Array.from({ length: 1 + (i % 3) }, () => i + 1)),
    ended: true,
    labels: Array.from({ length: 20 }, (_, i) => i % 5),
  });

  test.each([
    ["take", take(data, 7)],
    ["select", select(data, [4, 19, 0])],
    ["shuffled", shuffled(data, { seed: 3 })],
    ["split", split(data, 0.75, { seed: 1 }).valid],
  ])("%s keeps tokens, masks and labels together", (_, part) => {
    expect(part.tokens).toBe(data.tokens);
    const lengths = lengthsOf(part);
    for (let i = 0; i < part.count; i++) {
      const record = part.records[i * 4] - 1;
      expect([lengths[i], part.labels?.[i]]).toEqual([2 + (record % 3), record % 5]);
    }
  });

  test("batches are the numbers themselves", () => {
    const [batch] = batches(data, 2);
    expect([...batch.values]).toEqual([1, 0, 0, 0, 2, 2, 0, 0]);
    expect([...(batch.mask ?? [])]).toEqual([1, 1, 0, 0, 1, 1, 1, 0]);
  });
});
