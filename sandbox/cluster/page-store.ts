import { z } from 'zod';
import type { KubeObject } from '#sandbox/cluster/kube-object.ts';
import { badRequest, expired } from '#sandbox/cluster/status-error.ts';

/** Lists that are being read page by page: what comes later is still the first page's version. */
const SNAPSHOTS = 16;

interface Snapshot {
  readonly version: number;
  readonly items: readonly KubeObject[];
}

export interface Page {
  readonly version: number;
  readonly items: readonly KubeObject[];
  readonly next: string | undefined;
  readonly remaining: number;
}

const tokenShape = z.object({ snapshot: z.int(), start: z.int() });

/** Remembers the rest of lists that were asked for with `limit`. */
export class PageStore {
  readonly #snapshots = new Map<number, Snapshot>();
  #last = 0;

  first(items: readonly KubeObject[], version: number, limit: number): Page {
    if (limit === 0 || items.length <= limit) return { version, items, next: undefined, remaining: 0 };
    this.#last += 1;
    this.#snapshots.set(this.#last, { version, items });
    const oldest = this.#snapshots.keys().next().value;
    if (this.#snapshots.size > SNAPSHOTS && oldest !== undefined) this.#snapshots.delete(oldest);
    return this.#page(this.#last, 0, limit);
  }

  /** @throws StatusError BadRequest, Expired */
  resume(token: string, limit: number): Page {
    const { snapshot, start } = readToken(token);
    return this.#page(snapshot, start, limit);
  }

  expire(): void {
    this.#snapshots.clear();
  }

  #page(id: number, start: number, limit: number): Page {
    const snapshot = this.#snapshots.get(id);
    if (snapshot === undefined) {
      throw expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    const end = limit === 0 ? snapshot.items.length : start + limit;
    const remaining = Math.max(0, snapshot.items.length - end);
    const next = remaining === 0 ? undefined : writeToken({ snapshot: id, start: end });
    return { version: snapshot.version, items: snapshot.items.slice(start, end), next, remaining };
  }
}

function writeToken(token: z.infer<typeof tokenShape>): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): z.infer<typeof tokenShape> {
  try {
    return tokenShape.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw badRequest('continue key is not valid');
  }
}
