/** The codec of characters, and codecs from their descriptions. */
import { describe, expect, test } from "vitest";
import { alphabetOf, characterCodec, codecFrom } from "#src/data/index";

describe("characterCodec", () => {
  test("has one token per code point, in the order of code points", () => {
    const alphabet = alphabetOf(["zebra 🦓", "\n", "Éa"]);
    expect(alphabet).toEqual(["\n", " ", "a", "b", "e", "r", "z", "É", "🦓"]);
    const codec = characterCodec({ alphabet, ended: false });
    expect(codec.encode("🦓az")).toEqual([8, 2, 6]);
    expect(codec.decode(Uint8Array.of(8, 2, 6))).toBe("🦓az");
    expect([codec.vocabulary, codec.ended]).toEqual([9, false]);
    expect(characterCodec({ alphabet, ended: true }).encode("🦓az")).toEqual([9, 3, 7]);
  });

  test("sorts characters beyond the first 65,536 behind all others", () => {
    // As UTF-16 halves, U+1F993 would stand before U+FF01.
    expect(alphabetOf(["🦓\uff01"])).toEqual(["\uff01", "🦓"]);
  });

  test("decodes up to the first end", () => {
    const codec = characterCodec({ alphabet: ["a", "b"], ended: true });
    expect(codec.decode([2, 1, 0, 2, 0])).toBe("ba");
    expect(codec.decode([0, 1])).toBe("");
    expect(codec.decode([1, 2])).toBe("ab");
    expect(() => codec.decode([1, 3])).toThrow("a token must be an integer from 0 to 2, found 3 at position 1");
    expect(() => characterCodec({ alphabet: ["a"], ended: false }).decode([1])).toThrow("from 0 to 0, found 1");
  });

  test("names line and column of a character that has no token", () => {
    const codec = characterCodec({ alphabet: ["\n", "a", "🦓"], ended: false });
    const message = '"b" (U+0062) in line 2, column 3 is not in the alphabet of 3 characters';
    expect(() => codec.encode("a\na🦓b")).toThrow(RangeError);
    expect(() => codec.encode("a\na🦓b")).toThrow(message);
    expect(() => codec.encode("🧸")).toThrow('"🧸" (U+1F9F8) in line 1, column 1');
  });

  test.each([
    [{ alphabet: [], ended: true }, "alphabet must have at least one character, found none"],
    [{ alphabet: ["a", "bc"], ended: true }, 'alphabet[1] must be one character, found "bc"'],
    [{ alphabet: ["a", "b", "a"], ended: true }, 'alphabet[2] must occur once, found "a" again'],
    [{ alphabet: "ab", ended: true }, 'alphabet must be a list of characters, found "ab"'],
    [{ alphabet: ["a"] }, "ended must be true or false, found undefined"],
    [{ alphabet: ["a"], ended: true, size: 3 }, 'unknown option "size"'],
  ])("rejects %o", (options, message) => {
    expect(() => characterCodec(options as never)).toThrow(message);
  });
});

describe("codecFrom", () => {
  test("makes the codec again from its description as JSON", () => {
    const codec = characterCodec({ alphabet: ["a", "🦓"], ended: true });
    const again = codecFrom(JSON.parse(JSON.stringify(codec.config)));
    expect(again.config).toEqual(codec.config);
    expect([again.vocabulary, again.ended]).toEqual([3, true]);
    expect(again.encode("🦓a")).toEqual(codec.encode("🦓a"));
    expect(again.decode([2, 1, 0])).toBe("🦓a");
  });

  test("names the kinds that there are", () => {
    expect(() => codecFrom({ kind: "character" })).toThrow(
      'codecFrom: unknown kind "character"; did you mean "characters"? known kinds: characters',
    );
    expect(() => codecFrom(undefined as never)).toThrow("codecFrom: a description must be { kind, ...options }");
  });
});
