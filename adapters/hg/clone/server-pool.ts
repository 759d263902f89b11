import type { Cancel, Clock } from '#core/clock.ts';
import { HgEnded } from './hg-ended.ts';

/** As much of a command server as a pool needs. */
export interface Pooled {
  readonly alive: boolean;
  kill(): void;
  onEnd(told: () => void): void;
}

export interface ServerPoolOptions<S extends Pooled> {
  readonly start: (path: string) => Promise<S>;
  readonly clock: Clock;
  /** At once, for one repository and for all. */
  readonly perRepository: number;
  readonly total: number;
  /** Milliseconds after which one that nobody uses is ended. */
  readonly idle: number;
}

interface Member<S> {
  readonly path: string;
  server: S | undefined;
  /** Ends the wait for its end; undefined while it is in use. */
  cancel: Cancel | undefined;
  dropped: boolean;
}

interface Waiter<S> {
  readonly path: string;
  readonly resolve: (member: Member<S>) => void;
  readonly reject: (error: Error) => void;
}

/** Command servers by repository. One is used by one task at a time; whoever finds none free waits in the order of asking. */
export class ServerPool<S extends Pooled> {
  readonly #options: ServerPoolOptions<S>;
  readonly #members = new Set<Member<S>>();
  #waiting: Waiter<S>[] = [];
  #closed = false;

  constructor(options: ServerPoolOptions<S>) {
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#members.size;
  }

  /** Runs a task with a server of the repository at `path`. @throws what starting one throws, and HgEnded once the pool is closed */
  async use<T>(path: string, task: (server: S) => Promise<T>): Promise<T> {
    const member = await this.#acquire(path);
    try {
      if (member.server === undefined) throw new HgEnded('died', '');
      return await task(member.server);
    } finally {
      this.#release(member);
    }
  }

  /** Ends the servers of a repository that is about to go: idle ones at once, the others once their task has. */
  drop(path: string): void {
    for (const member of this.#members) {
      if (member.path !== path) continue;
      member.dropped = true;
      if (member.cancel) this.#remove(member);
    }
  }

  /** Ends all of them, at once and for good. */
  close(): void {
    this.#closed = true;
    for (const member of this.#members) this.#remove(member);
    for (const { reject } of this.#waiting.splice(0)) reject(new HgEnded('signal', ''));
  }

  #acquire(path: string): Promise<Member<S>> {
    if (this.#closed) return Promise.reject(new HgEnded('signal', ''));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ path, resolve, reject });
      this.#grant();
    });
  }

  /** Serves whoever waits and can be served. */
  #grant(): void {
    const left: Waiter<S>[] = [];
    for (const waiter of this.#waiting.splice(0)) if (!this.#serve(waiter)) left.push(waiter);
    this.#waiting = [...left, ...this.#waiting];
  }

  #serve(waiter: Waiter<S>): boolean {
    const idle = [...this.#members].find((member) => member.path === waiter.path && member.cancel);
    if (idle) {
      idle.cancel?.();
      idle.cancel = undefined;
      waiter.resolve(idle);
      return true;
    }
    if (!this.#hasRoom(waiter.path)) return false;
    void this.#start(waiter);
    return true;
  }

  /** Whether one more may start, once one that nobody uses has made room. */
  #hasRoom(path: string): boolean {
    const { perRepository, total } = this.#options;
    const members = [...this.#members];
    if (members.filter((member) => member.path === path && !member.dropped).length >= perRepository) return false;
    if (members.length < total) return true;
    const idle = members.find(({ cancel }) => cancel);
    if (idle) this.#remove(idle);
    return idle !== undefined;
  }

  async #start({ path, resolve, reject }: Waiter<S>): Promise<void> {
    const member: Member<S> = { path, server: undefined, cancel: undefined, dropped: false };
    this.#members.add(member);
    try {
      member.server = await this.#options.start(path);
    } catch (error) {
      this.#remove(member);
      reject(error instanceof Error ? error : new Error(String(error)));
      return this.#grant();
    }
    if (!this.#members.has(member)) {
      member.server.kill(); // the pool was closed meanwhile
      return reject(new HgEnded('signal', ''));
    }
    member.server.onEnd(() => member.cancel && this.#remove(member));
    resolve(member);
  }

  #release(member: Member<S>): void {
    if (!this.#members.has(member)) return;
    if (member.dropped || member.server?.alive !== true) this.#remove(member);
    else member.cancel = this.#options.clock.after(this.#options.idle, () => this.#remove(member));
    this.#grant();
  }

  #remove(member: Member<S>): void {
    this.#members.delete(member);
    member.cancel?.();
    member.cancel = undefined;
    member.server?.kill();
  }
}

/** Runs a task that uses a pool once more when its server has died by itself, idle perhaps. What it does must bear being done twice. */
export async function again<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof HgEnded && error.why === 'died') return task();
    throw error;
  }
}
