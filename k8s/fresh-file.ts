import { readFileSync } from 'node:fs';
import type { Clock } from '#core/clock.ts';
import { limits } from '#core/limits.ts';

/** The content of a file that rotates, read again when it is older than limits.kube.credentialRefresh. */
export class FreshFile {
  readonly #path: string;
  readonly #clock: Clock;
  #content = '';
  #readAt: number | undefined;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** @throws the file system's error; a last good value would outlive its revocation. */
  read(): string {
    const now = this.#clock.monotonic();
    if (this.#readAt === undefined || now - this.#readAt >= limits.kube.credentialRefresh) {
      this.#content = readFileSync(this.#path, 'utf8');
      this.#readAt = now;
    }
    return this.#content;
  }

  forget(): void {
    this.#readAt = undefined;
  }
}
