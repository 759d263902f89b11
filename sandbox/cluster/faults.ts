import { Gate } from '#sandbox/gate.ts';
import type { Kind } from '#sandbox/cluster/kinds.ts';

/** What a client may try; `*` in a refusal means every one. */
export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** How the API server is made to misbehave. */
export class Faults {
  /** Closed while the server is paused or down: nothing is answered, and the controllers wait too. */
  readonly gate = new Gate();
  readonly #refused = new Set<string>();
  /** How an expired watch is told: as an ERROR event in a stream of status 200 (what API servers do today), or as HTTP status 410. */
  expiredAs: 'event' | 'status' = 'event';

  refuse(verb: Verb | '*', kind: string): void {
    this.#refused.add(`${verb} ${kind}`);
  }

  allow(verb: Verb | '*', kind: string): void {
    this.#refused.delete(`${verb} ${kind}`);
  }

  refuses(verb: string, kind: Kind | undefined): boolean {
    if (kind === undefined) return false;
    return this.#refused.has(`${verb} ${kind.kind}`) || this.#refused.has(`* ${kind.kind}`);
  }
}
