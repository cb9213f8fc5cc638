/**
 * Largest matching of a graph by augmenting paths, in the way of Edmonds 1965 ("Paths, trees, and flowers"): odd cycles, which
 * rings of five atoms are, are contracted to their base while a path is sought. O(n^3) for n vertices.
 */

const none = -1;

/**
 * A matching with as many edges as possible.
 * @param neighbours of each vertex, in both directions
 * @returns the partner of each vertex, -1 for none
 * @example [...largestMatching([[1], [0, 2], [1, 3], [2]])] // [1, 0, 3, 2]
 */
export function largestMatching(neighbours: readonly (readonly number[])[]): Int32Array {
  const partner = new Int32Array(neighbours.length).fill(none);
  neighbours.forEach((ones, vertex) => {
    const free = partner[vertex] === none ? ones.find((other) => partner[other] === none) : undefined;
    if (free === undefined) return;
    partner[vertex] = free;
    partner[free] = vertex;
  });
  for (let root = 0; root < neighbours.length; root++) {
    if (partner[root] === none && neighbours[root].length > 0) new Search(neighbours, partner).augment(root);
  }
  return partner;
}

/** One search for an augmenting path, breadth first. */
class Search {
  readonly #neighbours: readonly (readonly number[])[];
  readonly #partner: Int32Array;
  /** The vertex before, on the path from the root, of vertices at odd distance (and those within contracted cycles). */
  readonly #parent: Int32Array;
  /** The base of the contracted cycle that a vertex is in; itself if it is in none. */
  readonly #base: Int32Array;
  /** Whether a vertex is at even distance from the root. */
  readonly #even: Uint8Array;
  readonly #queue: number[] = [];

  constructor(neighbours: readonly (readonly number[])[], partner: Int32Array) {
    this.#neighbours = neighbours;
    this.#partner = partner;
    this.#parent = new Int32Array(neighbours.length).fill(none);
    this.#base = Int32Array.from(neighbours, (_, vertex) => vertex);
    this.#even = new Uint8Array(neighbours.length);
  }

  /** Matches the root too, if an augmenting path begins at it. */
  augment(root: number): void {
    this.#enter(root);
    for (let at = 0; at < this.#queue.length; at++) {
      const vertex = this.#queue[at];
      for (const other of this.#neighbours[vertex]) {
        if (this.#base[vertex] === this.#base[other] || this.#partner[vertex] === other) continue;
        if (this.#even[other]) {
          this.#contract(vertex, other);
        } else if (this.#parent[other] === none) {
          this.#parent[other] = vertex;
          if (this.#partner[other] === none) {
            this.#flip(other);
            return;
          }
          this.#enter(this.#partner[other]);
        }
      }
    }
  }

  #enter(vertex: number): void {
    this.#even[vertex] = 1;
    this.#queue.push(vertex);
  }

  /** Swaps matched and unmatched edges on the path from the root to a free vertex. */
  #flip(free: number): void {
    for (let vertex = free; vertex !== none; ) {
      const before = this.#parent[vertex];
      const next = this.#partner[before];
      this.#partner[vertex] = before;
      this.#partner[before] = vertex;
      vertex = next;
    }
  }

  /** Contracts the odd cycle that the edge between two even vertices closes; all of it becomes even. */
  #contract(a: number, b: number): void {
    const base = this.#commonBase(a, b);
    const inside = new Set<number>();
    this.#mark(a, b, base, inside);
    this.#mark(b, a, base, inside);
    for (let vertex = 0; vertex < this.#base.length; vertex++) {
      if (!inside.has(this.#base[vertex])) continue;
      this.#base[vertex] = base;
      if (!this.#even[vertex]) this.#enter(vertex);
    }
  }

  /** The last base that is on both paths to the root. */
  #commonBase(a: number, b: number): number {
    const seen = new Set<number>();
    for (let vertex = this.#base[a]; ; vertex = this.#base[this.#parent[this.#partner[vertex]]]) {
      seen.add(vertex);
      if (this.#partner[vertex] === none) break;
    }
    let vertex = this.#base[b];
    while (!seen.has(vertex)) vertex = this.#base[this.#parent[this.#partner[vertex]]];
    return vertex;
  }

  /** Collects the bases on the path from a vertex to the cycle's base, and lets paths lead the other way round it. */
  #mark(from: number, to: number, base: number, inside: Set<number>): void {
    let child = to;
    for (let vertex = from; this.#base[vertex] !== base; vertex = this.#parent[this.#partner[vertex]]) {
      inside.add(this.#base[vertex]).add(this.#base[this.#partner[vertex]]);
      this.#parent[vertex] = child;
      child = this.#partner[vertex];
    }
  }
}
