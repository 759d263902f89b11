import { repositoryBases, type RepositoryBases } from '#core/repository-bases.ts';
import type { GerritSource } from './schema.ts';

/**
 * The base URLs of a Gerrit: its own, where it asks for credentials (`/a/`: "Access Control" of its REST API), its SSH, and the aliases.
 * The longest counts: `/a/app` is the project `app` with credentials, never a project `a/app`.
 */
export function projectBases({ url, ssh, aliases }: Pick<GerritSource, 'url' | 'ssh' | 'aliases'>): RepositoryBases {
  const own = url.replace(/\/+$/, '');
  const host = ssh?.host ?? new URL(url).hostname;
  return repositoryBases([own, `${own}/a`, `ssh://${host}:${ssh?.port ?? 29_418}`, ...aliases]);
}
