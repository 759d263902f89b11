/** Says that something in the journal is new or has changed. Carries ids only; whoever listens reads the journal. */
export interface Announcement {
  readonly kind: 'delivery' | 'change' | 'decision' | 'reconcile' | 'record';
  readonly id: string;
}

type Listener = (announcement: Announcement) => void;

/** In-process publish and subscribe. A listener must not throw. */
export class Announcer {
  readonly #listeners = new Set<Listener>();

  announce(kind: Announcement['kind'], id: string): void {
    for (const listener of this.#listeners) listener({ kind, id });
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
