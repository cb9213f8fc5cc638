/** The play buttons of pages with music. */
import { describe, expect, test } from "vitest";
import { playerScript } from "../../src/domains/music/player.js";

/** What the script of a page uses of it, with a clock that the test sets. */
function pageOf(figures: readonly { notes: string; seconds: string }[]) {
  const tones: { hertz: number; from: number; to: number }[] = [];
  const clock = { now: 0, open: 0, frame: () => {} };
  const parameter = () => ({ value: 0, setValueAtTime() {}, linearRampToValueAtTime() {} });
  class AudioContext {
    destination = {};
    constructor() {
      clock.open++;
    }
    get currentTime() {
      return clock.now;
    }
    createGain = () => ({ gain: parameter(), connect: (next: unknown) => next });
    createOscillator = () => {
      const frequency = parameter();
      const tone = { hertz: 0, from: 0, to: 0 };
      tones.push(tone);
      return {
        frequency,
        connect: (next: unknown) => next,
        start: (at: number) => Object.assign(tone, { hertz: frequency.value, from: at }),
        stop: (at: number) => Object.assign(tone, { to: at }),
      };
    };
    close = () => clock.open--;
  }
  const elements = figures.map((dataset, index) => {
    const attributes: Record<string, unknown> = {};
    const button = {
      hidden: true,
      textContent: "Play",
      label: "",
      setAttribute: (_: string, text: string) => (button.label = text),
      onclick: () => {},
    };
    const head = {
      attributes,
      setAttribute: (name: string, value: unknown) => (attributes[name] = value),
      getBoundingClientRect: () => ({ left: 0 }),
    };
    const scroll = { scrollLeft: 0, clientWidth: 100, getBoundingClientRect: () => ({ left: 0 }) };
    const inside: Record<string, unknown> = {
      button,
      strong: { textContent: `Sample ${index + 1}` },
      ".head": head,
      ".scroll": scroll,
    };
    return { dataset, button, head, querySelector: (selector: string) => inside[selector] };
  });
  const window = { AudioContext };
  const globals = {
    window,
    AudioContext,
    document: { querySelectorAll: () => elements },
    matchMedia: () => ({ matches: false }),
    requestAnimationFrame: (draw: () => void) => (clock.frame = draw),
    cancelAnimationFrame: () => (clock.frame = () => {}),
  };
  const run = new Function(...Object.keys(globals), playerScript);
  return { elements, tones, clock, run: () => run(...Object.values(globals)) };
}

describe("the play buttons", () => {
  const figures = [
    { notes: "69,0,2 57,1,2", seconds: "0.5" },
    { notes: "60,0,1", seconds: "1" },
  ];

  test("play every note at its time and pitch, until the end", () => {
    const { elements, tones, clock, run } = pageOf(figures);
    run();
    const [{ button, head }] = elements;
    expect(button.hidden).toBe(false);
    button.onclick();
    expect(tones).toEqual([
      { hertz: 440, from: 0.1, to: 1.1 },
      { hertz: 220, from: 0.6, to: 1.1 },
    ]);
    expect([button.textContent, button.label, clock.open]).toEqual(["Stop", "Stop Sample 1", 1]);
    clock.now = 0.6;
    clock.frame();
    expect(head.attributes).toEqual({ x: 30 + 12, visibility: "visible" });
    clock.now = 1.2;
    clock.frame();
    expect([button.textContent, button.label, clock.open]).toEqual(["Play", "Play Sample 1", 0]);
    expect(head.attributes.visibility).toBe("hidden");
  });

  test("stop, and one piece stops the other, also if the script is in the page twice", () => {
    const { elements, tones, clock, run } = pageOf(figures);
    run();
    run();
    const [first, second] = elements.map(({ button }) => button);
    first.onclick();
    second.onclick();
    expect([first.textContent, second.textContent, clock.open, tones.length]).toEqual(["Play", "Stop", 1, 3]);
    second.onclick();
    expect([second.textContent, clock.open, tones.length]).toEqual(["Play", 0, 3]);
  });
});
