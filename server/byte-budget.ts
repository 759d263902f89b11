/** What one request holds of a budget. */
export interface HeldBytes {
  /** Takes `bytes`, or nothing and answers false when they are not left. */
  take(bytes: number): boolean;
  /** Gives everything back. */
  release(): void;
}

/**
 * Counts bytes that are held in memory on behalf of requests, up to a bound of all and bounds of those who share it: whoever sends much, or sends
 * slowly, leaves the rest to others.
 */
export class ByteBudget {
  readonly #max: number;
  #held = 0;
  /** Bytes by whoever holds some. */
  readonly #shares = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** How many bytes are held. */
  get held(): number {
    return this.#held;
  }

  /** @param bounds most bytes by name of whoever they count for; they are held together by all requests of that name */
  hold(bounds: Readonly<Record<string, number>> = {}): HeldBytes {
    const shares = Object.entries(bounds);
    let own = 0;
    return {
      take: (bytes) => {
        if (this.#held + bytes > this.#max || shares.some(([name, most]) => this.#of(name) + bytes > most)) return false;
        own += bytes;
        this.#count(shares, bytes);
        return true;
      },
      release: () => {
        this.#count(shares, -own);
        own = 0;
      },
    };
  }

  #of(name: string): number {
    return this.#shares.get(name) ?? 0;
  }

  #count(shares: readonly (readonly [string, number])[], bytes: number): void {
    this.#held += bytes;
    for (const [name] of shares) {
      const held = this.#of(name) + bytes;
      if (held > 0) this.#shares.set(name, held);
      else this.#shares.delete(name);
    }
  }
}
