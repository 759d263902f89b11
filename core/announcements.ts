/** Says that something in the journal is new or has changed. Carries ids only; whoever listens reads the journal. */
export interface Announcement {
  readonly kind: 'delivery' | 'change' | 'decision' | 'reconcile' | 'record';
  readonly id: string;
}

/** Carries announcements between the processes that share a journal. What it loses costs time only. */
export interface AnnouncementBridge {
  /** Must not throw. */
  publish(announcement: Announcement): void;
  /** Told of what other processes published, not of its own. */
  subscribe(listener: (announcement: Announcement) => void): () => void;
}

/** @param isOwn whether this process announced it */
type Listener = (announcement: Announcement, isOwn: boolean) => void;

/** Publish and subscribe within the process, and over a bridge where others share its journal. A listener must not throw. */
export class Announcer {
  readonly #listeners = new Set<Listener>();
  readonly #bridge: AnnouncementBridge | undefined;

  constructor(bridge?: AnnouncementBridge) {
    this.#bridge = bridge;
    bridge?.subscribe((announcement) => this.#tell(announcement, false));
  }

  announce(kind: Announcement['kind'], id: string): void {
    this.#tell({ kind, id }, true);
    this.#bridge?.publish({ kind, id });
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #tell(announcement: Announcement, isOwn: boolean): void {
    for (const listener of this.#listeners) listener(announcement, isOwn);
  }
}
