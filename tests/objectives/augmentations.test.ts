/** What each augmentation does to images, and how often. */
import { describe, expect, test } from "vitest";
import { augmentations } from "#binding";
import { literal } from "#src/ops/literal";
import { evaluate } from "#src/graph/reference";
import { type Shape, sizeOf } from "#src/graph/shape";

const count = 400;

type ImageShape = readonly [height: number, width: number, channels: number];

/** `count` results of one image, each as its values. */
function made(
  augmentation: augmentations.Augmentation,
  image: readonly number[],
  [h, w, c]: ImageShape,
  probability = 1,
): number[][] {
  const shape: Shape = [count, h, w, c];
  const copies = literal(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => image[i % image.length]),
    shape,
  );
  const [values] = evaluate([augmentation.apply(copies, probability)], { seed: 3 });
  return Array.from({ length: count }, (_, i) => [...values.subarray(i * image.length, (i + 1) * image.length)]);
}

/** How often each result occurs, as text. */
function times(results: readonly (readonly number[])[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const one of results) found.set(one.join(" "), (found.get(one.join(" ")) ?? 0) + 1);
  return found;
}

const none = {
  ...{ flip: false, quarterTurns: false, translation: 0, scale: 0, rotation: 0, stretch: 0, shift: 0 },
  ...{ brightness: 0, contrast: 0, lumaFlip: false, hue: 0, saturation: 0 },
};
const only = (options: augmentations.PipelineOptions) => augmentations.pipeline({ ...none, ...options });

/** Five standard deviations of a share p of `count`. */
const tolerance = (p: number) => 5 * Math.sqrt(count * p * (1 - p));

/** Whether two images differ by less than 1e-5 everywhere. */
const alike = (a: readonly number[], b: readonly number[]) => a.every((value, i) => Math.abs(value - b[i]) < 1e-5);

describe("with probability 0 every image keeps its bits", () => {
  const image = Array.from({ length: 5 * 5 * 3 }, (_, i) => Math.fround(Math.sin(i)));
  test.each([
    ["diff without colour", augmentations.diff({ colour: false, flip: true, fill: -1 })],
    ["pipeline", augmentations.pipeline({ cutout: 0.5, fill: -1 })],
    ["adaptive", augmentations.adaptive(augmentations.pipeline())],
  ])("%s", (_, augmentation) => {
    for (const one of made(augmentation, image, [5, 5, 3], 0)) expect(one).toEqual(image);
  });
});

test("with probability 0 diff changes colours by rounding alone", () => {
  const image = Array.from({ length: 12 }, (_, i) => Math.fround(Math.sin(i)));
  for (const one of made(augmentations.diff(), image, [2, 2, 3], 0)) expect(alike(one, image)).toBe(true);
});

