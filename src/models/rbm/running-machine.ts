/**
 * A machine whose values are in a runtime: its plain parameters, programs of its records, and its Gibbs chains. What a trained
 * machine can do is made of these.
 */
import type { Program } from "../../host/program.js";
import type { Runtime } from "../../host/runtime.js";
import type { Tensor } from "../../graph/tensor.js";
import { Variable } from "../../graph/variable.js";
import { evaluationStreams } from "../../numbers/streams.js";
import { slice } from "../../ops/movement.js";
import { RowProgram, type RowRun } from "../../train/records.js";
import type { CentredMachine } from "./centred-machine.js";
import { GibbsChains } from "./gibbs-chains.js";
import { conditioned, type LabelGroup } from "./labels.js";
import type { Machine } from "./machine.js";
import { statesOf } from "./record-units.js";

/** Values of W [V, H], a [V] and b [H]; those of label units are U [classes, H] and d [classes]. */
export type PlainParameters = Readonly<Record<"weights" | "visibleBias" | "hiddenBias", Float32Array>> &
  Readonly<Partial<Record<"labelWeights" | "labelBias", Float32Array>>>;

/** Registers what is released with a model. */
type Own = <T extends { release(): void }>(one: T) => T;

/** The machine of a trained model. */
export class RunningMachine {
  /**
   * The machine with plain parameters as variables of the runtime; `settle` updates them. Label units are its last visible
   * units: see labels.ts.
   */
  readonly machine: Machine & Readonly<Record<"weights" | "visibleBias" | "hiddenBias", Variable>>;
  /** Means of the visible units over the data, [V]; with label units, the shares of the classes follow. */
  readonly means: Variable;
  /** The label units, if there are any. */
  readonly labels: LabelGroup | undefined;
  readonly #settle: Program;
  readonly #maps = new Map<string, RowProgram>();
  readonly #chains = new Map<string, GibbsChains>();

  /** @param values number of values of a record */
  constructor(
    private readonly centred: CentredMachine,
    private readonly values: number,
    private readonly runtime: Runtime,
    private readonly own: Own,
  ) {
    const visible = centred.visibleOf(values);
    const trained = centred.machine(visible);
    const plain = (name: string, { shape: of }: Tensor) => new Variable({ name: `rbm/plain/${name}`, shape: of });
    const [visibleBias, hiddenBias] = [
      plain("visibleBias", trained.visibleBias),
      plain("hiddenBias", trained.hiddenBias),
    ];
    this.labels = centred.labels;
    this.means = centred.means(visible);
    this.machine = { ...trained, weights: trained.weights as Variable, visibleBias, hiddenBias };
    this.#settle = own(
      runtime.compile(
        () => ({
          updates: new Map([
            [visibleBias, trained.visibleBias],
            [hiddenBias, trained.hiddenBias],
          ]),
        }),
        { name: "plain biases" },
      ),
    );
    own({ release: () => runtime.release([visibleBias, hiddenBias]) });
  }

  /** Computes the plain biases from the current parameters. */
  async settle(): Promise<void> {
    await this.#settle.run();
  }

  /** Current values of the plain parameters. */
  async parameters(): Promise<PlainParameters> {
    await this.settle();
    const read = async (one: Variable) => (await this.runtime.read(one)).data as Float32Array;
    const { weights, visibleBias, hiddenBias } = this.machine;
    const [w, a, b] = [await read(weights), await read(visibleBias), await read(hiddenBias)];
    const own = this.centred.ownOf(this.values);
    const size = own * hiddenBias.size;
    const plain = { weights: w.slice(0, size), visibleBias: a.slice(0, own), hiddenBias: b };
    return this.labels ? { ...plain, labelWeights: w.slice(size), labelBias: a.slice(own) } : plain;
  }

  /** The machine of records of known classes, if it has label units and classes are given; else the whole machine. */
  given(labels: Tensor | undefined): Machine {
    return this.labels && labels ? conditioned(this.machine, labels, this.labels) : this.machine;
  }

  /**
   * One row for each of some records [n, values] of classes [n], by a function of the visible states [n, V]; functions of one name
   * must be equal.
   */
  async map(
    name: string,
    values: Float32Array,
    f: (v: Tensor, labels?: Tensor) => Tensor,
    how: RowRun = {},
  ): Promise<Float32Array> {
    const program =
      this.#maps.get(name) ??
      this.own(
        new RowProgram(this.runtime, {
          name: `rbm ${name}`,
          shape: [this.values],
          labelled: how.labels !== undefined,
          build: (v, labels) => ({ out: f(statesOf(this.centred.values, v), labels) }),
          streams: evaluationStreams,
        }),
      );
    this.#maps.set(name, program);
    await this.settle();
    return (await program.run(values, how)).out;
  }

  /** Chains of the machine, of label units held at the chains' classes. */
  chains(count: number, how: "" | "clamped" | "tempered"): GibbsChains {
    const key = `${count} ${how}`;
    const options = {
      ...{ chains: count, clamped: how === "clamped", tempered: how === "tempered", values: this.centred.values },
      ...(this.labels && { conditioned: (labels: Tensor) => this.given(labels) }),
    };
    const means = this.labels ? slice(this.means, [0], [this.centred.ownOf(this.values)]) : this.means;
    const running = this.#chains.get(key) ?? this.own(new GibbsChains(this.runtime, this.machine, means, options));
    this.#chains.set(key, running);
    return running;
  }
}
