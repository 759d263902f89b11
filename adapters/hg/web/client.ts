import type { Readable } from 'node:stream';
import { askedWithin, streamedFetch, tooOftenFor, type Streamed, type StreamedFetch } from '#adapters/http-fetch.ts';
import { backOff, pause, type Clock } from '#core/clock.ts';
import { collectBytes } from '#core/collect-bytes.ts';
import { HeadgateError, messageOf } from '#core/errors.ts';
import { LimitGate } from '#core/limit-gate.ts';
import { limits } from '#core/limits.ts';
import { Slots } from '#core/slots.ts';
import { requireRepository } from '../names.ts';
import { refusedBy } from './refusals.ts';

const { archiveTimeout, archives, callTimeout, concurrency, limited, requestTimeout, responseBytes, retry } = limits.hgweb;

export interface HgwebOptions {
  /** `spec.sources[].name`, for messages. */
  readonly source: string;
  /** `spec.sources[].url`. */
  readonly url: string;
  /** Whoever asks; absent: anybody may. */
  readonly user?: string | undefined;
  /** The password as it is now: asked for before each request, so that it can be rotated. */
  readonly password?: (() => Buffer) | undefined;
  readonly clock: Clock;
  /** For the proxies that it names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends whatever is asked. */
  readonly stopping?: AbortSignal | undefined;
  /** Told of every answer: its status, or `error` without one. */
  readonly onAnswer?: ((code: string, remaining: number | null) => void) | undefined;
}

/**
 * What is asked: a page of hgweb by its address (for a repository that is none it answers 500 to `?style=json`, 404 to this), or a command of hgweb or of
 * the wire protocol. Everything else is in the query: proxies rewrite paths, and Mercurial before 7 reads other bytes in them. Values are ASCII,
 * because Python 3 takes nothing else in a query.
 */
export interface Question {
  readonly command: string;
  /** Asks by the address `/<command>`; default: by `?cmd=<command>`. */
  readonly isPage?: true;
  readonly query?: Readonly<Record<string, string>>;
  /** Of the answer; default: limits.hgweb.responseBytes. */
  readonly most?: number;
}

export interface Answer {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/**
 * hgweb within bounds, by GET alone. Rejects with SOURCE_UNREACHABLE (out of reach, slow, not hgweb), SOURCE_LIMITED (asked too often),
 * SOURCE_REFUSED (the credentials, the repository, what its configuration forbids) or CONTENT_TOO_LARGE. Redirects are not followed.
 */
export class HgwebClient {
  readonly #options: HgwebOptions;
  readonly #base: string;
  readonly #fetch: StreamedFetch;
  readonly #archives: StreamedFetch;
  readonly #gate: LimitGate;
  readonly #slots = new Slots(concurrency);

  constructor(options: HgwebOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, '');
    this.#fetch = streamedFetch(this.#base, options.env, concurrency);
    // Of their own: whoever reads an archive slowly keeps a connection.
    this.#archives = streamedFetch(this.#base, options.env, archives);
    this.#gate = new LimitGate(options.clock, options.source, limited.most);
  }

