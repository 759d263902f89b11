import type { FakeCluster } from '#sandbox/fake-cluster.ts';
import type { FakeGithub } from '#sandbox/fake-github.ts';
import type { RunningServer } from '#server/main.ts';

/** What the programs of a page act on. */
export interface Stage {
  readonly github: FakeGithub;
  readonly cluster: FakeCluster;
  /** Objects of kinds that the simulated cluster does not serve, by `kind/name`. */
  readonly others: Map<string, object & { readonly metadata: { readonly name: string } }>;
  /** Set while the reader runs `serve` or the sandbox. */
  server: RunningServer | undefined;
  /** Of the operator. */
  token(): Promise<string>;
}

/** Hosts that pages speak of; the simulated GitHub plays them all. The first is the default of a source. */
export const hosts: readonly string[] = ['https://github.com', 'https://github.example.com', 'https://git.example.com'];

/** The ports that listeners have unless the config says otherwise. */
export const defaultPorts = { webhook: 9292, web: 9080, metrics: 8080, health: 9440 } as const;

/** `127.0.0.1:9080`, where pages say that the server listens → where it does. */
export function realAddress({ server }: Stage, text: string): string {
  if (server === undefined) return text;
  const names = ['webhook', 'web', 'metrics', 'health'] as const;
  return names.reduce((all, name) => all.replaceAll(`127.0.0.1:${defaultPorts[name]}`, new URL(server[name].url).host), text);
}
