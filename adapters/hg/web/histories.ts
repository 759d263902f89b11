import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgChangeset, HgRange } from '../back-end.ts';
import type { HgwebClient } from './client.ts';
import { templateHint } from './refusals.ts';
import { search } from './search.ts';
import type { Wire } from './wire.ts';

/** What changesets are and how they follow each other, by hgweb's search. Nodes are 40 hex digits: whoever calls has made sure of that. */
export class Histories {
  readonly #client: HgwebClient;
  readonly #wire: Wire;

  constructor(client: HgwebClient, wire: Wire) {
    this.#client = client;
    this.#wire = wire;
  }

  async changeset(repository: string, node: string): Promise<HgChangeset | null> {
    const [clean] = await search(this.#client, repository, `id(${node}) - obsolete()`, 1);
    if (clean?.node === node) return { ...clean, obsolete: false };
    const [found] = await search(this.#client, repository, `id(${node})`, 1);
    if (found?.node === node) return { ...found, obsolete: true };
    if (await this.#isKnown(repository, node)) throw unsearched(repository);
    return null;
  }

  async isAncestor(repository: string, ancestor: string, descendant: string): Promise<boolean | undefined> {
    const found = await search(this.#client, repository, `id(${descendant}) | (id(${ancestor}) & ::id(${descendant}))`, 2);
    const has = (node: string): boolean => found.some((one) => one.node === node);
    if (has(ancestor) && has(descendant)) return true;
    const [first, second] = await this.#wire.known(repository, [ancestor, descendant]);
    if (!first || !second) return undefined;
    if (!has(descendant)) throw unsearched(repository);
    return false;
  }

  /** Changesets that `head` has and `base` has not. */
  async between(repository: string, base: string, head: string): Promise<Omit<HgRange, 'files'>> {
    const { commits: most } = limits.hg;
    const revset = `::id(${head}) - ::id(${base})`;
    // The newest ones, and the base in any case: that it comes back is the proof that the revset was understood.
    const found = await search(this.#client, repository, `limit(sort(${revset}, -rev), ${most + 1}) | id(${base})`, most + 2);
    if (!found.some(({ node }) => node === base)) throw await this.#lacking(repository, base);
    const commits = found.filter(({ node }) => node !== base);
    if (commits.length === 0) {
      if ((await this.isAncestor(repository, head, base)) !== true) throw await this.#lacking(repository, head);
      return { commits: [], count: 0 };
    }
    const clean = commits.every(({ phase }) => phase === 'public') ? null : await this.#clean(repository, `${revset} & not public()`);
    const told = commits.slice(0, most).map((one) => ({ ...one, obsolete: one.phase !== 'public' && clean?.has(one.node) !== true }));
    return { commits: told, count: commits.length > most ? null : commits.length };
  }

  /** Those that are not obsolete: what does not come back is taken for obsolete, so that nothing is trusted because hgweb did not understand. */
  async #clean(repository: string, revset: string): Promise<ReadonlySet<string>> {
    const most = limits.hg.commits + 1;
    const found = await search(this.#client, repository, `limit(sort((${revset}) - obsolete(), -rev), ${most})`, most);
    return new Set(found.map(({ node }) => node));
  }

  async #isKnown(repository: string, node: string): Promise<boolean> {
    return (await this.#wire.known(repository, [node]))[0] === true;
  }

  async #lacking(repository: string, node: string): Promise<HeadgateError> {
    if (await this.#isKnown(repository, node)) return unsearched(repository);
    return new HeadgateError('SOURCE_REFUSED', `${repository} has no changeset ${node}`);
  }
}

function unsearched(repository: string): HeadgateError {
  return new HeadgateError('SOURCE_REFUSED', `hgweb does not find changesets of ${repository} by revset (json-log?rev=…)`, {
    hint: templateHint,
  });
}
