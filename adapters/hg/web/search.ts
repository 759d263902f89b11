import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { HgChangeset } from '../back-end.ts';
import { HeadgateError } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { HgwebClient } from './client.ts';
import { jsonIn } from './json-answer.ts';

const node = z.string().regex(/^[0-9a-f]{40}$/);

/** `changelistentry` of Mercurial's templates/json/map. */
const Entry = z.object({
  node,
  date: z.tuple([z.number(), z.number()]),
  desc: z.string(),
  branch: z.string(),
  user: z.string(),
  phase: z.enum(['public', 'draft', 'secret']),
  parents: z.array(node),
});

const Search = z.object({ query: z.string(), entries: z.array(Entry) });

export type Found = Omit<HgChangeset, 'obsolete'>;

/**
 * Finds changesets by a revset, newest first: `rev` of hgweb's log takes those whose functions are marked safe (hgweb/webcommands.py, _search).
 * Nodes in it are written `id(<40 hex>)`, which looks up nothing but nodes. hgweb takes a query that is the name of a bookmark or a tag for that, and one
 * that it does not understand for words to look for in what people wrote; so it has something in it that nobody can have written before, and
 * then a changeset comes back only because the revset found it. That none comes back proves nothing: whoever asks makes sure of one that has to.
 * @param most how many come back at most
 */
export async function search(client: HgwebClient, repository: string, revset: string, most: number): Promise<readonly Found[]> {
  const query = `sort((${revset}) | id(${randomBytes(20).toString('hex')}), rev)`;
  const question = { command: 'json-log', isPage: true, query: { rev: query, revcount: String(most) } } as const;
  const found = await jsonIn(client, repository, question, Search);
  if (found === undefined) throw new HeadgateError('SOURCE_REFUSED', `there is no repository ${repository}`);
  if (found.query !== query) throw client.unusable(repository, question, 'it answers another question than was asked');
  return found.entries.map(({ date: [seconds], desc, ...entry }) => ({
    ...entry,
    title: titleOf(desc),
    date: Math.round(seconds * 1_000),
  }));
}

function titleOf(description: string): string {
  return (description.split('\n', 1)[0] ?? '').trim().slice(0, limits.hg.titleChars);
}
