import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

const File = z.strictObject({ allBefore: z.number(), ended: z.array(z.tuple([z.string(), z.number()])) });

/** Of a session, as much as ends it. */
export interface Endable {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly begunAt: number;
}

/**
 * Sessions that were logged out before their time, on disk (`login.ended`): a stolen cookie is worth nothing after its owner has logged
 * out, also across a restart. Only digests are kept.
 */
export class EndedSessions {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'now'>;
  /** Digest → when it would have been over. */
  #ended: Map<string, number>;
  #allBefore: number;

  /** @throws HeadgateError SECRET_UNAVAILABLE: without the list nobody could tell which sessions still count */
  constructor(path: string, clock: Pick<Clock, 'now'>) {
    this.#path = path;
    this.#clock = clock;
    const { allBefore, ended } = readFile(path);
    this.#allBefore = allBefore;
    this.#ended = new Map(ended);
  }

  has({ id, begunAt }: Endable): boolean {
    return begunAt <= this.#allBefore || this.#ended.has(digestOf(id));
  }

  /** On disk when it returns. Past the bound every session ends that was begun before. @throws HeadgateError SECRET_UNAVAILABLE */
  end({ id, begunAt }: Endable): void {
    const now = this.#clock.now();
    for (const [digest, over] of this.#ended) if (over <= now) this.#ended.delete(digest);
    this.#ended.set(digestOf(id), begunAt + limits.login.sessionAge);
    if (this.#ended.size > limits.login.endedSessions) {
      this.#allBefore = now;
      this.#ended = new Map();
    }
    this.#write();
  }

  #write(): void {
    const draft = `${this.#path}.${randomBytes(6).toString('hex')}`;
    try {
      const text = JSON.stringify({ allBefore: this.#allBefore, ended: [...this.#ended] });
      writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
      renameSync(draft, this.#path);
    } catch (cause) {
      throw unavailable(this.#path, cause);
    } finally {
      rmSync(draft, { force: true });
    }
  }
}

function readFile(path: string): z.output<typeof File> {
  try {
    if (!statSync(path, { throwIfNoEntry: false })) return { allBefore: 0, ended: [] };
    return File.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw unavailable(path, cause);
  }
}

function unavailable(path: string, cause: unknown): HeadgateError {
  return new HeadgateError('SECRET_UNAVAILABLE', `${path}: ${messageOf(cause)}`, {
    hint: 'It lists sessions that were logged out. To begin anew delete it together with login.keys: then everybody logs in again.',
    cause,
  });
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
