/**
 * The script of an exported page. The build bundles this file to a text; `html.ts` puts it beside the markup and the bytes
 * of one module. Texts that come from data reach the page as text, never as markup.
 */
import { sizeOf } from "../graph/shape.js";
import { randomSeed, startSliders, startWalk } from "./html-latents.js";
import { type View, type Views, viewsOf } from "./html-views.js";
import { bytesOfBase64 } from "./js-base64.js";
import { type GenerateOptions, Generator, type Samples } from "./js-generator.js";

const element = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

function fail(error: unknown): void {
  const status = element("status");
  status.textContent = error instanceof Error ? error.message : `${error}`;
  status.className = "failed";
}

/**
 * Draws samples in pieces of some milliseconds, so that the page answers in between. A later call ends an earlier one,
 * whose result is then undefined.
 */
function piecewise(generator: Generator) {
  let newest = 0;
  return async (
    count: number,
    options: GenerateOptions,
    show: (samples: Samples) => void,
  ): Promise<Samples | undefined> => {
    const own = ++newest;
    const { shape } = generator.description.records;
    const size = sizeOf(shape);
    const data = new Float32Array(count * size);
    let shown = performance.now();
    // Some rows together cost less than one by one.
    for (let done = 0, piece = 16; done < count; ) {
      const start = performance.now();
      const part = generator.generate(Math.min(piece, count - done), { ...options, first: done });
      data.set(part.data, done * size);
      done += part.shape[0];
      const now = performance.now();
      if (now - start < 50) piece *= 2;
      if (done < count && now - shown > 100) {
        show({ data: data.subarray(0, done * size), shape: [done, ...shape] });
        shown = now;
      }
      if (done < count) await new Promise((resolve) => setTimeout(resolve));
      if (own !== newest) return undefined;
    }
    return { data, shape: [count, ...shape] };
  };
}

/**
 * Starts the section of the samples: seed, label, again, save. Resolves when the first ones are there. A click on one tells
 * `choose` its seed and its number; another class is told to `chosen`.
 */
async function startSamples(
  generator: Generator,
  views: Views,
  { choose, chosen }: { choose: (seed: number, index: number) => void; chosen: () => void },
): Promise<void> {
  const view: View = views.view();
  element("samples-view").append(view.element);
  const [seed, label] = [element<HTMLInputElement>("seed"), element<HTMLSelectElement>("label")];
  const draw = piecewise(generator);
  const status = element("status");
  const refresh = async () => {
    if (!seed.reportValidity() || seed.value === "") return;
    const options = { seed: seed.valueAsNumber, ...(label.value !== "" && { label: Number(label.value) }) };
    const name = label.value === "" ? "" : ` of ${label.selectedOptions[0].textContent}`;
    const text = `${views.count} samples${name}, seed ${seed.value}`;
    const start = performance.now();
    try {
      const all = await draw(views.count, options, (some) => view.show(some, text, views.count));
      if (!all) return;
      view.show(all, text, views.count);
      status.className = "";
      status.textContent = `${text}: ${Math.max(1, Math.round(performance.now() - start))} ms`;
    } catch (error) {
      fail(error);
    }
  };
  showClasses(generator, label);
  seed.oninput = refresh;
  label.onchange = () => {
    refresh();
    chosen();
  };
  element<HTMLFormElement>("choice").onsubmit = (event) => {
    event.preventDefault();
    seed.valueAsNumber = randomSeed();
    refresh();
  };
  const save = element<HTMLButtonElement>("save");
  save.textContent = `Save ${views.ending.toUpperCase()}`;
  save.onclick = async () => {
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await view.file());
      link.download = `samples-seed-${seed.value}.${views.ending}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (error) {
      fail(error);
    }
  };
  if (views.indexAt) {
    view.element.onclick = (event) => {
      const index = views.indexAt?.(view.element, event) ?? views.count;
      if (index < views.count) choose(seed.valueAsNumber, index);
    };
  }
  await refresh();
}

/** Offers the classes if the module makes samples of one; names alone say only that the data had classes. */
function showClasses(generator: Generator, label: HTMLSelectElement): void {
  const { classNames, classes = classNames?.length ?? 0 } = generator.description.records;
  const makes = (options: GenerateOptions) => {
    try {
      return generator.generate(1, options) !== undefined;
    } catch {
      return false;
    }
  };
  if (classes === 0 || !makes({ label: 0 })) return;
  if (!makes({})) label.options.remove(0); // samples of any class are not among what it makes
  const names = classNames ?? Array.from({ length: classes }, (_, index) => `${index}`);
  label.append(...names.map((name, index) => new Option(name, `${index}`)));
  element("label-field").hidden = false;
}

async function start(): Promise<void> {
  const source = element("generator");
  const { instance } = await WebAssembly.instantiate(bytesOfBase64(source.textContent?.trim() ?? ""));
  source.remove(); // a copy of the bytes that nothing needs any more
  const generator = new Generator(instance);
  const { description } = generator;
  const views = viewsOf(description);
  document.body.dataset.kind = views.kind;
  element("about").textContent =
    `${description.family === "sequence" ? "Sequence model" : description.family.toUpperCase()}, records [${description.records.shape.join(", ")}], genloom ${description.genloom}, weights ${description.hash.slice(0, 16)}`;
  let choose = (_seed: number, _index: number) => {};
  let redraw = () => {};
  const told = { choose: (seed: number, index: number) => choose(seed, index), chosen: () => redraw() };
  await startSamples(generator, views, told);
  // The latents of a sequence model are a quantile for each token: there is no path from one record to another.
  if (!generator.decodes || description.family === "sequence") return;
  element("latent").hidden = element("walk").hidden = false;
  const sliders = startSliders(generator, views, fail);
  choose = sliders.choose;
  const walk = startWalk(generator, views, fail);
  redraw = () => {
    sliders.draw();
    walk();
  };
}

start().catch(fail);
