import type { AdapterDeps } from '#adapters/adapter-deps.ts';
import { createGerritAdapter } from '#adapters/gerrit/adapter.ts';
import type { GerritSource } from '#adapters/gerrit/schema.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';

/** Brings together what a source of `type: gerrit` is made of. */
export function gerritAdapter(config: GerritSource, _deps: AdapterDeps): SourceAdapter {
  return createGerritAdapter(config, { readBack: null });
}

/** What the config says, or else what there are credentials for. */
export function gerritConfirmedBy({ http, readBack }: GerritSource): 'api' | 'none' {
  return readBack ?? (http ? 'api' : 'none');
}
