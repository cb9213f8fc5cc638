/** The page's latents: a point that sliders move, and a walk through several points. */
import type { Views } from "./html-views.js";
import type { Generator } from "./js-generator.js";
import { latentPath } from "../train/latent-path.js";

/** Maximum sliders; the other numbers of a latent keep what "Random" gave them. */
const mostSliders = 8;
/** Points that a walk visits before it is back at the first one, and the points of the path between two of them. */
const [stops, perLeg] = [6, 24];
/** Milliseconds from one stop to the next. */
const legTime = 2000;

/** The distribution of the latents: normal in a GAN and a VAE; the states at which an RBM's chains start are bits. */
interface Prior {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly path: "linear" | "spherical";
  draw(): number;
}

/** A normal number of two uniform ones (Box and Muller 1958). */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

function priorOf(family: string): Prior {
  if (family === "rbm") return { low: 0, high: 1, step: 1, path: "linear", draw: () => Math.round(Math.random()) };
  return { low: -3.5, high: 3.5, step: 0.01, path: "spherical", draw: normal };
}

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

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

/** Starts the section of the sliders. `fail` is told of errors. */
export function startSliders(generator: Generator, views: Views, fail: (error: unknown) => void): void {
  const { latent = 0, family } = generator.description;
  const prior = priorOf(family);
  const view = views.view();
  element("latent-view").append(view.element);
  const values = Float32Array.from({ length: latent }, prior.draw);
  const draw = onceAFrame(() => {
    try {
      view.show(generator.decode(values), "The sample of these latents");
    } catch (error) {
      fail(error);
    }
  });
  const sliders = Array.from({ length: Math.min(latent, mostSliders) }, (_, index) => {
    const line = element("sliders").appendChild(document.createElement("label"));
    const name = line.appendChild(document.createElement("span"));
    name.textContent = `z${index + 1}`;
    const slider = line.appendChild(document.createElement("input"));
    const { low, high, step } = prior;
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
  const set = (next: () => number) => {
    for (let i = 0; i < latent; i++) values[i] = next();
    for (const refresh of sliders) refresh();
    draw();
  };
  element("latent-random").onclick = () => set(prior.draw);
  element("latent-reset").onclick = () => set(() => 0);
  element("latent-note").textContent =
    latent > mostSliders
      ? `The first ${mostSliders} of ${latent} numbers that the generator turns into one sample. Random draws all of them, Reset makes all of them 0.`
      : `The ${latent === 1 ? "number" : `${latent} numbers`} that the generator turns into one sample.`;
  set(prior.draw);
}

/** Starts the section of the walk: it moves by itself unless the visitor wants no motion, or is elsewhere on the page. */
export function startWalk(generator: Generator, views: Views, fail: (error: unknown) => void): void {
  const { latent = 0, family } = generator.description;
  const prior = priorOf(family);
  const view = views.view();
  const stage = element("walk-view");
  stage.append(view.element);
  const [play, position] = [element<HTMLButtonElement>("walk-play"), element<HTMLInputElement>("walk-position")];
  position.max = `${stops * perLeg}`;
  let path: number[] = [];
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
      view.show(generator.decode(mixed), "One sample on the way");
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
    const points = Array.from({ length: stops }, () => Array.from({ length: latent }, prior.draw));
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
}
