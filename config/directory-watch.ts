import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Cancel, Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { readDirectory, type Snapshot } from '#config/directory-files.ts';
import type { TextFile } from '#config/yaml-documents.ts';

export interface DirectoryWatchOptions<T> {
  readonly path: string;
  /** Makes the value of the directory's files; throws when they are not good. */
  readonly parse: (files: readonly TextFile[]) => T;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each new value after the first. */
  readonly onChange?: (value: T) => void;
  /** Told of each attempt to load something new, for metrics. */
  readonly onReload?: (ok: boolean) => void;
}

export interface DirectoryWatch<T> {
  /**
   * The last good value; undefined once the directory has not been good for longer than `limits.config.policyMaxAge`,
   * which means that nothing may be allowed any more.
   */
  current(): T | undefined;
  status(): DirectoryStatus;
  /** Looks at the directory now. */
  refresh(): void;
  stop(): void;
}

export interface DirectoryStatus {
  /** SHA-256 over names and contents of the files of the last good value. */
  readonly hash: string;
  /** When that value was loaded, milliseconds since the epoch. */
  readonly loadedAt: number;
  /** Why what the directory holds now is not in use; null when it is. */
  readonly problem: string | null;
}

/**
 * Loads a directory and keeps up with it by polling, which works on every file system and through symlink swaps.
 * What does not load leaves the last good value in force, for a bounded time.
 * @throws whatever reading or `parse` throws the first time: there is no last good value then
 */
export function watchDirectory<T>(options: DirectoryWatchOptions<T>): DirectoryWatch<T> {
  const watch = new PollingWatch(options);
  watch.schedule();
  return watch;
}

class PollingWatch<T> implements DirectoryWatch<T> {
  readonly #options: DirectoryWatchOptions<T>;
  /** Of the files that were looked at last, good or not. */
  #stamp: string | null = null;
  #value: T;
  #hash = '';
  #loadedAt = 0;
  /** Monotonic time when the directory was last known to hold the value in force. */
  #goodAt = 0;
  #problem: string | null = null;
  #expiryTold = false;
  #cancel: Cancel | undefined;
  #stopped = false;

  constructor(options: DirectoryWatchOptions<T>) {
    this.#options = options;
    const snapshot = readDirectory(options.path, null);
    if (snapshot === undefined) throw new Error(`${options.path} cannot be read`);
    this.#stamp = snapshot.stamp;
    this.#value = options.parse(snapshot.files);
    this.#accept(snapshot.files);
  }

  current(): T | undefined {
    return this.#isTooOld() ? undefined : this.#value;
  }

  status(): DirectoryStatus {
    return { hash: this.#hash, loadedAt: this.#loadedAt, problem: this.#problem };
  }

  refresh(): void {
    try {
      this.#look();
    } catch (error) {
      this.#fail(messageOf(error));
    }
    this.#tellExpiry();
  }

  schedule(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(limits.config.policyRefresh, () => {
      this.refresh();
      this.schedule();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #look(): void {
    const snapshot = this.#changedSnapshot();
    if (snapshot === undefined) {
      if (this.#problem === null) this.#goodAt = this.#options.clock.monotonic();
      return;
    }
    this.#stamp = snapshot.stamp;
    if (hashOf(snapshot.files) === this.#hash) this.#accept(snapshot.files);
    else this.#replace(snapshot.files);
  }

  /** After a failure to read, the next look must read again even if nothing seems to have changed. */
  #changedSnapshot(): Snapshot | undefined {
    try {
      return readDirectory(this.#options.path, this.#stamp);
    } catch (error) {
      this.#stamp = null;
      throw error;
    }
  }

  #replace(files: readonly TextFile[]): void {
    const { path, parse, log, onChange, onReload } = this.#options;
    this.#value = parse(files);
    this.#accept(files);
    log.info('a directory was read again', { path, hash: this.#hash });
    onReload?.(true);
    onChange?.(this.#value);
  }

  #accept(files: readonly TextFile[]): void {
    this.#hash = hashOf(files);
    this.#loadedAt = this.#options.clock.now();
    this.#goodAt = this.#options.clock.monotonic();
    this.#problem = null;
  }

  /** One line for each new problem, not one for each look. */
  #fail(problem: string): void {
    if (problem !== this.#problem) {
      const { path, log, onReload } = this.#options;
      log.warn('a directory does not load; what was loaded before stays in force for a while', { path, error: problem });
      onReload?.(false);
    }
    this.#problem = problem;
  }

  #tellExpiry(): void {
    if (this.#isTooOld() && !this.#expiryTold) {
      const { path, log } = this.#options;
      log.error('a directory has not loaded for too long; nothing of it is in force any more', { path, error: this.#problem });
    }
    this.#expiryTold = this.#isTooOld();
  }

  #isTooOld(): boolean {
    return this.#problem !== null && this.#options.clock.monotonic() - this.#goodAt > limits.config.policyMaxAge;
  }
}

function hashOf(files: readonly TextFile[]): string {
  const hash = createHash('sha256');
  for (const { name, text } of files) hash.update(JSON.stringify([basename(name), text]));
  return hash.digest('hex');
}
