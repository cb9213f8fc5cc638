/**
 * Beam search: a program computes one position of all beams from states that are variables. Which beams go on is decided on the
 * host, and the next run of the program gathers their states.
 */
import type { Program } from "../../host/program.js";
import type { Runtime } from "../../host/runtime.js";
import { variable, type Variable } from "../../graph/variable.js";
import { zeros } from "../../layers/initializers.js";
import { gather } from "../../ops/indexing.js";
import { logSoftmax } from "../../ops/reduction.js";
import type { TokenFamily } from "./token-family.js";

export interface BeamSearchOptions {
  /** Number of beginnings that go on, and of results; default 8, at most 4,096. */
  readonly width?: number;
  /** Tokens of a result, the prompt included; default: those of a record. */
  readonly length?: number;
}

/** A record that a beam search found. */
export interface Beam {
  readonly tokens: Int32Array;
  /** Of the whole record, in nats. */
  readonly logLikelihood: number;
}

/** A beginning of a record. */
interface Beginning {
  readonly tokens: readonly number[];
  readonly total: number;
  /** Row of its states. */
  readonly row: number;
}

/** A beam search of some width over records of some length, whose program is compiled once. */
export class BeamSearch {
  readonly #program: Program;
  readonly #states: ReadonlyMap<string, Variable>;

  constructor(
    private readonly runtime: Runtime,
    private readonly model: TokenFamily,
    private readonly width: number,
    private readonly length: number,
  ) {
    const { network, classes } = model;
    // Shapes only; a conditional model's states do not depend on the class.
    const conditions = (labels: Parameters<TokenFamily["conditioned"]>[0]) => model.conditioned(labels);
    const states = new Map<string, Variable>();
    this.#program = runtime.compile(
      ({ input }) => {
        const [before, parents] = [input("before", [width], "i32"), input("parents", [width], "i32")];
        const how = conditions(classes === undefined ? undefined : input("labels", [width], "i32"));
        for (const [name, { shape }] of Object.entries(network.firstStates(width, length, how)))
          states.set(name, states.get(name) ?? variable({ name: `beams/${name}`, shape, initializer: zeros }));
        const own = [...states].map(([name, held]) => [name, gather(held, parents)] as const);
        const at = { position: input("position", []), length, states: Object.fromEntries(own) };
        const { result, states: next } = network.step(before, at, how);
        const updates = new Map([...states].map(([name, held]) => [held, next[name]]));
        return { outputs: { logs: logSoftmax(result) }, updates };
      },
      { name: "sequence beam search" },
    );
    this.#states = states;
  }

  suits(width: number, length: number): boolean {
    return width === this.width && length === this.length;
  }

  /** @param prompt tokens, and -1 where they are searched */
  async run(prompt: Int32Array | undefined, label: number | undefined): Promise<readonly Beam[]> {
    const { width, length } = this;
    const { vocabulary, ended } = this.model.options;
    for (const held of this.#states.values()) await this.runtime.write(held, new Float32Array(held.size));
    const labels = label === undefined ? {} : { labels: new Int32Array(width).fill(label) };
    let beams: readonly Beginning[] = [{ tokens: [], total: 0, row: 0 }];
    for (let position = 0; position < length; position++) {
      const column = (of: (beam: Beginning) => number) =>
        Int32Array.from({ length: width }, (_, i) => of(beams[i] ?? beams[0]));
      const feeds = {
        before: column(({ tokens }) => tokens.at(-1) ?? vocabulary),
        parents: column(({ row }) => row),
        ...labels,
      };
      const { logs } = await this.#program.run({ ...feeds, position: Float32Array.of(position) });
      const rows = beams.map((beam, row) => ({
        ...beam,
        row,
        logs: logs.data.subarray(row * vocabulary, (row + 1) * vocabulary),
      }));
      const given = prompt?.[position] ?? -1;
      const next = rows.flatMap((beam) => successors(beam, { given, ended, most: width }));
      beams = next.sort((a, b) => b.total - a.total).slice(0, width);
    }
    return beams.map(({ tokens, total }) => ({ tokens: Int32Array.from(tokens), logLikelihood: total }));
  }

  release(): void {
    this.#program.release();
    this.runtime.release([...this.#states.values()]);
  }
}

/** The `most` likely successors of a beginning; after its end, only more of the end, which costs nothing. */
function successors(
  { tokens, total, row, logs }: Beginning & { readonly logs: ArrayLike<number> },
  { given, ended, most }: { readonly given: number; readonly ended: boolean; readonly most: number },
): Beginning[] {
  if (ended && tokens.includes(0)) return [{ tokens: [...tokens, 0], total, row }];
  const choices = given >= 0 ? [given] : Array.from(logs, (_, token) => token);
  return choices
    .map((token) => ({ tokens: [...tokens, token], total: total + logs[token], row }))
    .sort((a, b) => b.total - a.total)
    .slice(0, most);
}
