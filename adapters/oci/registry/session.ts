import { backOff, pause, type Clock } from '#core/clock.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { Authorizer } from './authorizer.ts';
import type { RegistryAccess } from './registry-access.ts';
import { describe, refused, unreachable } from './registry-failure.ts';
import { Wire, type Answer, type Outgoing } from './wire.ts';

export interface Question extends Omit<Outgoing, 'headers' | 'url'> {
  /** Below the repository, or where the registry itself said (resolved by `location`). */
  readonly at: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the same may be asked again after no answer; otherwise whoever asks has to see how far it came. */
  readonly again: boolean;
}

/** Asks one registry about one repository: shows credentials where they belong, tries again what can be, tells failures apart. */
export class Session {
  readonly host: string;
  readonly authorizer: Authorizer;
  readonly #base: URL;
  readonly #wire: Wire;
  readonly #clock: Clock;

  constructor(
    access: RegistryAccess,
    repository: string,
    world: { readonly clock: Clock; readonly env: Readonly<Record<string, string | undefined>> },
  ) {
    this.host = access.host;
    this.#base = new URL(`${access.plainHttp ? 'http' : 'https'}://${access.host}/v2/${repository}/`);
    this.#wire = new Wire(access, world);
    this.#clock = world.clock;
    this.authorizer = new Authorizer(access, this.#wire, world.clock, repository);
  }

  /** @throws HeadgateError REGISTRY_UNREACHABLE, REGISTRY_REFUSED for credentials; other answers are for whoever asks */
  async ask(question: Question): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(question);
      } catch (error) {
        question.signal?.throwIfAborted();
        if (!question.again || attempt + 1 >= limits.registry.attempts || !isUnreachable(error)) throw error;
        await this.rest(attempt, error, question.signal);
      }
    }
  }

  /** Waits before another attempt. @throws the error itself when the registry wants to be left alone for longer than that */
  async rest(attempt: number, error: HeadgateError, signal?: AbortSignal): Promise<void> {
    const { backOffBase, backOffCap, retryAfterMax } = limits.registry;
    if ((error.retryAfter ?? 0) > retryAfterMax) throw error;
    await pause(this.#clock, error.retryAfter ?? backOff(this.#clock, attempt, backOffBase, backOffCap), signal);
    signal?.throwIfAborted();
  }

  /**
   * Where an upload goes on. Only on the registry's own host, because credentials go with it.
   * @throws HeadgateError REGISTRY_REFUSED
   */
  location({ headers }: Answer): URL {
    const said = headers.get('location') ?? '';
    const url = URL.canParse(said, this.#base.href) ? new URL(said, this.#base) : undefined;
    if (said !== '' && url?.origin === this.#base.origin && url.username === '' && url.password === '') return url;
    const where = said === '' ? 'nowhere' : (url?.origin ?? 'an address that is none');
    throw refused(
      this.host,
      `sends an upload to ${where}, and not to ${this.#base.origin}`,
      'Credentials are not shown elsewhere. Behind a proxy, have it pass X-Forwarded-Proto and Host, or set `http.relativeurls` of the registry.',
    );
  }

  async #once(question: Question): Promise<Answer> {
    const first = await this.#send(question);
    if (first.status !== 401) return this.#usable(first);
    await this.authorizer.renew(first.headers.get('www-authenticate') ?? '', question.signal);
    const second = await this.#send(question);
    if (second.status === 401) throw refused(this.host, `does not let this account in: ${describe(second)}`);
    return this.#usable(second);
  }

  async #send({ at, headers, ...outgoing }: Question): Promise<Answer> {
    const { header } = this.authorizer;
    const url = typeof at === 'string' ? new URL(at, this.#base) : at;
    try {
      return await this.#wire.send({
        ...outgoing,
        url,
        headers: { ...headers, ...(header === undefined ? {} : { authorization: header }) },
      });
    } catch (error) {
      outgoing.signal?.throwIfAborted();
      throw unreachable(this.host, error);
    }
  }

  #usable(answer: Answer): Answer {
    if (answer.status < 500 && answer.status !== 429) return answer;
    throw unreachable(this.host, new Error(`answers ${describe(answer)}`), retryAfter(answer));
  }
}

export function isUnreachable(error: unknown): error is HeadgateError {
  return error instanceof HeadgateError && error.code === 'REGISTRY_UNREACHABLE';
}

/** Seconds; dates are not read (RFC 9110, 10.2.3). */
function retryAfter({ headers }: Answer): number | undefined {
  const text = headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : undefined;
}
