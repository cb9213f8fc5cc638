/**
 * The peers' best times of one workload over several rounds. The first round measures every variant of a peer; further
 * rounds only the fastest one for that number of threads.
 */
import { type Peer, type PeerTiming, type PeerVariant, timePeer } from "./peer.js";

/** A peer in one of its variants. */
interface Entry {
  readonly peer: Peer;
  readonly variant: PeerVariant | undefined;
  /** Thread counts that gave no timing: they are not asked again. */
  readonly silent: Set<number>;
  /** It failed, or took too long: it is not asked again. */
  hopeless: boolean;
}

/** Asks the peers about one workload, round by round, and keeps the best time of each number of threads. */
export class PeerTimings {
  readonly #entries: readonly Entry[];
  /** By name and threads. */
  readonly #best = new Map<string, PeerTiming>();
  /** The fastest variant of each peer and number of threads. */
  readonly #fastest = new Map<string, { readonly variant: PeerVariant | undefined; readonly ms: number }>();
  #rounds = 0;

  constructor(
    peers: readonly Peer[],
    private readonly question: { workload: string; seconds: number; nodeFlags: readonly string[] },
  ) {
    this.#entries = peers.flatMap((peer) => {
      const variants = peer.variants.length > 0 ? peer.variants : [undefined];
      return variants.map((variant) => ({ peer, variant, silent: new Set<number>(), hopeless: false }));
    });
  }

  /** The best of all rounds. */
  get best(): PeerTiming[] {
    return [...this.#best.values()];
  }

  /** Measures one round; resolves with notes. */
  async measure(threads: readonly number[]): Promise<string[]> {
    const notes: string[] = [];
    for (const entry of this.#entries) for (const count of threads) notes.push(...(await this.#ask(entry, count)));
    this.#rounds++;
    return notes;
  }

  async #ask(entry: Entry, threads: number): Promise<readonly string[]> {
    const { peer, variant, silent } = entry;
    if (entry.hopeless || silent.has(threads)) return [];
    const fastest = this.#fastest.get(`${peer.name} ${threads}`);
    if (this.#rounds > 0 && fastest && fastest.variant !== variant) return [];
    const { timings, notes, hopeless } = await timePeer(peer, { ...this.question, threads, variant });
    entry.hopeless = hopeless;
    if (timings.length === 0) silent.add(threads);
    for (const timing of timings) this.#keep(timing, entry);
    return notes;
  }

  #keep({ name, threads, ms }: PeerTiming, { peer, variant }: Entry): void {
    const key = `${name} ${threads}`;
    if (ms < (this.#best.get(key)?.ms ?? Number.POSITIVE_INFINITY))
      this.#best.set(key, { name, threads, ms, ...(variant ? { variant: variant.name } : {}) });
    const own = `${peer.name} ${threads}`;
    if (ms < (this.#fastest.get(own)?.ms ?? Number.POSITIVE_INFINITY)) this.#fastest.set(own, { variant, ms });
  }
}
