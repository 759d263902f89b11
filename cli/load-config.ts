import type { HeadgateConfig } from '#server/main.ts';
import type { Io } from './io.ts';

/** A config that `serve` would start with. */
export interface LoadedConfig {
  readonly config: HeadgateConfig;
  /** In words, for example `sources: github; clusters: prod; policies: first`. */
  readonly summary: string;
}

/**
 * Loads the config with all that it refers to, as `serve` does.
 * @throws HeadgateError as loadHeadgateConfig of server/main.ts
 */
export async function loadForPeople(io: Pick<Io, 'env'>, path: string): Promise<LoadedConfig> {
  const { loadHeadgateConfig } = await import('#server/main.ts');
  const { config, policies } = await loadHeadgateConfig(path, io.env);
  const names = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => name).join(', ') || 'none';
  return {
    config,
    summary: `sources: ${names(config.sources)}; clusters: ${names(config.clusters)}; policies: ${policies ? names(policies.policies) : `of ${config.policies.repository} at ${config.policies.ref}, which \`headgate check --pre\` reads`}`,
  };
}
