/**
 * The export `html`: one file that opens from a disk, without a server and without the network. It draws samples, moves
 * along latents and saves what it shows.
 */
import { script, scriptHash, style, styleHash } from "../../export/html-text.js";
import { checkOptions, textOf } from "../options.js";
import { escapeHtml } from "./escape-html.js";
import type { HtmlOptions as Options, WasmOptions } from "../train/exporting.js";
import type { GeneratorDescription } from "./description.js";
import { base64Of } from "./js-base64.js";

/** Options of the page around the module. */
export type HtmlOptions = Omit<Options, keyof WasmOptions>;

/** Nothing is loaded and nothing is sent; script and style sheet are this page's own alone, by their hashes. */
const policy = [
  "default-src 'none'",
  `script-src '${scriptHash}' 'wasm-unsafe-eval'`,
  `style-src '${styleHash}'`,
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/**
 * The text of a page around an exported generator.
 * @param wasm bytes of the export `wasm`
 * @param description what the module's `describe` says
 * @throws TypeError for an unknown option or a title that is not a string
 * @example html(new Uint8Array(8), { family: "gan", records: { shape: [2] } }, { title: "<b>" }).includes("<title>&#60;b&#62;</title>") // true
 */
export function html(wasm: Uint8Array, description: GeneratorDescription, options: HtmlOptions = {}): string {
  checkOptions("export", options, ["title"]);
  const { title = titleOf(description) } = options;
  if (typeof title !== "string") throw new TypeError(`export: title must be a string, found ${textOf(title)}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p>A trained model draws new samples in this page, on this device. Nothing is loaded, and nothing is sent anywhere.</p>
</header>
<main>
<section class="card" aria-labelledby="samples-title">
<h2 id="samples-title">Samples</h2>
<form id="choice" class="row">
<label class="field">Seed <input id="seed" type="number" min="0" max="9007199254740991" step="1" value="0" inputmode="numeric" autocomplete="off"></label>
<label id="label-field" class="field" hidden>Class <select id="label"><option value="">any</option></select></label>
<button class="first">Again</button>
<button id="save" type="button">Save</button>
</form>
<div id="samples-view" class="stage"></div>
<p id="status" role="status">Starting …</p>
<noscript><p>This page needs JavaScript: it computes its samples here.</p></noscript>
</section>
<div class="side">
<section id="latent" class="card" aria-labelledby="latent-title" hidden>
<h2 id="latent-title">Latents</h2>
<p id="latent-note" class="note"></p>
<div class="pair">
<div id="latent-view" class="stage"></div>
<div id="sliders"></div>
</div>
<div class="row">
<label class="field">Sample <input id="latent-sample" type="number" min="0" max="2147483646" step="1" value="0" inputmode="numeric" autocomplete="off"></label>
<button id="latent-random" type="button">Random</button>
<button id="latent-reset" type="button">Reset</button>
</div>
</section>
<section id="walk" class="card" aria-labelledby="walk-title" hidden>
<h2 id="walk-title">Walk</h2>
<div class="pair">
<div id="walk-view" class="stage"></div>
<div>
<p class="note">From one random latent to the next, and back to the first.</p>
<label class="field">Position <input id="walk-position" type="range" min="0" step="any" value="0"></label>
<div class="row">
<button id="walk-play" type="button">Play</button>
<button id="walk-new" type="button">New path</button>
</div>
</div>
</div>
</section>
</div>
</main>
<footer id="about"></footer>
<script id="generator" type="application/wasm;base64">${base64Of(wasm)}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** What records of a codec are called. */
const names = { images: "images", points: "points", table: "rows", tokens: "sequences", values: "records" } as const;

const titleOf = ({ family, records }: GeneratorDescription) =>
  `New ${names[records.codec]}, drawn by this ${family === "sequence" ? "sequence model" : family.toUpperCase()}`;
