/** The page's latents: a point that sliders move, and a walk through several points. */
import type { Views } from "./html-views.js";
import type { Generator } from "./js-generator.js";
import { latentPath } from "../train/latent-path.js";

/** Maximum sliders; the other numbers of a latent keep those of the sample. */
const mostSliders = 8;
/** Points that a walk visits before it is back at the first one, and the points of the path between two of them. */
const [stops, perLeg] = [6, 24];
/** Milliseconds from one stop to the next. */
const legTime = 2000;

/** How the sliders move: from the latents that the module itself draws, for a family may have a prior of its own. */
interface Prior {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly path: "linear" | "spherical";
}

function priorOf(generator: Generator): Prior {
  const { data } = generator.latents(Math.min(16, generator.description.limits.count));
  if (data.every((value) => value === 0 || value === 1)) return { low: 0, high: 1, step: 1, path: "linear" };
  const most = Math.ceil(data.reduce((so, value) => Math.max(so, Math.abs(value)), 1));
  return { low: -most, high: most, step: 0.01, path: "spherical" };
}

/** Most seeds that the page draws: short enough to be written down. */
const seeds = 1_000_000;

/** A seed at random. */
export const randomSeed = (): number => Math.floor(Math.random() * seeds);

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/**
 * The class of what is decoded, of a module that needs one: the class that the visitor chose, otherwise `drawn`, that of a
 * sample.
 */
function labelFor(generator: Generator, drawn: number): { readonly label?: number } {
  if (!generator.description.labelled?.includes("decode")) return {};
  const { value } = element<HTMLSelectElement>("label");
  return { label: value === "" ? drawn : Number(value) };
}

/** Runs a task at most once a frame, with the newest state. */
function onceAFrame(task: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      task();
    });
  };
}

/**
 * Starts the section of the sliders with the latents of sample 0. `fail` is told of errors.
 * @returns a function that sets them to those of another sample of a seed, and one that draws them again
 */
export function startSliders(
  generator: Generator,
  views: Views,
  fail: (error: unknown) => void,
): { readonly choose: (seed: number, first: number) => void; readonly draw: () => void } {
  const { latent, family } = generator.description;
  const { low, high, step } = priorOf(generator);
  const view = views.view();
  element("latent-view").append(view.element);
  let values = new Float32Array(latent);
  let drawn = 0;
  const draw = onceAFrame(() => {
    try {
      view.show(generator.decode(values, labelFor(generator, drawn)), "The sample of these latents");
    } catch (error) {
      fail(error);
    }
  });
  const sliders = Array.from({ length: Math.min(latent, mostSliders) }, (_, index) => {
    const line = element("sliders").appendChild(document.createElement("label"));
    line.appendChild(document.createElement("span")).textContent = `z${index + 1}`;
    const slider = line.appendChild(document.createElement("input"));
    Object.assign(slider, { type: "range", min: `${low}`, max: `${high}`, step: `${step}` });
    slider.setAttribute("aria-label", `latent ${index + 1}`);
    const shown = line.appendChild(document.createElement("output"));
    slider.addEventListener("input", () => {
      values[index] = slider.valueAsNumber;
      shown.value = slider.valueAsNumber.toFixed(2);
      draw();
    });
    return () => {
      slider.value = `${values[index]}`;
      shown.value = values[index].toFixed(2);
    };
  });
  const set = (next: Float32Array<ArrayBuffer>) => {
    values = next;
    for (const refresh of sliders) refresh();
    draw();
  };
  const latentsOf = (seed: number, first: number) => {
    [drawn = 0] = generator.labels(1, { seed, first });
    return new Float32Array(generator.latents(1, { seed, first }).data);
  };
  const sample = element<HTMLInputElement>("latent-sample");
  const choose = (seed: number, index: number) => {
    try {
      set(latentsOf(seed, index));
      sample.valueAsNumber = index;
    } catch (error) {
      fail(error);
    }
  };
  sample.oninput = () => {
    if (sample.value !== "" && sample.reportValidity())
      choose(element<HTMLInputElement>("seed").valueAsNumber || 0, sample.valueAsNumber);
  };
  element("latent-random").onclick = () => {
    set(latentsOf(randomSeed(), 0));
    sample.value = "";
  };
  element("latent-reset").onclick = () => {
    set(new Float32Array(latent));
    sample.value = "";
  };
  const which = latent > mostSliders ? `The first ${mostSliders} of the ${latent}` : `The ${latent}`;
  const click = views.indexAt ? " A click on a sample takes its numbers." : "";
  const what = family === "rbm" ? "states at which the chain of a sample starts" : "numbers that become one sample";
  element("latent-note").textContent = `${which} ${what}.${click}`;
  choose(0, 0);
  return { choose, draw };
}

/**
 * Starts the section of the walk: it moves by itself unless the visitor wants no motion, or is elsewhere on the page. Returns a
 * function that draws it again.
 */
export function startWalk(generator: Generator, views: Views, fail: (error: unknown) => void): () => void {
  const { latent } = generator.description;
  const prior = priorOf(generator);
  const view = views.view();
  const stage = element("walk-view");
  stage.append(view.element);
  const [play, position] = [element<HTMLButtonElement>("walk-play"), element<HTMLInputElement>("walk-position")];
  position.max = `${stops * perLeg}`;
  let path: number[] = [];
  let drawn = 0;
  let [playing, visible, at, before] = [false, false, 0, 0];

  const draw = onceAFrame(() => {
    try {
      const point = Math.min(Math.floor(at), stops * perLeg - 1);
      const share = at - point;
      const next = (point + 1) % (stops * perLeg);
      // Between two points of the path, which lie close together, a straight line.
      const mixed = Array.from(
        { length: latent },
        (_, i) => path[point * latent + i] * (1 - share) + path[next * latent + i] * share,
      );
      view.show(generator.decode(mixed, labelFor(generator, drawn)), "One sample on the way");
      position.value = `${at}`;
    } catch (error) {
      set(false);
      fail(error);
    }
  });
  const frame = (now: number) => {
    if (!playing || !visible) return;
    // A frame's time can lie a little before the moment that asked for it.
    const elapsed = Math.min(Math.max(now - before, 0), 100);
    at = (at + (elapsed / legTime) * perLeg) % (stops * perLeg);
    before = now;
    draw();
    requestAnimationFrame(frame);
  };
  const go = () => {
    before = performance.now();
    requestAnimationFrame(frame);
  };
  const set = (next: boolean) => {
    if (next && !playing && visible) go();
    playing = next;
    play.textContent = playing ? "Pause" : "Play";
  };
  const choose = () => {
    const seed = randomSeed();
    const { data } = generator.latents(stops, { seed });
    [drawn = 0] = generator.labels(1, { seed });
    const points = Array.from({ length: stops }, (_, index) => data.subarray(index * latent, (index + 1) * latent));
    path = points.flatMap((from, index) =>
      latentPath(from, points[(index + 1) % stops], latent, { steps: perLeg + 1, path: prior.path }).slice(0, -latent),
    );
    at = 0;
    draw();
  };
  play.onclick = () => set(!playing);
  position.oninput = () => {
    set(false);
    at = position.valueAsNumber;
    draw();
  };
  element("walk-new").onclick = choose;
  new IntersectionObserver((entries) => {
    const now = entries[entries.length - 1].isIntersecting;
    if (now && !visible && playing) go();
    visible = now;
  }).observe(stage);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  calm.addEventListener("change", () => calm.matches && set(false));
  choose();
  set(!calm.matches);
  return draw;
}
