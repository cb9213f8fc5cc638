/** What a person at a terminal sees: bar, colours, and their absence. */
import { expect, test } from "vitest";
import { durationText, Progress, progressLine } from "#src/cli/progress";
import { Terminal } from "#src/cli/terminal";
import { ticks } from "#src/numbers/ticks";

const event = {
  step: 500,
  steps: 1000,
  losses: { discriminator: 1.25, generator: 0.5 },
  seconds: 5,
  stepsPerSecond: 100,
};

/** A terminal that remembers what was written to it. */
function watched(environment: Record<string, string> = {}, options = {}) {
  const written: string[] = [];
  const stream = { isTTY: true, columns: 100, write: (text: string) => written.push(text) };
  return { written, terminal: new Terminal({ write: () => {} }, stream, environment, options) };
}

test("the bar shows steps, losses, rate and time left, within the terminal's width", () => {
  const line = progressLine(event, 100);
  expect(line).toMatch(
    /^█{8,}░{8,} {2}500\/1000 {2}discriminator 1\.250 {2}generator 0\.500 {2}100 steps\/s {2}0:05 left$/,
  );
  for (const width of [20, 40, 80, 200]) expect(progressLine(event, width).length).toBeLessThan(width);
});

test.each([
  [0, "0:00"],
  [4.2, "0:05"],
  [75, "1:15"],
  [3675, "1:01:15"],
])("%d seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test("a terminal gets a bar; --quiet, --jsonl and dumb terminals do not", () => {
  const bars = ([environment, options]: [Record<string, string>, object]) => {
    const { written, terminal } = watched(environment, options);
    new Progress(terminal).show(event);
    return written.length;
  };
  expect(bars([{}, {}])).toBe(1);
  expect(bars([{}, { quiet: true }])).toBe(0);
  expect(bars([{}, { jsonl: true }])).toBe(0);
  expect(bars([{ TERM: "dumb" }, {}])).toBe(0);
});

test("NO_COLOR holds", () => {
  expect(watched().terminal.bold("x")).toBe("\u001b[1mx\u001b[22m");
  expect(watched({ NO_COLOR: "1" }).terminal.bold("x")).toBe("x");
  expect(watched({ NO_COLOR: "" }).terminal.bold("x")).not.toBe("x");
});

test("ticks are round numbers within the range", () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(ticks(-3, 8000, 6)).toEqual([0, 2000, 4000, 6000, 8000]);
  expect(ticks(0.61, 0.79, 5)).toEqual([0.65, 0.7, 0.75]);
  expect(ticks(2, 2, 5)).toEqual([2]);
});

test("names cannot speak to the terminal: their control characters are replaced, marks of its own stay", () => {
  const { written, terminal } = watched();
  terminal.message(`${terminal.bold("run")} \u001b]0;title\u0007\u001b[2J\u009b5m\r`);
  terminal.status("a\rb\u001b[A");
  expect(written).toEqual([
    "\u001b[1mrun\u001b[22m \ufffd]0;title\ufffd\ufffd[2J\ufffd5m\ufffd\n",
    "\ra\ufffdb\ufffd[A\u001b[K",
  ]);
  const out: string[] = [];
  const plain = new Terminal({ write: (text) => out.push(text) }, { write: () => {} }, {});
  plain.text("a\tb\n\u001b[31mred");
  expect(out).toEqual(["a\tb\n\ufffd[31mred\n"]);
});
