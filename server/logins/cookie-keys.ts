import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock } from '#core/clock.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';

/** A key that seals cookies. */
export interface CookieKey {
  readonly id: string;
  /** Of 256 bits. */
  readonly bytes: Buffer;
  /** Milliseconds since the epoch. */
  readonly madeAt: number;
}

const File = z.array(
  z.strictObject({
    id: z.string().regex(/^[A-Za-z0-9_-]{8}$/),
    key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
    madeAt: z.number(),
  }),
);

const { keyAge, sessionAge } = limits.login;

/**
 * The keys of a data directory (`login.keys`, 0600): the newest seals, older ones open what they have sealed for as long as that counts.
 * Whoever deletes the file ends every session at the next start.
 */
export class CookieKeys {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'now'>;
  /** Newest first. */
  #keys: readonly CookieKey[];

  /** @throws HeadgateError SECRET_UNAVAILABLE */
  constructor(path: string, clock: Pick<Clock, 'now'>) {
    this.#path = path;
    this.#clock = clock;
    this.#keys = orUnavailable(path, () => readKeys(path));
    this.newest();
  }

  /** The key to seal with. @throws HeadgateError SECRET_UNAVAILABLE when a new one is due and cannot be written */
  newest(): CookieKey {
    const now = this.#clock.now();
    const [newest] = this.#keys;
    if (newest && now - newest.madeAt < keyAge && newest.madeAt <= now) return newest;
    const made = { id: randomBytes(6).toString('base64url'), bytes: randomBytes(32), madeAt: now };
    const keys = [made, ...this.#keys.filter((_, index) => isNeeded(this.#keys[index - 1] ?? made, now))];
    orUnavailable(this.#path, () => writeKeys(this.#path, keys));
    this.#keys = keys;
    return made;
  }

  find(id: string): CookieKey | undefined {
    return this.#keys.find((key) => key.id === id);
  }
}

/** A key is needed for as long as something lives that it sealed before its successor was made. */
function isNeeded(successor: CookieKey, now: number): boolean {
  return now - successor.madeAt < sessionAge;
}

function readKeys(path: string): readonly CookieKey[] {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  chmodSync(path, 0o600);
  const parsed = File.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error('does not hold keys');
  return parsed.data.map(({ id, key, madeAt }) => ({ id, madeAt, bytes: Buffer.from(key, 'base64url') }));
}

/** Complete before it has its name. */
function writeKeys(path: string, keys: readonly CookieKey[]): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const text = JSON.stringify(keys.map(({ id, bytes, madeAt }) => ({ id, key: bytes.toString('base64url'), madeAt })));
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

function orUnavailable<T>(path: string, task: () => T): T {
  try {
    return task();
  } catch (cause) {
    throw new HeadgateError('SECRET_UNAVAILABLE', `${path}: ${messageOf(cause)}`, {
      hint: 'The data directory must be writable by the account that runs Headgate. Without the file new keys are made, and everybody logs in again.',
      cause,
    });
  }
}
