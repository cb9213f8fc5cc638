/** The variants of a program: its function is traced and compiled once for each shape of its inputs. */
import { compile, type Compiled } from "../compile/compile.js";
import type { Rows } from "../graph/draws.js";
import type { Shape } from "../graph/shape.js";
import { Input, type Tensor } from "../graph/tensor.js";
import { type Feed, resolveShape } from "../graph/values.js";
import type { Variable } from "../graph/variable.js";
import { TraceMemory } from "./trace-memory.js";
import { checkPattern, checkSameVariables, checkTraced, type Trace, type Traced } from "./traced.js";

type Feeds = Readonly<Record<string, Feed>>;

/** The shape of an input as declared; a length of null is free. */
type Pattern = readonly (number | null)[];

class NeedsFeeds extends Error {}

/** Compiled forms of one function by the shapes of its inputs. */
export class Variants {
  readonly #known = new Map<string, Compiled>();
  readonly #memory = new TraceMemory();
  /** The updated variables by name: every trace must update the same ones. */
  readonly #updated = new Map<string, Variable>();
  /** Declared shapes of the inputs; undefined until the first trace has ended. */
  #patterns: ReadonlyMap<string, Pattern> | undefined;

  /** Traces the function at once if no input has free lengths. */
  constructor(
    private readonly build: (trace: Trace) => Traced,
    private readonly options: {
      readonly name: string;
      readonly streams: number | ReadonlyMap<Tensor, number>;
      readonly fuse: boolean;
      readonly rows: Rows | undefined;
    },
  ) {
    try {
      this.compiled({});
    } catch (error) {
      if (!(error instanceof NeedsFeeds)) throw error;
    }
  }

  /** The compiled form for some feeds. Throws RangeError if the feed of an input with a free length is missing. */
  compiled(feeds: Feeds): Compiled {
    const shapes = new Map<string, Shape>();
    if (this.#patterns)
      for (const [name, pattern] of this.#patterns)
        shapes.set(name, resolveShape(name, pattern, staticOr(pattern, feeds[name])));
    const known = this.#patterns && this.#known.get(keyOf(shapes));
    if (known) return known;
    const { name: program, streams, fuse, rows } = this.options;
    const patterns = new Map<string, Pattern>();
    const input: Trace["input"] = (name, pattern, dtype) => {
      checkPattern(program, name, pattern);
      if (patterns.has(name)) throw new RangeError(`${program}: input ${name} is declared twice`);
      patterns.set(name, pattern);
      if (pattern.includes(null) && feeds[name] === undefined)
        throw new NeedsFeeds(`${program}: input ${name} has free lengths: feed it first`);
      const shape = resolveShape(name, pattern, staticOr(pattern, feeds[name]));
      shapes.set(name, shape);
      return new Input(name, shape, dtype);
    };
    const traced = checkTraced(
      program,
      this.#memory.during(() => this.build({ input })),
    );
    checkSameVariables(program, this.#updated, traced);
    const { outputs = {}, updates = new Map(), checks = [] } = traced;
    const compiled = compile({ outputs, updates, checks, streams, fuse, rows });
    this.#patterns = patterns;
    this.#known.set(keyOf(shapes), compiled);
    return compiled;
  }

  /** The same for a run, which needs a feed for every input. Throws RangeError for one that is missing or unknown. */
  compiledForRun(feeds: Feeds): Compiled {
    for (const name of Object.keys(feeds)) {
      if (this.#patterns && !this.#patterns.has(name)) {
        const names = [...this.#patterns.keys()].join(", ") || "none";
        throw new RangeError(`run: ${this.options.name} has no input ${name}, its inputs are: ${names}`);
      }
    }
    const compiled = this.compiled(feeds);
    for (const [name, pattern] of this.#patterns ?? []) resolveShape(name, pattern, feeds[name]);
    return compiled;
  }

  /** Forgets what was compiled. */
  clear(): void {
    this.#known.clear();
  }
}

const keyOf = (shapes: ReadonlyMap<string, Shape>) =>
  [...shapes].map(([name, shape]) => `${name}[${shape.join()}]`).join(" ");

/**
 * The feed; where none is given, an empty one of the pattern's shape, if the pattern has no free lengths: such a shape is
 * known without values.
 */
function staticOr(pattern: Pattern, feed: Feed | undefined): Feed | undefined {
  return feed === undefined && !pattern.includes(null) ? { data: [], shape: pattern as Shape } : feed;
}
