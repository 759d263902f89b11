import type { Account } from '#core/account.ts';
import type { Clock } from '#core/clock.ts';
import type { RangeFacts, RangeQuestion, ReadBack, RefHead } from '#core/ports/read-back.ts';
import type { Log } from '#core/ports/telemetry.ts';
import type { SignedObject } from '#core/signature.ts';
import { ChangeReader } from './change-reader.ts';
import type { GerritClient } from './client.ts';
import { GroupReader } from './group-reader.ts';
import type { ProjectMirror } from './mirror.ts';
import { readRange, type RangeReaderDeps } from './range-reader.ts';
import { readMovers } from './read-movers.ts';
import { RefReader } from './ref-reader.ts';
import { Unseen } from './unseen.ts';

export interface GerritReadBackOptions {
  /** `spec.sources[].url`. */
  readonly url: string;
  readonly client: GerritClient;
  readonly mirror: ProjectMirror;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Reads back from Gerrit: branches, changes, votes and groups by REST, with what REST cannot tell exactly (ancestry, ranges, tags,
 * signatures) from a mirror of the project. Beside the errors of the port: TOOL_MISSING without git.
 */
export function createGerritReadBack(options: GerritReadBackOptions): ReadBack {
  return new GerritReadBack(options);
}

class GerritReadBack implements ReadBack {
  readonly by = 'api';
  readonly #mirror: ProjectMirror;
  readonly #refs: RefReader;
  readonly #deps: RangeReaderDeps;

  constructor({ url, client, mirror, clock, log }: GerritReadBackOptions) {
    this.#mirror = mirror;
    this.#refs = new RefReader(client, mirror, log);
    const [changes, groups, unseen] = [new ChangeReader(client, clock), new GroupReader(client, clock), new Unseen(clock)];
    this.#deps = { url, client, mirror, clock, changes, groups, unseen };
  }

  heads(repository: string, refs: readonly string[]): Promise<ReadonlyMap<string, RefHead | null>> {
    return this.#refs.heads(repository, refs);
  }

  tags(repository: string): Promise<ReadonlyMap<string, RefHead>> {
    return this.#mirror.tags(repository);
  }

  isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    return this.#mirror.isAncestor(repository, ancestor, descendant);
  }

  range(repository: string, base: string, head: string, question?: RangeQuestion): Promise<RangeFacts> {
    return readRange(this.#deps, { project: repository, base, head, question });
  }

  tag(repository: string, object: string): Promise<SignedObject | null | undefined> {
    return this.#mirror.tag?.(repository, object) ?? Promise.resolve(undefined);
  }

  movers(repository: string, ref: string, before: string | null, after: string): Promise<readonly Account[] | undefined> {
    return readMovers(this.#deps, { project: repository, ref, before, after });
  }
}
