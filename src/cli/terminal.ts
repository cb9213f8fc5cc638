/** Output of a command: data to stdout, everything else to stderr, limited by the output options. */

export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface TerminalOptions {
  readonly json?: boolean;
  readonly jsonl?: boolean;
  readonly quiet?: boolean;
}

/** Control characters, which a terminal interprets: all except tab and newline. */
const controls = /(?![\t\n])\p{Cc}/gu;
/** The escape sequences of `bold`, `dim` and `red`. */
const marks = new RegExp(`(${"\u001b"}\\[(?:1|2|22|31|39)m)`);

/** The two outputs of a command, with colours and progress only where the terminal and the options allow them. */
export class Terminal {
  readonly #color: boolean;

  constructor(
    private readonly stdout: TextOutput,
    private readonly stderr: TextOutput,
    private readonly environment: Readonly<Record<string, string | undefined>>,
    readonly options: TerminalOptions = {},
  ) {
    // https://no-color.org: set and not empty, whatever its value.
    this.#color = stderr.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb";
  }

  withOptions(options: TerminalOptions): Terminal {
    return new Terminal(this.stdout, this.stderr, this.environment, options);
  }

  /** Whether to show a progress bar: stderr is a terminal and output is not restricted. */
  get interactive(): boolean {
    return this.stderr.isTTY === true && this.environment.TERM !== "dumb" && !this.options.quiet && !this.options.jsonl;
  }

  get width(): number {
    return this.stderr.columns ?? 80;
  }

  /** The text without control characters, which names from files may contain. */
  #harmless(text: string): string {
    if (!this.#color) return text.replace(controls, "\ufffd");
    return text
      .split(marks)
      .map((part, i) => (i % 2 === 1 ? part : part.replace(controls, "\ufffd")))
      .join("");
  }

  /** Writes the result for people; with --json or --jsonl, `document` replaces it. */
  text(text: string): void {
    if (!this.options.json && !this.options.jsonl) this.stdout.write(`${this.#harmless(text)}\n`);
  }

  /** Writes a result that is the same for people and programs. */
  data(text: string): void {
    this.stdout.write(text);
  }

  /** Writes the result for programs. */
  document(value: object): void {
    if (this.options.json) this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    if (this.options.jsonl) this.stdout.write(`${JSON.stringify({ event: "done", ...value })}\n`);
  }

  /** Writes an event, one line of --jsonl. */
  event(event: string, value: object): void {
    if (this.options.jsonl) this.stdout.write(`${JSON.stringify({ event, ...value })}\n`);
  }

  /** Writes a message for people. */
  message(text: string): void {
    if (!this.options.quiet) this.stderr.write(`${this.#harmless(text)}\n`);
  }

  /** Rewrites the last line of the terminal. */
  status(text: string): void {
    this.stderr.write(`\r${this.#harmless(text)}\u001b[K`);
  }

  /** Writes an error, whatever the options. */
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
