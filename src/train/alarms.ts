/**
 * Alarms: what goes wrong in a training although all of its numbers are finite, by name, with what to do about it. A
 * family has rules; a training measures every `measureEvery` steps, and each rule looks at the last measurements. All of
 * it is a function of the steps alone, never of time, so the same training raises the same alarms at the same steps.
 */

/** Steps between two measurements. */
export const measureEvery = 50;

/** Something that goes wrong. */
export interface Alarm {
  /** For example `samplesCollapsed`. */
  readonly name: string;
  /** Completed steps when it was noticed. */
  readonly step: number;
  /** What was found, with its numbers, in one sentence. */
  readonly message: string;
  /** What a user can do. */
  readonly hint: string;
}

/** An alarm, and the last step at which its rule held. */
export interface AlarmRecord extends Alarm {
  readonly until: number;
}

/** Losses of a step, and signals of the model after it. */
export interface Measurement {
  readonly step: number;
  readonly losses: Readonly<Record<string, number>>;
  readonly signals: Readonly<Record<string, number>>;
}

/** When an alarm is raised. */
export interface AlarmRule {
  readonly name: string;
  readonly hint: string;
  /** Number of successive measurements that it needs. */
  readonly window: number;
  /** Maximum number of measurements that it is given; default `window`. */
  readonly memory?: number;
  /** The alarm's message for the last measurements, oldest first; undefined if nothing is wrong. */
  readonly find: (recent: readonly Measurement[]) => string | undefined;
}

/** What a checkpoint keeps, so that a resumed training raises the same alarms. */
export interface WatchState {
  /** The last measurements, oldest first. */
  readonly recent: readonly Measurement[];
  /** All alarms so far. */
  readonly alarms: readonly AlarmRecord[];
}

/** The mean of some numbers. */
export const average = (values: readonly number[]): number =>
  values.reduce((total, one) => total + one, 0) / values.length;

/** Means of the first and of the second half of some numbers. */
export function halves(values: readonly number[]): [before: number, now: number] {
  const middle = Math.floor(values.length / 2);
  return [average(values.slice(0, middle)), average(values.slice(-middle))];
}

/**
 * Whether numbers below a limit rise towards it: the mean of their second half is more than 1.5 times that of the first,
 * and more than a fifth of the limit, below which they are noise.
 */
export function rises(values: readonly number[], limit: number): boolean {
  const [before, now] = halves(values);
  return now > limit / 5 && now > 1.5 * before;
}

/** The measurements and alarms of one training. */
export class Watch {
  #recent: readonly Measurement[];
  #alarms: readonly AlarmRecord[];
  #untold: readonly Alarm[] = [];

  constructor(
    private readonly rules: readonly AlarmRule[],
    { recent, alarms }: WatchState = { recent: [], alarms: [] },
    /** Whether measurements are due. */
    private readonly measures = rules.length > 0,
  ) {
    this.#recent = recent;
    this.#alarms = alarms;
  }

  /** The last measurements and all alarms; undefined if there is nothing to keep. */
  get state(): WatchState | undefined {
    const [recent, alarms] = [this.#recent, this.#alarms];
    return recent.length + alarms.length > 0 ? { recent, alarms } : undefined;
  }

  /** Signals of the last measurement; undefined if there are none. */
  get signals(): Readonly<Record<string, number>> | undefined {
    const signals = this.#recent.at(-1)?.signals ?? {};
    return Object.keys(signals).length > 0 ? signals : undefined;
  }

  /** Number of the next `most` steps until a measurement is due; all of them if none is. */
  after(step: number, most: number): number {
    return this.measures ? Math.min(most, measureEvery - (step % measureEvery)) : most;
  }

  /** Whether a measurement is due after `step` steps. */
  due(step: number): boolean {
    return this.measures && step > 0 && step % measureEvery === 0;
  }

  /** Adds a measurement and applies the rules. One with a number that is not finite is left out. */
  add(measurement: Measurement): void {
    const { step, losses, signals } = measurement;
    if (![...Object.values(losses), ...Object.values(signals)].every(Number.isFinite)) return;
    const longest = Math.max(1, ...this.rules.map(({ window, memory = window }) => memory));
    this.#recent = [...this.#recent, measurement].slice(-longest);
    for (const { name, hint, window, memory = window, find } of this.rules) {
      const message = this.#recent.length < window ? undefined : find(this.#recent.slice(-memory));
      if (message === undefined) continue;
      const known = this.#active(step).find((one) => one.name === name);
      if (known) this.#alarms = this.#alarms.map((one) => (one === known ? { ...one, until: step } : one));
      else this.raise({ name, step, message, hint });
    }
  }

  /** Adds an alarm, which the next event tells. */
  raise(alarm: Alarm): void {
    this.#alarms = [...this.#alarms, { ...alarm, until: alarm.step }];
    this.#untold = [...this.#untold, alarm];
  }

  /** Names of the alarms that are not over after `step` steps. */
  names(step: number): readonly string[] {
    return this.#active(step).map(({ name }) => name);
  }

  /** Alarms that no event has told yet. */
  take(): readonly Alarm[] {
    const untold = this.#untold;
    this.#untold = [];
    return untold;
  }

  /** Forgets what was measured after `step` steps. */
  returnTo(step: number): void {
    const until = (one: { readonly step: number }) => one.step <= step;
    this.#recent = this.#recent.filter(until);
    this.#alarms = this.#alarms.filter(until);
    this.#untold = this.#untold.filter(until);
  }

  /** An alarm is over once its rule has not held for twice as many measurements as it needs. */
  #active(step: number): readonly AlarmRecord[] {
    const length = (name: string) => this.rules.find((rule) => rule.name === name)?.window ?? 0;
    return this.#alarms.filter(({ name, until }) => step - until < 2 * length(name) * measureEvery);
  }
}