  /** All of an answer; undefined where there is no such file, changeset or repository (404). */
  async read(repository: string, { most = responseBytes, ...question }: Question): Promise<Answer | undefined> {
    return this.#persist(repository, question, (url, until) =>
      this.#slots.run(() =>
        askedWithin({ ...this.#options, until, requestTimeout }, async (signal) => {
          const { status, headers, body } = await this.#fetch(url, { headers: this.#headers(), signal });
          return { status, headers, body: await allOf(body, most, `${repository}: ${question.command}`) };
        }),
      ),
    );
  }

  /** An answer that is read as it comes, within limits.hgweb.archiveTimeout; undefined: 404. Whoever does not read it destroys it. */
  async open(repository: string, question: Question): Promise<Pick<Streamed, 'headers' | 'body'> | undefined> {
    const whole = transferTime(this.#options);
    try {
      const found = await this.#persist(repository, question, (url, until) =>
        askedWithin({ ...this.#options, until, requestTimeout }, async (signal) => {
          const sent = { headers: this.#headers(), signal: AbortSignal.any([signal, whole.signal]) };
          const { status, headers, body } = await this.#archives(url, sent);
          return { status, headers, body: status === 200 ? body : await allOf(body, responseBytes, question.command) };
        }),
      );
      if (found === undefined || Buffer.isBuffer(found.body)) return (whole.end(), undefined);
      found.body.once('close', whole.end);
      return { headers: found.headers, body: found.body };
    } catch (error) {
      whole.end();
      throw error;
    }
  }

  /** @param message what hgweb answers that cannot be used */
  unusable(repository: string, { command }: Question, message: string, cause?: unknown): HeadgateError {
    return new HeadgateError('SOURCE_UNREACHABLE', `${this.#options.source}: ${repository}: ${command}: ${message}`, { cause });
  }

  /** Asks until there is an answer that says something. */
  async #persist<T extends Asked>(repository: string, question: Question, ask: Ask<T>): Promise<T | undefined> {
    const { clock, stopping } = this.#options;
    const url = this.#urlOf(requireRepository(repository), question);
    const until = clock.monotonic() + callTimeout;
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(repository, question, () => ask(url, until));
      if (!(answer instanceof Error)) return answer;
      const wait = backOff(clock, attempt, retry.base, retry.cap);
      const isOver = attempt + 1 >= retry.attempts || clock.monotonic() + wait >= until || stopping?.aborted === true;
      if (!isOver) await pause(clock, wait, stopping);
      if (isOver || stopping?.aborted) throw this.unusable(repository, question, answer.message, answer);
    }
  }

  /** What may be tried again comes back as an error. */
  async #attempt<T extends Asked>(repository: string, question: Question, ask: () => Promise<T | Error>): Promise<T | undefined | Error> {
    this.#gate.pass();
    const { clock, onAnswer, source, user } = this.#options;
    const answer = await ask();
    onAnswer?.(answer instanceof Error ? 'error' : String(answer.status), null);
    if (answer instanceof Error || answer.status === 200) return answer;
    this.#gate.close(tooOftenFor(answer, clock, limited.otherwise));
    if (answer.status === 404) return undefined;
    const refused = refusedBy(answer, { source, user, repository, command: question.command });
    if (refused) throw refused;
    return new Error(`it answers ${answer.status}`);
  }

  #urlOf(repository: string, { command, isPage, query = {} }: Question): string {
    const below = [...repository.split('/'), ...(isPage ? [command] : [])].map(encodeURIComponent).join('/');
    const all = isPage ? query : { cmd: command, ...query };
    const parameters = Object.entries(all).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    return `${this.#base}/${below}?${parameters.join('&')}`;
  }

  /** RFC 7617, in UTF-8, so that nothing in a password ends the header. @throws HeadgateError SOURCE_REFUSED without a usable password */
  #headers(): Readonly<Record<string, string>> {
    const { user, password } = this.#options;
    const common = { 'user-agent': 'headgate' };
    if (user === undefined || password === undefined) return common;
    try {
      return { ...common, authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`, 'utf8'), password()]).toString('base64')}` };
    } catch (cause) {
      throw new HeadgateError('SOURCE_REFUSED', `no credentials: ${messageOf(cause)}`, { cause });
    }
  }
}

type Asked = Pick<Streamed, 'status' | 'headers'> & { readonly body: Buffer | Readable };
type Ask<T> = (url: string, until: number) => Promise<T | Error>;

/** @throws HeadgateError CONTENT_TOO_LARGE */
function allOf(body: AsyncIterable<Buffer>, most: number, what: string): Promise<Buffer> {
  return collectBytes(body, most, () => new HeadgateError('CONTENT_TOO_LARGE', `${what}: the answer is larger than ${most} bytes`));
}

/** For the body of an answer, which nobody waits for. */
function transferTime({ clock, stopping }: Pick<HgwebOptions, 'clock' | 'stopping'>): {
  readonly signal: AbortSignal;
  readonly end: () => void;
} {
  const stop = new AbortController();
  const stopped = (): void => stop.abort(new Error('the server stops'));
  stopping?.addEventListener('abort', stopped, { once: true });
  const cancel = clock.after(archiveTimeout, () => stop.abort(new Error(`not all of it came within ${archiveTimeout} ms`)));
  return {
    signal: stop.signal,
    end: () => {
      cancel();
      stopping?.removeEventListener('abort', stopped);
    },
  };
}