describe("pipeline: maps of the plane", () => {
  test("quarter turns: the four of them, alike", () => {
    const found = times(made(only({ quarterTurns: true }), [1, 2, 3, 4], [2, 2, 1]));
    expect([...found.keys()].sort()).toEqual(["1 2 3 4", "2 4 1 3", "3 1 4 2", "4 3 2 1"]);
    for (const often of found.values()) expect(Math.abs(often - count / 4)).toBeLessThan(tolerance(1 / 4));
  });

  test("a quarter turn needs square images", () => {
    expect(() => made(only({ quarterTurns: true }), [1, 2], [1, 2, 1])).toThrow(
      "pipeline: images must be square for quarterTurns, found [400, 1, 2, 1]; quarterTurns: false allows others",
    );
  });

  test("mirrored is about every second image, left to right", () => {
    const found = times(made(only({ flip: true }), [1, 2, 3, 4, 5, 6], [2, 3, 1]));
    expect([...found.keys()].sort()).toEqual(["1 2 3 4 5 6", "3 2 1 6 5 4"]);
    expect(Math.abs((found.get("1 2 3 4 5 6") as number) - count / 2)).toBeLessThan(tolerance(1 / 2));
  });

  test("shifts by whole pixels are those of diff", () => {
    const [image, shape] = [[1, 2, 3, 4, 5, 6, 7, 8], [2, 4, 1] as const];
    const own = times(made(only({ translation: 0.25, fill: -1 }), image, shape));
    const plain = { colour: false, cutout: 0, translation: 0.25, fill: -1 };
    expect([...own.keys()].sort()).toEqual([...times(made(augmentations.diff(plain), image, shape)).keys()].sort());
    expect(own.size).toBe(9);
  });

  // In images whose two channels are x and y of each pixel, bilinear values are the point that is seen.
  const side = 9;
  const position = (i: number) => (i % side) - 4;
  const plane = Array.from({ length: side * side }, (_, i) => [position(i), Math.floor(i / side) - 4]).flat();
  /** What the pixels one to the right of the centre and one below it see. */
  const axes = (image: readonly number[]) => {
    const at = (x: number, y: number) => {
      const i = 2 * ((y + 4) * side + x + 4);
      return [image[i], image[i + 1]] as const;
    };
    const [cx, cy] = at(0, 0);
    const relative = ([x, y]: readonly [number, number]) => [x - cx, y - cy] as const;
    return { centre: [cx, cy] as const, right: relative(at(1, 0)), below: relative(at(0, 1)) };
  };
  const seen = (options: augmentations.PipelineOptions) =>
    made(augmentations.pipeline({ ...none, ...options }), plane, [side, side, 2]).map(axes);
  const deviationOf = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / count);

  test("size is 2^N(0, 0.2^2)", () => {
    const sizes = seen({ scale: 0.2 }).map(({ right, below }) => {
      expect(right[1]).toBe(0);
      expect(below[0]).toBe(0);
      expect(right[0]).toBeCloseTo(below[1], 5);
      return Math.log2(right[0]);
    });
    // The deviation of an estimate of a deviation is about 1 / sqrt(2 n) of it: five times that.
    expect(Math.abs(deviationOf(sizes) / 0.2 - 1)).toBeLessThan(5 / Math.sqrt(2 * count));
  });

  test("a rotation keeps lengths, and angles are uniform up to the largest", () => {
    const angles = seen({ rotation: 0.5 }).map(({ centre, right, below }) => {
      for (const value of centre) expect(value).toBeCloseTo(0, 5);
      expect(Math.hypot(...right)).toBeCloseTo(1, 5);
      expect(right[0]).toBeCloseTo(below[1], 5);
      expect(right[1]).toBeCloseTo(-below[0], 5);
      return Math.atan2(right[1], right[0]);
    });
    expect(Math.max(...angles)).toBeLessThanOrEqual(Math.PI / 2);
    expect(Math.max(...angles)).toBeGreaterThan(0.95 * (Math.PI / 2));
    expect(Math.min(...angles)).toBeLessThan(-0.95 * (Math.PI / 2));
  });

  test("stretching keeps the area", () => {
    const widths = seen({ stretch: 0.2 }).map(({ right, below }) => {
      expect(right[0] * below[1]).toBeCloseTo(1, 5);
      return Math.log2(right[0]);
    });
    expect(Math.abs(deviationOf(widths) / 0.2 - 1)).toBeLessThan(5 / Math.sqrt(2 * count));
  });

  test("a shift moves all pixels alike, by a share of the side", () => {
    const moves = seen({ shift: 0.1 }).map(({ centre, right }) => {
      expect(right[0]).toBeCloseTo(1, 5);
      return centre[0];
    });
    expect(Math.abs(deviationOf(moves) / (0.1 * side) - 1)).toBeLessThan(5 / Math.sqrt(2 * count));
  });

  test("`fill` lies outside of the image", () => {
    const found = made(only({ scale: 3, fill: 7 }), [1, 1, 1, 1], [2, 2, 1]).flat();
    expect(Math.min(...found)).toBe(1);
    expect(Math.max(...found)).toBe(7);
    expect(found.every((value) => value >= 1 && value <= 7)).toBe(true);
  });
});

