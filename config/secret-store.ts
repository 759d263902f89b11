import type { Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { readSecretFile, secretFileStamp } from '#config/secret-file.ts';
import { describeSecret, type SecretRef } from '#config/secret-ref.ts';

export interface SecretStoreOptions {
  readonly clock: Clock;
  /** Looks an environment variable up. */
  readonly env: (name: string) => string | undefined;
  readonly log: Log;
  /** Told whenever a value that had been read before changes, appears (true) or stops being usable (false). */
  readonly onReload?: (ok: boolean) => void;
}

interface Entry {
  /** What the file looked like when it was read; null for variables and unreadable files. */
  stamp: string | null;
  value: Buffer | null;
  problem: string | null;
  /** Monotonic time of the last look. */
  lookedAt: number;
}

/**
 * Reads secrets where references say, and again when they change, at most every `limits.config.secretRefresh`.
 * A reference without a usable value has none: it is left out, never replaced by an older one.
 * Values are never logged.
 */
export class SecretStore {
  readonly #options: SecretStoreOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: SecretStoreOptions) {
    this.#options = options;
  }

  /** The live values of these references, in their order; empty when none is usable. */
  values(refs: readonly SecretRef[]): readonly Buffer[] {
    return refs.flatMap((ref) => this.#look(ref).value ?? []);
  }

  /** The value of one reference. @throws HeadgateError SECRET_UNAVAILABLE naming the reference, its config line and why */
  requireSecret(ref: SecretRef): Buffer {
    const { value, problem } = this.#look(ref);
    if (value !== null) return value;
    throw new HeadgateError('SECRET_UNAVAILABLE', `${place(ref)}${describeSecret(ref)}: ${problem}`);
  }

  /** The live values of these references, at least one. @throws HeadgateError SECRET_UNAVAILABLE when there is none */
  requireAny(refs: readonly SecretRef[]): readonly Buffer[] {
    const live = this.values(refs);
    if (live.length > 0) return live;
    const tried = refs.map((ref) => `${place(ref)}${describeSecret(ref)}: ${this.#look(ref).problem}`);
    throw new HeadgateError('SECRET_UNAVAILABLE', tried.join('\n') || 'no secret is referenced');
  }

  #look(ref: SecretRef): Entry {
    const key = describeSecret(ref);
    const known = this.#entries.get(key);
    const now = this.#options.clock.monotonic();
    if (known !== undefined && now - known.lookedAt < limits.config.secretRefresh) return known;
    const stamp = ref.file === undefined ? null : secretFileStamp(ref.file);
    if (known !== undefined && stamp !== null && stamp === known.stamp) {
      known.lookedAt = now;
      return known;
    }
    const entry: Entry = { stamp, lookedAt: now, ...this.#read(ref) };
    this.#entries.set(key, entry);
    this.#tell(key, known, entry);
    return entry;
  }

  #read(ref: SecretRef): { readonly value: Buffer | null; readonly problem: string | null } {
    try {
      return { value: checked(ref.file === undefined ? this.#variable(ref) : this.#file(ref.file)), problem: null };
    } catch (error) {
      return { value: null, problem: error instanceof Error ? error.message : String(error) };
    }
  }

  #variable(ref: SecretRef): Buffer {
    const text = ref.env === undefined ? undefined : this.#options.env(ref.env);
    if (text === undefined) throw new Error('is not set');
    return Buffer.from(text, 'utf8');
  }

  #file(path: string): Buffer {
    const { value, worldReadable } = readSecretFile(path);
    if (worldReadable) this.#options.log.warn('a secret file can be read by every user of this machine; chmod 0600 it', { file: path });
    return value;
  }

  /** One line for each change of state, not one for each look. */
  #tell(key: string, before: Entry | undefined, after: Entry): void {
    const { log, onReload } = this.#options;
    if (after.problem !== null && after.problem !== before?.problem) {
      log.warn('a secret has no usable value', { reference: key, error: after.problem });
      if (before?.value) onReload?.(false);
    } else if (before !== undefined && after.value !== null && !(before.value?.equals(after.value) ?? false)) {
      log.info('a secret was read again', { reference: key });
      onReload?.(true);
    }
  }
}

function checked(value: Buffer): Buffer {
  const trimmed = withoutTrailingNewline(value);
  if (trimmed.length === 0) throw new Error('is empty');
  if (trimmed.length < limits.config.secretMinChars) throw new Error(`is shorter than ${limits.config.secretMinChars} characters`);
  return trimmed;
}

/** Editors and `echo` end files with a newline that is no part of the secret. */
function withoutTrailingNewline(value: Buffer): Buffer {
  if (value.at(-1) !== 0x0a) return value;
  return value.subarray(0, value.at(-2) === 0x0d ? -2 : -1);
}

function place(ref: SecretRef): string {
  return ref.at === undefined ? '' : `${ref.at}: `;
}
