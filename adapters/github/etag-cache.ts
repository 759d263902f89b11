import { limits } from '#core/limits.ts';
import type { Fetched } from '#adapters/http-fetch.ts';

export interface CachedAnswer {
  readonly etag: string;
  readonly answer: Fetched;
}

/** What was answered lately with an ETag: asking again with it costs nothing of the rate limit as long as nothing has changed. */
export class EtagCache {
  readonly #answers = new Map<string, CachedAnswer>();

  get(url: string): CachedAnswer | undefined {
    const cached = this.#answers.get(url);
    if (cached !== undefined) this.#touch(url, cached);
    return cached;
  }

  set(url: string, cached: CachedAnswer): void {
    if (cached.answer.body.length > limits.github.etagBytes) return;
    this.#touch(url, cached);
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= limits.github.etags) return;
      this.#answers.delete(oldest);
    }
  }

  /** A Map keeps the order of insertion: the least recently used comes first. */
  #touch(url: string, cached: CachedAnswer): void {
    this.#answers.delete(url);
    this.#answers.set(url, cached);
  }
}