describe("pipeline: colours", () => {
  const image = [0.1, 0.2, 0.6, -0.4, 0.3, 0.1];
  const shape = [1, 2, 3] as const;
  const grey = (x: readonly number[], at = 0) => (x[at] + x[at + 1] + x[at + 2]) / 3;
  const length = (x: readonly number[], at = 0) =>
    Math.hypot(...[0, 1, 2].map((channel) => x[at + channel] - grey(x, at)));

  test("brightness adds the same to all values", () => {
    const added = made(only({ brightness: 0.2 }), image, shape).map((one) => {
      const [difference] = one.map((value, i) => value - image[i]);
      expect(
        alike(
          one,
          image.map((value) => value + difference),
        ),
      ).toBe(true);
      return difference;
    });
    expect(new Set(added).size).toBeGreaterThan(count / 2);
  });

  test("contrast multiplies all values", () => {
    for (const one of made(only({ contrast: 0.5 }), image, shape)) {
      const [factor] = one.map((value, i) => value / image[i]);
      expect(
        alike(
          one,
          image.map((value) => value * factor),
        ),
      ).toBe(true);
    }
  });

  test("a flip of luma negates grey and keeps differences", () => {
    const flipped = made(only({ lumaFlip: true }), image, shape).map((one) => {
      expect(one[0] - one[1]).toBeCloseTo(image[0] - image[1], 6);
      return grey(one) < 0;
    });
    expect(Math.abs(flipped.filter(Boolean).length - count / 2)).toBeLessThan(tolerance(1 / 2));
    expect([...times(made(only({ lumaFlip: true }), [0.5], [1, 1, 1])).keys()].sort()).toEqual(["-0.5", "0.5"]);
  });

  test("a turn of the hue keeps grey and the length of differences, up to its largest angle", () => {
    const angles = made(only({ hue: 0.25 }), image, shape).map((one) => {
      for (const at of [0, 3]) {
        expect(grey(one, at)).toBeCloseTo(grey(image, at), 6);
        expect(length(one, at)).toBeCloseTo(length(image, at), 6);
      }
      const dot = [0, 1, 2].reduce((sum, i) => sum + (one[i] - grey(one)) * (image[i] - grey(image)), 0);
      return Math.acos(Math.min(1, dot / length(image) ** 2));
    });
    expect(Math.max(...angles)).toBeLessThan(Math.PI / 4 + 1e-3);
    expect(Math.max(...angles)).toBeGreaterThan(0.95 * (Math.PI / 4));
  });

  test("saturation multiplies the differences from grey", () => {
    for (const one of made(only({ saturation: 1 }), image, shape)) {
      expect(grey(one)).toBeCloseTo(grey(image), 6);
      expect((one[0] - grey(one)) / (image[0] - grey(image))).toBeCloseTo(length(one, 3) / length(image, 3), 5);
    }
  });

  test("alpha stays, with grey and with colours", () => {
    const all = only({ brightness: 0.2, contrast: 0.5, lumaFlip: true, hue: 1, saturation: 1 });
    for (const one of made(all, [0.1, 0.2, 0.6, 0.9], [1, 1, 4])) expect(one[3]).toBe(Math.fround(0.9));
    for (const one of made(all, [0.1, 0.9], [1, 1, 2])) expect(one[1]).toBe(Math.fround(0.9));
  });
});

test.each([
  ["flip", only({ flip: true }), 0.5],
  ["quarterTurns", only({ quarterTurns: true }), 0.75],
  ["scale", only({ scale: 0.2 }), 1],
  ["rotation", only({ rotation: 1 }), 1],
  // At least one of two rotations.
  ["rotation and stretch", only({ rotation: 1, stretch: 1e-30 }), 1],
  ["shift", only({ shift: 0.1 }), 1],
  ["brightness", only({ brightness: 0.2 }), 1],
  ["hue", only({ hue: 1 }), 1],
  ["saturation", only({ saturation: 1 }), 1],
  ["cutout", only({ cutout: 0.5, fill: 9 }), 1],
  ["diff: flip", augmentations.diff({ colour: false, translation: 0, cutout: 0, flip: true }), 0.5],
  ["diff: translation", augmentations.diff({ colour: false, translation: 1 / 3, cutout: 0 }), 8 / 9],
  ["diff: cutout", augmentations.diff({ colour: false, translation: 0, cutout: 0.5, fill: 9 }), 1],
])("%s changes as many images as the probability says", (_, augmentation, whole) => {
  const image = Array.from({ length: 3 * 3 * 3 }, (_value, i) => i / 8 + (i % 3));
  const changed = made(augmentation, image, [3, 3, 3], 0.3).filter((one) => one.some((value, i) => value !== image[i]));
  expect(Math.abs(changed.length - 0.3 * whole * count)).toBeLessThan(tolerance(0.3 * whole));
});

test("wrong options and inputs are named", () => {
  expect(() => augmentations.diff({ cutOut: 1 } as object)).toThrow(
    'diff: unknown option "cutOut"; did you mean "cutout"?',
  );
  expect(() => augmentations.pipeline({ probability: 2 })).toThrow(
    "pipeline: probability must be a finite number >= 0 and <= 1, found 2",
  );
  expect(() => augmentations.adaptive(augmentations.diff(), { target: 2 })).toThrow(
    "adaptive: target must be a finite number >= -1 and <= 1, found 2",
  );
  expect(() => augmentations.adaptive(augmentations.adaptive(augmentations.diff()))).toThrow(
    "adaptive: its augmentation must not have a probability of its own, found one in adaptive",
  );
  expect(() => augmentations.diff().apply(literal(new Float32Array(6), [2, 3]), 1)).toThrow(
    "diff: images must have shape [n, height, width, channels], found [2, 3]",
  );
  expect(() => made(only({ hue: 1 }), [1, 2, 3, 4, 5], [1, 1, 5])).toThrow("images must have 1 to 4 channels");
});
