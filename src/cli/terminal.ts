/** Where a command writes: data to stdout, everything else to stderr, and neither more than the options allow. */

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly quiet?: boolean;
}

/** Control characters, which speak to the terminal: all but tab and end of line. */
const controls = /(?![\t\n])\p{Cc}/gu;
/** The marks that `bold`, `dim` and `red` make. */
const marks = new RegExp(`(${"\u001b"}\\[(?:1|2|22|31|39)m)`);

export class Terminal {
  readonly #color: boolean;

  constructor(
    private readonly stdout: Stream,
    private readonly stderr: Stream,
    private readonly environment: Readonly<Record<string, string | undefined>>,
    readonly options: TerminalOptions = {},
  ) {
    // https://no-color.org: present and not empty, whatever its value.
    this.#color = stderr.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  }

  withOptions(options: TerminalOptions): Terminal {
    return new Terminal(this.stdout, this.stderr, this.environment, options);
  }

  /** A progress bar makes sense here: a person watches. */
  get interactive(): boolean {
    return this.stderr.isTTY === true && this.environment.TERM !== "dumb" && !this.options.quiet && !this.options.jsonl;
  }

  get width(): number {
    return this.stderr.columns ?? 80;
  }

  /** The text without the control characters that names in files of others may hold. */
  #harmless(text: string): string {
    if (!this.#color) return text.replace(controls, "\ufffd");
    return text
      .split(marks)
      .map((part, i) => (i % 2 === 1 ? part : part.replace(controls, "\ufffd")))
      .join("");
  }

  /** The result, for people; with --json or --jsonl the document takes its place. */
  text(text: string): void {
    if (!this.options.json && !this.options.jsonl) this.stdout.write(`${this.#harmless(text)}\n`);
  }

  /** The result, for programs. */
  document(value: object): void {
    if (this.options.json) this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    if (this.options.jsonl) this.stdout.write(`${JSON.stringify({ event: "done", ...value })}\n`);
  }

  /** Something that happened, one line of --jsonl. */
  event(event: string, value: object): void {
    if (this.options.jsonl) this.stdout.write(`${JSON.stringify({ event, ...value })}\n`);
  }

  /** A line for whoever watches. */
  message(text: string): void {
    if (!this.options.quiet) this.stderr.write(`${this.#harmless(text)}\n`);
  }

  /** Rewrites the last line of the terminal. */
  status(text: string): void {
    this.stderr.write(`\r${this.#harmless(text)}\u001b[K`);
  }

  /** What went wrong: shown whatever the options are. */
  error(text: string): void {
    this.stderr.write(`${this.#harmless(text)}\n`);
  }

  bold(text: string): string {
    return this.#color ? `\u001b[1m${text}\u001b[22m` : text;
  }

  dim(text: string): string {
    return this.#color ? `\u001b[2m${text}\u001b[22m` : text;
  }

  red(text: string): string {
    return this.#color ? `\u001b[31m${text}\u001b[39m` : text;
  }
}
