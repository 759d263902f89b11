import { RestError } from '#sandbox/github/rest/answer.ts';

/** How one request is made to go wrong. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number }
  /** Never answered, until the client gives up or the server stops. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** The connection ends in the middle of the body. */
  | { readonly kind: 'cut' }
  /** The secondary rate limit: 403 and `retry-after`, in seconds. */
  | { readonly kind: 'secondary'; readonly retryAfter: number };

export interface FaultOptions {
  /** How many requests; default one. */
  readonly count?: number;
  /** Only requests whose path, without the query, holds this text: `/compare/`. */
  readonly path?: string;
}

interface Armed {
  readonly fault: Fault;
  readonly path: string;
  left: number;
}

/** What tests switch on to see how a client bears it. */
export class RestFaults {
  #armed: Armed[] = [];
  readonly #unseen = new Map<string, number>();

  /** The next requests go wrong. Several wait for each other in the order in which they were added. */
  next(fault: Fault, { count = 1, path = '' }: FaultOptions = {}): void {
    this.#armed.push({ fault, path, left: count });
  }

  /** A commit (by id) or a ref (by full name) answers 404 so many times, as it happens right after a push. */
  unseen(what: string, times: number): void {
    this.#unseen.set(what, times);
  }

  clear(): void {
    this.#armed = [];
    this.#unseen.clear();
  }

  /** What is to happen to a request; it counts as having happened. @param path decoded, below the API's URL */
  take(path: string): Fault | undefined {
    const armed = this.#armed.find((each) => path.includes(each.path));
    if (armed === undefined) return this.#hide(path);
    armed.left -= 1;
    if (armed.left <= 0) this.#armed = this.#armed.filter((each) => each !== armed);
    return armed.fault;
  }

  #hide(path: string): Fault | undefined {
    const hidden = [...this.#unseen].find(([what]) => names(path, what));
    if (hidden === undefined) return undefined;
    const [what, times] = hidden;
    if (times <= 1) this.#unseen.delete(what);
    else this.#unseen.set(what, times - 1);
    return { kind: 'status', status: 404 };
  }
}

function names(path: string, what: string): boolean {
  return what.startsWith('refs/') ? path.endsWith(what.slice('refs'.length)) : path.includes(what);
}

/** The refusal that a fault stands for; undefined when it is of another kind. */
export function refusalOf(fault: Fault): RestError | undefined {
  if (fault.kind === 'status') return new RestError(fault.status, fault.status === 404 ? 'Not Found' : 'Server Error');
  if (fault.kind !== 'secondary') return undefined;
  const message = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
  return new RestError(403, message, { headers: { 'retry-after': String(fault.retryAfter) } });
}
