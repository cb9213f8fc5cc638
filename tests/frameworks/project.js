// A fixture's project: a folder outside of the repository where npm has installed the tarball and a tool, and the ways to run
// that tool and to get a report out of it.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { executeNpm, root } from "../../scripts/host.js";
import { freePort } from "../hosts/free-port.js";
import { programs } from "../hosts/programs.js";
import { runProcess, start, within } from "../hosts/start.js";

/**
 * @typedef {{ host: string, build: string, lanes: number, weightHash: string, samples: number[] }} Trained
 * @typedef {Trained & { error?: string, code?: string, hint?: string }} Report what train.js of tests/packaging/app gives, or an error
 *
 * @typedef {object} Fixture
 * @property {string} name by which it is chosen, and the first column of the table
 * @property {string} how a user does it, in a few words for the table
 * @property {Record<string, string>} [packages] npm packages with their exact versions; the first is the tool
 * @property {() => Promise<string>} [version] of a tool that is not an npm package
 * @property {Record<string, string>} [files] of the project, beside those of app/: path and text
 * @property {"module" | "commonjs"} [type] of the project's package.json: "module" is the default here; "commonjs", npm's default, is
 *   not written
 * @property {object} [settings] more of that package.json
 * @property {boolean} [current] whether the tool needs a newer Node than the oldest that genloom supports
 * @property {Record<string, string>} [env] variables of the tool
 * @property {(project: Project) => Promise<Report | void>} run gives the fixture's report; or it calls `project.row` for
 *   each of several
 */

/** Long enough for a production build on a busy machine. */
const patience = 900_000;

export class Project {
  /**
   * @param {string} folder
   * @param {Fixture} fixture
   * @param {import("./pages.js").Pages} pages
   * @param {(part: string, task: () => Promise<Report>) => Promise<void>} row reports one of several results; does not throw
   */
  constructor(folder, { current = false, env = {} }, pages, row) {
    this.folder = folder;
    this.pages = pages;
    this.row = row;
    this.env = { CI: "1", NO_COLOR: "1", ...env };
    this.current = current;
  }

  /** The Node that runs the tool. */
  get node() {
    if (!this.current) return process.execPath;
    const found = programs.node();
    if (!found) throw new Error("a current Node is missing here: npm run test:hosts -- --install");
    return found.program;
  }

  /** @param {string} path */
  path(path) {
    return join(this.folder, path);
  }

  /** The script of an installed package's command. @param {string} name @param {string} [command] */
  script(name, command) {
    const folder = this.path(`node_modules/${name}`);
    const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return join(folder, typeof bin === "string" ? bin : bin[command ?? Object.keys(bin)[0] ?? ""]);
  }

  /**
   * Runs a program to its end, and gives its output. Throws with the end of that if it fails.
   * @param {string} program @param {string[]} args
   */
  async execute(program, args) {
    const running = start(program, args, { cwd: this.folder, env: this.env });
    const what = [basename(program), ...args].map((part) => part.replace(`${this.folder}/`, "")).join(" ");
    try {
      const code = await within(running.ended, what, patience);
      const output = `${running.output()}${running.errors()}`;
      if (code !== 0) throw new Error(`${what} exited with code ${code}: ${output.slice(-1500)}`);
      return output;
    } finally {
      await running.stop();
    }
  }

  /** Runs a command of an installed package. @param {string} name @param {string[]} args @param {{ command?: string }} [options] */
  tool(name, args, { command } = {}) {
    return this.execute(this.node, [this.script(name, command), ...args]);
  }

  /**
   * Starts a server of an installed package, waits until it answers, and ends it after the task.
   * @param {string} name
   * @param {(port: number) => string[]} args
   * @param {(origin: string) => Promise<void>} task
   */
  async serving(name, args, task) {
    const port = await freePort();
    const running = start(this.node, [this.script(name), ...args(port)], { cwd: this.folder, env: this.env });
    try {
      await answers(`http://127.0.0.1:${port}/`, running);
      await task(`http://127.0.0.1:${port}`);
    } finally {
      await running.stop();
    }
  }

  /** Runs a program whose last line is the report. @param {string} program @param {string[]} args @returns {Promise<Report>} */
  report(program, args) {
    return runProcess(program, args, { cwd: this.folder, env: this.env });
  }

  /** What a server answers, as JSON. @param {string} address @returns {Promise<Report>} */
  async ask(address) {
    const response = await fetch(address, { signal: AbortSignal.timeout(patience) });
    const text = await response.text();
    if (!text.startsWith("{"))
      throw new Error(`${new URL(address).pathname} answered ${response.status}: ${text.slice(0, 400)}`);
    return JSON.parse(text);
  }

  /** A report that a program of the project has left in a file. @param {string} [file] @returns {Report} */
  read(file = "report.json") {
    return JSON.parse(readFileSync(this.path(file), "utf8"));
  }

  /**
   * The page of a folder that was built. @param {string} folder
   * @param {Parameters<import("./pages.js").Pages["show"]>[1]} [options] @returns {Promise<Report>}
   */
  show(folder, options) {
    return this.pages.show(this.path(folder), options);
  }

  /** A page, wherever it is. @param {string} address @param {Parameters<import("./pages.js").Pages["open"]>[1]} [options] @returns {Promise<Report>} */
  open(address, options) {
    return this.pages.open(address, options);
  }
}

/** @param {string} address @param {ReturnType<typeof start>} running */
async function answers(address, running) {
  const end = performance.now() + 120_000;
  let ended = false;
  running.ended.then(() => {
    ended = true;
  });
  for (;;) {
    if (await fetch(address, { signal: AbortSignal.timeout(60_000) }).then(Boolean, () => false)) return;
    if (ended || performance.now() > end)
      throw new Error(`the server does not answer: ${running.output().slice(-700)}${running.errors().slice(-700)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/**
 * Makes the folder of a fixture: the files of app/, the program of tests/packaging, its own files, and what npm installs.
 * @param {string} folder a new one @param {string} tarball @param {Fixture} fixture
 */
export async function makeProject(folder, tarball, { packages = {}, files = {}, type = "module", settings = {} }) {
  cpSync(join(root, "tests/frameworks/app"), folder, { recursive: true });
  cpSync(join(root, "tests/packaging/app/train.js"), join(folder, "train.js"));
  for (const [path, text] of Object.entries({
    "package.json": JSON.stringify({ private: true, ...(type === "module" && { type }), ...settings }),
    ...files,
  })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
  try {
    await executeNpm(["install", ...quiet, tarball, ...wanted], { capture: true, cwd: folder });
  } catch (cause) {
    throw new Error(
      `npm could not install ${["the tarball", ...wanted].join(", ")}: it needs the network or a filled cache`,
      { cause },
    );
  }
  for (const name of Object.keys(packages))
    if (!existsSync(join(folder, "node_modules", name))) throw new Error(`${name} is missing after npm install`);
}
