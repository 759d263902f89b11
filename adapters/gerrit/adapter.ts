import { HeadgateError } from '#core/errors.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { GerritSource } from './schema.ts';
import { projectBases, projectKeysAt, projectUnder } from './urls.ts';

/** What a source can do beside taking deliveries, as far as it is configured. */
export interface GerritAbilities {
  /** How changes are confirmed; null = not at all. */
  readonly readBack: SourceAdapter['readBack'];
  readonly content?: SourceAdapter['content'] | undefined;
  readonly stream?: SourceAdapter['stream'] | undefined;
  readonly missed?: SourceAdapter['missed'] | undefined;
  readonly feedback?: SourceAdapter['feedback'] | undefined;
  readonly rights?: SourceAdapter['rights'] | undefined;
  readonly check?: SourceAdapter['check'] | undefined;
}

/** A `type: gerrit` source. */
export function createGerritAdapter(
  config: GerritSource,
  { readBack, content, stream, missed, feedback, rights, check }: GerritAbilities,
): SourceAdapter {
  const bases = projectBases(config);
  return {
    name: config.name,
    type: config.type,
    readBack,
    ...(content ? { content } : {}),
    ...(stream ? { stream } : {}),
    ...(missed ? { missed } : {}),
    ...(feedback ? { feedback } : {}),
    ...(rights ? { rights } : {}),
    ...(check ? { check } : {}),
    receive: () => {
      throw new HeadgateError('SIGNATURE_MISSING', 'no webhook is configured');
    },
    read: () => ({ ignored: 'not read yet' }),
    repositoryKeys: (repository) => projectKeysAt(bases, repository),
    repositoryAt: (url) => projectUnder(bases, url),
  };
}
