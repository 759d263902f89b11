import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { confirm } from './confirm.ts';
import { receive } from './receive.ts';
import type { GithubSource } from './schema.ts';
import { repositoryBases, repositoryKeysAt, repositoryUnder } from './urls.ts';

/**
 * A `type: github` source.
 * @param secrets the webhook secrets that are live now; asked for each delivery
 */
export function createGithubAdapter(config: GithubSource, secrets: () => readonly Buffer[]): SourceAdapter {
  const bases = repositoryBases(config.url, config.aliases);
  return {
    name: config.name,
    type: config.type,
    receive: (request) => receive(request, secrets()),
    confirm,
    repositoryKeys: (repository) => repositoryKeysAt(bases, repository),
    repositoryAt: (url) => repositoryUnder(bases, url),
  };
}
